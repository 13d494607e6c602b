#!/usr/bin/env python3
"""Every filter of log and runs, its twin, wildcards, and all pairs of filters, against a reference that
knows nothing of portlog's SQL: the same condition over the rows as `log -o jsonl --columns all` gives
them. Limits, order, counts and pages of --after are relations between listings."""

import fnmatch
import json
import os
import random
import subprocess
import sys
import tempfile

PORTLOG = os.environ["PORTLOG"]
RANDOM = random.Random(7)
home = tempfile.TemporaryDirectory()
environment = {"HOME": home.name, "PORTLOG_STORE": home.name + "/store.db", "TZ": "UTC", "LC_ALL": "C.UTF-8",
               "PORTLOG_NOW": "2026-11-24T10:15:30Z", "PATH": os.environ["PATH"]}
for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
    if name in os.environ:
        environment[name] = os.environ[name]
number = failed = 0


def ok(passed, what, detail=""):
    global number, failed
    number += 1
    failed += not passed
    print(("ok" if passed else "not ok"), number, "-", what)
    if not passed:
        print("# " + str(detail)[:600].replace("\n", "\n# "))


def portlog(*arguments, stdin=None, status=0):
    done = subprocess.run([PORTLOG, *arguments], input=stdin, capture_output=True, env=environment, timeout=60)
    if done.returncode != status:
        raise SystemExit(f"Bail out! {arguments}: exit status {done.returncode}: {done.stderr.decode()}")
    return done.stdout.decode()


def rows(*arguments):
    return [json.loads(line) for line in portlog(*arguments, "-o", "jsonl", "--columns", "all").splitlines()]


PEOPLE = [("auth0|1", "ada@quay.example", "Ada", "Marsh"), ("auth0|2", "Bob@Quay.example", "Bob", "Reed"),
          ("auth0|3", "cleo@quay.example", "Cleo", "Wood")]
ENTITIES = [("service", "checkout"), ("service", "Checkout-API_v2"), ("service", "a/b"), ("cluster", "checkout"),
            ("cluster", "eu-1"), ("deployment", "d_1")]
PROPERTIES = ["replicas", "tier", "a.b", "owner"]


def by(person):
    return {"orgId": "org_Q", "userId": person[0],
            "user": {"email": person[1], "firstName": person[2], "lastName": person[3]}}


def change(index):
    blueprint, entity = RANDOM.choice(ENTITIES)
    operation = RANDOM.choice(["CREATE", "UPDATE", "UPDATE", "DELETE"])
    before = {"identifier": entity, "title": entity.title(), "properties": {RANDOM.choice(PROPERTIES): index}}
    after = {"identifier": entity, "title": entity.title(), "properties": {RANDOM.choice(PROPERTIES): index + 1},
             "relations": {"env": RANDOM.choice(["prod", "test"])}}
    return {"action": operation, "resourceType": "entity", "status": RANDOM.choice(["SUCCESS"] * 5 + ["FAILURE"]),
            "trigger": {"by": by(RANDOM.choice(PEOPLE)), "origin": RANDOM.choice(["UI", "API"]), "at": when(index)},
            "context": {"entity": entity, "blueprint": blueprint,
                        **({"runId": f"r_{index % 17}"} if RANDOM.random() < 0.3 else {})},
            "diff": {"before": None if operation == "CREATE" else before,
                     "after": None if operation == "DELETE" else after}}


def run(index):
    blueprint, entity = RANDOM.choice(ENTITIES)
    return {"action": RANDOM.choice(["deploy", "Scale_up"]), "resourceType": "run", "status": "TRIGGERED",
            "trigger": {"by": by(RANDOM.choice(PEOPLE)), "origin": RANDOM.choice(["UI", "API"]), "at": when(index)},
            "context": {"entity": entity, "blueprint": blueprint, "runId": f"r_{index}"},
            "payload": {"entity": None, "action": {"identifier": "x", "trigger": "DAY-2"},
                        "properties": {"note": f"word{index % 5} common"}}}


