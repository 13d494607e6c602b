#!/usr/bin/env python3
"""What a message says reaches no terminal raw, in any command and format; machine formats are what an
independent parser reads as the same values, with the digits of the message."""

import csv
import decimal
import io
import json
import os
import pty
import re
import select
import subprocess
import sys
import tempfile

PORTLOG = os.environ["PORTLOG"]
home = tempfile.TemporaryDirectory()
environment = {"HOME": home.name, "PORTLOG_STORE": home.name + "/store.db", "TZ": "UTC", "LC_ALL": "C.UTF-8",
               "PORTLOG_NOW": "2026-11-24T10:15:30Z", "PATH": os.environ["PATH"], "TERM": "xterm", "COLUMNS": "100"}
for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
    if name in os.environ:
        environment[name] = os.environ[name]
number = failed = 0
csv.field_size_limit(1 << 24)


def ok(passed, what, detail=""):
    global number, failed
    number += 1
    failed += not passed
    print(("ok" if passed else "not ok"), number, "-", what)
    if not passed:
        print("# " + repr(detail)[:600])


def portlog(*arguments, stdin=None):
    done = subprocess.run([PORTLOG, *arguments], input=stdin, capture_output=True, env=environment, timeout=60)
    if done.returncode:
        raise SystemExit(f"Bail out! {arguments}: {done.stderr.decode()}")
    return done.stdout


def on_terminal(*arguments):
    """What a terminal gets, whose line discipline turns line feeds into CR LF."""
    master, slave = pty.openpty()
    process = subprocess.Popen([PORTLOG, "--no-pager", *arguments], stdin=subprocess.DEVNULL, stdout=slave, stderr=slave,
                               env=environment)
    os.close(slave)
    shown = b""
    while True:
        try:
            ready, _, _ = select.select([master], [], [], 30)
            piece = os.read(master, 65536) if ready else b""
        except OSError:
            break
        if not piece:
            break
        shown += piece
    os.close(master)
    process.wait(timeout=30)
    return shown.replace(b"\r\n", b"\n")


EVIL = "a\x1b]52;c;aGk=\x07b\x1b[2Jc\x9b31md\u202ee\u2028f\u200bg\th\ni\rj\x7fk,\"l\"\\m"
NUMBERS = '{"a":1.10,"b":1e-7,"c":9007199254740993,"d":-0.0,"e":123456789012345678901234567890}'
state = {"identifier": EVIL, "title": EVIL, "properties": {EVIL: EVIL, "big": "x" * 1000000}}
message = {"action": "UPDATE", "resourceType": "entity", "status": EVIL,
           "trigger": {"by": {"orgId": "o", "userId": EVIL, "user": {"email": EVIL}}, "origin": EVIL,
                       "at": "2026-11-20T08:00:00.000Z"},
           "context": {"entity": EVIL, "blueprint": EVIL, "runId": EVIL},
           "diff": {"before": None, "after": "STATE"}}
after = json.dumps(state, ensure_ascii=False)[:-1] + ',"numbers":' + NUMBERS + " , \"spaced\" :\n [ ] }"
value = json.dumps(message, ensure_ascii=False).replace('"STATE"', after)
run = {"action": EVIL, "resourceType": "run", "status": "TRIGGERED",
       "trigger": {"by": {"orgId": "o", "userId": EVIL, "user": {"email": EVIL}}, "origin": EVIL,
                   "at": "2026-11-20T08:00:00.000Z"},
       "context": {"entity": EVIL, "blueprint": EVIL, "runId": "r_1"},
       "payload": {"entity": None, "action": {"identifier": EVIL, "trigger": EVIL}, "properties": {EVIL: EVIL}}}
lines = [{"topic": EVIL, "partition": 0, "offset": 0, "ts": 1795000000000, "tstype": "create", "key": EVIL,
          "headers": [EVIL, EVIL], "payload": value},
         {"topic": "t", "partition": 0, "offset": 1, "ts": 1795000000001, "tstype": "create", "key": "",
          "payload": json.dumps(run)},
         {"topic": "t", "partition": 0, "offset": 2, "ts": 1795000000002, "tstype": "create",
          "payload": "not json \x1b[31m \x9b"},
         {"topic": "t", "partition": 0, "offset": 3, "ts": 1795000000003, "tstype": "create", "payload": None}]
portlog("import", "-", stdin="\n".join(json.dumps(line) for line in lines).encode())

RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2028\u2029\u2066-\u2069\u200b]")
COMMANDS = [["log"], ["runs"], ["records"], ["log", "--columns", "all"], ["runs", "--columns", "all"],
            ["records", "--columns", "all"], ["sql", "SELECT * FROM journal"], ["sql", "SELECT * FROM changes"]]
