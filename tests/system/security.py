#!/usr/bin/env python3
"""Mistakes that people make when they connect: each ends with one line that says what to do and with
the contract's exit status, or, where waiting may help, goes on waiting without filling the log."""
import re
import time

from harness import ORG, Broker, Recorder, folder, run, tap

RUNS = f"{ORG}.runs"


def refuse(recorder, code, says, what, *arguments, seconds=30):
    """It ends by itself with that status (or one of them) and one line on the matter."""
    codes = code if isinstance(code, tuple) else (code,)
    started = time.monotonic()
    recorder.start(*arguments)
    seen = recorder.wait_end(seconds)
    log = recorder.log()
    tap.ok(seen in codes, f"{what}: exit status {code}", f"{seen}\n{log[-3000:]}")
    lines = [line for line in log.splitlines() if line.startswith("portlog: ")]
    good = len(lines) == 1 and re.search(says, lines[0], re.I)
    tap.ok(good, f"{what}: one line says so", log[-3000:])
    if "system-secret" in log or "wrong-secret" in log:
        tap.ok(False, f"{what}: no password in the log", log)
    tap.note(f"{time.monotonic() - started:.1f} s: {lines[-1] if lines else log[-300:]}")


def test():
    broker = Broker(users={ORG: "system-secret", "org_stranger": "other-secret"})
    broker.topic(RUNS)
    count = 0

    def recorder(**config):
        nonlocal count
        count += 1
        return Recorder(broker, f"case{count}", topics=[RUNS], **config)

    refuse(recorder(group="portlog"), 2, f"group.*{ORG}", "a group id that Port does not allow")
    refuse(recorder(kafka={"enable.auto.commit": "true"}), 2, r"enable\.auto\.commit",
           "a property that is portlog's own")
    refuse(recorder(), 2, r"isolation\.level", "the same on the command line", "-X",
           "isolation.level=read_uncommitted")
    refuse(recorder(kafka={"sesion.timeout.ms": "6000"}), 2, r"sesion\.timeout\.ms",
           "a property that does not exist")
    refuse(recorder(kafka={"sasl.password": "wrong-secret"}), 4, "password|login|credentials",
           "a wrong password")
    stranger = folder() / "stranger.pem"
    refuse(recorder(kafka={"ssl.ca.location": str(stranger)}), (2, 4), r"stranger\.pem",
           "a CA file that is not there")
    refuse(recorder(kafka={"ssl.ca.location": None}), 4, "certificate|CA", "an untrusted CA")
    refuse(recorder(kafka={"sasl.username": "org_stranger", "sasl.password": "other-secret"}), 4,
           "authori|access|allowed|denied", "an account that may not read the topic or use the group")
    refuse(Recorder(broker, "missing", topics=[f"{ORG}.nothing"]), 4, "topic.*exist|no topic|no such",
           "no topic at all")

    # A broker that is not there yet may come: no end, no tight loop.
    patient = recorder(kafka={"bootstrap.servers": "127.0.0.1:1"})
    patient.start()
    patient.wait_for_log("127.0.0.1:1")
    patient.wait_for_silence(8)
    lines = patient.log().splitlines()
    tap.ok(len(lines) < 15, "an unreachable broker: it waits and says so, not again and again",
           "\n".join(lines[:40]))
    spent = cpu_seconds(patient.process.pid)
    tap.ok(spent < 1, "and does not turn in a loop", f"{spent} s of CPU")
    tap.equal(patient.terminate(), 0, "and ends with 0 on SIGTERM")

    # Two topics, one of them missing: a warning.
    partly = Recorder(broker, "partly").start()
    partly.wait_for_log(rf"{ORG}\.change\.log")
    tap.equal(partly.terminate(), 0, "one topic of two missing is a warning only")


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


run(test)
