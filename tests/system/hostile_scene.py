"""The scene of tests/system/execute_hostile.py: rules of every kind that use what a message says, targets
that write down what arrives, programs and expressions that misbehave, others that show the secrets they
were given; and what looks at the processes meanwhile."""
import base64
import json
import os
import pathlib
import re
import secrets
import sys
import threading
import time

from acting import TOPIC, Scene, program, rule
from harness import folder, tap, wait_until

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "web"))
from hostile import Server, answer  # noqa: E402

MARK = f"portlog-hostile-{secrets.token_hex(8)}"  # stands in the environment of each program
ODD = 10 ** 8 + secrets.randbelow(10 ** 8)  # seconds; tells the sleep of a program without that from others' sleep
ADDRESS = "http://127.0.0.1:1/services/"  # where nobody listens
PROBE = """import json, os, sys
def read(path):
    with open(path, 'rb') as file:
        return file.read().decode('latin-1')
seen = {'argv': read('/proc/self/cmdline').split('\\0')[4:-1], 'cwd': os.getcwdb().decode('latin-1'),
        'env': dict(line.partition('=')[::2] for line in read('/proc/self/environ').split('\\0') if line),
        'stdin': sys.stdin.buffer.read().decode('latin-1')}
with open(os.path.join(sys.argv[1], os.environ['PORTLOG_EXECUTION_ID']), 'w') as file:
    json.dump(seen, file)
"""
# Shows what it was given in every form, and at its end so that the reason is cut within it. argv: how
# much it prints before, on its last line and in the middle.
LEAK = """import base64, json, os, sys, time, urllib.parse
token, given = os.environ['TOKEN'], sys.stdin.read()
last, middle = map(int, sys.argv[1:])
for text in (token, given, json.dumps(token), urllib.parse.quote(token, ''), json.dumps(token).replace('/', '\\\\/')):
    print(text, file=sys.stdout, flush=True)
    print(text, file=sys.stderr, flush=True)
for before in range(3):
    print(base64.b64encode((before * 'u' + token + '!').encode()).decode())
print('y' * middle, token, 'z' * 20000, sep='', flush=True)
for part in (token[:20], token[20:]):
    print(part, end='', flush=True)
    time.sleep(0.3)
with open(os.environ['PORTLOG_OUTPUT'], 'w') as file:
    json.dump({'token': token, 'more': ['Basic ' + base64.b64encode(token.encode()).decode()]}, file)
print()
print('x' * last, token, sep='')
sys.exit(3)
"""


class Target(Server):
    def do_tell(self, connection, request, _):
        """Fails, and says all that it was sent."""
        seen = {"path": request.path, "lines": request.lines, "body": request.body.decode()}
        connection.sendall(answer(500, json.dumps(seen).encode(), "Content-Type: application/json", f"X-Path: {request.path}"))
        return True


class Ended:
    """An execution that has ended, and what arrived."""

    def __init__(self, scene, number, action, value, payload, row):
        self.number, self.action, self.value, self.payload = number, action, value, payload
        self.run_id, self.state, self.reason, self.id, self.output, self.at = row or (None,) * 6
        path = scene.records / str(self.id)
        self.seen = json.loads(path.read_text()) if path.exists() else None
        self.requests = [r for r in scene.target.requests if r.headers.get("x-n") == str(number)]

    def __repr__(self):
        requests = [(r.method, r.path[:200], [line[:200] for line in r.lines], r.body[:200]) for r in self.requests]
        return f"{self.action} {self.value!r:.300}: {self.state}, {self.reason!r:.300}; {self.seen!r:.2000} {requests!r:.2000}"


