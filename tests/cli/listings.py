#!/usr/bin/env python3
"""Relations between listings: what is counted is what is listed, limits and turns of it are parts and
turns of all of it, pages join without overlap or hole while another process imports, the formats give
the same values to parsers that are not ours, with the digits that were received, and what is followed
is shown as it comes, by a reader that holds nothing, whatever becomes of the writer and the file."""
import contextlib
import csv
import decimal
import fcntl
import io
import itertools
import json
import os
import pathlib
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))
from harness import PORTLOG, Failed, corpus, finish, folder, part_of, tap, wait_until  # noqa: E402

COMMANDS = (("log",), ("log", "--runs"), ("runs",), ("records",))
KEYS = {"runs": "run_id", "records": "seq"}
# What changes after it came is in the feed where it changed last.
PLACES = {("runs",): "last_seq", ("log", "--runs"): "seq,last_seq"}
# Numbers that no parser's own types keep, and texts that delimiters, quotes and terminals care for.
HOSTILE = {"action": "UPDATE", "resourceType": "entity", "status": "SUCCESS",
           "trigger": {"by": {"userId": "u,\"1\""}, "origin": "UI", "at": "2026-11-20T08:00:00.000Z"},
           "context": {"entity": "a\tb\nc\\d \"e\", f\r\n\x1b[31m\u202e", "blueprint": "b,\u2028;"},
           "diff": {"before": None, "after": {"title": "\\t \\\\ \t", "properties": {"n": "@"}}}}
NUMBERS = "[1.10,1e-7,9007199254740993,-0,1E+400,0.1000000000000000055511151231257827]"


def environment():
    kept = {name: text for name, text in os.environ.items() if name.endswith("SAN_OPTIONS")}
    return {"HOME": str(folder()), "TZ": "UTC", "LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"], **kept}


def store(name="store"):
    return folder() / f"{name}.db"


def command_line(*arguments, name="store"):
    return [PORTLOG, "--store", str(store(name)), *map(str, arguments)]


def portlog(*arguments, stdin=None, name="store"):
    done = subprocess.run(command_line(*arguments, name=name), input=stdin, capture_output=True,
                          env=environment(), timeout=100, check=False)
    if done.returncode:
        raise Failed(f"{arguments} ended with {done.returncode}: {done.stderr.decode()}")
    return done.stdout.decode()


def line(topic, offset, payload):
    return json.dumps({"topic": topic, "partition": 0, "offset": offset, "tstype": "create",
                       "ts": 1795000000000 + offset, "payload": payload})


def history():
    lines = corpus(600).splitlines()
    lines.append(line("org_Q.change.log", 0, json.dumps(HOSTILE).replace('"@"', NUMBERS)))
    return "\n".join(lines).encode()


def listed(command, *arguments):
    """A listing's keys."""
    columns = KEYS.get(" ".join(command), "seq,idx,run_id")
    text = portlog(*command, "-o", "tsv", "--columns", columns, *arguments)
    return text.splitlines()[1:]


def seqs(command, *arguments):
    """Places in the feed."""
    column = PLACES.get(command, "seq")
    rows = portlog(*command, "-o", "tsv", "--columns", column, *arguments).splitlines()[1:]
    return [int(row.split()[-1]) for row in rows]


# Counts, limits, order

