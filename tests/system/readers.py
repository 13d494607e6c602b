#!/usr/bin/env python3
"""A reader never blocks the recorder nor fails because of it: while `portlog record` catches up with
120,000 messages, twenty readers ask in a loop: listings, pages, feeds, stories, counts, searches, SQL,
with and without a pager that waits. None fails; what they count never falls; pages and followers see
each row once; the recorder records all there is, and its WAL is cut back again and again."""
import os
import subprocess
import threading

from crowd import Crowd, Follower, wal_size
from harness import ORG, TOOLS, Broker, Recorder, compare, run, tap, wait_until

COUNT, READERS, PARTITIONS = 120000, 20, 3
TOPICS = [f"{ORG}.runs", f"{ORG}.change.log"]
WAL_MOST = 384 << 20  # without being begun anew it grows to more


def publish(broker, count):
    corpus = subprocess.Popen([TOOLS / "corpus", "--count", str(count), "--frames", "--topic-prefix", ORG,
                               "--partitions", str(PARTITIONS)], stdout=subprocess.PIPE)
    subprocess.run([TOOLS / "produce", "-b", broker.plain, "--frames"], stdin=corpus.stdout, check=True)
    return corpus.wait()


class WalWatch(threading.Thread):
    """The greatest size that the WAL has."""

    def __init__(self, recorder):
        super().__init__(daemon=True)
        self.recorder, self.most, self.over = recorder, 0, threading.Event()

    def run(self):
        while not self.over.wait(0.02):
            self.most = max(self.most, wal_size(self.recorder))


def test():
    count = int(os.environ.get("PORTLOG_TEST_COUNT", COUNT))
    broker = Broker()
    for topic in TOPICS:
        broker.topic(topic, PARTITIONS)
    tap.equal(publish(broker, count), 0, "all is published")
    ends = broker.ends(*TOPICS)
    recorder = Recorder(broker).start()
    recorder.wait_for_records(2000)  # of each kind there is something
    watch = WalWatch(recorder)
    watch.start()
    with Crowd(recorder, READERS) as crowd:
        recorder.wait_for_ends(ends, 420)
        while_recording = crowd.reads()
        wait_until(lambda: all(reader.reads or reader.failure for reader in crowd.readers
                               if not isinstance(reader, Follower)), "each has read", 60)
    watch.over.set()
    watch.join()
    tap.note(f"{while_recording} reads while it recorded, {crowd.cpu():.0f} s of CPU in"
             f" {crowd.seconds:.0f} s; the WAL had up to {watch.most >> 20} MB")
    crowd.finish()
    tap.equal(crowd.failures(), [], f"none of {READERS} readers fails or sees what cannot be")
    tap.ok(while_recording >= 5 * READERS, "they read while it recorded", while_recording)
    tap.ok(watch.most <= WAL_MOST, f"the WAL stays within {WAL_MOST >> 20} MB", watch.most)
    tap.equal(recorder.terminate(), 0, "SIGTERM ends the recorder with 0")
    wanted = broker.dump(*TOPICS)
    tap.equal(len(wanted), count, "Kafka holds what was published")
    tap.equal(compare(wanted, recorder), [], "and the store all of it, once, unaltered")


run(test)
