#!/usr/bin/env python3
"""`stats` against a count that knows nothing of portlog's SQL: over the rows of log and runs as JSON lines, in
Python's own time zones. Late, doubled and disordered messages; days on which the clock is changed; zones that are
no whole quarters of an hour off; ranges that begin and end anywhere; every kind of filter, whether the counters
can answer it or the tables must."""
import collections
import datetime
import json
import pathlib
import random
import subprocess
import sys
import zoneinfo

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))
from harness import Recorder, corpus, finish, part_of, tap  # noqa: E402

RANDOM = random.Random(11)
WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
ZONES = ["UTC", "Asia/Kolkata", "Europe/Berlin", "America/St_Johns", "Africa/Monrovia", "Australia/Lord_Howe",
         "Pacific/Apia", "+00:07"]
# Around these hours something happens every seven minutes: clocks are put forward and back (in St John's at a minute
# past midnight), Apia skips a day, Monrovia was 44 minutes and 30 seconds off until 1972.
MOMENTS = ["2026-03-29T01:00", "2026-10-25T01:00", "2010-03-14T03:31", "2010-11-07T02:31", "2011-12-30T10:00",
           "1971-06-01T00:30", "1969-12-31T23:59", "2026-04-04T15:00", "2026-10-03T15:30"]


def moment_lines():
    number = 0
    for moment in MOMENTS:
        start = datetime.datetime.fromisoformat(moment + "+00:00") - datetime.timedelta(hours=2)
        for step in range(0, 240, 7):
            at = start + datetime.timedelta(minutes=step, seconds=step % 60, milliseconds=999 * (step % 2))
            message = {"action": "UPDATE", "resourceType": "entity",
                       "status": "FAILURE" if number % 9 == 0 else "SUCCESS",
                       "trigger": {"at": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                                   "by": {"userId": "auth0|clock"}, "origin": "UI"},
                       "context": {"blueprint": "clock", "entity": f"c{number % 5}"},
                       "diff": {"before": {"properties": {"hour": number}}, "after": {"properties": {"hour": -number}}}}
            yield json.dumps({"topic": "org_corpus.change.log", "partition": 7, "offset": number,
                              "payload": json.dumps(message)})
            number += 1


def import_lines(recorder, lines):
    done = subprocess.run(recorder.arguments("import", "-q", "-"), check=False, env=recorder.environment(),
                          input="\n".join(lines).encode(), stderr=subprocess.PIPE)
    tap.equal((done.returncode, done.stderr), (0, b""), f"{recorder.name}: the lines are imported")


def ask(recorder, *arguments):
    code, out, errors = recorder.command(*arguments)
    if code:
        tap.ok(False, f"portlog {arguments}", errors)
        return []
    return [json.loads(line) for line in out.splitlines()]


def listed(recorder, command, *filters):
    return ask(recorder, command, "-o", "jsonl", "--columns", "all", *filters)


def zone_of(name):
    if name[0] == "+":
        hours, minutes = name[1:].split(":")
        return datetime.timezone(datetime.timedelta(hours=int(hours), minutes=int(minutes)))
    return zoneinfo.ZoneInfo(name)


EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def key_of(by, zone, row):
    if by in ("hour", "day", "weekday"):
        local = (EPOCH + datetime.timedelta(milliseconds=row["time_ms"])).astimezone(zone)
        return {"hour": local.hour, "day": local.date().isoformat(), "weekday": WEEKDAYS[local.weekday()]}[by]
    if by == "user":
        return row["actor"], row["user_id"]
    return (row["blueprint"], row["entity"]) if by == "entity" and row["entity"] is not None else row[by]


