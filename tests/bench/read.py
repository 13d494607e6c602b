#!/usr/bin/env python3
"""The benchmark of reading: each class of question that a person asks of a store of 5 million changes
and 1 million runs, whole processes, their output thrown away.

    median, p95   of so many runs (--runs), the store's pages in memory
    sqlite3       the same question by hand-written SQL in the sqlite3 shell, turn by turn with it
    ratio         of the medians; wanted for selective questions: at most 2
    cold          the median after the store's pages were given back (posix_fadvise; checked by fincore)

An answer that comes too late is said to be MISSED and is no failure: machines differ, and so does the
same one from hour to hour. What cannot be asked at all is one. The store is made once (seven minutes,
5 GB) and kept: --dir, PORTLOG_BENCH_DIR, else in the build directory."""
import argparse
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from big_store import BUILD, MESSAGES, PORTLOG, big_store
from questions import COLD_MS, RATIO, all_questions, subjects

EMPTY, EMPTY_ALL = (str(BUILD / "tests" / "bench" / name) for name in ("empty", "empty_all"))
EMPTY_MS = 3  # how much longer than that the smallest command may take
FEW_MS = 50   # what takes longer than this is asked fewer times
ROW = "{:<42} {:>7} {:>8} {:>8} {:>8} {:>6} {:>7} {:>5}  {}"


class Broken(Exception):
    """It did not run."""


class Runner:
    def __init__(self, store):
        self.errors = tempfile.TemporaryFile()
        self.null = os.open(os.devnull, os.O_RDWR)
        home = tempfile.mkdtemp(prefix="portlog-bench-")
        self.home = home
        self.environment = {"PATH": os.environ["PATH"], "HOME": home, "TZ": "UTC", "LC_ALL": "C.UTF-8",
                            "PORTLOG_STORE": str(store)}

    def run(self, arguments):
        """Milliseconds."""
        self.errors.seek(0)
        self.errors.truncate()
        actions = [(os.POSIX_SPAWN_DUP2, self.null, 0), (os.POSIX_SPAWN_DUP2, self.null, 1),
                   (os.POSIX_SPAWN_DUP2, self.errors.fileno(), 2)]
        started = time.perf_counter()
        pid = os.posix_spawn(arguments[0], arguments, self.environment, file_actions=actions)
        _, status = os.waitpid(pid, 0)
        ms = (time.perf_counter() - started) * 1000
        if status:
            self.errors.seek(0)
            raise Broken(f"{' '.join(arguments)[:200]} ended with {os.waitstatus_to_exitcode(status)}:"
                         f" {self.errors.read().decode(errors='replace')[:500]}")
        return ms

    def peak(self, command):
        """Milliseconds, and the greatest RSS in kB, looked at while it runs: what wait4 tells begins with
        this program's own, before the other is executed."""
        started, peak_kb = time.perf_counter(), 0
        with subprocess.Popen(command, stdout=self.null, stdin=self.null, env=self.environment) as process:
            while process.poll() is None:
                with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
                    if seen := re.search(r"VmHWM:\s+(\d+) kB", status.read()):
                        peak_kb = int(seen[1])
                time.sleep(0.02)
        if process.returncode:
            raise Broken(f"{' '.join(command)} ended with {process.returncode}")
        return (time.perf_counter() - started) * 1000, peak_kb


def files_of(store):
    return [path for tail in ("", "-wal", "-shm") if (path := pathlib.Path(f"{store}{tail}")).exists()]


def chill(store):
    """Gives the store's pages back. How many bytes are in memory all the same."""
    for path in files_of(store):
        with open(path, "rb") as file:
            os.fdatasync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    done = subprocess.run(["fincore", "--json", "--bytes", "--output", "res", *files_of(store)],
                          stdout=subprocess.PIPE, check=True)
    return sum(int(row["res"]) for row in json.loads(done.stdout)["fincore"])


def p95(values):
    return sorted(values)[min(len(values) - 1, int(len(values) * 0.95))]


def milliseconds(value):
    return "" if value is None else f"{value:.0f}" if value >= 100 else f"{value:.1f}"


class Table:
    def __init__(self):
        self.missed, self.broken = [], []
        print(ROW.format("", "wanted", "median", "p95", "sqlite3", "ratio", "cold", "MB", ""), flush=True)

    def row(self, name, wanted=None, median=None, worst=None, sql=None, ratio=None, cold=None, rss_kb=None,
            missed=()):
        verdict = "" if wanted is None else f"MISSED: {', '.join(missed)}" if missed else "ok"
        print(ROW.format(name, milliseconds(wanted), milliseconds(median), milliseconds(worst),
                         milliseconds(sql), "" if ratio is None else f"{ratio:.2f}", milliseconds(cold),
                         "" if rss_kb is None else f"{rss_kb / 1024:.0f}", verdict), flush=True)
        if missed:
            self.missed.append(name)

    def failed(self, name, why):
        self.broken.append(name)
        print(f"{name}: DID NOT RUN: {why}", flush=True)


