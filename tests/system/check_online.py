#!/usr/bin/env python3
"""check tells the same as record would stumble on, from a real broker with Port's security, and
joins no group: a recorder of that group does not notice it."""
import subprocess

from harness import ORG, Broker, Recorder, run, tap

RUNS = f"{ORG}.runs"
CHANGES = f"{ORG}.change.log"


def check(recorder):
    """The exit status and the lines."""
    done = subprocess.run(recorder.arguments("check"), env=recorder.environment(), timeout=60, check=False,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)
    tap.ok("-secret" not in done.stdout + done.stderr, "no password is shown", done.stdout + done.stderr)
    return done.returncode, done.stdout.splitlines()


def finds(recorder, says, what):
    status, lines = check(recorder)
    problems = [line for line in lines if line.startswith("problem")]
    tap.ok(status == 1 and any(says in line for line in problems), what, "\n".join(lines))
    tap.ok(len(problems) == 1, f"{what}: nothing else", "\n".join(problems))


def test():
    broker = Broker(users={ORG: "system-secret", "org_stranger": "other-secret"})
    for topic in (RUNS, CHANGES):
        broker.topic(topic)

    good = Recorder(broker, "good")
    status, lines = check(good)
    tap.ok(status == 0, "all is well", "\n".join(lines))
    for line in (f"topic: {RUNS} has ", f"topic: {CHANGES} has ", f"group: {ORG}.portlog may be used"):
        tap.ok(any(line in one for one in lines), f"it says '{line}…'", "\n".join(lines))

    finds(Recorder(broker, "password", kafka={"sasl.password": "wrong-secret"}), "cannot log in",
          "a wrong password")
    finds(Recorder(broker, "authority", kafka={"ssl.ca.location": None}), "certificate", "an untrusted CA")
    finds(Recorder(broker, "protocol", kafka={"security.protocol": "PLAINTEXT"}), "check security.protocol",
          "a wrong protocol")
    finds(Recorder(broker, "mechanism", kafka={"sasl.mechanism": "PLAIN"}), "does not accept this kind of login",
          "a wrong mechanism")
    finds(Recorder(broker, "missing", topics=[RUNS, f"{ORG}.nothing"]), f"{ORG}.nothing is not there",
          "a topic that is not there")
    status, lines = check(Recorder(broker, "stranger", kafka={"sasl.username": "org_stranger",
                                                              "sasl.password": "other-secret"}))
    tap.ok(status == 1 and any("not allowed to read the topic" in line for line in lines),
           "another organization's account", "\n".join(lines))


run(test)
