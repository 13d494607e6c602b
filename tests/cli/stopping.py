#!/usr/bin/env python3
"""What must not stop a recorder, and what must: a log that nobody reads. With librdkafka's mock broker,
and one recorder for each, beside each other."""
import json
import os
import pathlib
import signal
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "system"))
from harness import TOOLS, Recorder, finish, tap, wait_until  # noqa: E402

TOPIC = "org_system.runs"


class Mock:
    """librdkafka's mock broker; Recorder asks what a broker is asked."""

    def __init__(self):
        self.process = subprocess.Popen([str(TOOLS / "mock"), f"{TOPIC}:1"], stdout=subprocess.PIPE, text=True)
        self.sasl = self.process.stdout.readline().strip()
        self.ca = ""
        self.runs = 0

    def publish(self, action, count=1, inputs=None):
        """Asks for runs of the action; gives back their ids."""
        ids = [f"r_{self.runs + i:016d}" for i in range(count)]
        self.runs += count
        lines = [json.dumps({"topic": TOPIC, "payload": json.dumps(
            {"context": {"runId": run}, "payload": {"action": {"identifier": action}, "properties": inputs or {}}})})
            for run in ids]
        subprocess.run([str(TOOLS / "produce"), "-b", self.sasl], input="\n".join(lines) + "\n", text=True,
                       check=True)
        return ids


class Stopping(Recorder):
    def __init__(self, mock, name, rules, **config):
        super().__init__(mock, name, topics=[TOPIC], group=f"org_system.{name}", rules=rules, **config)
        self.configure(kafka={"security.protocol": "PLAINTEXT", "fetch.wait.max.ms": "50"},
                       execution={"signature": "off", **config.get("execution", {})})

    def states(self):
        return [row[0] for row in self.query("SELECT state FROM executions ORDER BY id")]

    def wait_for_floor(self):
        wait_until(lambda: self.query("SELECT 1 FROM journal WHERE source = 'local' AND value LIKE '%floor%'"),
                   f"{self.name} may execute")


def a_log_that_nobody_reads(mock):
    r = Stopping(mock, "unread", [{"name": "true", "match": {"action": "unread"}, "exec": {"argv": ["/bin/true"]}}])
    ends = os.pipe()
    r.process = subprocess.Popen(r.arguments("record"), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                 stderr=ends[1], env=r.environment())
    r.wait_for_floor()
    # Whatever the recorder says from now on is not read, and another writer has filled the pipe.
    os.set_blocking(ends[1], False)
    try:
        while os.write(ends[1], b"x"):
            pass
    except BlockingIOError:
        os.set_blocking(ends[1], True)
    mock.publish("unread", 20)
    wait_until(lambda: r.states().count("succeeded") == 20, "what is owed is executed")
    tap.equal(r.command("status", "-o", "json")[0], 0, "a recorder whose log nobody reads records, executes, answers")
    r.process.send_signal(signal.SIGTERM)
    tap.equal(r.wait_end(10), 0, "and ends when it is told to")
    for end in ends:
        os.close(end)


def test():
    mock = Mock()
    try:
        a_log_that_nobody_reads(mock)
    finally:
        mock.process.kill()
        mock.process.wait()


finish(test)
