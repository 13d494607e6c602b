#!/usr/bin/env python3
"""A webhook against servers that behave well and badly, over real sockets and real TLS: what is sent is
what is signed, what came of it is told as it was (above all whether it may have been heard), nothing is
sent twice, and nothing from a message becomes anything but data."""
import base64
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))
from harness import TOOLS, finish, folder, tap  # noqa: E402

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from hostile import Http2, Server, authority  # noqa: E402
from webhooks import MESSAGE, SECRET, Actions, signature  # noqa: E402


def check_signed(request, what):
    seconds = request.headers.get("x-port-timestamp", "0")
    tap.equal(request.headers.get("x-port-signature"), signature(seconds, request.body), f"{what} is signed as sent")
    tap.ok(abs(int(seconds) - time.time()) < 60, f"{what} has the time of sending", seconds)


def outcome(result, *members):
    return tuple(result.get(name) for name in ("outcome", "unknown", "hopeless", *members))


# What is sent

def check_sent(actions, server):
    result = actions.ask({"url": f"{server.url}/echo"})
    request = server.requests[-1]
    tap.equal(outcome(result, "http_status"), ("succeeded", False, False, 200), "a plain webhook succeeds")
    tap.equal((request.method, request.body), ("POST", MESSAGE.encode()),
              "by default the message is posted, byte for byte")
    check_signed(request, "the message")
    tap.equal(request.headers["content-type"], "application/json", "it is JSON")
    tap.ok(request.headers["user-agent"].startswith("portlog/"), "it says who asks")
    tap.equal(result["request"]["body"], json.loads(MESSAGE), "the request is told")
    tap.equal(result["response"]["json"]["body"].encode("latin-1"), MESSAGE.encode(), "and the response, as JSON")

    body = '{ "a": [ 1.10, 1e-7, 9007199254740993 ], "t": "a \\" b\\n  \\u00e9" }'
    # json.dumps would print the numbers anew.
    job = json.dumps({"kind": "webhook", "message": "{}", "secret": SECRET,
                      "request": {"url": server.url + "/echo", "body": "@"}}).replace('"@"', body)
    actions.process.stdin.write(job + "\n")
    actions.process.stdin.flush()
    actions.process.stdout.readline()
    tap.equal(server.requests[-1].body, b'{"a":[1.10,1e-7,9007199254740993],"t":"a \\" b\\n  \\u00e9"}',
              "a body of its own is compact, its numbers keep their digits")
    check_signed(server.requests[-1], "such a body")

    actions.ask({"url": f"{server.url}/echo?a=1#part", "method": "put",
                 "query": {"b&c": "d=e/\u00e9 \r\n", "n": 5, "yes": True, "list": ["x", "y"], "none": None},
                 "headers": {"X-A": "b", "X-Empty": "", "X-Null": None, "X-Number": 7, "content-type": "text/x"},
                 "body": "plain \u00e9 text"})
    request = server.requests[-1]
    tap.equal((request.method, request.path),
              ("PUT", "/echo?a=1&b%26c=d%3De%2F%C3%A9%20%0D%0A&n=5&yes=true&list=x&list=y"),
              "a query is added, percent-encoded")
    tap.equal([request.headers.get(name) for name in ("x-a", "x-empty", "x-null", "x-number", "content-type")],
              ["b", "", None, "7", "text/x"], "headers are sent; those that are null are not")
    tap.equal(request.body, "plain \u00e9 text".encode(), "a string is sent as it is where the type is not JSON")
    actions.ask({"url": f"{server.url}/echo", "body": "a \"b\""})
    tap.equal(server.requests[-1].body, b'"a \\"b\\""', "and as JSON where it is")
    for method in ("GET", "HEAD"):
        result = actions.ask({"url": f"{server.url}/ok", "method": method})
        tap.equal((result["outcome"], server.requests[-1].body, "content-type" in server.requests[-1].headers),
                  ("succeeded", b"", False), f"{method} sends no body")
        check_signed(server.requests[-1], f"{method} without a body")
        # HEAD's answer has a length and no body.
    actions.ask({"url": f"{server.url}/echo", "body": None})
    tap.equal(server.requests[-1].body, b"", "nor does POST where the body is null")
    actions.ask({"url": f"{server.url}/echo"}, secret=None)
    tap.ok("x-port-signature" not in server.requests[-1].headers, "without a client secret nothing is signed")
    actions.ask({"url": server.url.replace("http://", "http://user:p%40w@") + "/echo"})
    tap.equal(server.requests[-1].headers["authorization"], "Basic " + base64.b64encode(b"user:p@w").decode(),
              "user and password of the URL are sent")


