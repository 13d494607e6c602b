#!/usr/bin/env python3
"""Every filter of log, log --runs, runs and records, its twin, wildcards, cases, several values, values
that name nothing, and all pairs of filters and twins, with times and in both orders, against a
reference that knows nothing of portlog's SQL: the same conditions over the rows of one listing without
filters, and over the exported messages. The listed rows must be the same, in the same order."""
import itertools
import json
import os
import pathlib
import random
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "system"))
from harness import PART, PORTLOG, SEED, Failed, corpus, finish, folder, tap  # noqa: E402

RANDOM = random.Random(SEED + 6)
PEOPLE = [("auth0|1", "ada@quay.example", "Ada", "Marsh"), ("auth0|2", "Bob@Quay.example", "Bob", "Reed"),
          ("auth0|3", "cleo@quay.example", "Cleo", "Wood"), ("auth0|4", "ada@dock.example", "Ádám", "Šoš")]
ENTITIES = [("service", "checkout"), ("service", "Checkout-API_v2"), ("service", "a/b"), ("cluster", "checkout"),
            ("cluster", "eu-1"), ("deployment", "d_1"), ("service", "Größe Ü*?"), ("service", "100%_[x]'\"")]
PROPERTIES = ["replicas", "tier", "a.b", "owner"]


def portlog(*arguments, stdin=None):
    environment = {"HOME": str(folder()), "PORTLOG_STORE": str(folder() / "store.db"), "TZ": "UTC",
                   "LC_ALL": "C.UTF-8", "PORTLOG_NOW": "2026-11-24T10:15:30Z", "PATH": os.environ["PATH"],
                   **{name: text for name, text in os.environ.items() if name.endswith("SAN_OPTIONS")}}
    done = subprocess.run([PORTLOG, *arguments], input=stdin, capture_output=True, env=environment, timeout=60,
                          check=False)
    if done.returncode:
        raise Failed(f"{arguments} ended with {done.returncode}: {done.stderr.decode()}")
    return done.stdout.decode()


# The history

def by(person):
    return {"orgId": "org_Q", "userId": person[0],
            "user": {"email": person[1], "firstName": person[2], "lastName": person[3]}}


def when(index):
    """Out of order, and some are equal."""
    minute = (index * 7 % 400) // 2
    return f"2026-11-20T{8 + minute // 60:02}:{minute % 60:02}:00.000Z"


def change(index):
    blueprint, entity = RANDOM.choice(ENTITIES)
    operation = RANDOM.choice(["CREATE", "UPDATE", "UPDATE", "UPDATE", "DELETE", "RESTORE"])
    before = {"identifier": entity, "title": entity.title(), "properties": {RANDOM.choice(PROPERTIES): index}}
    after = {"identifier": entity, "title": entity.title(), "properties": {RANDOM.choice(PROPERTIES): index + 1},
             "relations": {"env": RANDOM.choice(["prod", "test"])}}
    return {"action": operation, "resourceType": RANDOM.choice(["entity"] * 5 + ["team", "Scorecard"]),
            "status": RANDOM.choice(["SUCCESS"] * 5 + ["FAILURE", "FAILURE", "success", "PARTIAL"]),
            "trigger": {"by": by(RANDOM.choice(PEOPLE)), "at": when(index),
                        "origin": RANDOM.choice(["UI", "API", "UI", "API", "Slack", "AUTOMATION"])},
            "context": {"entity": entity, "blueprint": blueprint,
                        **({"runId": f"r_{index % 17}"} if RANDOM.random() < 0.3 else {})},
            "diff": {"before": None if operation == "CREATE" else before,
                     "after": None if operation == "DELETE" else after}}


def run(index):
    blueprint, entity = RANDOM.choice(ENTITIES)
    return {"action": RANDOM.choice(["deploy", "Scale_up"]), "resourceType": "run", "status": "TRIGGERED",
            "trigger": {"by": by(RANDOM.choice(PEOPLE)), "origin": RANDOM.choice(["UI", "API", "slack"]),
                        "at": when(index)},
            "context": {"entity": entity, "blueprint": blueprint, "runId": f"r_{index}"},
            "payload": {"entity": None, "action": {"identifier": "x", "trigger": "DAY-2"},
                        "properties": {"note": f"word{index % 5} common"}}}


