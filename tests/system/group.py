#!/usr/bin/env python3
"""Two recorders of one group, each with its own store, while partitions move between them: one joins,
leaves, comes again, and the other is killed. Each store is complete for what it was assigned, from
the beginning to where it stopped (it records from its own next offset, not the group's), none
doubled; together they have everything."""
import json
from collections import defaultdict

from harness import ORG, Broker, Recorder, check_reindex, compare, corpus, run, tap, wait_until

TOPICS = [f"{ORG}.runs", f"{ORG}.change.log"]
PARTITIONS = 4
GROUP = f"{ORG}.portlog"


def holes(recorder, wanted):
    """Offsets of its partitions, before the last one that it has, that it has not."""
    last = defaultdict(lambda: -1)
    records, problems = recorder.records()
    for topic, partition, _, offset in records:
        last[topic, partition] = max(last[topic, partition], offset)
    mine = {place: message for place, message in wanted.items()
            if place[2] <= last[place[0], place[1]]}
    return problems + compare(mine, recorder)


def test():
    broker = Broker()
    for topic in TOPICS:
        broker.topic(topic, PARTITIONS)
    kafka = {"session.timeout.ms": "2000", "heartbeat.interval.ms": "500"}
    one = Recorder(broker, "one", kafka=kafka).start()
    two = Recorder(broker, "two", kafka=kafka)
    producer = broker.produce_slowly(corpus(6000, partitions=PARTITIONS), "--rate", "250")
    one.wait_for_records(200)

    def both_have_partitions():
        members = broker.members(GROUP)
        return len(members) == 2 and all(members.values())

    two.start()
    wait_until(both_have_partitions, "the group gives partitions to both")
    two.wait_for_records(200)

    def knows_the_other():
        code, out, _ = one.command("status", "-o", "json", "--max-lag", "1h")
        members = [p["member"] for p in json.loads(out)["partitions"] if p["state"] == "elsewhere"]
        return code == 1 and members == ["portlog at 127.0.0.1"] * PARTITIONS

    wait_until(knows_the_other, "the first knows which partitions it has not, and who has them")
    tap.equal(two.terminate(), 0, "the second leaves the group")
    one.wait_for_records(one.count() + 300)
    two.start()
    wait_until(both_have_partitions, "both have partitions again")
    two.wait_for_records(two.count() + 200)
    one.kill()
    two.wait_for_records(two.count() + 300)
    one.start()
    wait_until(both_have_partitions, "both have partitions for the third time")
    tap.equal(producer.wait(), 0, "all was published")
    ends = broker.ends(*TOPICS)

    def all_recorded():
        one.must_run()
        two.must_run()
        a, b = one.positions(), two.positions()
        return all(max(a.get(place, 0), b.get(place, 0)) >= end for place, end in ends.items())

    wait_until(all_recorded, "both together have recorded up to the end")
    # The one that has everything left to it needs nothing but what it has not seen.
    tap.equal(one.terminate(), 0, "the first leaves the group")
    two.wait_for_ends(ends)
    tap.equal(two.terminate(), 0, "the second, too")
    wanted = broker.dump(*TOPICS)
    tap.equal(holes(one, wanted), [], "the first store has each record of its partitions once")
    tap.equal(compare(wanted, two), [], "the second, alone in the end, has everything once")
    tap.equal(one.query("SELECT * FROM gaps") + two.query("SELECT * FROM gaps"), [],
              "neither has a gap")
    check_reindex(one)
    check_reindex(two)


run(test)
