#!/usr/bin/env python3
"""The views belong to every tool: each column of each is read through sqlite3 -readonly, Python and
datasette, from a plain store and from a compressed one, while a writer is at work, after it, and on a
copy of the file; by its owner, by a member of store_group, and where nothing may be written. What is
compressed is NULL to them, nothing else is, and portlog shows all. `reindex` changes nothing."""
import atexit
import contextlib
import fcntl
import http.client
import json
import os
import pathlib
import pwd
import shutil
import socket
import sqlite3
import subprocess
import sys
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "system"))
from harness import (PORTLOG, PROJECTIONS, Failed, Recorder, corpus, finish, folder, tap,  # noqa: E402
                     wait_until)

VIEWS = ("journal", *PROJECTIONS, "checkpoints")
COUNT = 6000
GROUP = "daemon" if os.geteuid() == 0 else None  # store_group: one that is here and not root's
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "portlog-tests"
# What is cut from a record's value, and the column that has its seq. runs.link is cut, too; of which
# record it is, no view tells.
CUT = {"journal": {"value": "seq"}, "changes": {"before": "seq", "after": "seq"},
       "property_changes": {"old": "seq", "new": "seq"}, "entities": {"state": "seq"},
       "runs": {"inputs": "seq", "link": None}}
SHORT = 200  # bytes; an old or new up to this stands by itself


# Readers: each gives all rows of a query, the columns named c0, c1 … (so that none is known for JSON)

def by_python(store, sql, mode="mode=ro"):
    with contextlib.closing(sqlite3.connect(f"file:{store}?{mode}", uri=True, timeout=10)) as database:
        return database.execute(sql).fetchall()


def ran(arguments, **options):
    done = subprocess.run([str(a) for a in arguments], stdin=subprocess.DEVNULL, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120, **options)
    if done.returncode:
        raise Failed(f"{arguments[0]} ended with {done.returncode}: {done.stderr.decode()}")
    return done.stdout.decode()


def by_sqlite3(store, sql, **options):
    text = ran(["sqlite3", "-readonly", "-json", store, sql], **options)
    return [tuple(row.values()) for row in json.loads(text or "[]")]


def by_portlog(store, sql, program=PORTLOG, **options):
    text = ran([program, "--store", store, "sql", "-o", "jsonl", sql], **options)
    return [tuple(json.loads(line).values()) for line in text.splitlines()]