def line(topic, offset, payload):
    return json.dumps({"topic": topic, "partition": 0, "offset": offset, "tstype": "create",
                       "ts": 1795000000000 + offset, "key": f"k{offset}", "payload": payload})


def history():
    """What is generated here, each fixture of the decoder, some of the corpus, and what has no meaning."""
    lines = corpus(400).splitlines()
    for i in range(300):
        message = run(i) if RANDOM.random() < 0.25 else change(i)
        topic = "org_Q.runs" if message["resourceType"] == "run" else "org_Q.change.log"
        lines.append(line(topic, i, json.dumps(message)))
    fixtures = sorted((HERE.parent / "data" / "messages").glob("*.json"))
    lines += [line("org_fixtures.runs", i, f.read_bytes().decode(errors="replace")) for i, f in enumerate(fixtures)]
    lines += [line("org_Q.runs", 1000, None), line("org_Q.runs", 1001, "not json"), line("org_Q.runs", 1002, "")]
    return "\n".join(lines).encode()


class Listing:
    """A command's rows as they are without filters, and what makes them comparable."""

    def __init__(self, *command):
        self.command = command
        self.name = " ".join(command)
        self.rows = [json.loads(text) for text in
                     portlog(*command, "-o", "jsonl", "--columns", "all").splitlines()]
        self.arrived = None
        self.key = {"runs": ("run_id",), "records": ("seq",)}.get(self.name, ("seq", "idx", "run_id"))

    def key_of(self, row):
        return tuple("" if row[name] is None else str(row[name]) for name in self.key)

    def listed(self, *arguments):
        text = portlog(*self.command, "-o", "tsv", "--columns", ",".join(self.key), *arguments)
        return [tuple(row.split("\t")) for row in text.splitlines()[1:]]

    def arrival(self):
        """In order of arrival; that of several runs of one record is no column's, and told once."""
        if not self.arrived:
            by_key = {self.key_of(row): row for row in self.rows}
            self.arrived = [by_key[key] for key in self.listed("--after", "0")]
        return self.arrived

    def time(self, row):
        if self.name == "records":
            return row["received_ms"] if row["timestamp_ms"] is None else row["timestamp_ms"]
        return row["time_ms"]


# The reference

def fits(value, pattern):
    parts = {"*": ".*", "?": "."}
    regex = "".join(parts.get(c, re.escape(c)) for c in pattern.lower())
    return value is not None and re.fullmatch(regex, value.lower(), re.S) is not None


class Reference:
    def __init__(self):
        exported = [json.loads(text) for text in portlog("export").splitlines()]
        self.topics = {r["seq"]: r["topic"] for r in exported}
        self.texts = {r["seq"]: r["payload"] if isinstance(r["payload"], str) else "" for r in exported}
        sql = "SELECT user_id, email, name FROM users"
        self.users = [json.loads(text) for text in portlog("sql", "-o", "jsonl", sql).splitlines()]

    def entity(self, row, value):
        blueprint, slash, name = value.partition("/")
        if not slash:
            return fits(row["entity"], value)
        return fits(row["entity"], name) and (not blueprint or fits(row["blueprint"], blueprint))

    def user(self, row, value):
        for user in self.users:
            known = [user["user_id"], user["email"], user["name"]]
            if row["user_id"] != user["user_id"] or (row["user_id"] is None and row["actor"] not in known):
                continue
            local = user["email"].rpartition("@")[0] if user["email"] and "@" in user["email"] else None
            return any(fits(text, value) for text in [*known, local])
        return False

    def property(self, row, value):
        names = []
        for path in row["changed"] or []:
            names.append(path)
            names += [path[len(start):] for start in ("properties.", "relations.") if path.startswith(start)]
        return any(fits(name, value) for name in names)

    def topic(self, row, value):
        return fits(self.topics[row["seq"]], value)

    def search(self, row, value):
        """Only words that stand in the messages made here, and there as words."""
        return re.search(r"\b" + re.escape(value) + r"\b", self.texts[row["seq"]]) is not None

    def problem(self, row, value):
        return row["problem"] is not None and (value == "any" or fits(row["problem"], value))

    def condition(self, name):
        if name == "run":
            name = "run_id"
        return getattr(self, name, None) or (lambda row, value: fits(row[name], value))