def when(index):
    # Times come out of order, and some are equal.
    minute = (index * 7 % 400) // 2
    return f"2026-11-20T{8 + minute // 60:02}:{minute % 60:02}:00.000Z"


lines = []
for i in range(300):
    message = run(i) if RANDOM.random() < 0.25 else change(i)
    topic = "org_Q.runs" if message["resourceType"] == "run" else "org_Q.change.log"
    lines.append(json.dumps({"topic": topic, "partition": 0, "offset": i, "tstype": "create", "ts": 1795000000000 + i,
                             "key": f"k{i}", "payload": json.dumps(message)}))
portlog("import", "-", stdin="\n".join(lines).encode())

topics = {r["seq"]: r["topic"] for r in rows("records")}


def text(value, pattern):
    return value is not None and fnmatch.fnmatchcase(value.lower(), pattern.lower().replace("[", "[[]"))


def entity_is(row, value):
    blueprint, slash, name = value.partition("/")
    if not slash:
        return text(row["entity"], value)
    return text(row["entity"], name) and (not blueprint or text(row["blueprint"], blueprint))


def user_is(row, value):
    person = next((p for p in PEOPLE if p[0] == row["user_id"]), None)
    return person is not None and any(
        text(t, value) for t in (person[0], person[1], person[1].split("@")[0], f"{person[2]} {person[3]}"))


def property_is(row, value):
    names = []
    for path in row["changed"] or []:
        names.append(path)
        for start in ("properties.", "relations."):
            if path.startswith(start):
                names.append(path[len(start):])
    return any(text(n, value) for n in names)


def column(name):
    return lambda row, value: text(row[name], value)


FILTERS = {
    "entity": (entity_is, ["checkout", "CHECKOUT", "service/checkout", "/a/b", "c*/check*", "*_v?", "none"]),
    "blueprint": (column("blueprint"), ["service", "Cl*", "none"]),
    "user": (user_is, ["ada", "BOB@quay.example", "auth0|3", "Cleo Wood", "*@quay.example", "none"]),
    "run": (column("run_id"), ["r_3", "r_1*", "none"]),
    "action": (column("action"), ["deploy", "scale_UP", "none"]),
    "operation": (column("operation"), ["create", "UPD*", "none"]),
    "status": (column("status"), ["SUCCESS", "failure"]),
    "origin": (column("origin"), ["ui", "A*"]),
    "resource": (column("resource"), ["entity", "e*"]),
    "topic": (lambda row, value: text(topics[row["seq"]], value), ["org_Q.runs", "*.change.log"]),
    "property": (property_is, ["replicas", "properties.tier", "env", 'properties."a.b"', "*own*", "none"]),
}


def key(row):
    return (row["seq"], row.get("idx", row.get("run_id")))


def compare(command, everything, what, arguments, fits):
    expected = [key(r) for r in everything if fits(r)]
    actual = [key(r) for r in rows(command, *arguments)]
    if expected != actual:
        ok(False, f"{command} {what}", f"missing {set(expected) - set(actual)}, too many {set(actual) - set(expected)}"
           f"{'' if set(expected) != set(actual) else ' (order)'}")
    return expected == actual