def counts(command):
    what = " ".join(command)
    everything = listed(command)
    for arguments in ((), ("--since", "2026-06-01T06:00:00Z"), ("--search", "prod*"), ("--not-search", "service"),
                      ("--after", 100), ("--after", 100, "--before", 200), ("-n", 7), ("-n", 0), ("-n", 100000),
                      ("--after", 100, "-n", 7), ("--before", 100, "-n", 7)):
        lines = len(portlog(*command, *arguments).splitlines())
        tap.equal(portlog(*command, "--count", *arguments), f"{lines}\n",
                  f"{what} {' '.join(map(str, arguments))}: --count is the number of lines")
    for limit in (0, 1, 7, 64, 65, len(everything), 2 ** 63 - 1):
        first = everything[:limit]
        tap.ok(listed(command, "-n", limit) == first and listed(command, "-n", limit, "-r") == first[::-1],
               f"{what}: the first {limit}, also the other way round")
    tap.ok(listed(command, "-r") == everything[::-1], f"{what} -r: all of it the other way round")
    feed = listed(command, "--after", 0)
    tap.equal(sorted(feed), sorted(everything), f"{what} --after 0 is all of it")
    tap.ok(listed(command, "--after", 0, "-r") == feed[::-1], f"{what} --after 0 -r: the other way round")
    if command != ("records",):
        words = {json.loads(text)["status"] for text in
                 portlog(*command, "-o", "jsonl", "--columns", "status").splitlines()} - {None}
        parts = [int(portlog(*command, "--count", "--status", word)) for word in words]
        parts.append(int(portlog(*command, "--count", "--not-status", "*")))
        tap.equal(sum(parts), len(everything), f"{what}: statuses, and those without one, add up")


def cursors(command):
    """Pages of the feed, a record never on two of them; the pages before a seq from the other end."""
    what = " ".join(command)
    rows = seqs(command, "--after", 0)
    tap.ok(rows == sorted(rows), f"{what} --after: in order of arrival")
    forth, back = [], []
    page = seqs(command, "--after", 0, "-n", 7)
    while page:
        forth += page
        page = seqs(command, "--after", page[-1], "-n", 7)
    page = seqs(command, "--before", rows[-1] + 1, "-n", 7)
    while page:
        back = page + back
        page = seqs(command, "--before", page[0], "-n", 7)
    tap.ok(forth == rows, f"{what}: pages of --after join to all of it")
    tap.ok(back == rows, f"{what}: so do those of --before, from the end")


# Beside a writer

def beside_a_writer():
    """All readers page with --after while batches are imported; each then has each row once, a run as
    often as it was another when it was met."""
    done = threading.Event()
    seen = {command: [] for command in COMMANDS}
    failures = []

    def follow(command):
        rows, last = seen[command], 0
        try:
            while True:
                end = done.is_set()
                page = [json.loads(text) for text in portlog(*command, "-o", "jsonl", "--columns", "all", "--after",
                                                             last, "-n", 31, name="busy").splitlines()]
                rows += [row_of(r) for r in page]
                last = rows[-1][0] if page else last
                if end and not page:
                    return
        except Failed as failed:
            failures.append(failed)

    def row_of(r):
        return (r.get("last_seq") or r["seq"], r.get("idx"), r.get("run_id"))

    portlog("import", "-q", "-", stdin=corpus(100, seed=7).encode(), name="busy")
    readers = [threading.Thread(target=follow, args=(command,)) for command in COMMANDS]
    for reader in readers:
        reader.start()
    lists = 0
    seeds = part_of(range(8, 14))
    for seed in seeds:
        portlog("import", "-q", "-", stdin=corpus(300, seed=seed, org=f"org_{seed}").encode(), name="busy")
        # One that walks by time beside it tells nothing twice either.
        text = portlog("log", "-o", "tsv", "--columns", "seq,idx", name="busy")
        lists += len(text.splitlines()) == len(set(text.splitlines()))
    done.set()
    for reader in readers:
        reader.join()
    tap.ok(not failures, "no reader fails beside an import", failures)
    tap.equal(lists, len(seeds), "no listing beside it has a row twice")
    for command in COMMANDS:
        wanted = [json.loads(text) for text in
                  portlog(*command, "-o", "jsonl", "--columns", "all", "--after", 0, name="busy").splitlines()]
        wanted = [row_of(r) for r in wanted]
        last = set(wanted)  # what was met before it changed is not among them
        tap.ok([row for row in seen[command] if row in last] == wanted and len(set(seen[command])) == len(seen[command])
               and (len(seen[command]) == len(wanted) or "run" in " ".join(command)),
               f"{' '.join(command)}: pages beside an import have each once, in order",
               f"{len(seen[command])} of {len(wanted)}")


