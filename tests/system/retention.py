#!/usr/bin/env python3
"""Retention removed what was not recorded yet: the gap is told, with the exact range, and recording
goes on behind it. Where another recorder of the group has recorded that range, the gap says so. A
store that begins with what is left has no gap, nor has one that was asked to start later, but says
from where it was asked to."""
from harness import ORG, Broker, Recorder, check_reindex, compare, gaps, run, tap, wait_until

TOPIC = f"{ORG}.runs"


def lines(count, seed, partition=0):
    """A corpus on one topic and partition."""
    return [{"topic": TOPIC, "partition": partition, "key": f"k{seed}-{i}", "ts": 1790000000000 + i,
             "payload": f'{{"seed":{seed},"number":{i}}}'} for i in range(count)]


def until_end(recorder, broker, *arguments):
    recorder.start(*arguments)
    recorder.wait_for_log("partitions assigned")
    recorder.wait_for_ends(broker.ends(TOPIC))
    tap.equal(recorder.terminate(), 0, f"{recorder.name} stops with 0")


def test():
    broker = Broker()
    broker.topic(TOPIC, 3)
    recorder = Recorder(broker, topics=[TOPIC])
    broker.produce(lines(400, 1) + lines(50, 2, 1) + lines(20, 3, 2))
    until_end(recorder, broker)
    wanted = broker.dump(TOPIC)
    broker.produce(lines(600, 4) + lines(50, 5, 1) + lines(20, 6, 2))
    broker.admin("trim", TOPIC, 0, 700)
    broker.admin("trim", TOPIC, 1, 100)  # all of it
    until_end(recorder, broker)
    wanted.update(broker.dump(TOPIC))
    tap.equal(gaps(recorder), [(TOPIC, 0, 0, 400, 699, "expired"), (TOPIC, 1, 0, 50, 99, "expired")],
              "what retention removed is a gap with the exact range, and what remained is none")
    tap.equal(compare(wanted, recorder), [], "all else is recorded")
    check_reindex(recorder)
    tap.equal(len(gaps(recorder)), 2, "a rebuilt store knows the gaps")

    fresh = Recorder(broker, "fresh", topics=[TOPIC], group=f"{ORG}.fresh")
    until_end(fresh, broker)
    tap.equal(compare(broker.dump(TOPIC), fresh), [], "a new store records what is left")
    tap.equal(gaps(fresh), [], "and misses nothing that it ever was to have")

    other = Recorder(broker, "other", topics=[TOPIC])
    broker.produce(lines(100, 7, 2))
    until_end(other, broker)
    broker.produce(lines(100, 8, 2))
    recorder.start()
    # How far the others are is told by what they committed.
    wait_until(lambda: broker.committed(f"{ORG}.portlog", TOPIC).get((TOPIC, 2), (0,))[0] == 240,
               "the first recorder has committed that")
    recorder.terminate()
    broker.produce(lines(100, 9, 2))
    broker.admin("trim", TOPIC, 2, 190)
    until_end(other, broker)
    tap.equal(gaps(other), [(TOPIC, 2, 0, 140, 189, "elsewhere")],
              "what another of the group has, and the log has no more, is elsewhere")

    later = Recorder(broker, "later", topics=[TOPIC], group=f"{ORG}.later")
    until_end(later, broker, "--from", "@1790000000550")
    seen = sorted(place[3] for place in later.records()[0] if place[1] == 0)
    tap.equal((seen[0], seen[-1], len(seen)), (950, 999, 50), "--from TIME starts there")
    tap.ok((TOPIC, 0, 0, 700, 949, "started_later") in gaps(later),
           "and says what it was asked to leave out", gaps(later))
    until_end(later, broker, "--from", "beginning")
    tap.equal(sorted(place[3] for place in later.records()[0] if place[1] == 0)[0], 950,
              "which --from does not change later")


run(test)
