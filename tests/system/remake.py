#!/usr/bin/env python3
"""Topics and partitions that change: a topic that is deleted and made anew, while the recorder runs
and while it is down, with fewer and with more messages than before, begins a new epoch in which
nothing is refused or mixed with the old one; a topic that appears later and partitions that are
added are recorded from their beginning."""
from harness import ORG, Broker, Recorder, check_reindex, compare, run, tap, wait_until

RUNS, CHANGES = f"{ORG}.runs", f"{ORG}.change.log"


def lines(topic, count, name, partition=0):
    return [{"topic": topic, "partition": partition, "key": f"{name}-{i}",
             "payload": f'{{"name":"{name}","number":{i}}}'} for i in range(count)]


def remake(broker, partitions=1):
    broker.admin("rmtopic", RUNS)
    broker.topic(RUNS, partitions)


def epochs(recorder):
    """{epoch: number of records} of the runs topic."""
    return dict(recorder.query("SELECT epoch, count(*) FROM journal WHERE topic = ? GROUP BY epoch",
                               RUNS))


def test():
    broker = Broker()
    broker.topic(RUNS, 1)
    recorder = Recorder(broker)
    recorder.start()
    broker.produce(lines(RUNS, 500, "first"))
    recorder.wait_for_records(500)
    tap.ok(True, "it records the one topic while the other does not exist")
    first = broker.dump(RUNS)

    recorder.terminate()
    remake(broker)
    broker.produce(lines(RUNS, 800, "second"))
    second = broker.dump(RUNS)
    recorder.start()
    recorder.wait_for_records(1300)
    tap.equal(compare(first, recorder, epoch=0) + compare(second, recorder, epoch=1), [],
              "made anew while it was down, with more in it: a new epoch, from its beginning")

    remake(broker)
    broker.produce(lines(RUNS, 300, "third"))
    third = broker.dump(RUNS)
    recorder.wait_for_records(1600)
    tap.equal(compare(third, recorder, epoch=2), [],
              "made anew while it runs, with less in it: the next epoch")

    recorder.terminate()
    remake(broker)
    broker.produce(lines(RUNS, 300, "fourth"))
    fourth = broker.dump(RUNS)
    recorder.start()
    recorder.wait_for_records(1900)
    tap.equal(compare(fourth, recorder, epoch=3), [],
              "made anew with just as much in it: told by the bytes")

    broker.admin("parts", RUNS, 3)
    broker.produce(lines(RUNS, 100, "added", 1) + lines(RUNS, 100, "added", 2))
    recorder.wait_for_records(2100)
    tap.ok(True, "partitions that were added are recorded")
    remake(broker, 3)
    broker.produce(lines(RUNS, 400, "fifth"))
    fifth = broker.dump(RUNS)
    broker.topic(CHANGES, 2)
    broker.produce(lines(CHANGES, 100, "later", 0) + lines(CHANGES, 100, "later", 1))
    # Looked for again every minute.
    recorder.wait_for_ends({(CHANGES, 0): 100, (CHANGES, 1): 100}, seconds=75)
    tap.ok(True, "a topic that appears later is recorded")
    # What is here is compared with what is there every minute, too.
    wait_until(lambda: compare(fifth, recorder, epoch=4) == [], "the fifth topic is recorded", 150)
    tap.ok(True, "made anew while it runs, with more in it: nothing of it is lost")

    tap.equal(recorder.terminate(), 0, "SIGTERM ends it with 0")
    seen = epochs(recorder)
    tap.equal({epoch: seen[epoch] for epoch in (1, 2, 4)}, {1: 800, 2: 300, 4: 400},
              "each epoch has its own")
    tap.equal(recorder.query("SELECT count(*) FROM gaps WHERE reason <> 'undelivered'"), [(0,)],
              "there are no gaps")
    before = recorder.count()
    recorder.start()
    recorder.wait_for_ends({(RUNS, 0): 400, (CHANGES, 1): 100})
    recorder.terminate()
    tap.equal(recorder.count(), before, "another start changes nothing")
    check_reindex(recorder)


run(test)