class Hostile(Scene):
    def __init__(self):
        top = folder()
        self.canary, self.records, self.work, self.temporary = (top / name for name in ("canary", "records", "work", "tmp"))
        for path in (self.canary, self.records, self.work, self.temporary):
            path.mkdir()
        self.probe, self.leak = top / "probe.py", top / "leak.py"
        self.probe.write_text(PROBE)
        self.leak.write_text(LEAK)
        odd = "\"\\/+%& \u00e9"  # what JSON, URLs and others write differently
        self.secrets = {name: f"{secrets.token_hex(16)}{odd}{secrets.token_hex(16)}" for name in ("token", "client")}
        self.secrets["url"] = f"{ADDRESS}{secrets.token_hex(120)}?sig={secrets.token_hex(20)}"
        self.secrets["bad-url"] = f"{ADDRESS}{secrets.token_hex(120)} {secrets.token_hex(20)}"
        self.secrets["key"] = "\n".join(["-----BEGIN-----", secrets.token_hex(30), secrets.token_hex(30), "-----END-----"])
        # Not among the rules' secrets, but not to be seen either.
        self.others = {name: secrets.token_hex(20) for name in ("kafka", "header", "password", "query")}
        super().__init__(Target, self.secrets["client"], self.others["kafka"], max_message_bytes=20_000_000)
        os.environ["TMPDIR"] = str(self.temporary)  # the recorder's
        self.config["execution"]["concurrency"] = 16
        self.config["secrets"] = {name: value for name, value in self.secrets.items() if name != "client"}

    # Rules

    def probing(self, name, *argv, env=None, **more):
        made = program(name, sys.executable, "-IS", str(self.probe), str(self.records), *argv,
                       env={"MARK": MARK, **(env or {})})
        for member in ("stdin", "cwd"):
            if member in more:
                made["exec"][member] = more.pop(member)
        return {**made, **more}

    def asking(self, name, url, headers=None, **more):
        outside = {member: more.pop(member) for member in ("report", "retry") if member in more}
        return {"name": name, "match": {"action": name}, **outside,
                "webhook": {"url": url, "headers": {"X-N": "{{ .inputs.n }}", **(headers or {})}, **more}}

    def unruly(self, name, script, timeout="20s", **more):
        return {**program(name, "sh", "-c", script, env={"MARK": MARK}, **more), "timeout": timeout}

    def rules(self):
        return [rule("good", self.target, "/good"), *self.data_rules(), *self.bombs(), *self.unruly_ones(), *self.leaks()]

    def data_rules(self):
        v, url = "{{ .inputs.v }}", self.target.url
        b = "{{ .body.inputs.v }}"
        report = {"summary": b, "link": ["x" + b], "externalRunId": b,
                  "entities": [{"blueprint": b, "identifier": "i-{{ .body.inputs.n }}", "properties": {"v": b},
                                "on_failure": True}],
                  "on_failure": {"summary": b, "link": ["x" + b]}}
        return [
            self.probing("args", v, f"a{v}z", env={"V": v}, report=report), self.probing("stdin", stdin=v),
            self.probing("cwd", cwd=f"{self.work}/{v}"), self.probing("directory", cwd=v),
            self.probing("when", when=[".inputs.v == .inputs.same", ".inputs.v | type == \"string\""], key=v),
            self.probing("ids", "{{ .run.id }}", "{{ $event.entity }}", "{{ $event.blueprint }}"),
            self.asking("hook", f"{url}/path/{{{{ .inputs.v | @uri }}}}/end", query={"q": v, v: "name"}, body={"v": v, v: 1}),
            self.asking("message", f"{url}/message"), self.asking("raw", f"{url}/raw/{v}"),
            self.asking("head", f"{url}/head", {"X-V": v}), self.asking("name", f"{url}/name", {v: "x"}),
            self.asking("where", v), self.asking("jump", f"{url}/redirect/307/{v}"),
        ]

    def bombs(self):
        long = "last(range(1e12))"
        return [
            self.probing("time", f"{{{{ {long} }}}}"), self.probing("memory", "{{ [range(1e12)] | length }}"),
            self.probing("depth", "{{ def f: 1 + f; f }}"), self.probing("size", "{{ \"x\" * 3000000 }}"),
            self.probing("decide", when=f"{long} > 0"),
            self.probing("summary", report={"summary": f"{{{{ {long} }}}}"}),
            self.probing("outside", "{{ env | tojson }}", "{{ $ENV | tojson }}", "{{ try input catch \"none\" }}",
                         "{{ [inputs] | tojson }}", "{{ input_filename | tojson }}"),
        ]

    def unruly_ones(self):
        sleep = f"sleep {ODD}"
        return [
            self.unruly("deaf", f"trap '' TERM HUP INT; echo deaf; while :; do {sleep}; done", timeout="1s"),
            self.unruly("stopped", "kill -STOP $$", timeout="1s"),
            self.unruly("daemons", f"setsid sh -c \"trap '' TERM; {sleep}\" & (setsid env -i {sleep} &) & ({sleep} &)"),
            self.unruly("groups", f"set -m; for i in 1 2 3 4 5 6 7 8 9; do {sleep} & done; kill -TERM 0; exit 0"),
            self.unruly("many", f"for i in $(seq 60); do {sleep} & done; exit 0"),
            self.unruly("closing", "exec <&- >&- 2>&-; sleep 0.5; exit 7"),
            self.unruly("unread", "exit 0", stdin="{{ .inputs.v }}"),
            self.unruly("gigabyte", "head -c 1000000000 /dev/zero"),
            self.unruly("endless", "yes $(seq 100)", timeout="1s"),
            self.unruly("file", "truncate -s 1G $PORTLOG_OUTPUT"),
            self.unruly("link", "ln -sf /proc/self/environ $PORTLOG_OUTPUT"),
            self.unruly("fifo", "rm $PORTLOG_OUTPUT; mkfifo $PORTLOG_OUTPUT"),
        ]

    def leaks(self):
        url, token, encoded = self.target.url, "{{ .secrets.token }}", "{{ .secrets.token | @uri }}"
        report = {"summary": f"{{{{ .response.text }}}} {token}", "link": "{{ .request.url }}", "status_label": token,
                  "entities": [{"blueprint": "b", "identifier": "i-{{ .body.inputs.n }}", "on_failure": True,
                                "properties": {"request": "{{ .request }}", "response": "{{ .response }}", "token": token}}]}
        report["on_failure"] = {name: report[name] for name in ("summary", "link", "status_label")}
        basic = "Basic {{ \"user:\" + .secrets.token + \"!\" | @base64 }}"
        short = {"summary": "{{ .response.text }}", "link": "{{ .response.headers }}"}
        short["on_failure"] = dict(short)
        sender = url.replace("://", f"://{self.others['password']}:{self.others['password']}@")
        return [
            {**program("leak", sys.executable, "-IS", str(self.leak), "{{ .inputs.v[0] }}", "{{ .inputs.v[1] }}", stdin=token,
                       env={"TOKEN": token, "MARK": MARK}), "report": report},
            self.asking("leak-hook", f"{url}/tell/{encoded}", {"Authorization": f"Bearer {encoded}", "X-Basic": basic},
                        query={"t": token}, body={"t": token}, retry={"attempts": 2, "backoff": "10ms"}, report=report),
            self.asking("leak-url", "{{ .secrets.url }}", report=report),
            self.asking("leak-bad-url", "{{ .secrets[\"bad-url\"] }}"), self.asking("leak-header", f"{url}/x", {token: "x"}),
            self.asking("leak-line", f"{url}/x", {"X-A": "{{ .secrets.key }}"}),
            self.probing("leak-jq", "{{ .secrets.token | tonumber }}"), self.probing("leak-sum", "{{ .secrets.token + 1 }}"),
            self.probing("leak-error", "{{ .secrets.token | error }}"), self.probing("leak-when", when=".secrets.token | error"),
            self.probing("leak-variable", env={"{{ .secrets.token }}=": "x"}),
            self.probing("leak-cwd", cwd="/{{ .secrets.token }}"),
            {**program("leak-key", "sh", "-c", "echo \"$KEY\"; echo \"$KEY\" | sed 2q; exit 1", env={"KEY": "{{ .secrets.key }}"}),
             "report": report},
            self.asking("quiet", f"{sender}/quiet?token={self.others['query']}",
                        {"Authorization": f"Bearer {self.others['header']}"}, report=short),
            self.asking("quiet-fails", f"{sender}/reset?token={self.others['query']}",
                        {"Authorization": f"Bearer {self.others['header']}"}, report=short),
        ]

    # Sending

    def send(self, recorder, rows, seconds=60, **context):
        """rows: (action, value[, run id]); a value of bytes is JSON as it is to be written."""
        sent = []
        for action, value, *run_id in rows:
            self.next += 1
            run_id = run_id[0] if run_id else f"r_{self.next}"
            raw = isinstance(value, bytes)
            inputs = {"v": "@" if raw else value, "same": None if raw else value, "n": self.next}
            payload = json.dumps({"inputs": inputs, "action": {"identifier": action}, "run": {"id": run_id},
                                  "context": {"runId": run_id, **context}})
            payload = payload.replace("\"@\"", value.decode(), 1) if raw else payload
            sent.append((self.next, action, value, payload))
        before = self.broker.ends(TOPIC)[TOPIC, 0]
        self.broker.produce([{"topic": TOPIC, "payload": payload} for *_, payload in sent], "-X", "message.max.bytes=20000000")
        recorder.wait_for_ends(self.broker.ends(TOPIC), seconds)

        def ended():
            recorder.must_run()
            return not recorder.query("SELECT 1 FROM executions WHERE state IN ('owed', 'running', 'waiting') LIMIT 1")
        wait_until(ended, "all have ended", seconds)
        found = {row[0]: row[1:] for row in recorder.query(
            "SELECT j.kafka_offset, e.run_id, e.state, e.reason, e.id, e.output, e.ended_at FROM executions e"
            " JOIN journal j ON j.seq = e.seq WHERE j.kafka_offset >= ?", before)}
        return [Ended(self, *parts, found.get(before + i)) for i, parts in enumerate(sent)]

    def wait_reports(self, recorder):
        wait_until(lambda: recorder.must_run() or not recorder.query("SELECT 1 FROM reports WHERE state = 'pending' LIMIT 1"),
                   "Port was told of all")

    def check_calm(self, recorder, what):
        """What is behind a group of hostile ones: nothing."""
        (good,) = self.send(recorder, [("good", 1)], 10)
        tap.equal(good.state, "succeeded", f"{what}: what is good is executed")
        tap.equal(list(self.canary.iterdir()), [], f"{what}: nothing was done")
        wait_until(lambda: not remaining(recorder), f"{what}: no process is left", 10)
        tap.equal(list(self.temporary.iterdir()), [], f"{what}: no file is left")


