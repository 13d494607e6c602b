"""What the tests of executions stand on: targets that are asked, rules that ask them, and the scene of
both: a broker, Port's stand-in, recorders that act."""
import collections
import http.server
import json
import pathlib
import sys
import threading

from harness import ORG, PASSWORD, Broker, Recorder, dice, tap, wait_until

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "web"))
from telling import Port  # noqa: E402

TOPIC = f"{ORG}.runs"
SLEEP = f"1{dice.getrandbits(20)}.5"  # seconds; tells it from others' sleep
SECRET = "not-for-anybody-else"
READ = "import json, sys; print(sys.argv[1], json.load(sys.stdin)['run']['id'])"


class Target:
    """What webhooks are sent to: counts the requests of each run. Paths say how it answers."""

    def __init__(self):
        self.counts, self.lock, self.hang = collections.Counter(), threading.Lock(), threading.Event()
        target = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with target.lock:
                    target.counts[body["run"]["id"]] += 1
                    count = target.counts[body["run"]["id"]]
                if self.path == "/hang":
                    target.hang.wait()
                status = 503 if self.path == "/twice" and count == 1 else 400 if self.path == "/no" else 200
                self.send_response(status)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *_):
                pass  # a recorder that was killed

        self.server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"


def rule(name, target, path, **more):
    return {"name": name, "match": {"action": name}, "webhook": {"url": target.url + path}, **more}


def program(name, *argv, **more):
    return {"name": name, "match": {"action": name}, "exec": {"argv": list(argv), **more}}


def message(run_id, action, **more):
    return {"topic": TOPIC, "payload": json.dumps(
        {"inputs": {}, "action": {"identifier": action}, "run": {"id": run_id}, "context": {"runId": run_id},
         "trigger": {"by": {"user": {"email": "ann@example.com"}}}, **more})}


class Scene:
    def __init__(self, target=Target, client_secret="secret", password=PASSWORD, **topic):
        self.broker, self.target = Broker({ORG: password}), target()
        self.port = Port("--any-run", "--client-secret", client_secret)
        self.broker.topic(TOPIC, 1, **topic)
        self.next = 0
        self.config = {
            "topics": [TOPIC],
            "port": {"api": self.port.url, "client_id": "client", "client_secret": client_secret},
            "kafka": {"sasl.password": password},
            "execution": {"concurrency": 8, "signature": "off"},
            "secrets": {"ci": SECRET},
            "rules": self.rules(),
        }

    def rules(self):
        t = self.target
        return [rule("good", t, "/good"), rule("warned", t, "/good", signature="warn"),
                rule("signed", t, "/good", signature="require"),
                {**program("secret", "sh", "-c", "echo it is $TOKEN; exit 1", env={"TOKEN": "{{ .secrets.ci }}"}),
                 "report": {"on_failure": {"summary": "{{ .response.text }}"}}},
                rule("no", t, "/no"),
                rule("twice", t, "/twice", retry={"attempts": 3, "backoff": "100ms"}),
                rule("when", t, "/good", when=".run.id | test(\"_wanted\")"),
                program("program", sys.executable, "-c", READ, "{{ .run.id }}"),
                program("garbled", "true", f"{{{{ .run | \"{SECRET}\" | }}}}"),
                program("fails", "sh", "-c", "echo broken; exit 3"), program("sleeps", "sleep", SLEEP),
                rule("hang", t, "/hang"), rule("again", t, "/hang", idempotent=True),
                rule("told", t, "/good", report={"summary": "{{ .response.statusCode }} {{ .body.run.id }}",
                                                 "link": "{{ .request.url }}"})]

    def recorder(self, name="portlog"):
        return Recorder(self.broker, name, **self.config)

    def publish(self, *actions, suffix=""):
        ids = []
        for action in actions:
            self.next += 1
            ids.append(f"r_{self.next}{suffix}")
        self.broker.produce([message(run_id, action) for run_id, action in zip(ids, actions)])
        return ids

    def states(self, recorder, ids):
        found = dict(recorder.query("SELECT run_id, state FROM executions"))
        return [found.get(run_id) for run_id in ids]

    def wait_states(self, recorder, ids, wanted, what, seconds=30):
        wait_until(lambda: recorder.must_run() or self.states(recorder, ids) == wanted, what, seconds)
        tap.equal(self.states(recorder, ids), wanted, what)

    def told(self, ids):
        runs = self.port.state()["runs"]
        return [runs.get(run_id, {}).get("status") for run_id in ids]

    def wait_told(self, ids, wanted, what, seconds=30):
        wait_until(lambda: self.told(ids) == wanted, what, seconds)
        tap.equal(self.told(ids), wanted, what)