def percentile(values, percent):
    values = sorted(values)
    return values[-(-len(values) * percent // 100) - 1] if values else None


def expected(by, zone, changes, runs):
    groups = collections.defaultdict(lambda: ([], []))
    for row in changes:
        groups[key_of(by, zone, row)][0].append(row)
    for row in runs or []:
        groups[key_of(by, zone, row)][1].append(row)
    if changes or runs:
        for key in range(24) if by == "hour" else WEEKDAYS if by == "weekday" else []:
            groups[key] = groups[key]
    result = {}
    for key, (some_changes, some_runs) in groups.items():
        failed = sum(r["status"] == "FAILURE" for r in some_runs)
        decided = failed + sum(r["status"] == "SUCCESS" for r in some_runs)
        durations = [r["duration_ms"] for r in some_runs if r["duration_ms"] is not None]
        result[key] = (len(some_changes), len(some_runs) if runs is not None else None,
                       failed if runs is not None else None, failed / decided if decided else None,
                       percentile(durations, 50), percentile(durations, 95), percentile(durations, 100))
    return result


def told(by, rows):
    result = {}
    for row in rows:
        key = (row["actor"], row["user_id"]) if by == "user" else \
            (row["blueprint"], row["entity"]) if by == "entity" and row["entity"] is not None else row[by]
        if key in result:
            tap.ok(False, f"--by {by} tells {key} once")
        result[key] = tuple(row[name] for name in ("changes", "runs", "failed", "failure_rate", "p50_ms", "p95_ms",
                                                   "max_ms"))
    return result


def differing(seen, wanted):
    return [f"{key}: {seen.get(key)}, not {wanted.get(key)}" for key in sorted({*seen, *wanted}, key=repr)
            if seen.get(key) != wanted.get(key)][:10]


BYS = ["user", "blueprint", "action", "entity", "origin", "status", "hour", "day", "weekday"]


def check(recorder, by, zone, changes, runs, *filters):
    rows = ask(recorder, "stats", "--by", by, "-o", "jsonl", "--columns", "all", "--tz", zone, *filters)
    wrong = differing(told(by, rows), expected(by, zone_of(zone), changes, runs))
    tap.equal(wrong, [], f"--by {by} in {zone} {' '.join(filters)}".rstrip())
    return rows


def check_all(recorder, changes, runs):
    for zone in ZONES:
        for by in ("hour", "day", "weekday"):
            check(recorder, by, zone, changes, runs)
    for by in BYS[:6]:
        rows = check(recorder, by, "UTC", changes, runs)
        sizes = [row["changes"] + row["runs"] for row in rows]
        tap.equal(sizes, sorted(sizes, reverse=True), f"--by {by} has the largest first")
        share = sum(row["share"] for row in rows)
        tap.ok(abs(share - 1) < 1e-9, f"--by {by}: the shares are one", share)


# What the counters answer, what they answer but for the ends, and what they cannot.
FILTERS = [
    ["--operation", "update"], ["--not-operation", "CREATE"], ["--status", "FAILURE"], ["--not-status", "success"],
    ["--origin", "UI"], ["--origin", "none-such"], ["--status", "FAILURE", "--origin", "*I"],
    ["--not-entity", "none-such"], ["--not-topic", "none-such"], ["--entity", "*-1*"], ["--blueprint", "service"],
    ["--blueprint", "clock", "--operation", "UPDATE"], ["--user", "user1@*"], ["--action", "*deploy*"],
    ["--topic", "*.runs"], ["--run", "r_a*"], ["--search", "production"], ["--search", '"clock c1"'],
    ["--not-search", '"clock c1"', "--blueprint", "clock"],
]
CHANGES_ONLY = [["--resource", "entity"], ["--not-resource", "entity"], ["--property", "*replicas*"]]


def ranges(changes):
    """Bounds on, beside and between whole quarters of an hour."""
    times = sorted(row["time_ms"] for row in changes)
    for _ in range(6):
        one, other = sorted(RANDOM.sample(times, 2))
        one, other = one + RANDOM.randrange(3), other + RANDOM.randrange(3, 6)
        yield ["--since", f"@{one:013}", "--until", f"@{other:013}"]
    quarter = times[len(times) // 2] // 900000 * 900000
    for first, last in ((0, 900000), (0, 899999), (1, 900000), (1, 899999), (-1, 1)):
        yield ["--since", f"@{quarter + first}", "--until", f"@{quarter + last}"]
    yield ["--since", f"@{quarter}"]
    yield ["--until", f"@{quarter + 1}"]


def check_filters(recorder, changes):
    for filters in part_of(FILTERS + list(ranges(changes))):
        narrowed = [listed(recorder, command, *filters) for command in ("log", "runs")]
        by, zone = RANDOM.choice(BYS), RANDOM.choice(ZONES)
        rows = check(recorder, by, zone, *narrowed, *filters)
        check(recorder, "day", "America/St_Johns", *narrowed, *filters)
        counts = [ask(recorder, command, "--count", *filters)[0] for command in ("log", "runs")]
        tap.equal([sum(row["changes"] for row in rows), sum(row["runs"] for row in rows)], counts,
                  f"--by {by} {' '.join(filters)} adds up to what --count says")
    for filters in CHANGES_ONLY:
        check(recorder, RANDOM.choice(BYS), "UTC", listed(recorder, "log", *filters), None, *filters)


def same_either_way(recorder):
    """A filter that lets all through, and that the counters do not know."""
    for by in part_of(BYS):
        for times in ([], ["--since", "2010-03-14T03:29:59.999Z", "--until", "2026-07-01T12:07:00Z"]):
            quick, slow = (ask(recorder, "stats", "--by", by, "-o", "jsonl", "--tz", "America/St_Johns", *times, *more)
                           for more in ([], ["--not-topic", "none-such"]))
            tap.equal(slow, quick, f"--by {by} {' '.join(times)} is the same from counters and from tables")


def check_overview(recorder, changes, runs):
    (o,) = ask(recorder, "stats", "-o", "json", "--tz", "Europe/Berlin")
    zone = zone_of("Europe/Berlin")
    tap.equal((o["changes"], o["runs"]), (len(changes), len(runs)), "the overview has all")
    days = {day: row[:2] for day, row in expected("day", zone, changes, runs).items()}
    tap.equal({row["day"]: (row["changes"], row["runs"]) for row in o["days"]}, days, "and each day")
    week = collections.Counter((key_of("weekday", zone, row), key_of("hour", zone, row)) for row in changes + runs)
    tap.equal({(day, hour): count for day, row in o["week"].items() for hour, count in enumerate(row) if count},
              dict(week), "and each hour of the week")
    durations = [row["duration_ms"] for row in runs if row["duration_ms"] is not None]
    tap.equal([o["p50_ms"], o["p95_ms"], o["max_ms"]], [percentile(durations, p) for p in (50, 95, 100)],
              "and how long runs took")
    entities = collections.Counter((row["blueprint"], row["entity"]) for row in changes + runs
                                   if row["entity"] is not None)
    tap.equal([row["changes"] + row["runs"] for row in o["busiest_entities"]],
              [count for _, count in entities.most_common(10)], "and the busiest entities")
    tap.ok(all(entities[row["blueprint"], row["entity"]] == row["changes"] + row["runs"]
               for row in o["busiest_entities"]), "by name")
    people = collections.Counter((row["actor"], row["user_id"]) for row in changes + runs if row["actor"] is not None)
    tap.equal([row["changes"] + row["runs"] for row in o["busiest_people"]],
              [count for _, count in people.most_common(10)], "and the busiest people")


def counters(recorder):
    return recorder.query("SELECT quarter, o.text, r.text, s.text, g.text, count FROM change_counter c"
                          " JOIN name o ON o.id = operation JOIN name r ON r.id = resource"
                          " JOIN name s ON s.id = status JOIN name g ON g.id = origin ORDER BY 1, 2, 3, 4, 5")


def test():
    lines = corpus(1800, seed=5).splitlines() + list(moment_lines())
    in_order, shuffled = Recorder(None, "in_order"), Recorder(None, "shuffled")
    import_lines(in_order, lines)
    RANDOM.shuffle(lines)
    # In small parts, some of them twice: each is a transaction of its own.
    for start in range(0, len(lines), 500):
        import_lines(shuffled, lines[max(0, start - 100):start + 500])
    changes, runs = listed(shuffled, "log"), listed(shuffled, "runs")
    tap.ok(len(changes) > 1200 and len(runs) > 200, "there are changes and runs", (len(changes), len(runs)))
    wanted = collections.Counter((row["time_ms"] // 900000, row["operation"], row["resource"], row["status"],
                                  row["origin"]) for row in changes)
    tap.equal({row[:5]: row[5] for row in counters(shuffled)}, dict(wanted), "the counters are what was counted")
    tap.equal(counters(in_order), counters(shuffled), "in whatever order things came")
    check_all(shuffled, changes, runs)
    check_filters(shuffled, changes)
    same_either_way(shuffled)
    check_overview(shuffled, changes, runs)
    before = counters(shuffled)
    tap.equal(shuffled.command("reindex")[0], 0, "reindex succeeds")
    tap.equal(counters(shuffled), before, "and gives the same counters")


finish(test)