def processes():
    """(pid, command line, environment) of all that may be read."""
    for path in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            yield int(path.name), (path / "cmdline").read_bytes(), (path / "environ").read_bytes()
        except OSError:
            pass


def remaining(recorder):
    own = (os.getpid(), recorder.process.pid)
    return [(pid, line) for pid, line, environment in processes() if pid not in own and
            (f"MARK={MARK}".encode() in environment or str(ODD).encode() in line)]


class Peak:
    """How much memory the recorder needs meanwhile, beyond what it had."""

    def __init__(self, recorder):
        self.pid = recorder.process.pid
        pathlib.Path(f"/proc/{self.pid}/clear_refs").write_text("5")
        self.before = self.now("VmRSS")

    def now(self, name):
        return int(re.search(rf"{name}:\s+(\d+)", pathlib.Path(f"/proc/{self.pid}/status").read_text())[1]) // 1024

    def check(self, most, what):
        more = self.now("VmHWM") - self.before
        tap.note(f"{what}: {self.before} MiB and {more}")
        tap.ok(more <= most, f"{what} need no more than {most} MiB", (self.before, more))


# Secrets

def needles(*known):
    """What must not be found: beginning and end of each, as they are and as Base64 has them."""
    found = set()
    for secret in known:
        lines = [line.removeprefix(ADDRESS) for line in secret.split("\n") if "---" not in line]
        for text in {lines[0], lines[-1]}:
            found |= {text[:12].encode(), text[-12:].encode()}
            found |= {base64.b64encode(b"-" * before + text.encode())[4:16] for before in range(3)}
    return found


class Watch:
    """Looks at the command lines of all processes, again and again."""

    def __init__(self, wanted, *but):
        self.wanted, self.but, self.found, self.lines, self.over = wanted, but, [], set(), False
        self.thread = threading.Thread(target=self.look)
        self.thread.start()

    def look(self):
        while not self.over:
            for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    line = path.read_bytes()
                except OSError:
                    continue
                self.lines.add(line)
                if int(path.parent.name) not in self.but and any(needle in line for needle in self.wanted):
                    self.found.append(line)
            time.sleep(0.02)

    def end(self):
        self.over = True
        self.thread.join()
