#!/usr/bin/env python3
"""The newest of what is rare: listings look where the newest changes are, segment by segment of
the journal. Whatever the order in which records came (late by days, a clock that is ahead, a partition that is
read behind another), they show what sorting all of it gives."""
import contextlib
import datetime
import json
import os
import pathlib
import random
import sqlite3
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))
from harness import PART, PORTLOG, Failed, finish, folder, tap  # noqa: E402

COUNT = 30000
START = 1780000000000
STEP = 60000  # from one record to the next, in milliseconds
YEAR = 365 * 86400000
RANDOM = random.Random(5)


def portlog(*arguments, stdin=None):
    environment = {"HOME": str(folder()), "PORTLOG_STORE": str(folder() / "store.db"), "TZ": "UTC",
                   "LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"],
                   **{name: text for name, text in os.environ.items() if name.endswith("SAN_OPTIONS")}}
    done = subprocess.run([PORTLOG, *map(str, arguments)], input=stdin, capture_output=True, env=environment,
                          timeout=300, check=False)
    if done.returncode:
        raise Failed(f"{arguments} ended with {done.returncode}: {done.stderr.decode()}")
    return done.stdout.decode()


def time_of(index):
    """In order at first, then of two partitions by turns, one far behind the other, then in order again."""
    at = START + index * STEP
    if RANDOM.random() < 0.01:
        return at - RANDOM.randrange(10000) * STEP
    if index in (100, 29500):
        return at + 2 * YEAR
    if index == 20000:
        return at + YEAR
    if 20500 <= index < 29000:  # two segments of one time
        return START + 20500 * STEP
    if 10000 <= index < 18000:
        return at - (index % 2) * 8000 * STEP
    return at - RANDOM.randrange(3) * STEP


def pick(everyday, *rare):
    return RANDOM.choice(rare) if RANDOM.random() < 0.02 else everyday


def row_of(index):
    return {"seq": index + 1, "time_ms": time_of(index), "what": "run" if RANDOM.random() < 0.05 else "change",
            "operation": pick("UPDATE", "CREATE", "DELETE"), "resource": pick("entity", "team"),
            "status": pick("SUCCESS", "FAILURE"),
            "origin": "AUTOMATION" if RANDOM.random() < 0.003 else pick("UI", "API", "SLACK"),
            "blueprint": pick("service", "cluster", "rare") if RANDOM.random() < 0.5 else "service",
            "entity": f"e{index % 700}", "user": pick("u1", "u2", "u3"), "note": pick("often", "seldom")}


def message_of(row):
    message = {"action": row["operation"], "resourceType": row["resource"], "status": row["status"],
               "trigger": {"by": {"userId": row["user"]}, "origin": row["origin"], "at": row["time_ms"]},
               "context": {"entity": row["entity"], "blueprint": row["blueprint"]},
               "diff": {"before": {"title": "x"}, "after": {"title": row["note"]}}}
    if row["what"] == "run":
        message.update(resourceType="run", action="deploy", payload={"properties": {"note": row["note"]}})
        message["context"]["runId"] = f"r_{row['seq']}"
        del message["diff"]
    return message


