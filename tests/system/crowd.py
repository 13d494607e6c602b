"""Readers in a loop beside a recorder: twenty of them, each with one kind of question, which it asks
again and again and whose answers it checks: what grows never shrinks, pages join without overlap or
hole, what one command shows another knows."""
import json
import os
import subprocess
import tempfile
import threading
import time

from harness import PORTLOG, folder


class Wrong(Exception):
    """An answer that cannot be."""


class Reader(threading.Thread):
    """One reader. Its process times are added up; the first failure ends it."""

    def __init__(self, crowd, number):
        super().__init__(name=f"reader-{number}", daemon=True)
        self.crowd, self.recorder, self.stop, self.number = crowd, crowd.recorder, crowd.stop, number
        self.output, self.errors = tempfile.TemporaryFile(), tempfile.TemporaryFile()
        self.environment = dict(self.recorder.environment(), PORTLOG_STORE=str(self.recorder.store))
        self.reads = self.cpu = 0
        self.failure = None
        self.seen = {}

    def run(self):
        try:
            self.begin()
            while not self.stop.is_set():
                self.ask()
        except Exception as failure:  # pylint: disable=broad-except
            self.failure = f"{type(self).__name__} {self.number}: {type(failure).__name__}: {failure}"

    def begin(self):
        pass

    def ask(self):
        raise NotImplementedError

    def finish(self, complete):
        """When all is recorded: complete tells what there is."""

    def command(self, *arguments):
        """Readers yield the processor to who records: twenty of them that never think would leave a
        small machine's broker none of it."""
        return ["nice", "-n", str(self.crowd.nice), PORTLOG, *map(str, arguments)]

    def portlog(self, *arguments, no=None):
        """Its output. Anything on stderr, or another exit status, is a failure; but there may be none
        where stderr says that."""
        for file in (self.output, self.errors):
            file.seek(0)
            file.truncate()
        process = subprocess.Popen(self.command(*arguments), stdin=subprocess.DEVNULL,
                                   stdout=self.output, stderr=self.errors, env=self.environment)
        status = self.wait(process)
        self.errors.seek(0)
        said = self.errors.read().decode(errors="replace")
        if not (status == 0 and not said) and not (no and status and no in said):
            raise Wrong(f"{arguments} ended with {status}: {said.strip()[:500]}")
        self.output.seek(0)
        return self.output.read()

    def wait(self, process):
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.reads += 1
        self.cpu += usage.ru_utime + usage.ru_stime
        return process.returncode

    def rows(self, *arguments):
        return [json.loads(line) for line in self.portlog(*arguments, "-o", "jsonl").splitlines()]

    def grows(self, what, value):
        if value < self.seen.get(what, 0):
            raise Wrong(f"{what}: {value} after {self.seen[what]}")
        self.seen[what] = value
        return value


class Counts(Reader):
    """What is counted never gets less, and what is counted later is not less than what before."""

    def ask(self):
        changes = self.grows("log --count", int(self.portlog("log", "--count")))
        self.grows("runs --count", int(self.portlog("runs", "--count")))
        self.grows("of one blueprint", int(self.portlog("log", "--blueprint", "service", "--count")))
        records = self.grows("records --count", int(self.portlog("records", "--count")))
        if changes > records:
            raise Wrong(f"{changes} changes in {records} records")


class Pages(Reader):
    """`--after` until nothing comes, then again: each row once, in order."""
    COMMAND, COLUMNS = "log", ("seq", "idx")

    def begin(self):
        self.all, self.after = [], 0

    def ask(self):
        rows = self.rows(self.COMMAND, "--after", self.after, "-n", 300 + 100 * self.number,
                         "--columns", ",".join(self.COLUMNS))
        keys = [tuple(row[name] for name in self.COLUMNS) for row in rows]
        if keys and keys[0][0] <= self.after:
            raise Wrong(f"{keys[0]} is not behind {self.after}")
        if [key[0] for key in keys] != sorted(key[0] for key in keys):
            raise Wrong("a page is not in order")
        self.all += keys
        self.after = keys[-1][0] if keys else self.after

    def settle(self, complete):
        """What may have been met besides what there is at the end is left out."""

    def finish(self, complete):
        last = None
        while self.after != last:
            last = self.after
            self.ask()
        self.settle(complete[self.COMMAND])
        if self.all != complete[self.COMMAND]:
            raise Wrong(f"{len(self.all)} rows in pages, {len(complete[self.COMMAND])} at once,"
                        f" {len(set(self.all) ^ set(complete[self.COMMAND]))} of them others")


