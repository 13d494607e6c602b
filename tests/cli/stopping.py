#!/usr/bin/env python3
"""What must not stop a recorder (a log that nobody reads), and how it stops when it is told to while it
executes. With librdkafka's mock broker, and a recorder for each part: they begin beside each other."""
import atexit
import fcntl
import json
import os
import pathlib
import select
import signal
import subprocess
import sys
import termios

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "system"))
from harness import TOOLS, Recorder, finish, folder, tap, wait_until  # noqa: E402

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
    """Runs from the beginning, for the mock takes its time to let a member join."""

    def __init__(self, mock, name, rules, popen=None, **config):
        super().__init__(mock, name, topics=[TOPIC], group=f"org_system.{name}", rules=rules, **config)
        self.configure(kafka={"security.protocol": "PLAINTEXT", "fetch.wait.max.ms": "50"},
                       execution={"signature": "off", **config.get("execution", {})})
        if popen is None:
            self.start(actions=True)
        else:
            self.process = subprocess.Popen(self.arguments("record"), env=self.environment(), **popen)
            atexit.register(self._end)

    def states(self):
        return [row[0] for row in self.query("SELECT state FROM executions WHERE state <> 'skipped' ORDER BY id")]

    def wait_for_floor(self):
        wait_until(lambda: self.query("SELECT 1 FROM journal WHERE source = 'local' AND value LIKE '%floor%'"),
                   f"{self.name} may execute")


def a_log_that_nobody_reads(mock):
    ends = os.pipe()
    r = Stopping(mock, "unread", [{"name": "true", "match": {"action": "unread"}, "exec": {"argv": ["/bin/true"]}}],
                 {"stdin": subprocess.DEVNULL, "stderr": ends[1]})
    yield
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


def waits(name):
    """A rule whose program says that it has begun, and ends when a file is there."""
    script = f"echo begun >>{folder()}/{name}.begun; until [ -e {folder()}/{name}.go ]; do sleep .05; done"
    return {"name": name, "match": {"action": name}, "exec": {"argv": ["/bin/sh", "-c", script]}}


def begun(name):
    path = folder() / f"{name}.begun"
    return len(path.read_text().splitlines()) if path.exists() else 0


def what_runs_is_waited_for(mock):
    r = Stopping(mock, "drained", [waits("drained")], execution={"concurrency": 1, "drain": "1h"})
    yield
    r.wait_for_floor()
    mock.publish("drained", 2)
    wait_until(lambda: begun("drained") == 1, "one runs, the other is owed")
    r.process.send_signal(signal.SIGTERM)
    r.wait_for_log('stopping signal=SIGTERM')
    r.wait_for_log("waiting for what is being executed.* executions=1 .*r_0")
    status = wait_until(lambda: json.loads(r.command("status", "-o", "json")[1])["trouble"], "status tells why")
    tap.equal(status, "stopping; waiting for 1 execution", "the socket is answered meanwhile")
    tap.equal(r.command("import", "/dev/null")[0], 4, "and the store is locked")
    (folder() / "drained.go").touch()
    tap.equal(r.wait_end(10), 0, "SIGTERM ends it when what ran has ended")
    tap.equal((r.states(), begun("drained")), (["succeeded", "owed"], 1), "which counts, and nothing else was begun")


def a_second_signal_interrupts(mock):
    r = Stopping(mock, "twice", [waits("twice")])
    yield
    r.wait_for_floor()
    mock.publish("twice")
    wait_until(lambda: begun("twice") == 1, "it runs")
    r.process.send_signal(signal.SIGINT)
    r.wait_for_log("waiting for what is being executed")
    r.process.send_signal(signal.SIGINT)
    tap.equal((r.wait_end(5), r.states()), (0, ["interrupted"]), "a second signal interrupts what runs")


def the_limit_interrupts(mock):
    r = Stopping(mock, "limited", [waits("limited")], execution={"drain": "100ms"})
    yield
    r.wait_for_floor()
    mock.publish("limited")
    wait_until(lambda: begun("limited") == 1, "it runs")
    tap.equal((r.terminate(10), r.states()), (0, ["interrupted"]), "so does the end of execution.drain")


def while_the_broker_is_frozen(mock):
    """The last part: the group cannot be left, and what runs is waited for all the same."""
    r = Stopping(mock, "frozen", [waits("frozen")])
    yield
    r.wait_for_floor()
    mock.publish("frozen")
    wait_until(lambda: begun("frozen") == 1, "it runs")
    mock.process.send_signal(signal.SIGSTOP)
    r.process.send_signal(signal.SIGTERM)
    r.wait_for_log("partitions revoked")
    wait_until(lambda: "waiting for 1 execution" in r.command("status")[1].decode(), "it answers meanwhile")
    (folder() / "frozen.go").touch()
    tap.equal((r.wait_end(10), r.states()), (0, ["succeeded"]), "a frozen broker does not cut it short")


def its_terminal_is_closed(mock):
    master, slave = os.openpty()
    r = Stopping(mock, "terminal", [], {
        "stdin": slave, "stderr": slave, "start_new_session": True,
        "preexec_fn": lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0)})
    os.close(slave)
    yield
    seen = b""

    def says(what):
        nonlocal seen
        seen += os.read(master, 65536) if select.select([master], [], [], 0)[0] else b""
        return what in seen
    wait_until(lambda: says(b"partitions assigned"), "it records")
    r.process.send_signal(signal.SIGHUP)
    wait_until(lambda: says(b"the configuration was read again"), "SIGHUP on a terminal reads the configuration")
    os.close(master)
    tap.equal(r.wait_end(10), 0, "a recorder whose terminal is closed ends as with SIGTERM")


def test():
    mock = Mock()
    try:
        parts = [part(mock) for part in (a_log_that_nobody_reads, what_runs_is_waited_for, a_second_signal_interrupts,
                                         the_limit_interrupts, its_terminal_is_closed, while_the_broker_is_frozen)]
        for part in parts:
            next(part)
        for part in parts:
            next(part, None)
    finally:
        mock.process.kill()
        mock.process.wait()


finish(test)