def history(rows):
    lines = []
    for row in rows:
        message = message_of(row)
        at = datetime.datetime.fromtimestamp(row["time_ms"] // 1000, datetime.timezone.utc)
        message["trigger"]["at"] = f"{at:%Y-%m-%dT%H:%M:%S}.000Z"
        lines.append(json.dumps({"topic": "t", "partition": 0, "offset": row["seq"], "tstype": "create",
                                 "ts": row["time_ms"] + 500, "payload": json.dumps(message)}))
    return "\n".join(lines).encode()


FILTERS = [{"status": "FAILURE"}, {"operation": "DELETE"}, {"origin": "SLACK"}, {"resource": "team"},
           {"blueprint": "rare"}, {"blueprint": "cluster", "status": "FAILURE"}, {"blueprint": "service"},
           {"blueprint": "rare", "operation": "DELETE", "origin": "API"}, {"search": "seldom"},
           {"search": "seldom", "blueprint": "cluster"}, {"entity": "e7", "status": "FAILURE"},
           {"not-status": "SUCCESS"}, {"not-origin": "UI"}, {"origin": "API"}, {"origin": "API", "status": "FAILURE"},
           {"not-resource": "entity", "blueprint": "service"}, {"not-operation": "UPDATE", "entity": "e1*"},
           {"origin": "AUTOMATION"}, {"origin": "AUTOMATION", "entity": "e1*"},
           {"origin": "AUTOMATION", "not-status": "SUCCESS"}, {"origin": "GITOPS"},
           {"user": "u1"}, {"user": "u3"}, {"user": "u3", "entity": "e7*"}, {"user": "u1", "entity": "e7"},
           {"user": "u2", "blueprint": "cluster"}, {"user": "u1", "blueprint": "rare"},
           {"user": "u3", "search": "seldom"}, {"user": "u1", "search": "seldom"}, {"user": "u1", "search": "often"},
           {"user": "u2", "not-status": "SUCCESS"}, {"user": "u2", "blueprint": "service", "not-search": "often"},
           {"user": "u3", "entity": "e7*", "not-blueprint": "service"},
           {"blueprint": "service", "not-status": "FAILURE"}, {}]
TIMES = [(None, None), (START + 5000 * STEP, None), (None, START + 15000 * STEP),
         (START + 9000 * STEP, START + 12000 * STEP)]
LIMITS = [1, 7, 50, 400, 20000, None]  # and 5000, a bit more than a page


def fits(row, filters):
    for name, value in filters.items():
        wanted = name.removeprefix("not-")
        is_so = (row["note"] == value if wanted == "search" else
                 row[wanted].startswith(value[:-1]) if value.endswith("*") else row[wanted] == value)
        if is_so == name.startswith("not-"):
            return False
    return True


def seqs(*arguments):
    return [int(text) for text in portlog(*arguments, "-o", "text", "--columns", "seq").split()]


def options(filters, since, until):
    out = [text for name, value in filters.items() for text in (f"--{name}", value)]
    out += ["--since", f"@{since}"] if since else []
    return out + (["--until", f"@{until}"] if until else [])


def listings(rows, command, kinds):
    """Each filter with each limit, in turns within some time, or the other way round."""
    wrong, some = [], 0
    for index, filters in enumerate(FILTERS):
        # These are a change's alone, or not the same of a run.
        if "run" in kinds and {"resource", "status", "operation"} & {name.removeprefix("not-") for name in filters}:
            continue
        some_of = [(limit, RANDOM.choice(TIMES)) for limit in RANDOM.sample(LIMITS, 3)]
        some_of += [(5000, time) for time in RANDOM.sample(TIMES, 2)]
        for limit, (since, until) in some_of[index % PART::PART]:
            wanted = [r["seq"] for r in rows if r["what"] in kinds and fits(r, filters)
                      and (not since or r["time_ms"] >= since) and (not until or r["time_ms"] < until)][:limit]
            turn = RANDOM.random() < 0.2
            arguments = [*command, *options(filters, since, until), *["-n", str(limit)] * bool(limit), *["-r"] * turn]
            seen = seqs(*arguments)
            some += bool(wanted)
            if seen != (wanted[::-1] if turn else wanted):
                wrong.append((arguments, len(seen), len(wanted)))
            if not limit and portlog(*arguments, "--count") != f"{len(wanted)}\n":
                wrong.append((arguments, "is counted as another number"))
    tap.ok(not wrong, f"{' '.join(command)}: the newest of each filter", wrong[:5])
    tap.ok(some > 20 // PART, f"{' '.join(command)}: many of them find something", some)


def records(rows):
    for since, until in TIMES[1:]:
        wanted = [r["seq"] for r in sorted(rows, key=lambda r: -r["seq"])
                  if (not since or r["time_ms"] + 500 >= since) and (not until or r["time_ms"] + 500 < until)]
        tap.ok(seqs("records", "--topic", "t", *options({}, since, until)) == wanted,
               f"records from {since} until {until}")
        tap.equal(portlog("records", "--topic", "t", "--count", *options({}, since, until)), f"{len(wanted)}\n", "and how many")
    # Those that are years ahead, and portlog's own, lie far from others of their time.
    for since, until in ((START + YEAR, None), (START + 2 * YEAR, None), (START + 20000 * STEP, None), (START + 25000 * STEP,
                                                                           START + 25010 * STEP)):
        wanted = [r["seq"] for r in sorted(rows, key=lambda r: -r["seq"])
                  if r["time_ms"] + 500 >= since and (not until or r["time_ms"] + 500 < until)]
        tap.equal(seqs("records", "--topic", "t", *options({}, since, until)), wanted, f"records of {since} {until}")
    tap.equal(seqs("records", "--topic", "t", "--since", f"@{START + 9 * YEAR}"), [], "records of a time that is to come")


def spans(how):
    """What the store knows of its segments is what is in them."""
    with contextlib.closing(sqlite3.connect(folder() / "store.db")) as database:
        def ask(sql):
            return database.execute(sql).fetchall()
        seen = ask("SELECT segment, first_ms, last_ms, change_first_ms, change_last_ms FROM record_span")
        times = ask("SELECT seq >> 12, min(coalesce(timestamp_ms, received_ms)),"
                    " max(coalesce(timestamp_ms, received_ms)) FROM record GROUP BY 1 ORDER BY 1")
        changes = ask("SELECT min(time_ms), max(time_ms) FROM change GROUP BY seq >> 12 ORDER BY seq >> 12")
    tap.equal(seen, [one + two for one, two in zip(times, changes)], f"the times of the journal's segments {how}")
    tap.ok(len(seen) == COUNT // 4096 + 1, "and there are several")


def extreme():
    """Kafka's timestamps may be anything: that of a change that tells none itself is shown, as any other."""
    times = [2 ** 63 - 1, -2 ** 63, 0, 2 ** 63 - 1, START]
    lines = []
    for offset, at in enumerate(times):
        message = message_of({**row_of(offset), "what": "change", "status": "FAILURE", "origin": "AUTOMATION"})
        del message["trigger"]["at"]
        lines.append(json.dumps({"topic": "x", "partition": 0, "offset": offset, "tstype": "create", "ts": at,
                                 "payload": json.dumps(message)}))
    portlog("import", "-q", "-", "--store", folder() / "extreme.db", stdin="\n".join(lines).encode())
    for filters in ({"status": "FAILURE"}, {"origin": "AUTOMATION"}, {"not-operation": "RESTORE"}):
        seen = seqs("log", "--store", folder() / "extreme.db", *options(filters, None, None), "-n", "10")
        tap.equal(seen, [4, 1, 5, 3, 2], f"extreme times: {filters}")


def test():
    extreme()
    rows = [row_of(index) for index in range(COUNT)]
    portlog("import", "-q", "-", stdin=history(rows))
    # What portlog itself recorded between them has numbers, too.
    sql = "SELECT kafka_offset, seq FROM journal WHERE topic = 't'"
    seq_of = dict(json.loads(text).values() for text in portlog("sql", "-o", "jsonl", sql).splitlines())
    for row in rows:
        row["seq"] = seq_of[row["seq"]]
    rows.sort(key=lambda r: (r["time_ms"], r["seq"]), reverse=True)
    listings(rows, ("log",), {"change"})
    listings(rows, ("runs",), {"run"})
    listings(rows, ("log", "--runs"), {"change", "run"})
    records(rows)
    spans("after an import")
    portlog("reindex", "-q")
    spans("after reindex")


finish(test)