for command in COMMANDS:
    for form in ("table", "line", "text", "csv", "tsv", "json", "jsonl"):
        shown = on_terminal("--color", "never", *command, "-o", form).decode()
        if form == "csv":
            shown = shown.replace("\r\n", "\n").replace("\r\r\n", "\n").replace("\r\n", "\n").replace("\r", "")
        stray = RAW.search(shown)
        ok(not stray and len(shown) > 50, f"{' '.join(command)} -o {form}: nothing raw on a terminal",
           stray and shown[max(0, stray.start() - 20):stray.end() + 20])
for command in (["show", "1"], ["show", "1", "--raw"], ["show", "3"], ["show", "3", "--raw"], ["show", "r_1"],
                ["show", "1", "-o", "json"], ["log", "nonesuch\x1b[31m"], ["log", "--columns", "\x1b[31m"]):
    shown = on_terminal("--color", "never", *command).decode()
    stray = RAW.search(shown)
    ok(not stray and len(shown) > 20, f"{command}: nothing raw on a terminal",
       stray and shown[max(0, stray.start() - 20):stray.end() + 20])
for command in (["log"], ["runs"], ["records"], ["show", "1"]):
    shown = portlog(*command).decode()
    stray = RAW.search(shown)
    ok(not stray, f"{' '.join(command)}: nor in a pipe, in text for people",
       stray and shown[max(0, stray.start() - 20):stray.end() + 20])

ok(portlog("show", "1", "--raw") == value.encode(), "--raw gives the exact bytes to a pipe")
ok(portlog("show", "4", "--raw") == b"", "of a tombstone, none")

exact = {"parse_float": decimal.Decimal, "parse_int": decimal.Decimal}
rows = json.loads(portlog("log", "-o", "json", "--columns", "all"))
ok(len(rows) == 1 and rows[0]["entity"] == EVIL and rows[0]["blueprint"] == EVIL, "json holds the text as it is", rows)
raw = portlog("log", "-o", "jsonl", "--columns", "all").decode()
ok(raw.count("\n") == 1, "a row of jsonl is one line, whatever white space its JSON came with")
ok(NUMBERS in raw, "numbers keep their digits")
ok(json.loads(raw, **exact)["after"] == json.loads(after, **exact), "JSON columns are JSON")
ok(rows[0]["before"] is None and isinstance(rows[0]["changed"], list), "NULL is null, changed is an array")
records = [json.loads(line) for line in portlog("records", "-r", "-o", "jsonl", "--columns", "all").splitlines()]
ok([r["value"] for r in records] == [value, lines[1]["payload"], lines[2]["payload"], None], "values, as texts")
ok([r["key"] for r in records] == [EVIL, "", None, None], "an empty key is not an absent one")
ok([r["problem"] for r in records] == [None, None, "not_json", "tombstone"], "problems")
table = list(csv.DictReader(io.StringIO(portlog("records", "-r", "-o", "csv", "--columns", "all").decode(), newline="")))
ok([r["value"] for r in table] == [value, lines[1]["payload"], lines[2]["payload"], ""], "csv holds the same values")
ok([r["topic"] for r in table] == [EVIL, "t", "t", "t"], "and names")
bytes_of = portlog("records", "-r", "-o", "csv", "--columns", "key,size")
ok(bytes_of.endswith(f'"",{len(lines[1]["payload"].encode())}\r\n,{len(lines[2]["payload"].encode())}\r\n,\r\n'.encode()),
   "an empty text is quoted, NULL is nothing, lines end as RFC 4180 has it", bytes_of[-80:])
tsv = portlog("records", "-r", "-o", "tsv", "--columns", "seq,topic,value").decode().split("\n")


def unescape(text):
    return re.sub(r"\\(.)", lambda m: {"t": "\t", "n": "\n", "r": "\r", "\\": "\\"}[m.group(1)], text)


ok(len(tsv) == 6 and tsv[0] == "seq\ttopic\tvalue", "a row of tsv is one line")
ok([unescape(c) for c in tsv[1].split("\t")] == ["1", EVIL, value], "whose escapes give the values back")
ok(json.loads(portlog("runs", "-o", "json", "--run", "nonesuch")) == [], "an empty array is one, too")
ok(portlog("runs", "-o", "csv", "--run", "nonesuch", "--columns", "run_id") == b"run_id\r\n", "csv has its header")
shown = json.loads(portlog("show", "1", "-o", "json"))
ok(shown["value"] == value and shown["changes"][0]["entity"] == EVIL, "show gives one object")
sql = json.loads(portlog("sql", "SELECT 1 AS a, 2 AS a, 0.1 + 0.2 AS r, x'00ff' AS b, NULL AS n, 9e999 AS i", "-o", "json"))
ok(sql == [{"a": 1, "a_2": 2, "r": 0.1 + 0.2, "b": {"base64": "AP8="}, "n": None, "i": float("inf")}],
   "sql: names once, reals exactly, bytes in base64", sql)

print(f"1..{number}")
sys.exit(failed > 0)
