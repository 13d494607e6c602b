"""The strict stand-in for Port's API, and portlog's calls to it."""
import atexit
import json
import os
import subprocess
import sys
import urllib.request

from harness import ROOT, TOOLS, tap

CLEAN = {k: v for k, v in os.environ.items() if not k.upper().endswith("_PROXY")}


class Port:
    """The stand-in, and its control."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen([sys.executable, str(ROOT / "tests" / "tools" / "port_strict.py"), *arguments],
                                        stdout=subprocess.PIPE, text=True)
        atexit.register(self.process.kill)
        self.url, self.control_url = (self.process.stdout.readline().strip() for _ in range(2))

    def control(self, path, **what):
        request = urllib.request.Request(self.control_url + path, json.dumps(what).encode() if path != "/state" else None)
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as answer:
            return json.load(answer)

    def state(self):
        return self.control("/state")

    def end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def tell(port, *calls, threads=1, secret="secret"):
    """What portlog makes of the answers, in the calls' order."""
    lines = "".join(json.dumps(dict(zip(("method", "path", "body"), call))) + "\n" for call in calls)
    done = subprocess.run([str(TOOLS / "port_call"), port.url, "client", secret, str(threads)], input=lines, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True, env=CLEAN, timeout=100)
    answers = sorted((json.loads(line) for line in done.stdout.splitlines()), key=lambda answer: answer["line"])
    if secret != "secret":
        tap.ok(secret not in done.stdout + done.stderr, "the client secret is not told")
    return answers


def short(answers):
    return [(answer.get("verdict", "no answer"), answer.get("status", 0)) for answer in answers]