for command in ("log", "runs"):
    everything = rows(command)
    ok(len(everything) > 30, f"{command}: there is something to filter", len(everything))
    order = [(r["time_ms"], r["seq"]) for r in everything]
    ok(order == sorted(order, reverse=True), f"{command}: newest first")
    ok(len({t for t, _ in order}) < len(order), f"{command}: some times are equal")
    here = {n: f for n, f in FILTERS.items() if command == "log" or n not in ("resource", "property")}
    good = True
    for name, (fits, values) in here.items():
        for value in values:
            good &= compare(command, everything, f"--{name} {value}", [f"--{name}", value], lambda r: fits(r, value))
            good &= compare(command, everything, f"--not-{name} {value}", [f"--not-{name}", value],
                            lambda r: not fits(r, value))
        good &= compare(command, everything, f"--{name} twice", [f"--{name}", values[0], f"--{name}", values[1]],
                        lambda r: fits(r, values[0]) or fits(r, values[1]))
    ok(good, f"{command}: every filter, its twin, and two values of it")
    good = True
    names = sorted(here)
    for i, first in enumerate(names):
        for second in names[i + 1:]:
            a, b = RANDOM.choice(here[first][1]), RANDOM.choice(here[second][1])
            twin = RANDOM.choice(["", "not-"])
            good &= compare(command, everything, f"--{first} {a} --{twin}{second} {b}",
                            [f"--{first}", a, f"--{twin}{second}", b],
                            lambda r: here[first][0](r, a) and here[second][0](r, b) != bool(twin))
    ok(good, f"{command}: all pairs of filters")
    for since, until in (("2026-11-20T09:00:00Z", "2026-11-20T10:30:00Z"), ("2026-11-20 10:00", "@1795200000000")):
        start = since.replace(" ", "T")[:16]
        end = until[:16] if until[0] != "@" else "9"
        ok(compare(command, everything, "times", ["--since", since, "--until", until],
                   lambda r: start <= r["time"][:16] < end), f"{command}: {since} <= time < {until}")
    count = portlog(command, "--count").strip()
    ok(count == str(len(portlog(command).splitlines())), f"{command} --count is the number of lines", count)
    ok(portlog(command, "--count", "--user", "ada", "-n", "3") == "3\n", f"{command}: --count heeds -n")
    for limit in (0, 1, 7, 64, 65, 1000):
        ok([key(r) for r in rows(command, "-n", str(limit))] == [key(r) for r in everything[:limit]],
           f"{command}: the first {limit}")
        ok([key(r) for r in rows(command, "-r", "-n", str(limit))] == [key(r) for r in everything[:limit]][::-1],
           f"{command}: the same {limit}, the other way round")
    ok([key(r) for r in rows(command, "-r")] == [key(r) for r in everything][::-1], f"{command}: -r turns all round")
    arrival = sorted(everything, key=lambda r: (r["seq"], r.get("idx", 0)))
    feed, after = [], 0
    while True:
        page = rows(command, "--after", str(after), "-n", "7")
        if not page:
            break
        feed += page
        after = page[-1]["seq"]
    ok([key(r) for r in feed] == [key(r) for r in arrival], f"{command}: pages of --after join without hole or overlap")
    middle = arrival[len(arrival) // 2]["seq"]
    ok([key(r) for r in rows(command, "--before", str(middle))] == [key(r) for r in arrival if r["seq"] < middle],
       f"{command}: --before is oldest first")
    ok([key(r) for r in rows(command, "--before", str(middle), "-n", "5")] ==
       [key(r) for r in arrival if r["seq"] < middle][-5:], f"{command}: the last 5 before a seq")

everything = rows("log")
ok([key(r) for r in rows("log", "service/checkout", "/eu-1")] ==
   [key(r) for r in everything if entity_is(r, "service/checkout") or r["entity"] == "eu-1"],
   "arguments of log are entities: any of them")

values = {r["seq"]: r["value"] for r in rows("records")}
found = {r["seq"] for r in rows("records", "--search", "word3")}
ok(found == {s for s, v in values.items() if "word3 " in v}, "a word finds the records that have it")
ok({r["seq"] for r in rows("records", "--not-search", "word3")} == set(values) - found, "its twin finds the others")
ok({r["seq"] for r in rows("records", "--search", '"word3 common"')} == found, "a phrase is found")
ok(rows("records", "--search", '"common word3"') == [], "not in another order")
ok({r["seq"] for r in rows("records", "--search", "common word3")} == found, "words are found in any order")
ok({r["seq"] for r in rows("records", "--not-search", '"common word3"')} == set(values),
   "a phrase that is nowhere leaves nothing out")
ok({r["seq"] for r in rows("log", "--search", "CHECKOUT-api_V2")} ==
   {r["seq"] for r in everything if r["entity"] == "Checkout-API_v2"}, "identifiers are found whole, in any case")
ok(len(rows("records", "--topic", "org_Q.runs")) + len(rows("records", "--not-topic", "org_Q.runs")) == len(values),
   "records by topic")

print(f"1..{number}")
sys.exit(failed > 0)
