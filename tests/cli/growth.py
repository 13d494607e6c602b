#!/usr/bin/env python3
"""A listing that nobody reads on (a pager left open) holds nothing: the WAL does not grow by what is
recorded meanwhile, as it does beside a reader that keeps its snapshot; and when it is read on, it
still tells each row once."""
import contextlib
import fcntl
import pathlib
import sqlite3
import struct
import subprocess
import sys
import termios

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))
from harness import PORTLOG, Recorder, corpus, finish, tap, wait_until  # noqa: E402

BATCHES = 4
COUNT = 2000  # messages in each, about 4.5 MB


def add(recorder, number):
    """A batch of other messages; how large the WAL is then."""
    done = subprocess.run(recorder.arguments("import", "-q", "-"), check=False, env=recorder.environment(),
                          input=corpus(COUNT, seed=number, org=f"org_{number}").encode())
    if done.returncode:
        tap.ok(False, f"batch {number} is imported", done.returncode)
    return pathlib.Path(f"{recorder.store}-wal").stat().st_size


def waiting(pipe):
    """The bytes in a pipe that nobody reads."""
    return struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, b"\0" * 4))[0]


def keeps_snapshot(process):
    """SQLite's locks of readers are on the bytes 123 to 127 of the -shm file."""
    locks = [line.split() for line in pathlib.Path("/proc/locks").read_text().splitlines()]
    return any(lock[-4] == str(process.pid) and 123 <= int(lock[-2]) <= 127 for lock in locks)


def start(recorder, *arguments):
    process = subprocess.Popen([PORTLOG, "--store", recorder.store, *arguments], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, env=recorder.environment())
    capacity = fcntl.fcntl(process.stdout, fcntl.F_GETPIPE_SZ)
    # The next write of a few KB waits for a reader.
    wait_until(lambda: waiting(process.stdout) > capacity - 16384, f"'{arguments[0]}' has filled its pipe")
    wait_until(lambda: not keeps_snapshot(process), f"'{arguments[0]}' lets go of what it reads")
    return process


def check_listing(*arguments):
    recorder = Recorder(None, arguments[0])
    add(recorder, 0)
    view = "changes" if arguments[0] == "log" else "journal"
    (count,), = recorder.query(f"SELECT count(*) FROM {view}")
    what = f"beside `portlog {' '.join(arguments)}`"
    listing = start(recorder, *arguments)
    sizes = [add(recorder, number) for number in range(1, BATCHES + 1)]
    tap.ok(sizes[-1] <= 1.5 * sizes[0], f"{what} the WAL does not grow with each import", sizes)
    out, _ = listing.communicate(timeout=60)
    lines = out.splitlines()
    tap.equal((listing.returncode, len(lines) >= count, len(set(lines)) == len(lines)),
              (0, True, True), f"{what} each row is told once")


def test():
    check_listing("log", "-o", "jsonl")
    check_listing("records", "-o", "jsonl", "--columns", "all")
    check_listing("sql", "-o", "jsonl", "SELECT * FROM journal")
    # The same can be otherwise.
    recorder = Recorder(None, "snapshot")
    add(recorder, 0)
    with contextlib.closing(sqlite3.connect(f"file:{recorder.store}?mode=ro", uri=True,
                                            isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM journal").fetchall()
        sizes = [add(recorder, number) for number in range(1, BATCHES + 1)]
        tap.ok(sizes[-1] > 2 * sizes[0], "beside a reader that keeps its snapshot it does", sizes)


finish(test)
