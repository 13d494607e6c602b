#!/usr/bin/env python3
"""What the commands look like: at widths of 40, 80, 120 and 200 columns, with UTF-8 and without, on a terminal and in
a pipe, over the demo's history. Each golden file in tests/data/golden holds all of a command. A command is one row in
COMMANDS. To make the files anew, then to be read before they are committed:

    PORTLOG=build/portlog tests/cli/golden.py --write
"""
import difflib
import pathlib
import subprocess
import sys

from demo_store import PORTLOG, demo, environment, on_terminal

COMMANDS = {
    "log": ["log", "-n", "12"],
    "log-failure": ["log", "--status", "FAILURE"],
    "log-columns": ["log", "-n", "4", "--columns", "time,entity,title,run_id,changed"],
    "runs": ["runs", "-n", "12"],
    "records": ["records", "-n", "5", "--topic", "*.runs"],
    "show-record": ["show", "1"],
    "diff": ["diff", "service/checkout", "--from", "2026-11-01"],
    "blame": ["blame", "service/checkout"],
    "why": ["why", "service/checkout", "replicas"],
    "show-at": ["show", "service/checkout", "--at", "2026-11-10"],
    "stats": ["stats"],
    "stats-by": ["stats", "--by", "user", "-n", "5"],
    "show-entity": ["show", "service/checkout"],
    "show-run": ["show", "RUN"],
    "sql": ["sql", "SELECT r.entity, e.title, count(*) AS runs, avg(r.duration_ms) / 60000 AS minutes, max(r.time) AS "
            "last FROM runs r LEFT JOIN entities e ON e.blueprint = r.blueprint AND e.entity = r.entity"
            " GROUP BY r.entity ORDER BY runs DESC, r.entity LIMIT 8"],
    "status": ["status"],
}
WIDTHS = (40, 80, 120, 200)
LOCALES = ("C.UTF-8", "C")
GOLDEN = pathlib.Path(__file__).resolve().parents[1] / "data" / "golden"

def in_pipe(arguments, env):
    done = subprocess.run([PORTLOG, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, env=env, check=False)
    return done.stdout.decode()


def stable(text, home):
    """Without what is another in each run: when it was received, where and how large the store is."""
    lines = [line for line in text.splitlines() if "received" not in line]
    for i, line in enumerate(lines):
        if line.startswith("store "):
            lines[i] = line.replace(home, "HOME").rsplit(",", 1)[0]
    return "".join(line + "\n" for line in lines)


def forms(arguments, home):
    """What it is called, and what it looks like; what looks like the one before says so."""
    seen = {}
    for locale in LOCALES:
        for width in WIDTHS:
            env = environment(home, LC_ALL=locale)
            yield f"terminal, {width}, {locale}", stable(on_terminal([PORTLOG, *arguments], width, env), home), seen
        yield f"pipe, {locale}", stable(in_pipe(arguments, env), home), seen


def portrait(arguments, home):
    out = ""
    for name, text, seen in forms(arguments, home):
        out += f"=== {name}\n" + (f"as {seen[text]}\n" if text in seen else text)
        seen.setdefault(text, name)
    return out.replace("\x1b", "^[")


def main():
    write = "--write" in sys.argv
    failed = 0
    with demo() as home:
        run = in_pipe(["runs", "--action", "scale_service", "-n", "1", "--columns", "run_id"], environment(home)).strip()
        print(f"1..{len(COMMANDS)}")
        for number, (name, arguments) in enumerate(COMMANDS.items(), 1):
            now = portrait([run if word == "RUN" else word for word in arguments], home)
            path = GOLDEN / f"{name}.txt"
            if write:
                path.write_text(now)
            was = path.read_text() if path.exists() else ""
            print("ok" if now == was else "not ok", number, "-", " ".join(arguments)[:60])
            failed += now != was
            for line in difflib.unified_diff(was.splitlines(), now.splitlines(), "golden", "now", lineterm=""):
                print("#", line)
    sys.exit(failed > 0)


main()