# Formats

class Number(str):
    """A number as it was written."""


def exact(text):
    return json.loads(text, parse_int=Number, parse_float=Number)


def unescaped(text):
    return re.sub(r"\\(.)", lambda m: {"t": "\t", "n": "\n", "r": "\r", "\\": "\\"}[m[1]], text)


def formats(command):
    what = " ".join(command)
    out = {form: portlog(*command, "-o", form, "--columns", "all") for form in ("json", "jsonl", "csv", "tsv")}
    objects = [exact(text) for text in out["jsonl"].split("\n")[:-1]]
    tap.ok(exact(out["json"]) == objects, f"{what}: json is the lines of jsonl")
    names = list(objects[0])
    tap.ok(all(list(row) == names for row in objects), f"{what}: each object has each column, in their order")
    table = list(csv.reader(io.StringIO(out["csv"], newline=""), strict=True))
    tap.ok(out["csv"].count("\r\n") >= len(objects) + 1 and table[0] == names, f"{what}: csv begins with the columns")
    tsv = [text.split("\t") for text in out["tsv"].split("\n")[:-1]]
    tap.ok(tsv[0] == names and all(len(row) == len(names) for row in tsv),
           f"{what}: tsv has a header and no ragged row")
    tap.ok([[unescaped(cell) for cell in row] for row in tsv] == table, f"{what}: tsv has what csv has")
    wrong = [(name, cell, row[name]) for row, cells in zip(objects, table[1:]) for name, cell in zip(names, cells)
             if not same(cell, row[name])]
    tap.ok(len(table) == len(objects) + 1 and not wrong, f"{what}: csv has what json has", wrong[:3])
    lines = portlog(*command, "--columns", "all").split("\n")[:-1]
    tap.equal(len(lines), len(objects), f"{what}: a line of text for each row, whatever is in it")
    tap.ok(not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\u2028]", "".join(lines)),
           f"{what}: text has no control character")


def same(cell, value):
    if isinstance(value, (dict, list)):
        return exact(cell) == value
    if isinstance(value, str) and not isinstance(value, Number) and cell != value:
        return cell == json.dumps(value) or exact(cell) == value  # a JSON column that holds a text
    return cell == ("" if value is None else value)


def digits():
    found = re.findall(r'"n":(\[[^\]]*\])', portlog("log", "--blueprint", "b,*", "-o", "json", "--columns", "after"))
    tap.equal(found, [NUMBERS], "numbers keep their digits in json")
    rows = list(csv.DictReader(io.StringIO(portlog("log", "--blueprint", "b,*", "-o", "csv", "--columns", "after"))))
    numbers = json.loads(rows[0]["after"], parse_float=decimal.Decimal)["properties"]["n"]
    tap.equal([str(n) for n in numbers][0:3], ["1.10", "1E-7", "9007199254740993"], "and in csv")


# Following

class Follower:
    def __init__(self, *arguments, **options):
        self.lines = []
        self.process = subprocess.Popen(command_line("log", "-f", "--columns", "seq,entity", *arguments, **options),
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        env=environment(), text=True)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for text in self.process.stdout:
            self.lines.append((text.rstrip("\n"), time.monotonic()))

    def texts(self):
        return [text for text, _ in self.lines]

    def end(self, number):
        self.process.send_signal(number)
        status = self.process.wait(20)
        self.reader.join()
        return status, self.process.stderr.read()


OFFSETS = itertools.count()


def record(entity, name="followed"):
    message = {"action": "UPDATE", "resourceType": "entity", "trigger": {"at": "2026-11-20T08:00:00.000Z"},
               "context": {"entity": entity, "blueprint": "b"}, "diff": {"before": {"a": 1}, "after": {"a": 2}}}
    text = line("org_F.change.log", next(OFFSETS), json.dumps(message))
    portlog("import", "-q", "-", stdin=text.encode(), name=name)
    return time.monotonic()


