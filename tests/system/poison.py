#!/usr/bin/env python3
"""Whatever is in a message, it is kept byte for byte, the partition goes on behind it, and every view
and command still answers: not JSON, empty, tombstones, invalid UTF-8, NUL bytes, 10 MB, a hundred
thousand levels, doubled and escaped keys, trailing bytes, numbers that a parser would re-print, keys
and headers of any bytes."""
import base64
import json

from harness import (ORG, PROJECTIONS, Broker, Recorder, check_reindex, compare, run, tap)

TOPIC = f"{ORG}.runs"


def change(entity, extra="", properties='"replicas":1'):
    return (f'{{"action":"UPDATE","resourceType":"entity","status":"SUCCESS","trigger":{{"by":'
            f'{{"orgId":"{ORG}","userId":"auth0|1"}},"origin":"UI","at":"2026-06-01T10:00:00.000Z"}},'
            f'"context":{{"entity":"{entity}","blueprint":"service"}},"diff":{{"before":null,"after":'
            f'{{"identifier":"{entity}","title":"t","blueprint":"service","properties":{{{properties}}},'
            f'"relations":{{}}}}}}{extra}}}').encode()


# What it is, the bytes (None: a tombstone), and the journal's word for its problem.
POISON = [
    ("not JSON", b"hello world", "not_json"),
    ("half of JSON", change("half")[:-10], "not_json"),
    ("trailing bytes", change("trailing") + b" x", "not_json"),
    ("two values", b"{}{}", "not_json"),
    ("trailing white space", change("space") + b" \n\t\r ", None),
    ("empty", b"", "empty"),
    ("white space", b"  \n", "empty"),
    ("tombstone", None, "tombstone"),
    ("invalid UTF-8", b'{"a":"\xff\xfe"}', "not_utf8"),
    ("an overlong form", b'{"a":"\xc0\xaf"}', "not_utf8"),
    ("a surrogate in UTF-8", b'{"a":"\xed\xa0\x80"}', "not_utf8"),
    ("binary", bytes(range(256)), "not_utf8"),
    ("NUL bytes", b'{"a":"\x00"}', "not_json"),
    ("NUL behind the value", change("nul") + b"\x00", "not_json"),
    ("NUL alone", b"\x00", "not_json"),
    ("NUL escaped", change("nul-escaped", properties='"text":"a\\u0000b"'), None),
    ("a lone surrogate escaped", change("surrogate", properties='"text":"\\ud800"'), None),
    ("10 MB of one string", change("large", properties='"text":"' + "x" * 10_000_000 + '"'), None),
    ("10 MB of zeros", b"\x00" * 10_000_000, "not_json"),
    ("100,000 arrays", b"[" * 100_000 + b"]" * 100_000, "too_deep"),
    ("100,000 arrays never closed", b"[" * 100_000, "too_deep"),
    ("100,000 objects", b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "too_deep"),
    ("900 levels", change("deep", properties='"a":' + "[" * 900 + "]" * 900), None),
    ("doubled keys", change("doubled", properties='"a":1,"a":2'), None),
    ("numbers as they were written", change(
        "numbers", properties='"a":1e-7,"b":9007199254740993,"c":1.10,"d":-0,"e":1E400,"f":0.1e+2'),
     None),
    ("escaped keys", change("escaped").replace(b'"diff"', b'"\\u0064iff"'), None),
    ("keys that look like paths", change("paths", properties='"a.b":1,"a":{"b":2},"":3,"\\"":4'), None),
    ("text that looks like SQL", change("'; DROP TABLE record; --"), None),
    ("escape sequences", change("\\u001b[31mred", properties='"t":"\\u001b]0;x\\u0007\\u202e"'), None),
    ("an array", b"[1,2,3]", "unknown_shape"),
    ("a number", b"1", "unknown_shape"),
    ("null", b"null", "unknown_shape"),
    ("an empty object", b"{}", "unknown_shape"),
    ("members of wrong kinds", b'{"action":1,"resourceType":"entity","trigger":[],"context":"x",'
     b'"diff":7}', ...),
    ("a byte order mark", b"\xef\xbb\xbf" + change("bom"), "not_json"),
    ("a time that is none", change("time").replace(b"2026-06-01T10:00:00.000Z", b"soon"), None),
    ("a time out of range", change("far").replace(b"2026-06-01", b"999999-01-01"), None),
]

