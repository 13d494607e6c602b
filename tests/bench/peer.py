#!/usr/bin/env python3
"""The peer: the recorder that one would write by hand in Python, and write well. It keeps each
message as received and the columns that one asks for, with the indexes that make asking fast, in
large batches, and commits to Kafka behind the database. It has no full text, no diff, no tree, no
compression, and does not care who else has written the file."""
import argparse
import json
import resource
import sqlite3
import time

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError

SCHEMA = """
CREATE TABLE message(
    id INTEGER PRIMARY KEY, topic TEXT, partition INTEGER, offset INTEGER, timestamp INTEGER,
    key BLOB, action TEXT, resource TEXT, status TEXT, origin TEXT, at TEXT, user TEXT,
    blueprint TEXT, entity TEXT, run TEXT, body TEXT);
CREATE UNIQUE INDEX message_place ON message(topic, partition, offset);
CREATE INDEX message_at ON message(at);
CREATE INDEX message_entity ON message(blueprint, entity, at);
CREATE INDEX message_user ON message(user, at);
CREATE INDEX message_action ON message(action, at);
CREATE INDEX message_run ON message(run) WHERE run IS NOT NULL;
"""
INSERT = ("INSERT OR IGNORE INTO message(topic, partition, offset, timestamp, key, action, resource,"
          " status, origin, at, user, blueprint, entity, run, body)"
          " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")


def member(value, *names):
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def identifier(value):
    return value.get("identifier") if isinstance(value, dict) else value


def row(message):
    """The shapes that this company gets: changes and runs, bare or in an automation's message."""
    body = message.value()
    columns = [message.topic(), message.partition(), message.offset(), message.timestamp()[1],
               message.key()]
    try:
        payload = json.loads(body)
    except (TypeError, ValueError):
        return columns + [None] * 9 + [body]
    event = member(payload, "event") or payload
    trigger = member(event, "trigger") or {}
    context = member(event, "context") or {}
    after = member(event, "diff", "after") or member(event, "diff", "before") or {}
    run = member(context, "runId") or member(payload, "run", "id")
    if member(event, "resourceType") == "run":
        run = member(after, "id") or run
    return columns + [
        member(event, "action") if isinstance(member(event, "action"), str)
        else member(payload, "action", "identifier"),
        member(event, "resourceType"),
        member(after, "status") if member(event, "resourceType") == "run" else member(event, "status"),
        member(trigger, "origin"),
        member(trigger, "at"),
        member(trigger, "by", "user", "email") or member(trigger, "by", "userId"),
        member(context, "blueprint") or member(context, "blueprintIdentifier")
        or identifier(member(after, "blueprint")),
        member(context, "entity") or member(context, "entityIdentifier"),
        run,
        body.decode(errors="replace"),
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-X", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--store", required=True)
    parser.add_argument("--synchronous", default="NORMAL")
    parser.add_argument("topics", nargs="+")
    options = parser.parse_args()

    database = sqlite3.connect(options.store, isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute(f"PRAGMA synchronous = {options.synchronous}")
    database.executescript(SCHEMA)

    started = time.monotonic()
    ends = set()
    assigned = set()

    def begin(consumer, partitions):
        for partition in partitions:
            partition.offset = OFFSET_BEGINNING
            assigned.add((partition.topic, partition.partition))
        consumer.assign(partitions)

    consumer = Consumer({
        "enable.auto.commit": False, "enable.partition.eof": True, "auto.offset.reset": "earliest",
        **dict(pair.split("=", 1) for pair in options.X)})
    consumer.subscribe(options.topics, on_assign=begin)
    count = size = 0
    while not assigned or ends != assigned:
        rows = []
        for message in consumer.consume(1000, 0.1):
            if message.error() is None:
                rows.append(row(message))
                size += len(message.value() or b"")
            elif message.error().code() == KafkaError._PARTITION_EOF:
                ends.add((message.topic(), message.partition()))
        if rows:
            database.execute("BEGIN")
            database.executemany(INSERT, rows)
            database.execute("COMMIT")
            consumer.commit(asynchronous=True)
            count += len(rows)
    seconds = time.monotonic() - started
    consumer.close()
    database.close()
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(f"messages {count} bytes {size} seconds {seconds:.3f} rate {count / seconds:.0f}"
          f" rss_kb {usage.ru_maxrss} cpu {usage.ru_utime + usage.ru_stime:.3f}")


main()
