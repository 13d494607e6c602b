#!/usr/bin/env python3
"""The pager, as git has it, and readers beside a writer: a pager that is quit is quiet, one that does not read holds up
nobody's checkpoint, Ctrl-C leaves nothing behind, one that is not there is told; and twenty readers in a loop beside a
full-speed import neither fail nor make it fail."""
import os
import pathlib
import signal
import sqlite3
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))
from harness import PORTLOG, corpus, finish, folder, tap, wait_until  # noqa: E402

READERS = 20
READS = (["log", "-n", "20"], ["runs", "-o", "json"], ["records", "--count"], ["status"], ["log", "-o", "csv"],
         ["sql", "SELECT count(*) FROM changes"])


def environment(store, **more):
    kept = {name: os.environ[name] for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "PATH") if name in os.environ}
    return {**kept, "HOME": str(folder()), "TZ": "UTC", "TERM": "xterm", "LC_ALL": "C.UTF-8", "COLUMNS": "80",
            "PORTLOG_STORE": str(store), **more}


class OnTerminal:
    """A command in a session of its own, whose terminal Ctrl-C can be typed at."""

    def __init__(self, env, *arguments):
        self.master, slave = os.openpty()
        self.process = subprocess.Popen(["setsid", "-c", PORTLOG, *arguments], stdin=slave, stdout=slave, stderr=slave, env=env)
        os.close(slave)

    def type(self, keys):
        os.write(self.master, keys)

    def end(self):
        """Exit status, and all that the terminal got."""
        shown = b""
        try:
            while piece := os.read(self.master, 1 << 16):
                shown += piece
        except OSError:
            pass
        os.close(self.master)
        return self.process.wait(30), shown.replace(b"\r\n", b"\n").decode()


def page(store, pager, *arguments, **more):
    return OnTerminal(environment(store, PORTLOG_PAGER=pager, **more), *arguments).end()


def check_pager(store):
    mark = folder() / "mark"
    status, shown = page(store, "head -3", "log", NO_COLOR="1")
    tap.equal((status, len(shown.splitlines()), "portlog:" in shown), (0, 3, False), "a pager that is quit early is quiet, and no failure")
    tap.equal(page(store, "cat >/dev/null", "show", "1"), (0, ""), "all goes through it")
    status, shown = page(store, "nonesuch", "log")
    tap.ok(status == 4 and "cannot start the pager" in shown, "one that is not there is told", (status, shown))
    tap.equal(page(store, "cat >/dev/null; echo $LESS", "show", "1"), (0, "FRX\n"), "LESS is set as git sets it")
    tap.equal(page(store, "cat >/dev/null; echo $LESS", "show", "1", LESS="-iM"), (0, "-R -iM\n"),
              "where the user has, it takes our colours all the same")
    tap.equal(page(store, "cat >/dev/null; echo $LESSCHARSET", "show", "1"), (0, "utf-8\n"), "it is told of UTF-8")
    tap.equal(page(store, "cat -n", "show", "1", PAGER="false", NO_COLOR="1")[1][:8], "     1\ts", "PORTLOG_PAGER goes before PAGER")
    page(store, f"touch {mark}", "log", "--count")
    page(store, f"touch {mark}", "--no-pager", "log")
    tap.ok(not mark.exists(), "none for one line, nor with --no-pager")
    done = subprocess.run([PORTLOG, "log"], stdout=subprocess.PIPE, check=False, env=environment(store, PORTLOG_PAGER=f"touch {mark}"))
    tap.ok(done.returncode == 0 and not mark.exists(), "nor in a pipe")
    status, shown = page(store, "cat", "records", "--columns", "key", "--topic", "utf8", LC_ALL="C")
    tap.ok(status == 0 and "\\u00fc" in shown and shown.isascii(), "where the terminal has no UTF-8, nor has the pager", shown)
    run = subprocess.run([PORTLOG, "log", "--operation", "UPDATE", "-n", "1", "-o", "tsv", "--columns", "seq,blueprint,entity"],
                         check=True, capture_output=True, text=True, env=environment(store)).stdout.splitlines()[1].split("\t")
    for command in (["diff", run[0]], ["diff", f"{run[1]}/{run[2]}"], ["why", f"{run[1]}/{run[2]}", "title"], ["stats"]):
        status, shown = page(store, "cat", *command, LC_ALL="", LANG="")
        tap.ok(status in (0, 1) and shown and shown.isascii(), f"nor have our own signs: {command[0]}", shown)
    less = folder() / "less"
    less.write_text("#!/bin/sh\necho WARNING\n")
    less.chmod(0o755)
    env = environment(store, TERM="dumb", PATH=f"{folder()}:{os.environ['PATH']}")
    tap.ok("WARNING" not in OnTerminal(env, "log").end()[1], "less is not started on a terminal that only prints")
    status, shown = page(store, "cat", "log", "-n", "3", TERM="dumb")
    tap.ok(status == 0 and "\x1b" not in shown, "no colours on a dumb terminal", shown)
    status, shown = page(store, "cat", "log", "-n", "3")
    tap.ok(status == 0 and "\x1b[" in shown, "but on another")


def check_waiting(store):
    """A pager that reads nothing: the pipe is full, and no view of the store is held."""
    ready = folder() / "ready"
    for what in (["log"], ["records", "-o", "jsonl", "--columns", "all"], ["sql", "SELECT * FROM changes"]):
        ready.unlink(missing_ok=True)
        reader = OnTerminal(environment(store, PORTLOG_PAGER=f"touch {ready}; trap '' INT; read line; sleep 1.5"), *what)
        wait_until(ready.exists, "the pager is there")
        time.sleep(0.3)  # no condition tells that the pipe is full without reading it
        with sqlite3.connect(store, timeout=0) as database:
            busy = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        database.close()
        tap.equal(busy, 0, f"{' '.join(what)[:40]}: waits for its pager without a transaction")
        reader.type(b"\x03")
        status, shown = reader.end()
        tap.equal((status, shown.replace("^C", "")), (130, ""), "Ctrl-C: it ends when the pager does, with 130")


def check_beside(store, lines):
    """Full speed on one side, twenty in a loop on the other."""
    failed, count, stop = [], [0], threading.Event()

    def read(number):
        while not stop.is_set():
            done = subprocess.run([PORTLOG, *READS[number % len(READS)]], check=False, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment(store), timeout=60)
            count[0] += 1
            if done.returncode or done.stderr:
                failed.append((READS[number % len(READS)], done.returncode, done.stderr))
    threads = [threading.Thread(target=read, args=(number,)) for number in range(READERS)]
    for thread in threads:
        thread.start()
    done = subprocess.run([PORTLOG, "import", "-"], input=lines.encode(), check=False, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, env=environment(store), timeout=100)
    stop.set()
    for thread in threads:
        thread.join()
    tap.equal((done.returncode, done.stderr), (0, b""), "the writer ends well")
    tap.equal(failed[:3], [], f"and none of {count[0]} reads failed")
    tap.ok(count[0] >= READERS, "each of which was beside it", count)


def test():
    store = folder() / "paged.db"
    lines = ['{"topic": "utf8", "partition": 0, "offset": 0, "key": "ü", "payload": ""}\n',
             *corpus(9000).splitlines(keepends=True)]
    subprocess.run([PORTLOG, "import", "-"], input="".join(lines[:3000]).encode(), check=True, stdout=subprocess.DEVNULL,
                   env=environment(store))
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    check_pager(store)
    check_waiting(store)
    check_beside(store, "".join(lines[3000:]))


finish(test)