KEYS = [None, b"", b"key", b"\x00\xff", "ключ".encode(), b"x" * 5000]
HEADERS = [[], [["a", b""]], [["a", None], ["a", b"\xff\x00"]], [["%41 \"\\é", b"v"]]]
TIMES = [1790000000000, 1, 253402300799999]


def encode(data):
    return None if data is None else {"base64": base64.b64encode(data).decode()}


def messages():
    for number, (_, value, _) in enumerate(POISON):
        headers = HEADERS[number % len(HEADERS)]
        yield {"topic": TOPIC, "partition": 0, "ts": TIMES[number % len(TIMES)],
               "key": encode(KEYS[number % len(KEYS)]), "payload": encode(value),
               "headers": [[name, encode(data)] for name, data in headers]}
    yield {"topic": TOPIC, "partition": 0, "payload": change("behind-all-that").decode()}


def check_commands(recorder):
    for arguments in (["log", "-n", "100"], ["log", "-o", "jsonl"], ["runs"], ["records", "-o", "json"],
                      ["records", "--problem", "any"], ["log", "--search", "behind"],
                      ["show", "service/behind-all-that"], ["show", "1", "--raw"]):
        code, out, errors = recorder.command(*arguments)
        said = "no run is recorded here yet\n" if arguments == ["runs"] else ""
        tap.equal((code, errors), (0, said), f"`portlog {' '.join(arguments)}` answers")
        if arguments[-1] in ("json", "jsonl"):
            text = out.decode()
            try:
                for line in text.splitlines() if arguments[-1] == "jsonl" else [text]:
                    json.loads(line)
            except ValueError as error:
                tap.ok(False, "and what it says is JSON", error)
        elif arguments[-1] != "--raw":
            tap.ok(b"\x1b" not in out and b"\x07" not in out and "\u202e".encode() not in out,
                   "and nothing in it does harm to a terminal")


def test():
    broker = Broker()
    broker.topic(TOPIC, 1, max_message_bytes=20_000_000)
    broker.produce("".join(json.dumps(m) + "\n" for m in messages()), "-X",
                   "message.max.bytes=20000000")
    wanted = broker.dump(TOPIC)
    tap.equal(len(wanted), len(POISON) + 1, "Kafka holds what was published")
    plain = Recorder(broker, "plain", topics=[TOPIC])
    plain.start()
    plain.wait_for_ends(broker.ends(TOPIC))
    tap.equal(plain.terminate(), 0, "SIGTERM ends it with 0")
    tap.equal(compare(wanted, plain), [], "each is kept byte for byte, and the partition went on")
    problems = dict(plain.query("SELECT kafka_offset, problem FROM journal WHERE source = 'kafka'"))
    for offset, (what, _, problem) in enumerate(POISON):
        if problem is not ...:
            tap.equal(problems.get(offset), problem, f"{what}: {problem or 'no problem'}")
    tap.ok(plain.query("SELECT 1 FROM changes WHERE entity = 'behind-all-that'"),
           "what came behind is understood")
    for view in ("journal", *PROJECTIONS, "checkpoints"):
        with plain.database() as database:
            rows = database.execute(f"SELECT * FROM {view}").fetchall()
        tap.ok(rows is not None, f"view {view} answers")
    numbers = plain.query("SELECT after FROM changes WHERE entity = 'numbers'")
    tap.ok(numbers and '"a":1e-7,"b":9007199254740993,"c":1.10,"d":-0,"e":1E400,"f":0.1e+2'
           in numbers[0][0], "numbers keep their digits", numbers)
    tap.equal(plain.query("SELECT new FROM property_changes WHERE entity = 'doubled'"
                          " AND path = 'properties.a'"), [("2",)], "of doubled keys the last counts")
    tap.ok(plain.query("SELECT 1 FROM changes WHERE entity = 'escaped' AND after IS NOT NULL"),
           "escaped keys are understood")
    check_commands(plain)
    check_reindex(plain)


if __name__ == "__main__":
    run(test)
