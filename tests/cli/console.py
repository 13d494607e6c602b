#!/usr/bin/env python3
"""`portlog sql` on a terminal: what is typed, shown, kept and interrupted. The program runs on a pty of
its own; what it shows is waited for, never a time. Ctrl-C and deadlines end a statement wherever SQLite
is, the console lives on, and no transaction is open while it waits for a pager or for the user."""
import fcntl
import os
import pathlib
import pty
import re
import select
import signal
import sqlite3
import stat
import struct
import subprocess
import sys
import termios
import time
import unicodedata

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "system"))
from harness import PORTLOG, Failed, corpus, finish, folder, tap, wait_until  # noqa: E402

STORE = folder() / "store.db"
STATE = folder() / "state"
HISTORY = STATE / "portlog" / "sql_history"
# A sanitizer keeps what was freed, 256 MB of it.
SANITIZED = any(name in pathlib.Path(PORTLOG).read_bytes() for name in (b"__asan_init", b"__tsan_init"))
ESCAPE = re.compile(r"\x1b(?:\[[0-9;?]*[@-~]|[()][A-Z0-9]|[=>78])")
PROMPT, MORE = "portlog> ", "    ...> "
ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n;"
# SQLite looks at nothing while it is in there.
STUCK = "SELECT instr(zeroblob(100000000), zeroblob(50000000) || x'01');"


def environment(**more):
    kept = {name: value for name, value in os.environ.items()
            if name.endswith("SAN_OPTIONS") or name in ("PATH", "TMPDIR")}
    usual = {"HOME": str(folder()), "XDG_STATE_HOME": str(STATE), "PORTLOG_STORE": str(STORE), "TERM": "xterm",
             "LC_ALL": "C.UTF-8", "TZ": "UTC", "PORTLOG_PAGER": "cat", "NO_COLOR": "1"}
    return {**kept, **usual, **more}


def feed(org):
    """40 more records, by another process, as a recorder would bring them."""
    done = subprocess.run([PORTLOG, "import", "-"], input=corpus(40, org=org), env=environment(), text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        raise Failed(done.stdout)


def ask(sql):
    return subprocess.run([PORTLOG, "sql", sql], env=environment(), text=True, stdout=subprocess.PIPE,
                          check=True).stdout.strip()


class Console:
    """The program on a terminal. seen is what it has shown, without what moves the cursor."""

    def __init__(self, *arguments, columns=80, rows=24, **variables):
        self.raw, self.at = b"", 0
        environ = environment(**variables)
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.execve(PORTLOG, [PORTLOG, "sql", *arguments], environ)
        self.status = None

    def resize(self, columns, rows=24):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self, wait=0.05):
        """Takes in what there is; False at the end."""
        if select.select([self.fd], [], [], wait)[0]:
            try:
                piece = os.read(self.fd, 65536)
            except OSError:
                piece = b""
            self.raw += piece
            return bool(piece)
        return True

    @property
    def seen(self):
        return ESCAPE.sub("", self.raw.decode("utf-8", "replace"))

    def expect(self, text, what=None, seconds=30):
        """What is shown up to the text, from where the last one ended."""
        deadline = time.monotonic() + seconds
        while True:
            found = self.seen.find(text, self.at)
            if found >= 0:
                part = self.seen[self.at:found]
                self.at = found + len(text)
                return part
            if not self.read() or time.monotonic() > deadline:
                raise Failed(f"{what or text!r} is not shown, but {self.seen[self.at:]!r}")

    def send(self, text):
        """At a prompt, only when its line is edited: what comes between is echoed by the terminal, too."""
        if self.seen[:self.at].endswith((PROMPT, MORE)) and self.at == len(self.seen):
            wait_until(lambda: not self.is_cooked(), "the line is edited")
        os.write(self.fd, text.encode())

    def type(self, text):
        """Waits for its echo, so that what follows comes as a key of its own."""
        self.send(text)
        self.expect(text)

    def answer(self, line, prompt=PROMPT):
        """Types a line at the prompt, and gives what is shown up to the next one."""
        self.send(line + "\n")
        return self.expect(prompt).partition("\r\n")[2].replace("\r", "")

    def children(self):
        with open(f"/proc/{self.pid}/task/{self.pid}/children", encoding="ascii") as file:
            return [int(child) for child in file.read().split()]

    def is_cooked(self):
        return bool(termios.tcgetattr(self.fd)[3] & termios.ISIG)

    def begin(self, statement):
        """The statement runs, and the terminal makes signals of keys again."""
        self.send(statement + "\n")
        self.expect("\r\n")
        wait_until(lambda: self.children() and self.is_cooked(), "the statement runs")
        return self.children()[0]

    def ended(self):
        """Its exit status, or the signal's number, negative."""
        while self.read():
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                self.status = os.waitstatus_to_exitcode(status)
                return self.status
        self.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.status

    def leave(self):
        self.send("\x04")
        status = self.ended()
        os.close(self.fd)
        return status


