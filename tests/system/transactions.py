#!/usr/bin/env python3
"""Transactional producers: what was committed is recorded, what was aborted is not, and the offsets
between (aborted records, markers) are gaps of the normal kind. The position moves over markers that
nothing follows; an open transaction holds back what stands behind it, and only that, until it ends."""
import json

from harness import ORG, Broker, Recorder, check_reindex, compare, corpus, gaps, run, tap, wait_until

TOPICS = [f"{ORG}.runs", f"{ORG}.change.log"]
PARTITIONS = 2


def covered(recorder, ends):
    """Each offset that is neither recorded nor in a gap, and each that is both."""
    have = {}
    for topic, partition, _, offset in recorder.records()[0]:
        have.setdefault((topic, partition), set()).add(offset)
    problems = []
    holes = {}
    for topic, partition, _, first, last, _ in gaps(recorder):
        holes.setdefault((topic, partition), []).extend(range(first, last + 1))
    for place, end in ends.items():
        recorded, missing = have.get(place, set()), holes.get(place, [])
        if recorded & set(missing) or len(set(missing)) != len(missing):
            problems.append(f"{place}: gaps and records overlap")
        # Nothing tells of a hole that nothing has come behind.
        rest = set(range(max(recorded, default=-1))) - recorded - set(missing)
        if rest:
            problems.append(f"{place}: nothing says what became of {sorted(rest)[:10]}")
        if set(missing) - set(range(end)):
            problems.append(f"{place}: a gap behind the end")
    return problems


def test():
    broker = Broker()
    for topic in TOPICS:
        broker.topic(topic, PARTITIONS)
    recorder = Recorder(broker).start()
    broker.produce(corpus(1000, seed=3, partitions=PARTITIONS), "-X", "transactional.id=a",
                   "--transaction", "50", "--abort", "3")
    broker.produce(corpus(300, seed=4, partitions=PARTITIONS))
    broker.produce(corpus(200, seed=5, partitions=PARTITIONS), "-X", "transactional.id=a",
                   "--transaction", "40", "--abort", "1")
    ends = broker.ends(*TOPICS)
    recorder.wait_for_ends(ends)
    tap.ok(True, "the position moves behind markers and aborted records at the end")
    wanted = broker.dump(*TOPICS)
    tap.equal(len(wanted), 700 + 300, "Kafka shows what was committed")
    tap.equal(compare(wanted, recorder), [], "that is recorded, and nothing else")
    tap.ok(gaps(recorder) and not gaps(recorder, "expired", "elsewhere", "started_later"),
           "what is not is a gap called undelivered", gaps(recorder)[:5])
    # The last marker may have come behind our question.
    tap.equal(covered(recorder, broker.ends(*TOPICS)), [], "each offset is recorded or in a gap")
    tap.equal(recorder.terminate(), 0, "SIGTERM ends it with 0")

    # A transaction that stays open: its producer is slow. Then it dies, and the broker ends it.
    slow = broker.produce_slowly(corpus(1000, seed=6, partitions=PARTITIONS), "-X",
                                 "transactional.id=b", "-X", "transaction.timeout.ms=10000",
                                 "--transaction", "100000", "--rate", "20")
    before = broker.ends(*TOPICS)
    wait_until(lambda: all(end > before[place] for place, end in broker.ends(*TOPICS).items()),
               "the open transaction has written to each partition")
    behind = [json.loads(line) for line in corpus(100, seed=7, partitions=PARTITIONS).splitlines()]
    broker.produce(behind)
    recorder.start("--exit-eof")
    tap.equal(recorder.wait_end(), 0, "--exit-eof ends before an open transaction")
    tap.equal(compare(wanted, recorder), [], "and nothing behind its beginning is recorded")
    slow.kill()
    slow.wait()
    recorder.start()
    recorder.wait_for_records(len(wanted) + len(behind))
    tap.ok(True, "what stood behind it is recorded when the broker has ended it")
    ends = broker.ends(*TOPICS)
    recorder.wait_for_ends(ends)
    tap.equal(recorder.terminate(), 0, "SIGTERM ends it with 0")
    wanted = broker.dump(*TOPICS)
    tap.equal(compare(wanted, recorder), [], "in the end nothing is lost, doubled or altered")
    tap.equal(covered(recorder, ends), [], "and each offset is recorded or in a gap")
    check_reindex(recorder)


run(test)