VALUES = {
    "entity": ["checkout", "CHECKOUT", "service/checkout", "/a/b", "c*/check*", "*_v?", "/gRÖSSE*", "GRÖßE ü??",
               "service/100%_[X]'\"", "none"],
    "blueprint": ["service", "Cl*", "none"],
    "user": ["ada", "BOB@quay.example", "AUTH0|3", "cleo WOOD", "*@quay.example", "ÁDÁM š*", "User1?", "none"],
    "run": ["r_3", "R_1*", "R_inner", "*_2?", "none"],
    "action": ["deploy", "scale_UP", "RECORD_*", "none"],
    "operation": ["create", "UPD*", "restore", "none"],
    "status": ["SUCCESS", "failure", "*", "partial"],
    "origin": ["ui", "A*", "SLACK", "none"],
    "resource": ["entity", "e*", "TEAM", "score*", "none"],
    "topic": ["org_Q.runs", "*.change.log"],
    "property": ["replicas", "Properties.TIER", "env", 'properties."a.b"', "*own*", "ti*", "none"],
    "search": ["word3", "common"],
    "problem": ["any", "not_*", "none"],
}
LACKS = {"log": {"problem"}, "log --runs": {"problem", "property", "resource"},
         "runs": {"problem", "property", "resource"}, "records": set(VALUES) - {"topic", "search", "problem"}}
TIMES = (("2026-11-20T09:00:00Z", "2026-11-20T10:30:00Z"), ("2026-06-01T00:00:30Z", "2026-11-20T09:00:00Z"))
MS = {"2026-06-01T00:00:30Z": 1780272030000, "2026-11-20T09:00:00Z": 1795165200000,
      "2026-11-20T10:30:00Z": 1795170600000}


class Comparison:
    """Counts what was compared, and keeps the first that differs."""

    def __init__(self, listing, reference):
        self.listing = listing
        self.reference = reference
        self.turn = self.count = self.some = 0
        self.wrong = None

    def term(self, row, term):
        twin, name, values = term
        condition = self.reference.condition(name)
        return any(condition(row, value) for value in values) != bool(twin)

    def compare(self, *terms, times=None, feed=False, reverse=False, limit=None):
        self.turn += 1
        if self.turn % PART:
            return
        arguments = [text for twin, name, values in terms for v in values for text in (f"--{twin}{name}", v)]
        rows = self.listing.arrival() if feed else self.listing.rows
        rows = [r for r in rows if all(self.term(r, term) for term in terms)]
        if times:
            arguments += ["--since", times[0], "--until", times[1]]
            rows = [r for r in rows if MS[times[0]] <= self.listing.time(r) < MS[times[1]]]
        arguments += ["--after", "0"] * feed + ["-r"] * reverse
        if limit is not None:
            arguments += ["-n", str(limit)]
            rows = rows[:limit]
        wanted = [self.listing.key_of(row) for row in (rows[::-1] if reverse else rows)]
        seen = self.listing.listed(*arguments)
        self.count += 1
        self.some += 0 < len(wanted) < len(self.listing.rows)
        if seen != wanted and not self.wrong:
            missing, many = sorted(set(wanted) - set(seen)), sorted(set(seen) - set(wanted))
            self.wrong = f"{self.listing.name} {arguments}\nmissing {missing}\ntoo many {many}" + (
                "" if missing or many else "\nthe order differs")

    def told(self, what):
        tap.ok(not self.wrong, f"{self.listing.name}: {what} ({self.count} listings)", self.wrong)
        tap.ok(4 * self.some >= self.count, f"{self.listing.name}: many of them are neither empty nor all",
               f"{self.some} of {self.count}")


def singles(listing, reference, names):
    compared = Comparison(listing, reference)
    for name in names:
        for value in VALUES[name]:
            compared.compare(("", name, [value]))
            compared.compare(("", name, [value]), limit=RANDOM.choice((1, 20)))
            compared.compare(("not-", name, [value]), reverse=True)
        compared.compare(("", name, VALUES[name][:2]))
        compared.compare(("not-", name, VALUES[name][-2:]), feed=True)
        compared.compare(("", name, VALUES[name][:1]), ("not-", name, VALUES[name][1:2]))
    compared.told("each filter, its twin, several values, and both")