class RunPages(Pages):
    """A run comes again each time its state has changed; at the end only the last time counts."""
    COMMAND, COLUMNS = "runs", ("last_seq", "run_id")

    def settle(self, complete):
        if len(set(self.all)) != len(self.all):
            raise Wrong("a state of a run came twice")
        last = set(complete)
        self.all = [row for row in self.all if row in last]


class RecordPages(Pages):
    COMMAND, COLUMNS = "records", ("seq",)


class Follower(Reader):
    """`log -f` all the time: whatever is recorded since, once and in order."""

    def begin(self):
        self.file = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            self.command("log", "-f", "-n", "0", "-o", "jsonl", "--columns", "seq,idx"),
            stdin=subprocess.DEVNULL, stdout=self.file, stderr=self.errors, env=self.environment)

    def ask(self):
        self.stop.wait(0.2)
        if self.process.poll() is not None:
            raise Wrong(f"log -f ended with {self.process.returncode}")

    def shown(self):
        self.file.seek(0)
        text = self.file.read()
        rows = [json.loads(line) for line in text[:text.rfind(b"\n") + 1].splitlines()]
        return [(row["seq"], row["idx"]) for row in rows]

    def finish(self, complete):
        deadline = time.monotonic() + 30
        while not (rows := self.shown()) or rows[-1] != complete["log"][-1]:
            if time.monotonic() > deadline:
                raise Wrong(f"the last is {rows[-1:]} and should be {complete['log'][-1]}")
            time.sleep(0.1)
        self.process.terminate()
        self.wait(self.process)
        first = complete["log"].index(rows[0])
        if rows != complete["log"][first:]:
            raise Wrong(f"{len(rows)} rows followed, {len(complete['log']) - first} recorded")


class Stories(Reader):
    """What the newest change and run tell, by each command that tells of them."""

    def ask(self):
        change = self.rows("log", "--resource", "entity", "--status", "SUCCESS", "-n", "1")[0]
        entity = f"{change['blueprint']}/{change['entity']}"
        shown = json.loads(self.portlog("show", change["seq"], "-o", "json"))
        if shown["seq"] != change["seq"]:
            raise Wrong(f"show {change['seq']} shows {shown['seq']}")
        for arguments in (("show", entity), ("blame", entity), ("diff", entity),
                          ("show", entity, "--at", change["time"]), ("diff", change["seq"])):
            self.portlog(*arguments, no="was deleted")
        for path in (change["changed"] or [])[:1]:
            self.portlog("why", entity, path, no=entity)
        run = self.rows("runs", "-n", "1")[0]["run_id"]
        if json.loads(self.portlog("show", run, "-o", "json"))["run_id"] != run:
            raise Wrong(f"show {run} shows another")


class Statistics(Reader):
    """Counters tell what was between two looks at the changes themselves."""

    def ask(self):
        least = int(self.portlog("log", "--count"))
        by_day = sum(row["changes"] for row in self.rows("stats", "--by", "day"))
        by_user = sum(row["changes"] for row in self.rows("stats", "--by", "user"))
        most = int(self.portlog("log", "--count"))
        if not least <= by_day <= by_user <= most:
            raise Wrong(f"{least} changes, {by_day} by day, {by_user} by user, then {most}")


class Searches(Reader):
    def ask(self):
        self.grows("deploy", int(self.portlog("log", "--search", "deploy", "--count")))
        rows = self.rows("log", "--search", "rollback", "-n", "50")
        self.grows("rows found", len(rows))
        self.grows("a phrase", int(self.portlog("log", "--search", '"as agreed"', "--count")))