class Datasette:
    """One that serves these files, on a socket that is a file."""

    def __init__(self, *stores):
        self.path = folder() / "datasette.sock"
        self.log = open(folder() / "datasette.log", "ab")
        self.process = subprocess.Popen(
            [datasette_python(), "-m", "datasette", "serve", *stores, "--uds", self.path,
             "--setting", "max_returned_rows", "2000", "--setting", "sql_time_limit_ms", "60000"],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, cwd=folder())
        atexit.register(self.end)
        wait_until(self.answers, "datasette answers", 60)

    def end(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait()

    def answers(self):
        if self.process.poll() is not None:
            raise Failed(pathlib.Path(self.log.name).read_text())
        try:
            return self.get("/-/versions.json")
        except OSError:
            return False

    def get(self, path):
        connection = http.client.HTTPConnection("localhost", timeout=60)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(str(self.path))
        with contextlib.closing(connection):
            connection.request("GET", path)
            answer = connection.getresponse()
            text = answer.read()
            if answer.status != 200:
                raise Failed(f"{path}: {answer.status} {text[:500]}")
            return json.loads(text)

    def __call__(self, store, sql):
        query = urllib.parse.urlencode({"sql": sql, "_shape": "arrays"})
        return [tuple(row) for row in self.get(f"/{store.stem}.json?{query}")["rows"]]


def datasette_python():
    """An interpreter that has datasette; made once."""
    CACHE.mkdir(parents=True, exist_ok=True)
    python = CACHE / "datasette" / "bin" / "python"
    with open(CACHE / "datasette.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not python.exists() or subprocess.run([python, "-c", "import datasette"], check=False,
                                                 stderr=subprocess.DEVNULL).returncode:
            for command in ([sys.executable, "-m", "venv", CACHE / "datasette"],
                            [python, "-m", "pip", "install", "--quiet", "--retries", "1",
                             "--disable-pip-version-check", "datasette"]):
                done = subprocess.run(command, check=False, stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT, text=True)
                if done.returncode:
                    raise Failed(done.stdout)
    return python


def columns(store, view):
    return [row[0] for row in by_python(store, f"SELECT name FROM pragma_table_info('{view}')")]


def select(store, view, limit=""):
    names = columns(store, view)
    quoted = ', '.join('"%s" AS c%d' % (name, i) for i, name in enumerate(names))
    return (f"SELECT {quoted} FROM {view}"
            f" ORDER BY {', '.join(str(i + 1) for i in range(len(names)))} {limit}")


def dump(read, store, **options):
    """Every row of every view, as that reader sees it."""
    return {view: read(store, select(store, view), **options) for view in VIEWS}


def differing(a, b):
    return [f"{view}: {len(a[view])} rows, {len(b[view])}, {sum(x != y for x, y in zip(a[view], b[view]))}"
            " of them others" for view in VIEWS if a[view] != b[view]]


# Stores

class Writer:
    """`portlog import -` of the same messages, which stays until it is closed."""

    def __init__(self, recorder, lines):
        self.recorder = recorder
        self.process = subprocess.Popen(recorder.arguments("import", "-"), stdin=subprocess.PIPE,
                                        stdout=subprocess.DEVNULL, env=recorder.environment())
        atexit.register(self.process.kill)
        self.feed(lines)

    def feed(self, lines):
        self.process.stdin.write("".join(lines).encode())
        self.process.stdin.flush()

    def close(self):
        self.process.stdin.close()
        return self.process.wait(60)


def packed_store(lines):
    """The dictionary is trained beside, comes into use with a later batch, and each batch packs a slice
    of what was here: lines that are here already are a batch, too."""
    recorder = Recorder(None, "packed", compression="auto", store_group=GROUP)
    writer = Writer(recorder, lines)

    def packed():
        writer.feed(lines[:2000])
        return recorder.query("SELECT sum(source = 'import'), sum(body = 'plain' AND size > 100)"
                              " FROM journal") == [(COUNT, 0)]
    wait_until(packed, "all lines are here, and compressed", 60)
    return recorder, writer


# What must be so

def check_nulls(store, seen, shown):
    """seen is what tools see, shown what portlog shows."""
    wrong, hidden = [], {}
    names = columns(store, "journal")
    packed = {row[names.index("seq")] for row in shown["journal"] if row[names.index("body")] == "zstd"}
    for view in VIEWS:
        names = columns(store, view)
        if len(seen[view]) != len(shown[view]):
            wrong.append(f"{view}: {len(seen[view])} rows, and {len(shown[view])}")
        # Sorted alike but for what is hidden: by all that is not.
        kept = [i for i, name in enumerate(names) if name not in CUT.get(view, {})]
        order = lambda row: repr([row[i] for i in kept])  # noqa: E731
        for a, b in zip(sorted(seen[view], key=order), sorted(shown[view], key=order)):
            for i, name in enumerate(names):
                by = CUT.get(view, {}).get(name)
                long = name not in ("old", "new") or len((b[i] or "").encode()) > SHORT
                must = by is not None and b[names.index(by)] in packed and b[i] is not None and long
                may = must or (name == "link" and a[i] is None)
                if a[i] != (None if must else b[i]) and not may:
                    wrong.append(f"{view}.{name}: {a[i]!r:.80} where portlog has {b[i]!r:.80}")
                if b[i] is not None and a[i] is None:
                    hidden[f"{view}.{name}"] = hidden.get(f"{view}.{name}", 0) + 1
    return wrong[:10], hidden


def check_readers(name, store, served):
    seen = dump(by_python, store)
    tap.ok(all(seen[view] for view in ("journal", "changes", "property_changes", "runs", "run_events",
                                       "users", "entities")), f"{name}: there is something to read")
    tap.equal(differing(seen, dump(by_sqlite3, store)), [], f"{name}: sqlite3 -readonly sees the same")
    if served:
        few = [view for view in VIEWS
               if served(store, select(store, view, "LIMIT 500")) !=
               by_python(store, select(store, view, "LIMIT 500"))]
        tap.equal(few, [], f"{name}: datasette sees the same")
    return seen


def same_history(plain, packed):
    """What portlog shows of both, told apart by nothing but what tells them apart."""
    def places(recorder, rows):
        names = columns(recorder.store, "journal")
        at = [names.index(name) for name in ("seq", "topic", "partition", "kafka_offset")]
        return {row[at[0]]: tuple(row[i] for i in at[1:]) for row in rows}

    def comparable(recorder, shown):
        place = places(recorder, shown["journal"])
        for view in VIEWS:
            names = columns(recorder.store, view)
            left_out = ("received_ms", "body", "size") if view == "journal" else ()
            yield view, sorted(repr([place.get(v, v) if n in ("seq", "last_seq") else v
                                     for n, v in zip(names, row) if n not in left_out])
                               for row in shown[view]
                               if view != "journal" or row[names.index("source")] != "local")
    a, b = dict(comparable(*plain)), dict(comparable(*packed))
    tap.equal([view for view in VIEWS if a[view] != b[view]], [],
              "through portlog both stores tell the same")


def check_listing(recorder, shown):
    """The commands stand on the same views."""
    code, out, errors = recorder.command("log", "-o", "jsonl", "--columns", "seq,idx,before,after")
    rows = [json.loads(line) for line in out.splitlines()]
    names = columns(recorder.store, "changes")
    filled = [sum(row[names.index(n)] is not None for row in shown["changes"]) for n in ("before", "after")]
    tap.equal((code, errors, [sum(row[n] is not None for row in rows) for n in ("before", "after")]),
              (0, "", filled), "`portlog log` shows each before and after")


def check_reindex(recorder, shown, seen):
    code, _, errors = recorder.command("reindex")
    tap.equal((code, errors), (0, ""), f"{recorder.name}: reindex succeeds")
    tap.equal(differing(shown, dump(by_portlog, recorder.store)) +
              differing(seen, dump(by_python, recorder.store)), [],
              f"{recorder.name}: reindex gives identical projections")


# Another user: what each reads is told by one line

COUNTS = " UNION ALL ".join(f"SELECT '{view}', count(*) FROM {view}" for view in VIEWS)
PYTHON = ("import sqlite3,sys; d = sqlite3.connect(f'file:{sys.argv[1]}?mode=ro', uri=True);"
          " print(*map('|'.join, ((n, str(c)) for n, c in d.execute(sys.argv[2]))), sep=chr(10))")


def check_other(what, store, wanted, program, user, group, readers=("sqlite3", "python", "portlog")):
    commands = {
        "sqlite3": ["sqlite3", "-readonly", store, COUNTS],
        "immutable": ["sqlite3", "-readonly", f"file:{store}?immutable=1", COUNTS],
        "python": ["python3", "-c", PYTHON, store, COUNTS],
        "portlog": [program, "--store", store, "sql", COUNTS],
    }
    for reader in readers:
        try:
            text = ran(commands[reader], user=user, group=group, extra_groups=[], cwd="/",
                       env={**os.environ, "HOME": "/"})
        except Failed as failed:
            text = str(failed)
        if wanted is None:
            tap.ok("unable to open" in text or "cannot open" in text, f"{what}: not by {reader}", text)
        else:
            tap.equal(sorted(text.replace("\t", "|").splitlines()), wanted, f"{what}: {reader} reads all")


def counts(recorder):
    return sorted(f"{view}|{count}" for view, count in recorder.query(COUNTS))


class Others:
    """What a member of the group may, and what nobody else."""

    def __init__(self):
        self.nobody = pwd.getpwnam("nobody")
        self.group = GROUP
        self.program = folder() / "portlog"
        shutil.copy(PORTLOG, self.program)
        os.chmod(self.program, 0o755)
        os.chmod(folder(), 0o755)

    def check(self, what, recorder):
        wanted = counts(recorder)
        check_other(what, recorder.store, wanted, self.program, self.nobody.pw_uid, self.group)
        check_other(f"{what}, not in the group", recorder.store, None, self.program,
                    self.nobody.pw_uid, self.nobody.pw_gid)

    def check_copies(self, recorder):
        """Of the file alone, where its reader may write beside it and where not; and a folder that
        is as it was left."""
        wanted = counts(recorder)
        for mode, readers in ((0o777, ("sqlite3", "python", "portlog")), (0o555, ("immutable", "portlog"))):
            place = folder() / f"copy-{mode:o}"
            place.mkdir()
            shutil.copy(recorder.store, place / "copy.db")
            os.chmod(place / "copy.db", 0o444)
            os.chmod(place, mode)
            check_other(f"a copy in a folder of mode {mode:o}", place / "copy.db", wanted, self.program,
                        self.nobody.pw_uid, self.nobody.pw_gid, readers)
        place = folder() / "left"
        place.mkdir()
        for end in ("", "-wal", "-shm"):
            shutil.copy(f"{recorder.store}{end}", place)
            os.chmod(place / f"{recorder.store.name}{end}", 0o444)
        os.chmod(place, 0o555)
        check_other("a read-only folder", place / recorder.store.name, wanted, self.program,
                    self.nobody.pw_uid, self.nobody.pw_gid)


def test():
    lines = corpus(COUNT).splitlines(keepends=True)
    plain = Recorder(None, "plain")
    Writer(plain, lines).close()
    packed, writer = packed_store(lines)
    served = None
    try:
        served = Datasette(plain.store, packed.store)
    except Failed as failed:
        if os.environ.get("CI") == "true":
            tap.ok(False, "datasette is here", failed)
        else:
            tap.skip("datasette", f"cannot be installed: {str(failed).splitlines()[-1]}")
    others = Others() if os.geteuid() == 0 else None
    if not others:
        tap.skip("reading as another user", "only root may become another user")

    tap.ok(pathlib.Path(f"{packed.store}-wal").stat().st_size > 0, "a writer is at work")
    while_written = check_readers("while it is written", packed.store, served)
    if others:
        others.check("while it is written", packed)
    tap.equal(writer.close(), 0, "the writer ends")
    seen = check_readers("compressed", packed.store, served)
    tap.equal(differing(while_written, seen), [], "and all that was there already")
    if others:
        others.check("stopped", packed)
        others.check_copies(packed)
    copy = folder() / "copy.db"
    shutil.copy(packed.store, copy)
    tap.equal(differing(seen, dump(by_sqlite3, copy)), [], "a copy of the file alone has it all")

    shown = dump(by_portlog, packed.store)
    wrong, hidden = check_nulls(packed.store, seen, shown)
    tap.equal(wrong, [], "what is compressed is NULL to tools, and nothing else")
    tap.ok(all(hidden.get(name) for name in (
        "journal.value", "changes.before", "changes.after", "property_changes.old",
        "property_changes.new", "entities.state", "runs.inputs")), "and each of these is", hidden)
    check_listing(packed, shown)
    seen_plain = check_readers("plain", plain.store, served)
    shown_plain = dump(by_portlog, plain.store)
    tap.equal(differing(seen_plain, shown_plain), [], "plain: what portlog shows is what tools see")
    same_history((plain, shown_plain), (packed, shown))
    if served:
        served.end()
    check_reindex(plain, shown_plain, seen_plain)
    check_reindex(packed, shown, seen)


if not shutil.which("sqlite3"):
    print("1..0 # SKIP sqlite3 is not here")
    sys.exit(0)
finish(test)
