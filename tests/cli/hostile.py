#!/usr/bin/env python3
"""Hostile messages: every control and every deceptive character, wherever a message may have text (identifiers,
titles, people, actions, property names and values, topics, keys, headers), through every command and format. On a
terminal, with a pager and without, stdout or stderr, nothing but line feeds, the renderer's own colours and UTF-8
text arrives; what says it is JSON or CSV is that to Python, and says what was imported. The seed of the generator is
printed; PORTLOG_TEST_SEED sets it."""
import base64
import csv
import io
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import unicodedata

PORTLOG = os.path.abspath(os.environ["PORTLOG"])
SEED = int(os.environ.get("PORTLOG_TEST_SEED", "1"))
PART = int(os.environ.get("PORTLOG_TEST_PART", "1"))  # harness.py says what for
KEPT = ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "PATH")
csv.field_size_limit(1 << 24)

PIECES = ["\x1b[2J", "\x1b]8;;http://evil\x07", "\x1b]52;c;aGk=\x1b\\", "\x1bP", "\x1b[?1049h", "\x9b31m", "\x90q\x9c",
          "\x7f", "\x00", "\x07", "\x08", "\u202e", "\u2066", "\u2069", "\u200b", "\u200d", "\ufeff", "\u2028", "\u2029",
          "\u00ad", "\u061c", "\U000e0041", "\t", "\n", "\r", "\r\n", "\x0b", "\x0c", "\"", "\\", "'", ",", "<b>", "%s%n",
          "e\u0301", "\u65e5\u672c", "\U0001f469\u200d\U0001f680", "\U0001f1e9\U0001f1ea", "\u00db", "name", "a.b/c", " "]
# What must not arrive on a terminal. Joiners may, between letters that need them.
RAW = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
                 "\U000e0000-\U000e0fff]")
COLORS = re.compile(r"\x1b\[[0-9;]*m")
NUMBERS = '{"a":1.10,"b":1e-7,"c":9007199254740993,"d":-0.0,"e":123456789012345678901234567890}'


def nasty(pick):
    return "".join(pick.choice(PIECES) for _ in range(pick.randint(1, 12)))


def change(pick, number):
    entity = nasty(pick)
    after = {"identifier": entity, "title": nasty(pick), "team": [nasty(pick)],
             "properties": {nasty(pick): nasty(pick), nasty(pick): {nasty(pick): [nasty(pick)]}}, "relations": {nasty(pick): nasty(pick)}}
    if number == 3:
        after["properties"]["huge"] = (nasty(pick) * (1 << 20))[:1 << 20]
    return {"action": pick.choice(["CREATE", "UPDATE", nasty(pick)]), "resourceType": "entity",
            "status": pick.choice(["SUCCESS", "FAILURE", nasty(pick)]), "message": nasty(pick),
            "trigger": {"by": {"orgId": "o", "userId": nasty(pick), "user": {"email": nasty(pick), "firstName": nasty(pick)}},
                        "origin": nasty(pick), "at": f"2026-11-20T08:{number % 60:02}:00.000Z"},
            "context": {"entity": entity, "blueprint": nasty(pick), "runId": nasty(pick)},
            "diff": {"before": None, "after": after}}


def run(pick, number):
    return {"action": nasty(pick), "resourceType": "run", "status": "TRIGGERED",
            "trigger": {"by": {"orgId": "o", "userId": nasty(pick), "user": {"email": nasty(pick)}}, "origin": nasty(pick),
                        "at": f"2026-11-20T09:{number % 60:02}:00.000Z"},
            "context": {"entity": nasty(pick), "blueprint": nasty(pick), "runId": f"r_{number}"},
            "payload": {"entity": None, "action": {"identifier": nasty(pick), "trigger": nasty(pick)},
                        "run": {"id": f"r_{number}", "summary": nasty(pick), "link": [nasty(pick)]},
                        "properties": {nasty(pick): nasty(pick)}}}


def lines(pick):
    for number in range(40):
        message = run(pick, number) if number % 3 == 2 else change(pick, number)
        value = json.dumps(message, ensure_ascii=pick.random() < 0.5)
        if number % 3 == 0:
            value = value[:-1] + ',"numbers":' + NUMBERS + "}"
        yield {"topic": nasty(pick).replace("\0", ""), "partition": 0, "offset": number, "ts": 1795000000000 + number, "tstype": "create",
               "key": nasty(pick), "headers": [nasty(pick).replace("\0", ""), nasty(pick)], "payload": value}
    for value in ("not json " + nasty(pick), '{"lone":"\\ud800"}', "{\"nul\":\"\\u0000\"}", None, "",
                  {"base64": base64.b64encode(b"\x1b[31m\xff\x9b\x00\xc3" + nasty(pick).encode()).decode()}):
        number += 1
        yield {"topic": "t", "partition": 0, "offset": number, "ts": 1795000000000, "tstype": "create", "payload": value}


