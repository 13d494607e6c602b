#!/usr/bin/env python3
"""Whatever a message says does nothing but arrive as data, or its execution fails and says why: in
arguments, variables, input, directory, URL, query, headers, body, `when`, `key` and reports. Metadata
services are refused in every spelling; bombs of jq and unruly programs end, leave nothing behind and hold
up nobody; secrets stand in nothing that is written, printed or told, not even in part. Meanwhile the
recorder records, executes others, and stays small."""
import json
import os
import re
import threading
import time
import urllib.parse

from acting import TOPIC, message
from harness import check_reindex, folder, run, tap, wait_until
from hostile_scene import Hostile, Peak, Watch, needles

MEGABYTE = 1_000_000


# Data

def data(value):
    """The bytes that it is; half a surrogate pair is no character."""
    return value.replace("\ud800", "\ufffd").encode()


def values(canary):
    c = str(canary)
    return [f"; touch {c}/a", f"$(touch {c}/b)", f"`touch {c}/c`", f"x | tee {c}/d && touch {c}/e #", f"> {c}/f",
            f"'\"; touch {c}/g; '\"", "\\'$IFS$9*?[a]{b,c}~!", "--help", "-c", "%s%n%x%1000000d", "{{ .secrets.token }}",
            "\" | env | \"", "\\(env)", "$ENV.PATH", "\\u0000\\n", "a\nb", "\n",
            "a\r\nX-Evil: 1\r\n\r\nGET /evil HTTP/1.1\r\n\r\n", "\t\x1b]0;x\x07\x1b[2J\x7f",
            "\u2028\u202e\ufeff\U0001f600", "\ud800x", "a\0b", "../../../../etc/passwd", "..", "/etc",
            "..%2f..%2f%00%0d%0aX-Evil:%201", "?a=b&c=d#e", "@169.254.169.254/", "//169.254.169.254/", "", "a" * 5000,
            *large(c)]