# What came of it

def check_outcomes(actions, server):
    rows = [
        ("/status/200", ("succeeded", False, False, 200)), ("/status/204", ("succeeded", False, False, 204)),
        ("/status/304", ("failed", False, True, 304)), ("/status/400", ("failed", False, True, 400)),
        ("/status/401", ("failed", False, True, 401)), ("/status/404", ("failed", False, True, 404)),
        ("/status/408", ("failed", False, False, 408)), ("/status/425", ("failed", False, False, 425)),
        ("/status/429", ("failed", False, False, 429)), ("/status/500", ("failed", False, False, 500)),
        ("/status/503", ("failed", False, False, 503)), ("/reset", ("failed", True, False, 0)),
        ("/close", ("failed", True, False, 0)), ("/cut/200", ("failed", True, False, 200)),
        ("/cut/500", ("failed", False, False, 500)), ("/cut/404", ("failed", False, True, 404)),
        ("/garbage", ("failed", True, False, 0)), ("/endless/headers", ("failed", True, True, 200)),
    ]
    for path, wanted in rows:
        before = len(server.requests)
        result = actions.ask({"url": server.url + path})
        tap.equal(outcome(result, "http_status"), wanted, f"{path}: outcome")
        tap.equal(len(server.requests) - before, 1, f"{path}: asked once")
        tap.equal(result["reason"] is None, wanted[0] == "succeeded", f"{path}: a reason where it failed")
        tap.ok("\n" not in (result["reason"] or ""), f"{path}: of one line", result["reason"])
    date = time.strftime("%a,%%20%d%%20%b%%20%Y%%20%H:%M:%S%%20GMT", time.gmtime(time.time() + 100))
    tap.equal(actions.ask({"url": f"{server.url}/status/503/7"})["retry_after_ms"], 7000, "Retry-After in seconds")
    later = actions.ask({"url": f"{server.url}/status/429/{date}"})["retry_after_ms"]
    tap.ok(90000 < later <= 100000, "Retry-After as a date", later)
    for much in ("3601", "9223372036854775807", "1" * 30, "Fri,%2031%20Dec%209999%2023:59:59%20GMT"):
        result = actions.ask({"url": f"{server.url}/status/503/{much}"})
        tap.equal(result["retry_after_ms"], 3600000, f"Retry-After: {much[:20]} is an hour")
    for much in ("-5", "Fri,%2031%20Dec%201999%2023:59:59%20GMT", "soon"):
        tap.equal(actions.ask({"url": f"{server.url}/status/503/{much}"})["retry_after_ms"], 0, f"Retry-After: {much[:20]} is none")

    result = actions.ask({"url": "http://127.0.0.1:1/"})
    tap.equal(outcome(result), ("failed", False, False), "where nobody listens nothing was sent")
    result = actions.ask({"url": "http://no-such-host.invalid/"})
    tap.equal(outcome(result), ("failed", False, False), "nor where the name is unknown")
    for path in ("/hang", "/drip/headers", "/drip/body"):
        start = time.monotonic()
        result = actions.ask({"url": server.url + path}, timeout_ms=700)
        tap.equal(outcome(result), ("timed_out", True, False), f"{path}: it is not known whether it ran")
        tap.ok(0.6 < time.monotonic() - start < 3, f"{path}: ends in time", time.monotonic() - start)
        start = time.monotonic()
        result = actions.ask({"url": server.url + path}, timeout_ms=20000, stop_after_ms=100)
        tap.equal(outcome(result), ("stopped", True, False), f"{path}: stopped")
        tap.ok(time.monotonic() - start < 3, f"{path}: soon", time.monotonic() - start)

    result = actions.ask({"url": f"{server.url}/binary"})
    tap.equal((result["response"]["json"], result["response"]["text"]), (None, "\ufffd\ufffd\0\x1b[31m\ufffd"),
              "bytes that are no text become text")
    headers = {name.lower(): value for name, value in result["response"]["headers"].items()}
    tap.equal((headers.get("x-two"), "set-cookie" in headers), ("a, b", False), "headers are joined, cookies left out")


