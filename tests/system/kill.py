#!/usr/bin/env python3
"""Exactly once, whatever ends the recorder: 20,000 messages on both topics, six partitions each, are
published while `portlog record` is killed (SIGKILL) fifty times at random moments: while it starts,
joins the group, catches up, commits. In the end the store has each message once, byte for byte, with
key, headers and timestamp; Kafka has our offsets; and rebuilt projections are the same."""
import time

from harness import ORG, SEED, Broker, Recorder, check_reindex, compare, corpus, dice, run, tap
from harness import wait_until

COUNT, KILLS, PARTITIONS = 20000, 50, 6
TOPICS = [f"{ORG}.runs", f"{ORG}.change.log"]


def test():
    tap.note(f"seed {SEED}")
    broker = Broker()
    for topic in TOPICS:
        broker.topic(topic, PARTITIONS)
    # A dead member keeps its partitions for this long.
    recorder = Recorder(broker, kafka={"session.timeout.ms": "1000", "heartbeat.interval.ms": "300"})
    producer = broker.produce_slowly(corpus(COUNT, partitions=PARTITIONS), "--rate", "300")
    while_recording = 0
    for kill in range(KILLS):
        before = recorder.count()
        recorder.start()
        if kill % 2:
            # In the midst of recording.
            wait_until(lambda: recorder.must_run() or recorder.count() > before or
                       producer.poll() is not None, "records come", 20)
            time.sleep(dice.uniform(0, 0.2))
        else:
            # Anywhere.
            time.sleep(dice.uniform(0, 1.5))
        recorder.must_run()
        recorder.kill()
        while_recording += recorder.count() > before
    tap.ok(while_recording >= KILLS // 3, f"of {KILLS} kills a third hit a recorder at work",
           while_recording)
    tap.note(f"{while_recording} of {KILLS} at work")
    tap.equal(producer.wait(), 0, "all was published")
    recorder.start()
    ends = broker.ends(*TOPICS)
    recorder.wait_for_ends(ends)
    committed = wait_until(
        lambda: (now := broker.committed(f"{ORG}.portlog", *TOPICS)) and
        {place: now.get(place, (0,))[0] for place in ends} == ends and now,
        "Kafka has our offsets")
    tap.ok(all(metadata.startswith("portlog/1 ") for _, metadata in committed.values()),
           "commits say whose they are", committed)
    tap.equal(recorder.terminate(), 0, "SIGTERM ends it with 0")
    wanted = broker.dump(*TOPICS)
    tap.equal(len(wanted), COUNT, "Kafka holds what was published")
    tap.equal(compare(wanted, recorder), [], "nothing is lost, doubled or altered")
    tap.equal(recorder.query("SELECT * FROM gaps"), [], "there are no gaps")
    check_reindex(recorder)


run(test)