def cpu(process):
    """Seconds that it has computed."""
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def following():
    for i in range(1, 13):
        record(f"e{i}")
    follower, last_two = Follower(name="followed"), Follower("-n", "2", "--runs", name="followed")
    wait_until(lambda: len(follower.lines) >= 10 and len(last_two.lines) >= 2, "what there is was shown")
    tap.equal(follower.texts(), [f"{i}\te{i}" for i in range(3, 13)], "followed: the last ten, oldest first")
    tap.equal(last_two.texts(), ["11\te11", "12\te12"], "followed: as many as -n says")
    recorded = record("e13")
    wait_until(lambda: len(follower.lines) > 10 and len(last_two.lines) > 2, "the next one was shown")
    tap.ok(follower.lines[10][1] - recorded < 1, "each new one is shown within a second",
           follower.lines[10][1] - recorded)
    before, started = cpu(follower.process), time.monotonic()
    wait_until(lambda: time.monotonic() - started > 2, "two seconds")
    tap.ok(cpu(follower.process) - before < 0.3, "waiting costs next to nothing", cpu(follower.process) - before)
    with contextlib.closing(sqlite3.connect(store("followed"), timeout=0)) as database:
        busy, *_ = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    tap.equal(busy, 0, "whoever waits holds no transaction")
    # They are in the midst of a look at the store once in a thousand times.
    sizes = []
    while len(sizes) < 5 and 0 not in sizes:
        portlog("reindex", "-q", name="followed")
        sizes.append(os.path.getsize(f"{store('followed')}-wal"))
    tap.ok(0 in sizes, "a writer that ends beside them leaves nothing in the WAL", sizes)
    replaced(follower, last_two)
    reader_goes_away()


def replaced(follower, last_two):
    """A writer comes and goes with each import. Now the projections are made anew, then a copy takes the
    place of the file, and one with fewer records."""
    portlog("reindex", name="followed")
    older = store("older")
    with contextlib.closing(sqlite3.connect(store("followed"))) as database:
        database.execute("VACUUM INTO ?", (str(older),))
    record("e14")
    wait_until(lambda: follower.texts()[-1:] == ["14\te14"], "one is shown after reindex")
    for suffix in ("-wal", "-shm"):
        pathlib.Path(f"{store('followed')}{suffix}").unlink(missing_ok=True)
    os.replace(older, store("followed"))
    record("back")
    wait_until(lambda: follower.texts()[-1:] == ["14\tback"], "one is shown of the file that took its place")
    tap.equal(follower.texts()[10:], ["13\te13", "14\te14", "14\tback"],
              "followed through reindex, and when another file takes the store's place")
    wait_until(lambda: last_two.texts()[-1:] == ["14\tback"], "also by the other")
    status, err = follower.end(signal.SIGINT)
    tap.ok(status in (130, -signal.SIGINT) and err == "", "Ctrl-C ends it, without a word", f"{status} {err}")
    status, err = last_two.end(signal.SIGTERM)
    tap.ok(status in (143, -signal.SIGTERM) and err == "", "so does SIGTERM", f"{status} {err}")


def reader_goes_away():
    follower = subprocess.Popen(command_line("log", "-f", name="followed"), stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())
    follower.stdout.readline()
    follower.stdout.close()
    status = follower.wait(20)
    err = follower.stderr.read()
    tap.ok(status in (0, -signal.SIGPIPE) and err == b"", "nobody reads any more: it ends, without a word",
           f"{status} {err}")


# Names that are not there

def on_a_terminal(*arguments):
    """What is said on stderr where that is a terminal, and the exit status."""
    ours, theirs = os.openpty()
    process = subprocess.Popen(command_line(*arguments, name="meant"), stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=theirs, env=environment())
    os.close(theirs)
    said = b""
    with contextlib.suppress(OSError):  # the terminal ends with the program
        while part := os.read(ours, 4096):
            said += part
    os.close(ours)
    return said.decode().replace("\r\n", "\n"), process.wait(20)


