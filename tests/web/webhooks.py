"""Webhooks that are run without a recorder, and how they are signed, by Python's own hmac."""
import atexit
import base64
import hashlib
import hmac
import json
import os
import pathlib
import subprocess

from harness import TOOLS

SECRET = "a client secret of Port's"
MESSAGE = '{"n": 1.10, "text": "caf\u00e9 \\u00e9", "headers": {"X-Port-Signature": "v1,abc"}}'


class Actions:
    """run_action, one job after another on one thread."""

    def __init__(self, **environment):
        names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
        clean = {k: v for k, v in os.environ.items() if k.upper() not in names}
        self.process = subprocess.Popen([str(TOOLS / "run_action")], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, env=dict(clean, **environment))
        atexit.register(self.process.kill)

    def ask(self, request, **job):
        job = {"kind": "webhook", "message": MESSAGE, "secret": SECRET, "timeout_ms": 5000, **job, "request": request}
        self.process.stdin.write(json.dumps({k: v for k, v in job.items() if v is not None}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        return json.loads(line) if line else {"crashed": self.process.wait()}

    def memory_kb(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        return int(status.split("VmHWM:")[1].split()[0])

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def signature(timestamp, body):
    mac = hmac.new(SECRET.encode(), f"{timestamp}.".encode() + body, hashlib.sha256)
    return "v1," + base64.b64encode(mac.digest()).decode()