def check_large(actions, server):
    for path in ("/huge", "/endless/chunks"):
        start = time.monotonic()
        result = actions.ask({"url": server.url + path}, timeout_ms=20000)
        tap.equal(outcome(result, "http_status"), ("succeeded", False, False, 200),
                  f"{path}: the status counts, the rest is not read")
        tap.ok(time.monotonic() - start < 5, f"{path}: quickly", time.monotonic() - start)
        tap.equal(len(result["response"]["text"]), 1 << 20, f"{path}: so much of it is kept")
        tap.ok(65536 < len(result["output"].encode()) < 65700, f"{path}: head and tail", len(result["output"]))
    tap.ok(actions.memory_kb() < 100000, "memory stays small", actions.memory_kb())


# Never twice

def check_kept():
    for method, connections in (("POST", 20), ("PUT", 20), ("GET", 1)):
        server = Server()
        actions = Actions()
        for _ in range(20):
            actions.ask({"url": f"{server.url}/ok", "method": method})
        tap.equal((server.connections, len(server.requests)), (connections, 20),
                  f"{method}: a connection is kept only for what may be sent again")
        actions.end()
    server = Server()
    actions = Actions()
    actions.ask({"url": f"{server.url}/ok", "method": "GET"})
    time.sleep(2.5)
    actions.ask({"url": f"{server.url}/ok", "method": "GET"})
    tap.equal(server.connections, 2, "and not for long where nothing comes")
    actions.end()
    for path in ("reset", "close"):
        server = Server()
        actions = Actions()
        results = [actions.ask({"url": f"{server.url}/{path}/3"}) for _ in range(3)]
        tap.equal((len(server.requests), outcome(results[2])), (3, ("failed", True, False)),
                  f"{path} of a connection after it heard us: sent once")
        actions.end()
    # A server whose patience with an idle connection ends just when the next request comes.
    for method in ("POST", "PUT", "GET"):
        server = Server()
        actions = Actions()
        results = {actions.ask({"url": f"{server.url}/stale", "method": method})["outcome"] for _ in range(10)}
        tap.equal((results, len(server.requests)), ({"succeeded"}, 10), f"no {method} is lost with a kept connection")
        actions.end()


# Redirects

def check_redirects(actions, server):
    rows = [
        (301, "here", None, False), (302, "same", None, False), (303, "twice", "GET", True),
        (307, "here", "POST", True), (308, "twice", "POST", True),
        (302, "other", None, False), (307, "port", None, False), (302, "metadata", None, False),
        (302, "file", None, False), (307, "loop", None, False), (302, "", None, False), (300, "here", None, False),
    ]
    for status, where, method, followed in rows:
        before = len(server.requests)
        result = actions.ask({"url": f"{server.url}/redirect/{status}/{where}"})
        if followed:
            seen = server.requests[-1]
            tap.equal((result["outcome"], seen.path, seen.method, seen.body), ("succeeded", "/echo", method,
                      MESSAGE.encode() if method == "POST" else b""), f"{status} to {where} is followed by {method}")
            check_signed(seen, "what follows") if method == "POST" else None
        else:
            tap.equal(outcome(result, "http_status"), ("failed", False, True, status), f"{status} to {where or 'nowhere'} is the answer")
            tap.ok(where == "" or status == 300 or "redirected" in result["reason"], "and says why", result["reason"])
            tap.equal(len(server.requests) - before, 6 if where == "loop" else 1, "asked so often")
    for status in (301, 302):
        result = actions.ask({"url": f"{server.url}/redirect/{status}/here"})
        tap.ok("the POST was redirected" in result["reason"] and result["response"]["headers"]["Location"] == "/echo",
               f"{status} of POST: neither a GET that is told as success nor a second POST", result["reason"])
    actions.ask({"url": f"{server.url}/redirect/301/here", "method": "GET"})
    tap.equal((server.requests[-1].method, server.requests[-1].path), ("GET", "/echo"), "301 of GET is followed")
    actions.ask({"url": f"{server.url}/redirect/303/here", "method": "PUT"})
    tap.equal(server.requests[-1].method, "GET", "303 of PUT is followed by GET")
    actions.ask({"url": f"{server.url}/redirect/302/here", "method": "PUT"})
    tap.equal((server.requests[-1].method, server.requests[-1].body), ("PUT", MESSAGE.encode()), "302 of PUT by PUT")


