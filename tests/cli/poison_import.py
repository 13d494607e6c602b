#!/usr/bin/env python3
"""What the system test publishes to a broker, through `import`: whatever is in a message, it is kept
byte for byte, every view answers to other tools, every command to its user, what is printed harms no
terminal and is JSON where it says so, and `export` gives back what was imported, also from a store
made of an export."""
import base64
import json
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))
from harness import (PROJECTIONS, Recorder, check_reindex, corpus, finish, folder, part_of, tap,  # noqa: E402
                     wait_until, _decode, _headers)
from poison import POISON, messages  # noqa: E402

VIEWS = ("journal", *PROJECTIONS, "checkpoints")
RUN = ('{"action":"run","resourceType":"run","status":"TRIGGERED","trigger":{"by":{"orgId":"o","userId":"u"},'
       '"origin":"UI","at":"2026-06-01T10:00:00.000Z"},"context":{"entity":null,"blueprint":null,'
       '"runId":"r_poison"},"payload":{"entity":null,"action":{"identifier":"\\u001b[2J","trigger":{"type":'
       '"self-service","operation":"CREATE"}},"run":{"id":"r_poison"},"properties":{"n":9007199254740993,'
       '"t":"\\u0000\\ud800","n":1.10}}}')
# Commands that list or show; what ends with json or jsonl must be that.
COMMANDS = (
    ["log", "-n", "100"], ["log", "-o", "table"], ["log", "-o", "json", "--columns", "all"], ["log", "-o", "jsonl"],
    ["log", "-o", "csv", "--columns", "all"], ["log", "--count"], ["log", "--search", "behind"],
    ["log", "service/numbers"], ["log", "--property", "a", "-o", "json"], ["log", "--entity", "*sc*"],
    ["runs"], ["runs", "-o", "json", "--columns", "all"], ["runs", "--search", "poison"],
    ["records"], ["records", "-o", "json", "--columns", "all"], ["records", "--problem", "any"],
    ["records", "-o", "tsv", "--columns", "all"], ["show", "service/numbers"], ["show", "r_poison"],
    ["show", "service/behind-all-that", "-o", "json"], ["status", "-o", "json"],
)


def input_lines():
    offset = 0
    for message in messages():
        message.update(topic="org_poison", offset=offset)
        offset += 1
        yield json.dumps(message)
    yield json.dumps({"topic": "org_poison", "partition": 0, "offset": offset, "payload": RUN})


def kept(recorder):
    """{offset: (key, headers, value)} as the view has them, and which are compressed."""
    with recorder.database() as database:
        rows = database.execute(
            "SELECT kafka_offset, CAST(key AS BLOB), headers, CAST(value AS BLOB), body = 'zstd'"
            " FROM journal WHERE source = 'import' AND topic = 'org_poison'").fetchall()
    return ({row[0]: (row[1], _headers(row[2]), row[3]) for row in rows},
            {row[0] for row in rows if row[4]})


def bytes_of(value):
    return value.encode() if isinstance(value, str) else _decode(value)


def wanted(lines):
    return {line["offset"]: (bytes_of(line.get("key")),
                             tuple((name, bytes_of(value)) for name, value in line.get("headers", [])),
                             bytes_of(line.get("payload")))
            for line in map(json.loads, lines)}


def check_commands(recorder):
    silent, harm, broken = [], [], []
    everything = [*COMMANDS, *(["show", str(seq), *more] for seq, in recorder.query(
        "SELECT seq FROM journal WHERE topic = 'org_poison' AND (size < 100000 OR size IS NULL)") for more in ([], ["-o", "json"]))]
    for arguments in part_of(everything):
        what = " ".join(arguments)
        code, out, errors = recorder.command(*arguments)
        # Nobody records: status says so.
        if code not in ((0, 1) if arguments[0] == "status" else (0,)) or (errors and code == 0):
            silent.append(f"{what}: {code} {errors}")
        # CSV is for programs, and keeps what it is given.
        if "csv" not in arguments and any(mark in out for mark in (b"\x1b", b"\x07", b"\0", "\u202e".encode())):
            harm.append(what)
        try:
            if "json" in arguments:
                json.loads(out)
            elif "jsonl" in arguments:
                _ = [json.loads(line) for line in out.splitlines()]
        except ValueError as error:
            broken.append(f"{what}: {error}")
    name = recorder.name
    tap.equal(silent, [], f"{name}: every command answers")
    tap.equal(harm, [], f"{name}: nothing that is printed does harm to a terminal")
    tap.equal(broken, [], f"{name}: and what says it is JSON is")


