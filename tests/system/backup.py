#!/usr/bin/env python3
"""A store restored from a backup refills itself from Kafka: what was recorded since is recorded again,
once. Meanwhile the group's offsets never go back, for they are what another member, or the restored
store's own executions, go by."""
import shutil

from harness import ORG, Broker, Recorder, check_reindex, compare, corpus, run, tap, wait_until

TOPICS = [f"{ORG}.runs", f"{ORG}.change.log"]
PARTITIONS = 2
GROUP = f"{ORG}.portlog"


def offsets(broker):
    return {place: offset for place, (offset, _) in broker.committed(GROUP, *TOPICS).items()}


def test():
    broker = Broker()
    for topic in TOPICS:
        broker.topic(topic, PARTITIONS)
    recorder = Recorder(broker)
    broker.produce(corpus(1000, seed=1, partitions=PARTITIONS))
    recorder.start()
    recorder.wait_for_ends(broker.ends(*TOPICS))
    recorder.terminate()
    backup = recorder.store.with_suffix(".backup")
    shutil.copyfile(recorder.store, backup)
    tap.ok(not recorder.store.with_name(recorder.store.name + "-wal").exists()
           or recorder.store.with_name(recorder.store.name + "-wal").stat().st_size == 0,
           "a stopped store is one file: a copy of it is a backup")

    broker.produce(corpus(1000, seed=2, partitions=PARTITIONS))
    recorder.start()
    ends = broker.ends(*TOPICS)
    recorder.wait_for_ends(ends)
    wait_until(lambda: offsets(broker) == ends, "Kafka has our offsets")
    recorder.terminate()
    whole = recorder.records()[0]

    for tail in ("", "-wal", "-shm"):
        recorder.store.with_name(recorder.store.name + tail).unlink(missing_ok=True)
    shutil.copyfile(backup, recorder.store)
    tap.equal(recorder.count(), 1000, "the restored store is old")
    recorder.start()
    lowest = dict(ends)

    def refilled():
        recorder.must_run()
        for place, offset in offsets(broker).items():
            lowest[place] = min(lowest[place], offset)
        return recorder.count() >= 2000

    wait_until(refilled, "the store refills itself", 60)
    recorder.wait_for_ends(ends)
    tap.equal(lowest, ends, "meanwhile the group's offsets never went back")
    broker.produce(corpus(200, seed=3, partitions=PARTITIONS))
    ends = broker.ends(*TOPICS)
    recorder.wait_for_ends(ends)
    wait_until(lambda: offsets(broker) == ends, "Kafka has our offsets")
    tap.ok(True, "past them it commits again")
    recorder.terminate()
    tap.equal(compare(broker.dump(*TOPICS), recorder), [], "nothing is lost, doubled or altered")
    records = recorder.records()[0]
    tap.ok(all(records.get(place) == message for place, message in whole.items()),
           "what the lost store had is there")
    check_reindex(recorder)


run(test)