def pairs(listing, reference, names):
    compared = Comparison(listing, reference)
    for one, other in itertools.combinations(names, 2):
        for twins in itertools.product(("", "not-"), repeat=2):
            # Values that name nothing have been tried one by one.
            terms = [(twin, name, [RANDOM.choice([v for v in VALUES[name] if v != "none"])])
                     for twin, name in zip(twins, (one, other))]
            # A feed's limit ends behind a record; the other listings' tests tell of that.
            feed = RANDOM.random() < 0.3
            compared.compare(*terms, times=RANDOM.choice((None, None, *TIMES)), feed=feed,
                             reverse=RANDOM.random() < 0.3, limit=None if feed else RANDOM.choice((None, 5, 50)))
    compared.told("all pairs of filters and twins")


def times(listing, reference):
    compared = Comparison(listing, reference)
    for both, feed, reverse in itertools.product(TIMES, (False, True), (False, True)):
        compared.compare(times=both, feed=feed, reverse=reverse)
    tap.ok(not compared.wrong, f"{listing.name}: --since <= time < --until", compared.wrong)


def order(listing):
    if listing.name == "records":
        keys = [row["seq"] for row in listing.rows]
    else:
        keys = [(r["time_ms"], r["seq"], -1 if r.get("idx") is None else r["idx"]) for r in listing.rows]
        tap.ok(len({key[0] for key in keys}) < len(keys), f"{listing.name}: some times are equal")
    tap.ok(keys == sorted(keys, reverse=True), f"{listing.name}: newest first")
    # In a record a run is older than the changes, whose idx counts up.
    # A run comes where it changed last.
    keys = [(row.get("last_seq") or row["seq"], -1 if row.get("idx") is None else row["idx"])
            for row in listing.arrival()]
    tap.ok(keys == sorted(keys) and len(keys) == len(listing.rows), f"{listing.name} --after 0: in order of arrival")


def search(listing, reference):
    """Words in any order and case; phrases in theirs."""
    def seqs(*arguments):
        return {int(row[0]) for row in listing.listed(*arguments)}
    found = {seq for seq, text in reference.texts.items() if "word3 common" in text}
    everything = set(reference.texts)
    tap.equal(seqs("--search", "WORD3"), found, "a word finds the records that have it")
    tap.equal(seqs("--not-search", "word3"), everything - found, "its twin finds the others")
    tap.equal(seqs("--search", '"word3 common"'), found, "a phrase is found")
    tap.equal(seqs("--search", '"common word3"'), set(), "not in another order")
    tap.equal(seqs("--search", "common word3"), found, "words are found in any order")
    tap.equal(seqs("--not-search", '"common word3"'), everything, "a phrase that is nowhere leaves nothing out")
    entity = {seq for seq, text in reference.texts.items() if "Checkout-API_v2" in text}
    tap.equal(seqs("--search", "CHECKOUT-api_V2"), entity, "identifiers are found whole, in any case")


def arguments_of_log(reference):
    for command in (("log",), ("log", "--runs")):
        listing = Listing(*command)
        wanted = [listing.key_of(r) for r in listing.rows
                  if reference.entity(r, "service/checkout") or reference.entity(r, "/eu-1")]
        tap.equal(listing.listed("service/checkout", "/eu-1"), wanted,
                  f"arguments of {listing.name} are entities: any of them")


def test():
    portlog("import", "-", stdin=history())
    reference = Reference()
    for command in (("log",), ("log", "--runs"), ("runs",), ("records",)):
        listing = Listing(*command)
        names = [name for name in VALUES if name not in LACKS[listing.name]]
        tap.ok(len(listing.rows) > 80, f"{listing.name}: there is something to filter", len(listing.rows))
        order(listing)
        singles(listing, reference, names)
        pairs(listing, reference, names)
        times(listing, reference)
    both = Listing("log", "--runs")
    tap.equal({r["what"] for r in both.rows}, {"change", "run"}, "log --runs has both")
    tap.equal(set(both.rows[0]), {"what", *Listing("log").rows[0], *Listing("runs").rows[0]},
              "and all columns of both")
    tap.equal(sorted(both.key_of(r) for r in both.rows if r["what"] == "change"),
              sorted(both.key_of(r) for r in Listing("log").rows), "its changes are those of log")
    tap.equal(sorted(r["run_id"] for r in both.rows if r["what"] == "run"),
              sorted(r["run_id"] for r in Listing("runs").rows), "its runs are those of runs")
    arguments_of_log(reference)
    search(Listing("records"), reference)


finish(test)