def check_raw(recorder, expected):
    wrong = [seq for seq, offset in recorder.query(
        "SELECT seq, kafka_offset FROM journal WHERE topic = 'org_poison'")
        if expected[offset][2] is not None and recorder.command("show", seq, "--raw")[1] != expected[offset][2]]
    tap.equal(wrong, [], f"{recorder.name}: `show --raw` gives each byte")


def check_views(recorder):
    silent = []
    for view in VIEWS:
        with recorder.database() as database:
            database.execute(f"SELECT * FROM {view}").fetchall()
        for command in (["sqlite3", "-readonly", str(recorder.store), f"SELECT * FROM {view}"],
                        recorder.arguments("sql", "-o", "json", f"SELECT * FROM {view}")):
            done = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  env=recorder.environment(), timeout=60)
            try:
                if command[0] != "sqlite3":
                    json.loads(done.stdout)
            except ValueError as error:
                silent.append(f"{command}: {error}")
            if done.returncode or done.stderr:
                silent.append(f"{command}: {done.returncode} {done.stderr!r}")
    tap.equal(silent, [], f"{recorder.name}: every view answers")


def check_export(recorder, expected):
    code, exported, errors = recorder.command("export")
    tap.equal((code, errors), (0, ""), f"{recorder.name}: export succeeds")
    lines = [line for line in exported.splitlines() if json.loads(line)["topic"] == "org_poison"]
    tap.ok(wanted(lines) == expected, f"{recorder.name}: export gives the bytes back")
    path = folder() / f"{recorder.name}.jsonl"
    path.write_bytes(exported)
    again = Recorder(None, f"{recorder.name}-again")
    code, _, errors = again.command("import", "-q", str(path))
    tap.equal((code, errors), (0, ""), f"{recorder.name}: the export is imported")
    tap.ok(again.command("export")[1] == exported, f"{recorder.name}: and exported again it is the same")


def check_store(recorder, expected):
    seen, packed = kept(recorder)
    tap.ok(all(seen[offset] == message if offset not in packed else
               seen[offset] == (*message[:2], None) for offset, message in expected.items()),
           f"{recorder.name}: each is kept byte for byte, {len(packed)} compressed")
    problems = dict(recorder.query("SELECT kafka_offset, problem FROM journal WHERE source = 'import'"
                                   " AND topic = 'org_poison'"))
    other = [(what, word, problems.get(offset)) for offset, (what, _, word) in enumerate(POISON)
             if word is not ... and problems.get(offset) != word]
    tap.equal(other, [], f"{recorder.name}: its problem is told")
    numbers = recorder.query("SELECT path, new FROM property_changes WHERE entity = 'numbers'"
                             " AND path LIKE 'properties.%' ORDER BY path")
    tap.equal([new for _, new in numbers], ["1e-7", "9007199254740993", "1.10", "-0", "1E400", "0.1e+2"],
              f"{recorder.name}: numbers keep their digits")
    check_views(recorder)
    check_commands(recorder)
    check_raw(recorder, expected)
    check_export(recorder, expected)
    check_reindex(recorder)


def packed_store(path):
    """The same behind enough others for a dictionary, which comes into use with a later batch: one
    of what is here already will do."""
    recorder = Recorder(None, "packed", compression="auto")
    lines = corpus(5200).splitlines(keepends=True)
    writer = subprocess.Popen(recorder.arguments("import", "-q", "-"), stdin=subprocess.PIPE,
                              env=recorder.environment())

    def packed():
        writer.stdin.write("".join(lines[:2000]).encode())
        return recorder.query("SELECT 1 FROM journal WHERE body = 'zstd' LIMIT 1")
    writer.stdin.write("".join(lines).encode())
    wait_until(packed, "values are compressed", 60)
    writer.stdin.close()
    tap.equal(writer.wait(60), 0, "what is compressed is imported")
    code, _, errors = recorder.command("import", "-q", str(path))
    tap.equal((code, errors), (0, ""), "and the poison behind it")
    return recorder


def test():
    lines = list(input_lines())
    expected = wanted(lines)
    path = folder() / "poison.jsonl"
    path.write_text("\n".join(lines) + "\n")
    plain = Recorder(None, "plain")
    for _ in range(2):
        code, _, errors = plain.command("import", "-q", str(path))
        tap.equal((code, errors), (0, ""), "what is poison to others is imported, twice to the same end")
    check_store(plain, expected)
    check_store(packed_store(path), expected)


if not shutil.which("sqlite3"):
    print("1..0 # SKIP sqlite3 is not here")
    sys.exit(0)
finish(test)