def large(c):
    return ["x" * MEGABYTE, f"$(touch {c}/h);\n" * (MEGABYTE // (len(c) + 13))]


def why_not(scene, action, value):
    """The reason with which it must fail; None: it arrives."""
    control = any(c < " " or c == "\x7f" for c in value)
    if "\0" in value and action not in ("stdin", "when", "message"):
        return "NUL character"
    if action == "args" and len(value) > 131071:
        return "an argument at most 131071; what is large belongs on stdin"
    if action in ("cwd", "directory"):
        if action == "directory" and not value.startswith("/"):
            return "must be an absolute path"
        return None if os.path.isdir(path_of(scene, action, value)) else "cannot enter the directory"
    if action == "hook" and ("\ud800" in value or len(value) > 300000):
        return "needs a 'url'|more than the 1032192 that can be sent"  # what jq cannot read, or answer
    if action == "raw" and (control or " " in value):
        return "is no URL for a request"
    if action == "head" and control:
        return "holds a line break or another control character"
    if action == "name" and not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", value):
        return "a header's name is letters, digits and '-'|servers obey"
    return None


def path_of(scene, action, value):
    name = os.fsencode(value) if "\ud800" not in value else data(value)
    return (os.fsencode(scene.work) + b"/" if action == "cwd" else b"") + name if len(name) < 4000 else b"/none"


def has_arrived(scene, end):
    wanted, action = data(end.value), end.action
    seen = {name: part.encode("latin-1") if isinstance(part, str) else part for name, part in (end.seen or {}).items()}
    if action == "args":
        return ([a.encode("latin-1") for a in seen["argv"]] == [wanted, b"a" + wanted + b"z"]
                and seen["env"]["V"].encode("latin-1") == wanted)
    if action == "stdin":
        return seen["stdin"] == wanted
    if action in ("cwd", "directory"):
        return seen["cwd"] == os.path.realpath(path_of(scene, action, end.value))
    if action == "when":
        return seen["stdin"] == end.payload.encode()
    if len(end.requests) != 1:
        return False
    (request,) = end.requests
    path = request.path.encode("latin-1")
    if "x-evil" in request.headers:
        return False
    if action == "hook":
        way, _, query = path.partition(b"?")
        name, body = urllib.parse.quote(wanted, ""), json.loads(request.body)
        return (way.startswith(b"/path/") and way.endswith(b"/end") and urllib.parse.unquote_to_bytes(way[6:-4]) == wanted
                and query.decode().replace(f"&{name}=name", "", 1) == f"q={name}" and body == {"v": end.value, end.value: 1})
    if action == "message":
        return request.body == end.payload.encode()
    if action == "raw":
        text = b"".join(b"%%%02x" % byte if byte > 127 else bytes([byte]) for byte in wanted)  # as URLs have it
        return path == b"/raw/" + text.partition(b"#")[0]
    line = f"X-V: {wanted.decode('latin-1')}" if action == "head" else f"{end.value}: x"
    return line in [line.replace("X-V:", "X-V: ") if line == "X-V:" else line for line in request.lines]


def check_data(scene, recorder):
    every = values(scene.canary)
    for value in every:
        if "\0" not in value and ".." not in value and len(value) < 4000:
            os.makedirs(path_of(scene, "cwd", value), exist_ok=True)
    actions = ("args", "stdin", "cwd", "directory", "when", "hook", "message", "raw", "head", "name")
    peak, asked = Peak(recorder), len(scene.target.requests)
    ends = scene.send(recorder, [(action, value) for value in every for action in actions])
    # Of 20 executions with 1 MB each 16 run at once, and have it a few times, in various forms.
    peak.check(200, "values of 1 MB")
    for action in actions:
        wrong = []
        for end in ends:
            if end.action != action:
                continue
            why = why_not(scene, action, end.value)
            if action == "when" and "\ud800" in end.value:
                good = end.state is None and not end.seen  # jq cannot read it, so nothing holds
            elif why:
                good = end.state == "failed" and re.search(why, end.reason) and "\n" not in end.reason and not (
                    end.seen or end.requests)
            else:
                good = end.state == "succeeded" and has_arrived(scene, end)
            wrong += [] if good else [end]
        tap.ok(not wrong, f"{action}: all arrives as it is, or fails with its reason", wrong[:3])
    tap.equal(len(scene.target.requests) - asked, sum(len(end.requests) for end in ends), "nothing else was asked")
    scene.wait_reports(recorder)
    check_reported(scene, [end for end in ends if end.action == "args"])


def check_flat(scene, recorder):
    """What 1 MB has needed once is used again."""
    peak = Peak(recorder)
    rows = [(action, value) for value in large(str(scene.canary)) for action in ("stdin", "hook", "message")]
    ends = scene.send(recorder, rows * 4)
    tap.equal({end.state for end in ends if end.action != "hook"}, {"succeeded"}, "more of 1 MB")
    scene.wait_reports(recorder)
    peak.check(60, "more values of 1 MB")


def leads_elsewhere(name):
    """As a part of a path, where something on the way tidies paths: Port is not asked for it."""
    return any(part and not part.strip(".") for part in re.split(r"[/\\]", name))


def check_reported(scene, ends):
    state, wrong = scene.port.state(), []
    for end in ends:
        run_, value = state["runs"].get(end.run_id, {}), data(end.value).decode()
        entities = [one for one in state["entities"] if one["identifier"] == f"i-{end.number}"]
        good = run_.get("status") == ("SUCCESS" if end.state == "succeeded" else "FAILURE") and run_["ends"] == 1
        if len(value) > 300000:
            good = good and "link" not in run_ and not entities  # more than Port takes
        else:
            known = value if end.state == "succeeded" else None
            good = good and [run_["summary"], run_["link"], run_.get("externalRunId")] == [value, ["x" + value], known] and (
                [(one["blueprint"], one["run"], data(one["properties"]["v"]).decode()) for one in entities] ==
                ([(value, end.run_id, value)] if value and not leads_elsewhere(value) else []))
        wrong += [] if good else [(end, str(run_)[:1000], str(entities)[:1000])]
    tap.ok(not wrong, "Port is told it as it is, and of the end in any case", wrong[:3])
    tap.equal(state["problems"], [], "and finds nothing wrong")


def check_kinds(scene, recorder):
    """What is no text."""
    deep = b"[" * 200 + b"]" * 200
    rows = [b"9007199254740993", b"1e400", b"-0", b"1.10", b"true", b"[1,{\"a\":\"$(x)\"}]", b"{\"a\":null}", b"null", deep]
    ends = scene.send(recorder, [(action, row) for row in rows for action in ("args", "stdin", "head", "cwd", "raw")])
    wrong = []
    for end in ends:
        text, seen = end.value.decode(), end.seen
        good = end.state == "succeeded"
        if end.action == "args":
            good = good and seen["argv"] == [text, f"a{text}z"] and seen["env"]["V"] == text
            if text == "null":
                good = end.state == "failed" and "argv[4] is null: there is no such value" in end.reason
        elif end.action == "stdin":
            good = good and seen["stdin"] == ("" if text == "null" else text)
        elif end.action == "head" and text[0] in "[{":
            good = end.state == "failed" and "must be a string" in end.reason
        elif end.action == "head":
            good = good and (f"X-V: {text}" in end.requests[0].lines) == (text != "null")
        elif end.action == "cwd":
            good = end.state == "failed" and "cannot enter the directory" in end.reason
        else:
            good = good and end.requests[0].path == f"/raw/{text}"
        wrong += [] if good else [end]
    tap.ok(not wrong, "what is no text arrives as it was written", wrong[:5])


def check_names(scene, recorder):
    """Runs, entities and blueprints of hostile names."""
    names = [f"r_$(touch {scene.canary}/i)`id`;'\"\\", "r_../../v1/auth/access_token", "r_..", "r_a\r\nX-Evil: 1\r\n",
             "r_?a=b#c%2e%00", "r_\u202e\U0001f600\x1b[2J", "r_a\0b", "r_" + "y" * 200000]
    wrong = []
    for name in names:
        (end,) = scene.send(recorder, [("ids", 1, name)], entity=name, blueprint=name)
        if "\0" in name or len(name) > 131071:
            good = end.state == "failed" and re.search("NUL character|an argument at most", end.reason) and not end.seen
        else:
            text = name.encode().decode("latin-1")
            good = end.state == "succeeded" and end.seen["argv"] == [text] * 3 and text == end.seen["env"]["PORTLOG_RUN_ID"] == (
                end.seen["env"]["PORTLOG_ENTITY"]) == end.seen["env"]["PORTLOG_BLUEPRINT"]
        wrong += [] if good else [end]
    scene.wait_reports(recorder)
    tap.ok(not wrong, "names of runs and entities arrive as they are", wrong[:3])
    state = scene.port.state()
    told = [state["runs"].get(name, {}).get("status") for name in names]
    wanted = [None if leads_elsewhere(name) else "SUCCESS" for name in names[:6]] + ["FAILURE", None]
    tap.equal((told, wanted.count(None)), (wanted, 2), "and Port is told of these runs, but of those that no path can have")
    tap.equal(state["problems"], [], "by nothing that it does not know")


# Addresses

ADDRESSES = [
    "169.254.169.254", "169.254.169.254:80", "2852039166", "0xa9fea9fe", "0xA9.0xFE.0xA9.0xFE", "0251.0376.0251.0376",
    "025177524776", "169.254.43518", "169.16689662", "[fd00:ec2::254]", "[FD00:0EC2:0:0:0:0:0:0254]",
    "[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]", "[fe80::1]", "100.100.100.200", "user:pw@169.254.169.254",
    "%31%36%39.254.169.254", "169.254.170.2"]
REFUSED = r"refused \(see 'allow_addresses'\)"


def check_addresses(scene, recorder):
    before = len(scene.target.requests)
    rows = [("where", f"{scheme}://{host}/latest/") for host in ADDRESSES for scheme in ("http", "HTTPS")]
    bad = [("where", url) for url in ("file:///etc/passwd", "gopher://127.0.0.1/", "//169.254.169.254/", "", "http://", "ftp://x/")]
    jumps = [("jump", where) for where in ("metadata", "file", "other", "port", "loop")]
    ends = scene.send(recorder, rows + bad + jumps, 30)
    wrong = [end for end in ends[:len(rows)] if end.state != "failed" or not re.search(REFUSED, end.reason)]
    tap.ok(not wrong, f"a metadata service is refused in {len(rows)} spellings", wrong)
    wrong = [end for end in ends[len(rows):-len(jumps)] if end.state != "failed" or "is no URL for a request" not in end.reason]
    tap.ok(not wrong, "so is what is no URL of http", wrong)
    wrong = [end for end in ends[-len(jumps):] if end.state != "failed" or not re.search("redirected (to another host|too often)",
                                                                                         end.reason)]
    tap.ok(not wrong, "and a redirect to another host", wrong)
    tap.equal(len(scene.target.requests) - before, 4 + 6, "nothing else was asked")


# jq

def check_bombs(scene, recorder):
    peak, ids = Peak(recorder), [f"r_meanwhile{i}" for i in range(5)]

    def others():
        wait_until(lambda: recorder.query("SELECT 1 FROM executions WHERE rule = 'time'"), "the first bomb runs")
        scene.broker.produce([message(run_id, "good") for run_id in ids])
    meanwhile = threading.Thread(target=others)
    meanwhile.start()
    names = ("time", "memory", "depth", "size", "decide", "summary", "outside")
    ends = dict(zip(names, scene.send(recorder, [(name, "x") for name in names], 90)))
    meanwhile.join()
    long = r"jq (took longer|needed more memory|ended by signal)"
    for name, why in (("time", long), ("memory", long), ("depth", long), ("decide", long), ("size", r"argv\[4\] is null")):
        end = ends[name]
        tap.ok(end.state == "failed" and re.search(why, end.reason) and not end.seen, f"jq: {name} ends, and nothing is run", end)
    tap.equal(ends["summary"].state, "succeeded", "jq: a report that is not to be had fails nothing")
    tap.equal(ends["outside"].seen["argv"], ["{}", "{}", "none", "[]", "null"], "jq: it sees nothing outside")
    scene.wait_reports(recorder)
    tap.equal(scene.told([end.run_id for end in ends.values()]), ["FAILURE"] * 5 + ["SUCCESS"] * 2, "jq: and Port knows")
    last = max(end.at for end in ends.values())
    done = recorder.query("SELECT state, ended_at FROM executions WHERE run_id LIKE 'r_meanwhile%'")
    tap.ok(len(done) == len(ids) and all(state == "succeeded" and at < last for state, at in done),
           "jq: others are executed meanwhile", (done, last))
    tap.ok("its answer is larger than 1 MiB" in recorder.log(), "jq: the log says what was null", recorder.log()[-2000:])
    peak.check(60, "bombs of jq")


# Programs

def check_unruly(scene, recorder):
    peak = Peak(recorder)
    rows = [("deaf", "timed_out", "did not end within 1 s"), ("stopped", "timed_out", "did not end within 1 s"),
            ("daemons", "succeeded", None), ("groups", "failed", "was ended by signal 15"), ("many", "succeeded", None),
            ("closing", "failed", "exited with status 7"), ("unread", "succeeded", None), ("gigabyte", "succeeded", None),
            ("endless", "timed_out", "did not end within 1 s"), ("file", "succeeded", None), ("link", "succeeded", None),
            ("fifo", "succeeded", None)]
    start = time.monotonic()
    ends = scene.send(recorder, [(name, "x" * MEGABYTE if name == "unread" else 1) for name, *_ in rows])
    took = time.monotonic() - start
    for end, (name, state, why) in zip(ends, rows):
        tap.ok(end.state == state and (not why or why in end.reason), f"unruly: {name} is {state}", end)
    tap.ok(took < 20, "unruly: nothing waits for long", took)
    tap.equal([end for end in ends if len(end.output or "") > 70000], [], "unruly: so much is kept of what they print")
    noted = [end.action for end in ends if "$PORTLOG_OUTPUT is left out" in (end.output or "")]
    tap.equal(noted, ["file", "link", "fifo"], "unruly: no output but a file of theirs is read")
    scene.wait_reports(recorder)
    told = scene.told([end.run_id for end in ends])
    tap.equal(told, ["SUCCESS" if end.state == "succeeded" else "FAILURE" for end in ends], "unruly: and Port knows")
    # What is told of each is in hand until it is written: 256 KiB, six times that as JSON.
    peak.check(60, "programs that write without end")


# Secrets

def check_secrets(scene, recorder):
    wanted = needles(*scene.secrets.values(), *scene.others.values())
    watch = Watch(wanted, scene.port.process.pid)  # which is told on its command line
    pads = [(last, 49152 - 600 - shift) for last, shift in zip(range(80, 120, 4), range(0, 600, 60))]
    rows = [("leak", pad) for pad in pads] + [(name, 1) for name in (
        "leak-hook", "leak-url", "leak-bad-url", "leak-header", "leak-line", "leak-jq", "leak-sum", "leak-error", "leak-when",
        "leak-variable", "leak-cwd", "leak-key", "quiet", "quiet-fails")]
    ends = scene.send(recorder, rows)
    scene.wait_reports(recorder)
    watch.end()
    by_name = {end.action: end for end in ends}
    states = {end.action: end.state for end in ends}
    wanted_states = {**dict.fromkeys(states, "failed"), "leak-when": None, "quiet": "succeeded"}
    tap.equal(states, wanted_states, "secrets: what is to fail does")
    tap.ok(any(str(scene.leak).encode() in line for line in watch.lines), "secrets: command lines are seen")
    tap.equal(watch.found[:3], [], "secrets: none on a command line")
    token, requests = scene.secrets["token"], by_name["leak-hook"].requests
    header = f"Authorization: Bearer {urllib.parse.quote(token, '')}"
    tap.ok([json.loads(r.body) == {"t": token} and header in r.lines for r in requests] == [True, True],
           "secrets: whom they are for has them", requests)
    tap.ok(any("***" in (end.reason or "") for end in ends) and all("***" in by_name[name].output for name in (
        "leak", "leak-hook", "leak-key")), "secrets: others see that there was one", by_name["leak"])
    leaks(wanted, "what Port was told", json.dumps(scene.port.state()).encode())
    commands = [["executions", "show", str(end.id), *more] for end in ends if end.id for more in ([], ["-o", "json"])]
    commands += [["executions", "-o", "json"], ["check"], ["status"], ["status", "-o", "json"], ["runs"],
                 ["sql", "SELECT * FROM reports"], ["show", ends[0].run_id], ["dry-run", "--action", "leak*", "-o", "json"],
                 ["log", "--user", "x"], ["export"]]
    leaks(wanted, "what commands say", b"".join(said(recorder, *command) for command in commands))
    check_mistakes(scene, wanted)
    check_files(scene, recorder, wanted)


def leaks(wanted, where, text):
    found = [needle for needle in sorted(wanted) if needle in text]
    tap.ok(not found, f"secrets: none in {where}", [(n, text[max(0, text.find(n) - 150):text.find(n) + 50]) for n in found[:4]])


def said(recorder, *command):
    _, out, errors = recorder.command(*command)
    return out + errors.encode()


def check_mistakes(scene, wanted):
    """Configurations with a secret where there is a mistake."""
    token, header = scene.secrets["token"], scene.others["header"]
    hook = {"url": scene.target.url, "headers": {"A": header}}
    mistakes = [
        {"secrets": {"token": [token]}}, {"port": {"client_id": "x", "client_secret": {"value": token}}}, {"port": token},
        {"port": {"client_id": "x", "clientsecret": token}}, {"kafka": {"sasl.password": "x", "sasl.pasword": header}},
        {"topics": {header: header}},
        *({"rules": [{"name": "a", "webhook": {**hook, **more}}]} for more in (
            {"headers": {"A B": header}}, {"headers": {"A": f"{header}\n"}}, {"url": f"http://u:{header}@h:port/?a={header}"},
            {"url": f"ftp://u:{header}@h/"}, {"methd": header}, {"query": header}, {"tls": header})),
        {"rules": [{"name": "a", "exec": {"argv": ["true"], "env": {"A=B": header}}}]},
        {"rules": [{"name": "a", "exec": {"argv": ["true"], "env": {"A": "{{ .secrets.none }}" + header}}}]},
        {"rules": [{"name": "a", "exec": {"argv": ["true"], "env": {"A": "{{ .a | }}" + header}}}]},
    ]
    text, good = b"", []
    for mistake in mistakes:
        bad = scene.recorder("bad")
        bad.configure(**mistake)
        commands = [["check", "--offline"], ["record"]][:1 if "{{" in json.dumps(mistake) else 2]  # record looks at no expression
        for command in commands:
            status, out, errors = bad.command(*command, seconds=30)
            good += [(command, mistake)] if status == 0 else []
            text += out + errors.encode()
    tap.equal(good, [], "secrets: mistakes are found")
    leaks(wanted, "what is said of mistakes", text)


def check_files(scene, recorder, wanted):
    files = [path for path in folder().rglob("*") if path.is_file() and scene.broker.dir not in path.parents
             and scene.records not in path.parents and path.suffix != ".json"]  # what portlog has written
    tap.ok({recorder.store, recorder.log_path} <= set(files), "secrets: store and log are there", files)
    for path in files:
        leaks(wanted, path.name, path.read_bytes())


def test():
    scene = Hostile()
    recorder = scene.recorder().start(actions=True)
    recorder.wait_for_log("execution floor")
    scene.check_calm(recorder, "at first")
    for check, what in ((check_data, "data"), (check_flat, "more data"), (check_kinds, "kinds"), (check_names, "names"),
                        (check_addresses, "addresses"), (check_bombs, "jq"), (check_unruly, "programs"),
                        (check_secrets, "secrets")):
        start = time.monotonic()
        check(scene, recorder)
        scene.check_calm(recorder, what)
        tap.note(f"{what}: {time.monotonic() - start:.1f} s")
    tap.equal(recorder.count(), scene.broker.ends(TOPIC)[TOPIC, 0], "all of it is recorded")
    tap.equal(recorder.terminate(), 0, "SIGTERM ends it with 0")
    check_reindex(recorder)


run(test)
