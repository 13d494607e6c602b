#!/usr/bin/env python3
"""Two recorders of one group, with the same rules and stores of their own, share what is to be executed:
whoever is killed, frozen for longer than the group waits, or loses its partitions, no run is executed
twice. Each run ends at Port, once, and as it was: SUCCESS only where its target was asked; where nobody
knows, FAILURE says so. A partition that is added meanwhile is executed, too."""
import signal
import time

from acting import TOPIC, Scene, message
from harness import ORG, check_reindex, dice, run, tap, wait_until

PARTITIONS = 4


class Pair(Scene):
    def __init__(self):
        super().__init__()
        self.broker.admin("parts", TOPIC, PARTITIONS)
        self.partitions = PARTITIONS
        self.config["execution"] = {"concurrency": 8, "signature": "off", "max_age": "10s"}
        for rule in self.config["rules"]:
            rule["timeout"] = "3s"
        self.config["kafka"] = {"max.poll.interval.ms": "6000", "heartbeat.interval.ms": "500"}
        self.ids = []
        self.recorders = [self.recorder("one"), self.recorder("two")]

    def burst(self, count=20):
        ids = [f"r_g{len(self.ids) + i}" for i in range(count)]
        self.ids += ids
        self.broker.produce([{**message(run_id, "good"), "partition": dice.randrange(self.partitions)} for run_id in ids])

    def members(self):
        return sum(1 for count in self.broker.members(f"{ORG}.portlog").values() if count)

    def settled(self):
        return self.members() == 2


def freeze(recorder, seconds):
    recorder.process.send_signal(signal.SIGSTOP)
    time.sleep(seconds)  # the group must forget it, which nothing here can see earlier
    recorder.process.send_signal(signal.SIGCONT)


def check(pair):
    known = {}
    for recorder in pair.recorders:
        for run_id, state in recorder.query("SELECT run_id, state FROM executions WHERE state <> 'skipped'"):
            known.setdefault(run_id, []).append(state)
    told = dict(zip(pair.ids, pair.told(pair.ids)))
    counts = pair.target.counts
    tap.equal([i for i in pair.ids if counts[i] > 1], [], "no run was executed twice")
    tap.equal([i for i in pair.ids if told[i] not in ("SUCCESS", "FAILURE")], [], "each has an end at Port")
    tap.equal([i for i in pair.ids if told[i] == "SUCCESS" and counts[i] != 1], [], "which is SUCCESS only where it was done")
    wrong = [(i, counts[i], known.get(i)) for i in pair.ids if told[i] == "FAILURE" and counts[i]
             and not {"interrupted", "timed_out", "failed"} & set(known.get(i, []))]
    tap.equal(wrong, [], "and FAILURE where it was not, or nobody knows")
    tap.note(f"of {len(pair.ids)} runs {sum(counts[i] for i in pair.ids)} were done,"
             f" {sum(state == 'SUCCESS' for state in told.values())} with SUCCESS")
    done = sum(told[i] == "SUCCESS" for i in pair.ids)
    tap.ok(done >= len(pair.ids) // 2, "most of them are done, and known to be", done)


def open_ones(recorder):
    return (recorder.query("SELECT count(*) FROM executions WHERE state IN ('owed', 'running', 'waiting')")[0][0]
            + recorder.query("SELECT count(*) FROM reports WHERE state = 'pending'")[0][0])


def test():
    pair = Pair()
    one, two = pair.recorders
    for recorder in pair.recorders:
        recorder.start(actions=True)
    wait_until(pair.settled, "both have partitions", 60)
    pair.burst()
    for step in range(4):
        victim = pair.recorders[step % 2]
        pair.burst()
        victim.kill()
        pair.burst()
        victim.start(actions=True)
        pair.burst()
        wait_until(pair.settled, "both have partitions again", 60)
        pair.burst()
    pair.burst()
    freeze(one, 9)
    pair.burst()
    wait_until(pair.settled, "the frozen one is back", 60)
    pair.broker.admin("parts", TOPIC, PARTITIONS + 1)
    pair.partitions = PARTITIONS + 1
    pair.burst(40)
    wait_until(lambda: one.must_run() or two.must_run() or all(pair.target.counts[i] for i in pair.ids[-40:]),
               "a partition that is new is executed", 60)
    # Each in turn has all partitions, and so learns what became of its own.
    for alone, other in ((one, two), (two, one)):
        if other.running():
            tap.equal(other.terminate(), 0, "SIGTERM ends it with 0")
        if not alone.running():
            alone.start(actions=True)
        wait_until(lambda: alone.must_run() or open_ones(alone) == 0, "nothing is open", 120)
        alone.terminate()
    check(pair)
    state = pair.port.state()
    tap.equal(state["problems"], [], "Port found nothing wrong with what it was told")
    tap.note(str({call: count for call, count in state["calls"].items() if "409" in call}))
    for recorder in pair.recorders:
        check_reindex(recorder)


run(test)