def start(*arguments, **options):
    console = Console(*arguments, **options)
    console.greeting = console.expect(PROMPT)
    return console


def width(line):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


def is_alive(pid):
    """Neither ended nor only waiting to be buried."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def lines():
    console = start()
    tap.ok(f"{STORE}: 40 records" in console.greeting and ".help" in console.greeting, "it says what is open",
           console.greeting)
    tap.equal(console.answer("SELECT 40 + 2 AS n;"), " N\n42\n", "a statement")
    tap.equal(console.answer("SELECT ';',", MORE), "", "without a semicolon it goes on")
    tap.equal(console.answer("-- more;", MORE), "", "also behind one in a comment")
    tap.equal(console.answer("6 * 7; SELECT 1 AS a;"), "';'  6 * 7\n;       42\nA\n1\n", "to its end, and more on the line")
    tap.equal(console.answer("SELECT 1 WHERE 0;"), "no rows\n", "nothing is said to be nothing")
    tap.equal(console.answer("SELECT 'ä€😀' AS a;"), "A\nä€😀\n", "what is typed is UTF-8")
    tap.equal(console.answer(""), "", "an empty line")
    tap.equal(console.answer("SELECT entty FROM changes;"),
              "the query is not right: no such column: entty; did you mean 'entity'?\n"
              "  SELECT entty FROM changes;\n         ^\n", "a mistake is marked")
    console.answer("SELECT 'ä',", MORE)
    tap.equal(console.answer("  'ö' + FROM;"),
              "the query is not right: near \"FROM\": syntax error\n    'ö' + FROM;\n          ^\n",
              "in its line, behind wider bytes")
    shown = console.answer("SELECT " + "1 + " * 40 + "nonsense;")
    mark = shown.splitlines()
    tap.ok(len(mark) == 3 and all(width(line) <= 80 for line in mark)
           and mark[1][mark[2].index("^"):].startswith("nonsense"), "of a long line, the part of it", shown)
    tap.equal(console.answer("DELETE FROM record;"), "sql only reads: no change\n", "it only reads")
    tap.equal(console.answer("SELECT char(27) || '[31m' AS a;"), "A\n\\x1b[31m\n", "values are made safe")
    tap.ok(b"\x1b[31m" not in console.raw, "and none reaches the terminal", console.raw)
    tap.equal(console.leave(), 0, "Ctrl-D leaves")
    console = start(LC_ALL="C")
    tap.equal(console.answer("SELECT 'ä' AS a;"), "A\n\\u00e4\n", "UTF-8 is typed whatever the locale, and shown as it can be")
    console.send(".quit\n")
    tap.equal(console.ended(), 0, "so does .quit")
    console = start("-q")
    tap.equal(console.greeting, "", "-q: nothing is said that was not asked for")
    console.send("exit\n")
    tap.equal(console.ended(), 0, "exit is understood")


def commands():
    console = start()
    tap.equal(console.answer(".tables").split(),
              "journal changes property_changes runs run_events executions reports gaps users entities positions "
              "checkpoints".split(), ".tables")
    tap.equal(console.answer(".schema users"), "users (user_id, kind, email, name, first_seen_at, last_seen_at)\n",
              ".schema VIEW")
    tap.equal(console.answer(".sch usrs"), "no view is called 'usrs'; did you mean 'users'?\n",
              "a command may be shortened, a view is guessed")
    tap.equal(console.answer(".mode json"), "", ".mode")
    tap.equal(console.answer("SELECT 1 AS a, '[1.10]' AS body;"), '[\n{"a":1,"body":[1.10]}\n]\n', "is used")
    tap.equal(console.answer(".mode"), "json\n", "and told")
    console.answer(".mode csv")
    tap.equal(console.answer("SELECT 'a,b' AS a;"), 'a\n"a,b"\n', "csv")
    tap.equal(console.answer(".mode xml"),
              ".mode: 'xml' is none of auto, table, text, csv, tsv, json, jsonl or line\n", "a format that is not")
    tap.equal(console.answer(".tabels"), "no command is called '.tabels'; did you mean '.tables'?\n",
              "a command that is not")
    tap.equal(console.answer(".quit now"), ".quit takes nothing\n", "too many words")
    tap.ok(all(word in console.answer(".help") for word in (".help", ".mode", ".schema", ".timer", "Ctrl-C")), ".help")
    console.answer(".mode text")
    console.answer(".timer on")
    shown = console.answer("SELECT 1 UNION SELECT 2;")
    tap.ok(re.fullmatch(r"1\n2\n2 rows in \S+\n", shown), ".timer on", shown)
    console.leave()


def completion():
    console = start()
    for typed, added, rest, answer, what in (
            ("SELECT count(*) > 1 AS n FROM cha", "nges ", ";", "N\n1\n", "a view"),
            ("SELECT count(c.prob", "lem ", ") >= 0 AS n FROM journal c;", "N\n1\n", "a column"),
            ("SELECT 1 AS n FROM changes AS c WHERE c.blue", "print ", "= '';", "no rows\n", "of a view's second name"),
            ("selec", "t ", "1 as n;", "N\n1\n", "a keyword in lower case"),
            ("SELECT 2 AS n ORD", "ER ", "BY 1;", "N\n2\n", "and in upper case"),
            ("SELECT json_extr", "act ", "('[7]', '$[0]') AS n;", "N\n7\n", "a function"),
            (".tim", "e", "out", "5m 00s\n", "what commands have in common"),
            (".mo", "de ", "", "auto\n", "a command"),
            (".mode jsonl", " ", "", "", "a format"),
            (".schema pos", "itions ", "", "positions (topic, partition, epoch, next_offset)\n", "its argument")):
        console.type(typed)
        console.send("\t")
        if added.strip():
            console.expect(added)
        console.send(rest + "\n")
        shown = console.expect(PROMPT).replace("\r", "")
        tap.ok(shown.endswith(answer), f"completes {what}", shown)
        if "jsonl" in typed:
            console.answer(".mode auto")
    console.type("SELECT r.ended_at FROM runs r WHERE r.e")
    console.send("\t")
    shown = console.expect(PROMPT)
    tap.equal(shown.split(), ["ended_at", "entity", "execution_count", "external_run_id"], "several are listed")
    console.expect("WHERE r.e")
    console.send("\x03")
    console.expect(PROMPT)
    bells = console.raw.count(b"\a")
    console.type("SELECT 'cha")
    console.send("\t")
    wait_until(lambda: console.read() and console.raw.count(b"\a") > bells, "a bell")
    tap.ok(True, "nothing in quotes")
    console.send("\x03")
    console.expect(PROMPT)
    console.answer("SELECT count(*) > 0 AS n", MORE)
    console.type("FROM posi")
    console.send("\t")
    console.expect("tions ")
    console.send("\x03")
    console.expect(PROMPT)
    tap.ok(True, "in a later line of a statement")
    # What is pasted is taken as it is: its tabs complete nothing.
    console.send("SELECT\t1\tAS\tn\t;\n")
    tap.ok(console.expect(PROMPT).replace("\r", "").endswith("N\n1\n"), "tabs that are pasted are blanks")
    console.leave()
    narrow = start(columns=20)
    narrow.send("SELECT 1 FROM runs WHERE runs.e")
    narrow.expect("runs.e")
    narrow.send("\t")
    tap.equal(narrow.expect(PROMPT).strip(" \b\r\n").split(), ["ended_at", "entity", "execution_count", "external_run_id"],
              "also where one has room")
    narrow.send("\x03")
    narrow.expect(PROMPT)
    narrow.leave()


def history():
    HISTORY.unlink(missing_ok=True)
    console = start()
    console.answer("SELECT 1", MORE)
    console.answer("  + 41 AS n, 'a\\n';")
    console.answer(".mode")
    console.answer("SELECT gone", MORE)
    console.send("\x03")
    console.expect(PROMPT)
    console.send("\x1b[A\x1b[A\n")
    tap.ok(console.expect(PROMPT).replace("\r", "").endswith("N   'a\\n'\n42  a\\\\n\n")
           or "42" in console.seen[-200:], "a statement comes back whole", console.seen[-300:])
    console.leave()
    tap.equal(stat.S_IMODE(HISTORY.stat().st_mode), 0o600, "its file is the user's alone")
    tap.equal(stat.S_IMODE(HISTORY.parent.stat().st_mode), 0o700, "and so is the directory")
    tap.equal(HISTORY.read_text("utf-8").splitlines()[:2], ["SELECT 1\\n  + 41 AS n, 'a\\\\n';", ".mode"],
              "it holds statements, and not what was interrupted")
    HISTORY.chmod(0o644)
    console = start()
    console.send("\x1b[A\x1b[A\n")
    tap.equal(console.expect(PROMPT).replace("\r", "").splitlines()[-1], "auto", "it is there the next time")
    other = start()
    other.answer("SELECT 'other';")
    other.leave()
    console.answer("SELECT 'first';")
    console.leave()
    tap.equal(HISTORY.read_text("utf-8").splitlines()[-2:], ["SELECT 'other';", "SELECT 'first';"],
              "two consoles lose nothing of each other")
    tap.equal(stat.S_IMODE(HISTORY.stat().st_mode), 0o600, "others may not read it, whatever it was")
    HISTORY.write_text("".join(f"SELECT {i};\n" for i in range(3000)), "utf-8")
    start().leave()
    kept = HISTORY.read_text("utf-8").splitlines()
    tap.equal((kept[0], kept[-1]), ("SELECT 2000;", "SELECT 2999;"), "it does not grow for ever")
    HISTORY.unlink()
    HISTORY.parent.chmod(0o500)
    console = start()
    tap.equal(console.answer("SELECT 5 AS n;"), "N\n5\n", "what cannot be kept is no trouble")
    console.leave()
    HISTORY.parent.chmod(0o700)


def interrupts():
    console = start()
    console.type("SELECT nonsense")
    console.send("\x03")
    tap.equal(console.expect(PROMPT).strip("\r\n"), "^C", "Ctrl-C clears the line")
    console.answer("SELECT 1,", MORE)
    console.type("2")
    console.send("\x03")
    console.expect(PROMPT)
    tap.equal(console.answer("SELECT 6 * 7 AS n;"), " N\n42\n", "and the lines before it")
    for statement, what in ((ENDLESS, "an endless query"), (STUCK, "one in a function of SQLite")):
        child = console.begin(statement)
        console.send("\x03")
        tap.ok("interrupted" in console.expect(PROMPT), f"Ctrl-C interrupts {what}")
        tap.ok(not is_alive(child), "nothing of it goes on")
        tap.equal(console.answer("SELECT 6 * 7 AS n;"), " N\n42\n", "the console does")
    console.answer(".timeout 300ms")
    for statement in (ENDLESS, STUCK):
        tap.equal(console.answer(statement), "cannot finish the query within 300ms; .timeout gives it longer\n",
                  "a deadline holds")
    tap.equal(console.answer("SELECT 6 * 7 AS n;"), " N\n42\n", "and is each statement's own")
    tap.equal(console.answer(".timeout"), "300ms\n", ".timeout tells")
    console.answer(".timeout none")
    os.kill(console.pid, signal.SIGINT)
    console.type("SELECT")
    tap.ok(not console.is_cooked(), "after SIGINT from elsewhere a line is edited as before")
    console.send("\x03")
    console.expect(PROMPT)
    tap.equal(console.answer("SELECT 6 * 7 AS n;"), " N\n42\n", "and run")
    child = console.begin(ENDLESS)
    os.kill(console.pid, signal.SIGKILL)
    console.ended()
    wait_until(lambda: not is_alive(child), "the statement ends with the console")
    tap.ok(True, "a statement does not outlive the console")
    console = start()
    os.kill(console.pid, signal.SIGTERM)
    tap.equal(console.ended(), -signal.SIGTERM, "SIGTERM ends it")
    console = start("--timeout", "300ms")
    tap.ok("300ms" in console.answer(ENDLESS), "--timeout is .timeout")
    os.close(console.fd)
    wait_until(lambda: os.waitpid(console.pid, os.WNOHANG)[0], "it ends with its terminal")
    tap.ok(True, "it ends with its terminal")


def checkpoint_is_free():
    """Nobody reads: all of the WAL could be written back and the file emptied."""
    with sqlite3.connect(STORE) as connection:
        busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    connection.close()
    return busy[0] == 0


def paging():
    waits = folder() / "pager"
    waits.write_text("#!/bin/sh\ncat >/dev/null\necho WAITING\nread -r line </dev/tty\necho GONE\n", "ascii")
    waits.chmod(0o700)
    console = start(PORTLOG_PAGER="sed s/^/PAGED:/")
    tap.ok("PAGED" not in console.answer("SELECT 1;"), "a short answer needs no pager")
    many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100) SELECT i FROM n;"
    shown = console.answer(many)
    tap.ok(shown.startswith("PAGED:") and shown.endswith("PAGED:100\n"), "a long one goes through it", shown[:80])
    tap.ok(console.answer("SELECT printf('%.*c', 4000, 'x') AS a, 1 AS b;").count("PAGED") == 0,
           "what a table cuts is not long")
    console.leave()
    console = start("--no-pager", PORTLOG_PAGER="sed s/^/PAGED:/")
    tap.ok("PAGED" not in console.answer(many), "--no-pager")
    console.leave()
    console = start(PORTLOG_PAGER=str(waits))
    tap.equal(console.answer("SELECT count(*) AS n FROM journal;"), " N\n40\n", "before")
    console.send(many + "\n")
    console.expect("WAITING")
    tap.ok(checkpoint_is_free(), "no transaction is open while a pager waits")
    feed("org_second")
    tap.ok(checkpoint_is_free(), "nor is the file in anybody's way")
    console.send("\n")
    console.expect("GONE")
    console.expect(PROMPT)
    tap.equal(console.answer("SELECT count(*) AS n FROM journal;"), " N\n80\n", "what was recorded meanwhile is seen")
    feed("org_third")
    tap.ok(checkpoint_is_free(), "none is open at the prompt")
    tap.equal(console.answer("SELECT count(*) AS n FROM journal;"), "  N\n120\n", "and so is what came at the prompt")
    # 300 MB in a million rows: they are in a file while the pager has them. Sanitizers are ten times as slow.
    rows = 100000 if SANITIZED else 1000000
    console.send(many.replace("100)", f"{rows})").replace("i FROM n;", "i, printf('%300d', i) FROM n;") + "\n")
    console.expect("WAITING", seconds=120)
    with open(f"/proc/{console.children()[0]}/status", encoding="ascii") as file:
        peak = int(re.search(r"VmHWM:\s+(\d+)", file.read())[1]) // 1024
    tap.ok(peak < (600 if SANITIZED else 100), "many rows take no memory", f"{peak} MiB")
    console.send("\n")
    console.expect("GONE")
    console.expect(PROMPT)
    console.leave()


def widths():
    entity = "SELECT entity, title, after AS state FROM changes WHERE after IS NOT NULL LIMIT 5;"
    for columns in (80, 40):
        console = start(columns=columns)
        shown = console.answer(entity).splitlines()
        tap.ok(len(shown) == 7 and all(width(line) <= columns for line in shown), f"a table fits {columns} columns", shown)
        tap.ok(re.fullmatch(r"\d+ values are cut; \.mode line shows all", shown[-1]),
               "and says that it cut", shown[-1])
        shown = console.answer("SELECT * FROM changes WHERE entity IS NOT NULL LIMIT 1;").splitlines()
        tap.ok(shown[0].startswith("seq ") and shown[-1].startswith("event_id"), "too many columns are a list", shown)
        console.leave()
    console = start(columns=80)
    console.answer("SELECT 1;")
    console.resize(40)
    shown = console.answer(entity).splitlines()
    tap.ok(len(shown) == 7 and all(width(line) <= 40 for line in shown), "a window that changes is followed", shown)
    console.answer(".mode line")
    shown = console.answer(entity)
    tap.ok("cut" not in shown and shown.count("entity ") == 5, ".mode line shows all", shown)
    console.leave()


def test():
    feed("org_first")
    for part in (lines, commands, completion, history, interrupts, paging, widths):
        part()


if __name__ == "__main__":
    finish(test)