class Bench:
    def __init__(self, store, options):
        self.store, self.options = store, options
        self.runner = Runner(store)
        self.sqlite3 = shutil.which("sqlite3")
        self.held = False
        self.table = Table()

    def measure(self, *commands):
        """Turn by turn, so that what disturbs one disturbs the other. Milliseconds of each."""
        slowest = max(self.runner.run(command) for command in commands)
        runs = self.options.runs if slowest < FEW_MS else max(3, self.options.runs // 5)
        seen = [[] for _ in commands]
        for _ in range(runs):
            for command, list_of in zip(commands, seen):
                list_of.append(self.runner.run(command))
        return seen

    def cold(self, command):
        """The median; None where pages stay in memory: another program reads the store."""
        seen = []
        for _ in range(self.options.cold):
            if chill(self.store) > 1 << 20:
                self.held = True
                return None
            seen.append(self.runner.run(command))
        return statistics.median(seen) if seen else None

    def ask(self, question):
        commands = [[PORTLOG, *question.arguments]]
        if question.sql and self.sqlite3:
            commands.append([self.sqlite3, "-readonly", str(self.store), question.sql])
        seen = self.measure(*commands)
        median = statistics.median(seen[0])
        sql = statistics.median(seen[1]) if len(seen) > 1 else None
        ratio = median / sql if sql else None
        cold = self.cold(commands[0]) if question.selective else None
        missed = []
        if median > question.wanted_ms:
            missed.append("time")
        if question.selective and ratio and ratio > RATIO:
            missed.append("ratio")
        if cold is not None and cold > COLD_MS:
            missed.append("cold")
        self.table.row(question.name, question.wanted_ms, median, p95(seen[0]), sql, ratio, cold,
                       missed=missed)

    def smallest(self):
        """What loading the libraries costs, and what little more a command may. --version tells
        the version of each, and loads them all."""
        commands = [[EMPTY], [EMPTY_ALL], [PORTLOG, "log", "-n", "1"], [PORTLOG, "--version"]]
        seen = self.measure(*commands)
        medians = [statistics.median(times) for times in seen]
        self.table.row("an empty program with the same libraries", None, medians[0], p95(seen[0]))
        self.table.row("the same, and those that are loaded later", None, medians[1], p95(seen[1]))
        for name, times, empty in (("log -n 1", seen[2], medians[0]), ("--version", seen[3], medians[1])):
            median = statistics.median(times)
            missed = ["time"] if median > empty + EMPTY_MS else []
            self.table.row(name, empty + EMPTY_MS, median, p95(times), missed=missed)

    def listing(self, name, arguments):
        """All of it: when its first line comes, and what it takes of memory at the end."""
        command = [PORTLOG, *arguments]
        first = []
        for _ in range(5):
            started = time.perf_counter()
            with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL,
                                  env=self.runner.environment) as process:
                process.stdout.read(1)
                first.append((time.perf_counter() - started) * 1000)
                process.stdout.close()
        _, few_kb = self.runner.peak([*command, "-n", "100000"])
        ms, all_kb = self.runner.peak(command)
        median = statistics.median(first)
        flat = all_kb <= few_kb * 1.1 + 4096
        self.table.row(f"{name}, its first line", 15, median, max(first), rss_kb=few_kb,
                       missed=["time"] if median > 15 else [])
        self.table.row(f"{name}, to its end", ms, ms, rss_kb=all_kb,
                       missed=[] if flat else [f"memory, {few_kb >> 10} MB for 100,000 rows"])

    def attempt(self, name, function, *arguments):
        if self.options.only and self.options.only not in name:
            return
        try:
            function(*arguments)
        except (Broken, subprocess.SubprocessError, OSError) as why:
            self.table.failed(name, why)


def parse():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", type=pathlib.Path, help="this one, as it is")
    parser.add_argument("--messages", type=int, default=MESSAGES, help="another size of store")
    parser.add_argument("--dir", default=os.environ.get("PORTLOG_BENCH_DIR", BUILD / "bench"),
                        help="where stores are kept")
    parser.add_argument("--runs", type=int, default=25)
    parser.add_argument("--cold", type=int, default=5, help="so many runs of each; 0: none")
    parser.add_argument("--only", help="rows whose name has this in it")
    parser.add_argument("--make", action="store_true", help="only make the store")
    return parser.parse_args()


def main():
    options = parse()
    store = (options.store or big_store(options.dir, options.messages)).resolve()
    if options.make:
        return 0
    seen = subjects(store, PORTLOG)
    size = sum(path.stat().st_size for path in files_of(store))
    print(f"{store}: {seen['last']:,} records, {size / 1e9:.1f} GB", flush=True)
    bench = Bench(store, options)
    for question in all_questions(seen):
        bench.attempt(question.name, bench.ask, question)
    bench.attempt("the smallest commands", bench.smallest)
    for name, arguments in (("log of everything", ["log"]), ("runs of everything", ["runs"])):
        bench.attempt(name, bench.listing, name, arguments)
    shutil.rmtree(bench.runner.home, ignore_errors=True)
    if bench.held:
        print("no cold figure where another program held pages of the store in memory")
    if not bench.sqlite3:
        print("no ratios: the sqlite3 shell is not here")
    print(f"{len(bench.table.missed)} missed, {len(bench.table.broken)} did not run", flush=True)
    return 1 if bench.table.broken else 0


if __name__ == "__main__":
    sys.exit(main())