class Tap:
    number = failed = 0

    def ok(self, passed, what, detail=""):
        Tap.number += 1
        Tap.failed += not passed
        print("ok" if passed else "not ok", Tap.number, "-", what)
        if not passed:
            print("# " + ascii(detail)[:600])


tap = Tap()


def environment(home, **more):
    return {**{name: os.environ[name] for name in KEPT if name in os.environ}, "HOME": home, "TZ": "UTC", "TERM": "xterm",
            "LC_ALL": "C.UTF-8", "PORTLOG_NOW": "2026-11-24T12:00:00Z", "PORTLOG_STORE": f"{home}/store.db", "PORTLOG_PAGER": "cat",
            "COLUMNS": "100", **more}


def on_terminal(arguments, env, stdin=b""):
    master, slave = os.openpty()
    process = subprocess.Popen([PORTLOG, *arguments], stdin=subprocess.PIPE, stdout=slave, stderr=slave, env=env)
    os.close(slave)
    process.stdin.write(stdin)
    process.stdin.close()
    shown = b""
    try:
        while piece := os.read(master, 1 << 16):
            shown += piece
    except OSError:
        pass
    os.close(master)
    process.wait(60)
    return shown, process.returncode


def has_tabs(arguments):
    """Where tabs stand between columns, or within a text that is shown with its lines."""
    return "text" in arguments or "tsv" in arguments or arguments[0] == "show"


def stray(shown, ascii_only=False, tabs=False):
    """The first thing that must not be in what a terminal got, with what stands round it."""
    shown = re.sub(b"\r+\n", b"\n", shown)
    try:
        text = COLORS.sub("", shown.decode("ascii" if ascii_only else "utf-8"))
    except UnicodeDecodeError as error:
        return f"{error}: {shown[max(0, error.start - 20):error.end + 20]}"
    found = RAW.search(text.replace("\t", " ") if tabs else text)
    return found and text[max(0, found.start() - 30):found.end() + 30]


def commands(store):
    yield from (["log"], ["runs"], ["records"])
    for listing in ("log", "runs", "records"):
        for form in ("table", "text", "csv", "tsv", "json", "jsonl"):
            yield [listing, "--columns", "all", "-o", form]
    for view in ("journal", "changes", "property_changes", "runs", "run_events", "users", "entities", "positions"):
        for form in ("table", "csv", "json"):
            yield ["sql", f"SELECT * FROM {view}", "-o", form]
    for seq in (1, 3, 4, 41, 42, 44, 46):
        yield from (["show", str(seq)], ["show", str(seq), "--raw"], ["show", str(seq), "-o", "json"])
    yield from (["show", "r_2"], ["show", "r_2", "-o", "json"], ["export"], ["status"], ["status", "-o", "json"],
                ["status", "-o", "prometheus"], ["log", "-f", "--count"])
    for blueprint, entity in store[:3]:
        if "\0" not in blueprint + entity:
            yield from (["show", f"{blueprint}/{entity}"], ["show", f"{blueprint}/{entity}x"], ["log", f"{blueprint}/{entity}"],
                        ["log", "--entity", f"{entity}x"], ["log", "--user", entity], ["log", "--search", entity],
                        ["runs", "--action", f"{entity}?"])


def errors():
    for evil in PIECES[:24]:
        if "\0" not in evil:
            yield from ([evil], ["log", f"--{evil}"], ["log", "--columns", evil], ["log", "--since", evil], ["log", "-o", evil],
                        ["show", evil], ["show", f"r_{evil}"], ["sql", evil], ["--tz", evil, "log"], ["import", f"no/{evil}"],
                        ["--store", f"/no/{evil}", "log"], ["--config", f"/no/{evil}", "log"])


def check_terminal(home, store):
    for what, env, flags, ascii_only in (
            ("wrong words", environment(home, PORTLOG_NO_PAGER="1"), [], False),
            ("without a pager", environment(home, PORTLOG_NO_PAGER="1"), [], False),
            ("through a pager", environment(home), [], False),
            ("without UTF-8", environment(home, LC_ALL="C", PORTLOG_NO_PAGER="1"), [], True),
            ("in colour, 30 columns", environment(home, PORTLOG_NO_PAGER="1", COLUMNS="30"), ["--color", "always"], False)):
        wrong, count = [], 0
        for arguments in list(errors() if what == "wrong words" else commands(store))[::PART]:
            shown, status = on_terminal([*flags, *arguments], env)
            count += 1
            if status not in (0, 1, 2, 4):
                wrong.append((arguments, status, shown[-200:]))
            if found := stray(shown, ascii_only, has_tabs(arguments)):
                wrong.append((arguments, found))
        tap.ok(not wrong, f"{what}: nothing raw on a terminal from {count} commands", wrong[:3])