# Addresses

def check_addresses(actions, server):
    for host in ("169.254.169.254", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518",
                 "[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]", "[fe80::1]", "[fd00:ec2::254]", "100.100.100.200"):
        start = time.monotonic()
        result = actions.ask({"url": f"http://{host}/latest/"}, timeout_ms=3000)
        tap.equal(outcome(result), ("failed", False, True), f"{host} is refused")
        tap.ok("refused" in result["reason"] and "allow_addresses" in result["reason"] and
               time.monotonic() - start < 1, "at once, and says how to allow it", result["reason"])
    result = actions.ask({"url": "http://169.254.169.254:1/", "allow_addresses": ["169.254.0.0/16"]}, timeout_ms=400)
    tap.ok("refused (see" not in result["reason"], "it may be allowed", result["reason"])
    proxied = Actions(http_proxy=server.url)
    before = len(server.requests)
    result = proxied.ask({"url": "http://169.254.169.254/latest/"})
    tap.equal((outcome(result), len(server.requests) - before), (("failed", False, True), 0),
              "nor does a proxy get it asked")
    proxied.end()


def check_names():
    """A name that leads there: /etc/hosts of a mount namespace of our own, where we may have one."""
    hosts = folder() / "hosts"
    hosts.write_text("127.0.0.1 localhost\n169.254.169.254 metadata.test\n::ffff:169.254.169.254 mapped.test\n",
                     encoding="utf-8")
    script = f'mount --bind "{hosts}" /etc/hosts && exec "{TOOLS / "run_action"}"'
    jobs = "".join(json.dumps({"kind": "webhook", "message": "{}", "timeout_ms": 3000,
                               "request": {"url": f"http://{name}/"}}) + "\n" for name in ("metadata.test", "mapped.test"))
    done = subprocess.run(["unshare", "-rm", "sh", "-c", script], input=jobs, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode:
        tap.skip("names that lead to such addresses are refused", f"no mount namespace: {done.stderr.strip()}")
        return
    for line in done.stdout.splitlines():
        result = json.loads(line)
        tap.equal(outcome(result), ("failed", False, True), "a name that leads there is refused")
        tap.ok("169.254.169.254 is a cloud's metadata address" in result["reason"], "and says where it leads",
               result["reason"])


# Hostile values, secrets

def check_hostile(actions, server):
    before = len(server.requests)
    rows = [
        {"headers": {"X-A": "b\r\nX-Evil: 1"}}, {"headers": {"X-A": "b\nX-Evil: 1"}}, {"headers": {"X-A": "b\0c"}},
        {"headers": {"X-A\r\nX-Evil": "1"}}, {"headers": {"X-A: b\r\nX-Evil": "1"}}, {"headers": {"": "1"}},
        {"headers": {"Content-Length": "5"}}, {"headers": {"transfer-encoding": "chunked"}},
        {"headers": {"X-Port-Signature": "v1,forged"}}, {"method": "GET / HTTP/1.1\r\nX-Evil: 1\r\n\r\n"},
        {"url": server.url + "/a\r\nX-Evil: 1"}, {"url": server.url + "/a b"}, {"url": server.url + "/a\0b"},
        {"url": "gopher://127.0.0.1/"}, {"url": "file:///etc/passwd"}, {"url": ""}, {"headers": {"X-A": {"b": 1}}},
        {"query": {"a": {"b": 1}}}, {"body\0": 1}, {"query": {"a": "z" * 1050000}}, {"headers": {"X-A": "z" * 1050000}},
    ]
    for row in rows:
        result = actions.ask({"url": f"{server.url}/echo", **row})
        tap.equal((result.get("ok"), len(server.requests) - before), (False, 0), f"{str(row)[:100]} is refused, nothing is sent")
        tap.ok("\n" not in result["error"] and "\r" not in result["error"], "in one line", result["error"])
    evil = "$(touch x); `id` | 'q' \" \\ ../../etc \u202e \x1b[2J \0 \r\nX-Evil: 1 " + "z" * 1000000
    result = actions.ask({"url": f"{server.url}/ok", "body": {"input": evil}})
    tap.equal((result["outcome"], json.loads(server.requests[-1].body)), ("succeeded", {"input": evil}),
              "in a body all of it is data")
    evil = evil[:70]
    result = actions.ask({"url": f"{server.url}/echo", "query": {evil.replace("\0", ""): evil.replace("\0", "")}})
    tap.ok("x-evil" not in server.requests[-1].headers and result["outcome"] == "succeeded", "in a query, too", result)
    for url in (server.url.replace("://", "://user:hunter2@") + "/reset?token=hunter2",
                "http://user:hunter2@127.0.0.1:1/?token=hunter2", "http://user:hunter2@no-such-host.invalid/?a=hunter2",
                "http://user:hunter2@169.254.169.254/?a=hunter2", "http://user:hunt er2@host/", "http://a:hunter2@h:x/",
                server.url.replace("://", "://user:hunter2@") + "/status/404?token=hunter2"):
        result = actions.ask({"url": url})
        told = f"{result.get('error')} {result.get('reason')} {(result.get('request') or {}).get('url', '').split('?')[0]}"
        tap.ok("hunter2" not in told, "no error tells a URL's password or query", told)


def check_settings(actions):
    good = [{"url": "https://h/"}, {"url": "{{ .inputs.url }}"}, {"url": "https://{{ .a }}/"},
            {"url": "https://h/", "method": "{{ .m }}", "headers": {"{{ .k }}": 1, "X-A": "{{ .v }}"}, "query": "{{ .q }}",
             "body": {"{{ spreadValue() }}": "{{ .inputs }}"}},
            {"url": "http://h/", "tls": {"ca": "ca.pem", "cert": "c", "key": "k", "verify": False},
             "allow_addresses": ["fe80::/10"]}]
    for settings in good:
        result = actions.ask(settings, op="check")
        tap.ok(result["ok"], f"{json.dumps(settings)[:60]} can be one", result)
    # Else a message could allow itself addresses, or say whom to trust.
    bad = [({"url": "https://h/", "{{ spreadValue() }}": {}}, "cannot name a setting"),
           ({}, "needs a 'url'"), ({"url": 5}, "webhook.url must be a string"),
           ({"url": "https://h/", "methd": "GET"}, "rules[0].webhook.methd is no setting; did you mean 'method'?"),
           ({"url": "https://h/", "tls": {"verfy": False}}, "rules[0].webhook.tls.verfy is no setting; did you mean 'verify'?"),
           ({"url": "https://h/", "tls": {"verify": "no"}}, "tls.verify must be true or false"),
           ({"url": "https://h/", "tls": {"ca": "{{ .ca }}"}}, "tls cannot hold a template"),
           ({"url": "https://h/", "headers": []}, "headers must be an object"),
           ({"url": "https://h/", "headers": {"A B": "x"}}, "rules[0].webhook.headers.A B: a header's name"),
           ({"url": "https://h/", "method": "GE T"}, "webhook.method: a method is"),
           ({"url": "https://h/", "allow_addresses": ["host"]}, "allow_addresses must be an array of addresses"),
           ({"url": "ftp://h/"}, "only http and https"), ({"url": "h/x"}, "does not begin with http:// or https://"),
           ({"url": "ftp://{{ .h }}/"}, "must begin with http:// or https://"), ({"url": "https://h:port/"}, "is no URL"),
           ([], "must be an object")]
    for settings, error in bad:
        result = actions.ask(settings, op="check")
        tap.ok(not result["ok"] and error in result["error"], f"{json.dumps(settings)[:60]} cannot", result)
    result = actions.ask({"url": "https://u:p@h/?a=b", "query": {"c": "d"}, "headers": {"X-A": "b"}}, op="describe")
    told = result["described"]
    tap.equal((told["method"], told["url"], told["headers"]["X-A"], told["body"]),
              ("POST", "https://***@h/?a=b&c=d", "b", json.loads(MESSAGE)), "what would be sent can be told")


# TLS, HTTP/2, proxies

def check_tls(actions, files):
    server = Server(tls=(files["localhost.pem"], files["localhost.key"]))
    trust = {"ca": files["ca.pem"]}
    result = actions.ask({"url": f"{server.url}/ok"})
    tap.equal((outcome(result), len(server.requests)), (("failed", False, True), 0), "who is not known is not believed")
    result = actions.ask({"url": f"{server.url}/ok", "tls": trust})
    tap.equal(result["outcome"], "succeeded", "an authority of our own")
    check_signed(server.requests[-1], "what goes over TLS")
    result = actions.ask({"url": f"{server.url}/ok"})
    tap.equal(outcome(result), ("failed", False, True), "a kept connection is of those who trust alike")
    result = actions.ask({"url": f"https://127.0.0.1:{server.port}/ok", "tls": trust})
    tap.equal(outcome(result), ("failed", False, True), "of another name")
    result = actions.ask({"url": f"https://127.0.0.1:{server.port}/ok", "tls": {"verify": False}})
    tap.equal(result["outcome"], "succeeded", "verification can be switched off")
    result = actions.ask({"url": f"{server.url}/ok", "tls": {"ca": "no-such-file.pem"}})
    tap.equal(outcome(result), ("failed", False, True), "an authority's file that is not there")
    server = Server(tls=(files["localhost.pem"], files["localhost.key"], files["ca.pem"]))
    result = actions.ask({"url": f"{server.url}/ok", "tls": trust})
    tap.equal((result["outcome"], len(server.requests)), ("failed", 0), "a server that wants a client's certificate")
    result = actions.ask({"url": f"{server.url}/ok", "tls": {**trust, "cert": files["client.pem"], "key": files["client.key"]}})
    tap.equal(result["outcome"], "succeeded", "gets it")
    for path in ("/reset", "/cut/200"):
        result = actions.ask({"url": f"{server.url}{path}",
                              "tls": {**trust, "cert": files["client.pem"], "key": files["client.key"]}})
        tap.equal(outcome(result), ("failed", True, False), f"{path} over TLS")


HTTP2 = """
const [key, cert, secret] = process.argv.slice(1);
const fs = require('fs'), crypto = require('crypto');
let sessions = 0;
const server = require('http2').createSecureServer({ key: fs.readFileSync(key), cert: fs.readFileSync(cert), allowHTTP1: true });
server.on('session', () => sessions++);
server.on('request', (request, response) => {
  const body = [];
  request.on('data', part => body.push(part));
  request.on('end', () => {
    if (request.url === '/reset') { request.stream.close(2); return; }
    const mac = crypto.createHmac('sha256', secret);
    mac.update(request.headers['x-port-timestamp'] + '.').update(Buffer.concat(body));
    response.setHeader('x-version', request.httpVersion);
    response.end(JSON.stringify({ sessions, good: request.headers['x-port-signature'] === 'v1,' + mac.digest('base64') }));
  });
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
"""


def check_unheard(files):
    """HTTP/2 says what was not looked at: that is sent again at once. What was heard, or may have been, is not."""
    good, unknown = ("succeeded", False, False), ("failed", True, False)
    for method, acts, wanted, seen in (("POST", ("refuse", "answer"), [good], (2, 2)), ("POST", ("leave", "answer"), [good], (2, 2)),
                                       ("POST", ("heard", "answer"), [unknown], (1, 1)), ("POST", ("close", "answer"), [unknown], (1, 1)),
                                       ("POST", ("leave",), [("failed", False, False)], (4, 4)),
                                       ("GET", ("answer", "leave", "answer"), [good] * 2, (2, 3)),
                                       ("GET", ("answer", "close", "answer"), [good] * 2, (2, 3))):
        server = Http2((files["localhost.pem"], files["localhost.key"]), *acts)
        actions = Actions()
        results = [actions.ask({"url": f"{server.url}/", "method": method, "tls": {"ca": files["ca.pem"]}}) for _ in wanted]
        tap.equal(([outcome(result) for result in results], (server.connections, len(server.requests))), (wanted, seen),
                  f"HTTP/2, {method}, {' '.join(acts)}: what came of it, in so many connections and requests")
        actions.end()


def check_http2(actions, files):
    if not shutil.which("node"):
        tap.skip("HTTP/2", "node is not here")
        return
    with subprocess.Popen(["node", "-e", HTTP2, files["localhost.key"], files["localhost.pem"], SECRET],
                          stdout=subprocess.PIPE, text=True) as node:
        url = f"https://localhost:{int(node.stdout.readline())}"
        request = {"url": f"{url}/x", "tls": {"ca": files["ca.pem"]}}
        results = [actions.ask(request) for _ in range(5)]
        tap.equal([(r["response"]["headers"].get("x-version"), r["response"]["json"]["good"]) for r in results],
                  [("2.0", True)] * 5, "HTTP/2 where the server has it; node's crypto finds the signature good")
        again = [actions.ask({**request, "method": "GET"}) for _ in range(3)]
        tap.equal({r["response"]["json"]["sessions"] for r in again}, {6}, "on one connection, where it may be sent again")
        result = actions.ask({"url": f"{url}/reset", "tls": {"ca": files["ca.pem"]}})
        tap.equal(outcome(result), ("failed", True, False), "a stream that is reset after it was heard")
        node.kill()


def check_proxies(server):
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        actions = Actions(**{name: server.url})
        result = actions.ask({"url": "http://some.invalid/echo", "headers": {"Authorization": "s"}})
        tap.equal((result["outcome"], server.requests[-1].path), ("succeeded", "http://some.invalid/echo"),
                  f"{name} is asked")
        actions.end()
    actions = Actions(HTTP_PROXY="http://127.0.0.1:1", NO_PROXY="127.0.0.1")
    tap.equal(actions.ask({"url": f"{server.url}/ok"})["outcome"], "succeeded", "NO_PROXY goes round it")
    actions.end()
    actions = Actions(HTTPS_PROXY=server.url)
    result = actions.ask({"url": "https://some.invalid/", "headers": {"Authorization": "s3cret"}})
    tap.equal((outcome(result)[:2], server.requests[-1].method, "authorization" in server.requests[-1].headers),
              (("failed", False), "CONNECT", False), "https goes through it by CONNECT, without our headers")
    actions.end()


def test():
    server = Server()
    actions = Actions()
    files = authority()
    check_sent(actions, server)
    check_outcomes(actions, server)
    check_large(actions, server)
    check_kept()
    check_redirects(actions, server)
    check_addresses(actions, server)
    check_names()
    check_hostile(actions, server)
    check_settings(actions)
    check_tls(actions, files)
    check_unheard(files)
    check_http2(actions, files)
    check_proxies(server)
    server.stopped.set()
    actions.end()
    tap.equal(actions.process.returncode, 0, "and ends well")


finish(test)
