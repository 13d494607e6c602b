#!/usr/bin/env python3
"""Every command of doc/cookbook.md, run on the demo's history as on a terminal of 100 columns, gives the output that
stands below it. A question is a heading (###) with one fence of commands ("$ ", more lines of one "> ") and what they
print. To make the outputs anew, then to be read before they are committed:

    PORTLOG=build/portlog tests/cli/cookbook.py --write
"""
import difflib
import os
import pathlib
import re
import sys

from demo_store import PORTLOG, demo, environment, on_terminal

BOOK = pathlib.Path(__file__).resolve().parents[2] / "doc" / "cookbook.md"
WIDTH = 100
LEAST = 25
FENCE = re.compile(r"```console\n(.*?)```\n", re.DOTALL)


def answers(fence, env):
    """The fence with what its commands print now."""
    out = ""
    for block in re.split(r"^(?=\$ )", fence, flags=re.MULTILINE):
        lines = block.splitlines()
        if not lines:
            continue
        more = 1
        while more < len(lines) and lines[more].startswith("> "):
            more += 1
        command = "\n".join(line[2:] for line in lines[:more])
        out += "\n".join(lines[:more]) + "\n" + on_terminal(["bash", "-c", command], WIDTH, env)
    return out


def main():
    book = BOOK.read_text()
    questions = re.split(r"^(?=### )", book, flags=re.MULTILINE)
    written, failed, count = questions[0], 0, 0
    with demo() as home:
        env = environment(home, NO_COLOR="1")
        env["PATH"] = f"{os.path.dirname(PORTLOG)}:{env['PATH']}"
        for text in questions[1:]:
            question = text.splitlines()[0][4:]
            fences = FENCE.findall(text)
            now = FENCE.sub(lambda match: f"```console\n{answers(match[1], env)}```\n", text)
            written += now
            count += 1
            good = len(fences) == 1 and (now == text or "--write" in sys.argv)
            failed += not good
            print("ok" if good else "not ok", count, "-", question)
            if len(fences) != 1:
                print("# a question has one fence of commands, not", len(fences))
            for line in difflib.unified_diff(text.splitlines(), now.splitlines(), "book", "now", lineterm=""):
                print("#", line)
    if "--write" in sys.argv:
        BOOK.write_text(written)
    outside = FENCE.findall(questions[0])
    count += 1
    good = count - 1 >= LEAST and not outside
    failed += not good
    print("ok" if good else "not ok", count, f"- {count - 1} questions, at least {LEAST}")
    print(f"1..{count}")
    sys.exit(failed > 0)


main()
