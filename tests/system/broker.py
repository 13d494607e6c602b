#!/usr/bin/env python3
"""The broker comes and goes while messages are published and recorded: restarted, killed, frozen for
longer than a session. Nothing is lost, doubled or altered. With a frozen broker, SIGTERM still ends
the recorder with 0 within five seconds, and it goes on where it was."""
from harness import ORG, Broker, Recorder, check_reindex, compare, corpus, run, tap, wait_until

TOPICS = [f"{ORG}.runs", f"{ORG}.change.log"]
PARTITIONS = 3


def check_exit_eof(broker):
    """A member that is taken for dead loses its partitions; it is not at their end."""
    topic = f"{ORG}.frozen.runs"
    broker.topic(topic, PARTITIONS)
    broker.produce(corpus(20000, seed=4, partitions=PARTITIONS).replace(f'"{ORG}.runs"', f'"{topic}"').replace(
        f'"{ORG}.change.log"', f'"{topic}"'))
    ends = broker.ends(topic)
    recorder = Recorder(broker, "frozen", org=f"{ORG}.frozen", topics=[topic])
    recorder.start("--exit-eof", "-X", "fetch.message.max.bytes=20000", "-X", "queued.max.messages.kbytes=20")
    recorder.wait_for_records(100)
    broker.freeze()
    recorder.wait_for_silence(8)
    early = recorder.count()
    broker.thaw()
    tap.equal(recorder.wait_end(120), 0, "--exit-eof ends after a frozen broker is back")
    tap.ok(early < sum(ends.values()) == recorder.count(), "and not before all is recorded",
           f"{early}, then {recorder.count()} of {sum(ends.values())}")


def test():
    broker = Broker()
    for topic in TOPICS:
        broker.topic(topic, PARTITIONS)
    # Enough is recorded for the store to begin to compress.
    recorder = Recorder(broker, compression="auto").start()
    producer = broker.produce_slowly(corpus(6000, partitions=PARTITIONS), "--rate", "200")

    def grows(by=100):
        before = recorder.count()
        # On a slow machine the other producer may have sent all that it has.
        broker.produce(corpus(by, seed=5, partitions=PARTITIONS))
        recorder.wait_for_records(before + by)

    recorder.wait_for_records(200)
    broker.bounce()
    grows()
    tap.ok(True, "it goes on after the broker was restarted")
    broker.kill()
    broker.start()
    grows()
    tap.ok(True, "it goes on after the broker was killed")
    broker.freeze()
    # The broker takes a member for dead after 6 s of silence.
    recorder.wait_for_silence(7)
    broker.thaw()
    grows()
    tap.ok(True, "it goes on after the broker was frozen")
    tap.equal(producer.wait(), 0, "all was published")
    recorder.wait_for_ends(broker.ends(*TOPICS))

    broker.freeze()
    code = recorder.terminate(5)
    broker.thaw()
    tap.equal(code, 0, "with a frozen broker SIGTERM ends it with 0 within 5 s")
    if code != 0:
        tap.note(recorder.log()[-2000:])
    recorder.start()
    broker.produce(corpus(500, seed=2, partitions=PARTITIONS))
    recorder.wait_for_ends(broker.ends(*TOPICS))

    def compressed():
        # The dictionary is trained beside the recording; the next batch takes it.
        broker.produce(corpus(10, seed=3, partitions=PARTITIONS))
        return recorder.query("SELECT 1 FROM journal WHERE body = 'zstd' LIMIT 1")

    wait_until(compressed, "the store compresses")
    recorder.wait_for_ends(broker.ends(*TOPICS))

    # While messages wait behind a frozen broker.
    broker.freeze()
    recorder.wait_for_silence(1)
    tap.equal(recorder.terminate(5), 0, "and so does it with a broker that has just been frozen")
    broker.thaw()
    wanted = broker.dump(*TOPICS)
    # A broker that dies may have a producer send again.
    tap.ok(len(wanted) >= 6510, "Kafka holds what was published", len(wanted))
    tap.equal(compare(wanted, recorder), [], "nothing is lost, doubled or altered")
    check_reindex(recorder)
    check_exit_eof(broker)
    errors = [line for line in recorder.log().splitlines() if "error" in line.lower()]
    tap.ok(len(errors) < 50, "what repeats is not logged again and again",
           f"{len(errors)} lines, such as\n" + "\n".join(errors[:10]))


run(test)