def check_import(home):
    bad = "\n".join(['{"topic": "\x1b[31m\x9b\u202e", "offset": "\x07"}', "\x1b]52;c;aGk=\x07", '{"\u202e": 1}',
                     '{"topic":"a\\u0000b","offset":1,"payload":"x"}', '{"topic":"t","offset":-5e99,"payload":{"base64":"\x1b"}}'])
    shown, status = on_terminal(["import", "-"], environment(home, PORTLOG_STORE=f"{home}/bad.db"), bad.encode())
    tap.ok(status == 1 and not stray(shown.replace(b"\x04", b"")), "import's complaints", (status, stray(shown), shown))
    name = f"{home}/\x1b[31m\u202e.jsonl"
    with open(name, "w", encoding="utf-8") as file:
        file.write(bad)
    shown, status = on_terminal(["import", name], environment(home, PORTLOG_STORE=f"{home}/bad.db"))
    tap.ok(status == 1 and not stray(shown), "and the file's name in them", (status, stray(shown), shown))


def check_machines(home, sent):
    def portlog(*arguments):
        done = subprocess.run([PORTLOG, *arguments], stdin=subprocess.DEVNULL, capture_output=True, env=environment(home), check=False)
        tap.ok(done.returncode == 0 and not done.stderr, f"{' '.join(arguments)[:60]} succeeds", done.stderr)
        return done.stdout.decode("utf-8", "strict")

    def value(x):
        return base64.b64decode(x["base64"]) if isinstance(x, dict) else x.encode()

    wanted = [None if line["payload"] is None else value(line["payload"]) for line in sent]
    as_json = json.loads(portlog("records", "-r", "-o", "json", "--columns", "all"))
    tap.ok([None if r["value"] is None else value(r["value"]) for r in as_json] == wanted, "json: each value as it was")
    tap.ok([r["topic"] for r in as_json] == [line["topic"] for line in sent], "and each topic")
    rows = list(csv.DictReader(io.StringIO(portlog("records", "-r", "-o", "csv", "--columns", "all"), newline="")))
    tap.ok([r["topic"] for r in rows] == [r["topic"] for r in as_json], "csv: each topic",
           [(a["topic"], b["topic"]) for a, b in zip(rows, as_json) if a["topic"] != b["topic"]][:2])
    tap.ok([r["value"] for r in rows] == ["" if r["value"] is None else "base64:" + r["value"]["base64"] if isinstance(r["value"], dict)
                                          else r["value"] for r in as_json], "and each value")
    changes = portlog("log", "-r", "-o", "jsonl", "--columns", "all").strip("\n").split("\n")
    contexts = [json.loads(line["payload"]) for line in sent[:40]]
    contexts = [m["context"]["entity"] for m in contexts if m["resourceType"] == "entity"]
    tap.ok(sorted(json.loads(c)["entity"] for c in changes) == sorted(contexts), "jsonl: each entity", (len(changes), len(contexts)))
    tap.ok(NUMBERS in portlog("export").replace('\\"', '"'), "numbers keep their digits in an export")
    exported = portlog("export")
    shown, _ = on_terminal(["export"], environment(home, PORTLOG_NO_PAGER="1"))
    tap.ok([json.loads(a) for a in exported.encode().splitlines()] == [json.loads(a) for a in re.sub(b"\r+\n", b"\n", shown).splitlines()],
           "and on a terminal the same JSON")


def main():
    pick = random.Random(SEED)
    print(f"# seed {SEED}, Unicode {unicodedata.unidata_version}")
    sent = list(lines(pick))
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run([PORTLOG, "import", "-"], input="\n".join(map(json.dumps, sent)).encode(), capture_output=True,
                              env=environment(home), check=False)
        tap.ok(done.returncode == 0, "all is imported", (done.stdout, done.stderr))
        store = [(m["context"]["blueprint"], m["context"]["entity"]) for m in
                 (json.loads(line["payload"]) for line in sent[:40]) if m["resourceType"] == "entity"]
        check_machines(home, sent)
        check_import(home)
        check_terminal(home, store)
    print(f"1..{Tap.number}")
    sys.exit(Tap.failed > 0)


main()