class Sql(Reader):
    """One statement sees one state of the store."""
    QUERY = ("SELECT (SELECT count(*) FROM journal), (SELECT max(seq) FROM journal),"
             " (SELECT count(*) FROM changes), (SELECT count(*) FROM change_counter),"
             " (SELECT sum(count) FROM change_counter)")

    def ask(self):
        records, last, changes, _, counted = map(int, self.portlog("sql", self.QUERY).split())
        if records != last or changes != counted:
            raise Wrong(f"{records} records up to {last}, {changes} changes, counted {counted}")
        self.grows("records", records)
        self.portlog("sql", "--timeout", "20s", "SELECT user_id, count(*) FROM runs GROUP BY 1 ORDER BY 2")


class Paged(Reader):
    """On a terminal, with a pager that first waits and then reads all, or ends early."""

    def begin(self):
        pager = "sleep 1.5; cat >/dev/null" if self.number % 2 else "sleep 0.7; head -3 >/dev/null"
        self.environment.update(PORTLOG_PAGER=pager, TERM="xterm", NO_COLOR="1")

    def ask(self):
        master, slave = os.openpty()
        process = subprocess.Popen(["setsid", "-c", *self.command("log")], stdin=slave, stdout=slave, stderr=slave,
                                   env=self.environment)
        os.close(slave)
        shown = b""
        try:
            while piece := os.read(master, 1 << 16):
                shown += piece
        except OSError:
            pass
        os.close(master)
        status = self.wait(process)
        # A pager that ends early is a closed pipe.
        if status not in ((0,) if self.number % 2 else (0, -13, 141)) or shown:
            raise Wrong(f"log in a pager ended with {status}: {shown[:300]}")


class Listings(Reader):
    """Whole listings, whatever their length."""

    def ask(self):
        rows = self.portlog("log", "-o", "csv", "--columns", "seq").count(b"\n") - 1
        self.grows("log | wc -l", rows)
        self.portlog("log", "--runs", "-n", "200", "-o", "json")
        # A recorder that has hardly any processor takes long over a batch.
        json.loads(self.portlog("status", "-o", "json", no="did not answer in time") or "{}")
        self.portlog("complete", "words", "--", "show", "service/")


KINDS = (Counts, Pages, Follower, Stories, Statistics, Searches, Sql, Paged, RunPages, Listings, Paged,
         RecordPages)


class Crowd:
    """So many readers, of each kind in turn."""

    def __init__(self, recorder, count=20, nice=5):
        self.recorder, self.nice, self.stop = recorder, nice, threading.Event()
        self.readers = [KINDS[i % len(KINDS)](self, i) for i in range(count)]
        self.started = time.monotonic()

    def __enter__(self):
        for reader in self.readers:
            reader.start()
        return self

    def __exit__(self, *_):
        """Each ends with the question it is at."""
        self.stop.set()
        for reader in self.readers:
            reader.join()
        self.seconds = time.monotonic() - self.started

    def finish(self):
        """What the store has in the end is what those have seen that saw all of it."""
        asker = Reader(self, 0)
        complete = {kind.COMMAND: [tuple(row[name] for name in kind.COLUMNS) for row in asker.rows(
            kind.COMMAND, "--after", "0", "--columns", ",".join(kind.COLUMNS))]
            for kind in (Pages, RunPages, RecordPages)}
        for reader in self.readers:
            if not reader.failure:
                try:
                    reader.finish(complete)
                except Exception as failure:  # pylint: disable=broad-except
                    reader.failure = f"{type(reader).__name__} {reader.number}: {failure}"

    def failures(self):
        return [reader.failure for reader in self.readers if reader.failure]

    def reads(self):
        return sum(reader.reads for reader in self.readers)

    def cpu(self):
        return sum(reader.cpu for reader in self.readers)


def wal_size(recorder):
    path = folder() / f"{recorder.store}-wal"
    return path.stat().st_size if path.exists() else 0