def hints():
    message = {"action": "UPDATE", "resourceType": "entity", "status": "FAILURE",
               "trigger": {"by": {"userId": "u1", "user": {"email": "ada@quay.example"}}, "origin": "UI"},
               "context": {"entity": "checkout", "blueprint": "service", "runId": "r_abcdefgh"},
               "diff": {"before": {"properties": {"replicas": 1}}, "after": {"properties": {"replicas": 2}}}}
    run = {"action": "scale_service", "resourceType": "run", "context": {"runId": "r_abcdefgh"}, "payload": {}}
    slash = {**message, "status": "SUCCESS", "context": {"entity": "a/b", "blueprint": "service"}}
    lines = [line("org_Q.change.log", i, json.dumps(text)) for i, text in enumerate((message, slash, run))]
    portlog("import", "-q", "-", stdin="\n".join(lines).encode(), name="meant")
    for name, value, meant in (
            ("entity", "chekout", "checkout"), ("entity", "servce/checkout", "service/checkout"),
            ("entity", "/chekout", "/checkout"), ("entity", "a/b", "/a/b"), ("blueprint", "servcie", "service"),
            ("user", "ada@kuay.example", "ada@quay.example"), ("run", "r_abcdefgi", "r_abcdefgh"),
            ("action", "scale_servce", "scale_service"), ("operation", "updte", "UPDATE"),
            ("status", "failur", "FAILURE"), ("origin", "uj", "UI"), ("resource", "entiy", "entity"),
            ("topic", "org_Q.chnge.log", "org_Q.change.log"), ("property", "replcas", "replicas"),
            ("property", "properties.replcas", "properties.replicas")):
        said = on_a_terminal("log", f"--{name}", value)
        tap.equal(said, (f"no {name} here is called '{value}'; did you mean '{meant}'?\n", 0),
                  f"--{name} {value}: a hint, and an empty listing")
    many = [text for i in range(33) for text in ("--search", f'"a {i}"')]
    tap.equal(on_a_terminal("log", *many),
              ("portlog: cannot run 'log': --search with a phrase takes at most 32 texts\n", 2),
              "more texts than are told apart are refused")
    tap.equal(on_a_terminal("records", "--problem", "notjson"),
              ("no problem here is called 'notjson'; did you mean 'not_json'?\n", 0), "records --problem: a hint")
    tap.equal(on_a_terminal("log", "--runs", "--count", "--user", "somebody else"),
              ("no user here is called 'somebody else'\n", 0), "nothing is near, and it is said once")
    tap.equal(on_a_terminal("log", "--not-user", "nobody"), ("", 0), "leaving out what is not there is no mistake")
    tap.equal(on_a_terminal("-q", "log", "--user", "nobody"), ("", 0), "-q: no hint")
    done = subprocess.run(command_line("log", "--user", "ad", name="meant"), capture_output=True, env=environment(),
                          timeout=20, check=False)
    tap.equal((done.returncode, done.stdout, done.stderr.decode()),
              (0, b"", "no user here is called 'ad'; did you mean 'ada@quay.example'?\n"), "so it is in a pipe")
    tap.equal(on_a_terminal("log", "service/chekout"),
              ("portlog: no entity here is called 'service/chekout'; did you mean 'service/checkout'?\n", 1),
              "as an argument it must be there")


def long_listing_closes():
    """head takes the first line of thousands."""
    end, start = os.pipe()
    fcntl.fcntl(start, fcntl.F_SETPIPE_SZ, 4096)
    process = subprocess.Popen(command_line("records", "--columns", "all", name="busy"), stdout=start,
                               stderr=subprocess.PIPE, env=environment())
    os.close(start)
    with os.fdopen(end) as listing:
        listing.readline()
    status, err = process.wait(20), process.stderr.read()
    tap.ok(status in (0, -signal.SIGPIPE) and err == b"", "a closed pipe is no error", f"{status} {err}")


def test():
    portlog("import", "-q", "-", stdin=history())
    for command in COMMANDS:
        counts(command)
        cursors(command)
        formats(command)
    digits()
    beside_a_writer()
    long_listing_closes()
    hints()
    following()


finish(test)
