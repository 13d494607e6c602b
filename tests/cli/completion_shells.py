#!/usr/bin/env python3
"""Completion in real shells on a terminal: bash, zsh and fish complete what is typed so that the
command gets exactly the name that is in the store, however it is spelled, whatever quote was begun;
names with control characters are not offered, and nothing in a name is run."""
import json
import os
import pathlib
import pty
import select
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "system"))
from harness import PORTLOG, Failed, finish, folder, tap  # noqa: E402

SCRIPTS = HERE.parents[1] / "doc" / "completion"
SECONDS = 20

# Each has a beginning of its own, two letters.
NAMES = ["aa my service", "ab it's", 'ac "quoted"', "ad $(touch pwned)$HOME", "ae `touch pwned`",
         "af;touch pwned&|<>()", "ag*?[x]{a,b}", "ah~\\back\\slash\\", "ai:colon=equals@at,comma:x",
         "aj ünïcode 名前 🛒", "ak!!bang!", "al #hash ^caret %percent", "aq -dash --",
         "ar'$(touch pwned)'\"`touch pwned`\"", "as\\$(touch pwned)\\`", "at\\n\\t%s"]
HIDDEN = ["am\nnewline", "an\x1b[31mred", "ao\u202eright", "ap\ttab", "au\x9bcsi", "av\u200bnothing"]

# The script is loaded, and "args" completes as portlog does; it tells what it was given.
BASH = """
source {scripts}/portlog.bash
PS1='$ '; HISTFILE=
bind 'set bell-style none'; bind 'set enable-bracketed-paste off'
args() {{ printf '%s\\0' "$@" >answer.new; mv answer.new answer; }}
complete -o nosort -F _portlog args
args ready
"""
ZSH = """
PS1='$ '
fpath=({scripts} $fpath); autoload -Uz compinit; compinit -D -u
args() {{ printf '%s\\0' "$@" >answer.new; mv answer.new answer }}
compdef _portlog args
args ready
"""
FISH = """
source {scripts}/portlog.fish
function fish_prompt; echo '$ '; end
function fish_greeting; end
function args; printf '%s\\0' $argv >answer.new; mv answer.new answer; end
complete -c args -f -k -a '(__portlog_complete)'
args ready
"""


def message(identifier):
    return {"action": "CREATE", "resourceType": "entity", "status": "SUCCESS",
            "trigger": {"at": "2026-11-20T10:00:00.000Z", "origin": "UI",
                        "by": {"userId": "u1", "user": {"email": "ada lovelace@quay.example"}}},
            "context": {"entity": identifier, "blueprint": "svc"},
            "diff": {"before": None, "after": {"identifier": identifier, "title": identifier, "blueprint": "svc",
                                               "properties": {}, "relations": {}}}}


class Shell:
    """A shell on a terminal of its own, in a folder of its own."""

    def __init__(self, name, rc, store, *arguments):
        self.name = name
        self.place = pathlib.Path(folder()) / name
        self.place.mkdir()
        (self.place / "bin").mkdir()
        (self.place / "bin" / "portlog").symlink_to(PORTLOG)
        (self.place / ".zshrc").write_text(rc.format(scripts=SCRIPTS), encoding="utf-8")
        env = {"PATH": f"{self.place}/bin:{os.environ['PATH']}", "HOME": str(self.place), "TERM": "xterm",
               "LC_ALL": "C.UTF-8", "PORTLOG_STORE": str(store), "ZDOTDIR": str(self.place), "COLUMNS": "200"}
        env |= {key: value for key, value in os.environ.items() if key.endswith("SAN_OPTIONS")}
        self.shown = b""
        ours, theirs = pty.openpty()
        self.terminal = ours
        self.process = subprocess.Popen([name, *[a.format(rc=self.place / ".zshrc") for a in arguments]],
                                        stdin=theirs, stdout=theirs, stderr=theirs, cwd=self.place, env=env,
                                        start_new_session=True, preexec_fn=self._own_terminal)
        os.close(theirs)
        self.answer("its beginning")

    @staticmethod
    def _own_terminal():
        import fcntl
        import termios
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    def answer(self, what):
        """What args was given."""
        file = self.place / "answer"
        deadline = time.monotonic() + SECONDS
        while not file.exists():
            if time.monotonic() > deadline:
                raise Failed(f"{self.name} gave no answer to {what}: {self.shown[-2000:]!r}")
            if select.select([self.terminal], [], [], 0.02)[0]:
                self.shown += os.read(self.terminal, 65536)
        given = file.read_bytes().decode().split("\0")[:-1]
        file.unlink()
        return given

    def type(self, text):
        os.write(self.terminal, f"args {text}\r".encode())
        return self.answer(text)

    def close(self):
        os.close(self.terminal)
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def check(shell, left_out):
    wrong = []
    for name in NAMES:
        for quote in ("", '"', "'"):
            if quote + name[:2] in left_out:
                continue
            given = shell.type(f"log {quote}svc/{name[:2]}\t")
            if given != ["log", "svc/" + name]:
                wrong.append((quote, name, given))
    tap.equal(wrong, [], f"{shell.name}: names are completed as they are, in any quotes")
    wrong = [(name, given) for name in HIDDEN
             if (given := shell.type(f"log svc/{name[:2]}\t")) != ["log", "svc/" + name[:2]]]
    tap.equal(wrong, [], f"{shell.name}: names with control characters are not offered")
    for typed, given in (("lo\t--us\tada\t", ["log", "--user", "ada lovelace@quay.example"]),
                         ("log --user=ada\t", ["log", "--user=ada lovelace@quay.example"]),
                         ("log --not-us\tx", ["log", "--not-user", "x"]),
                         ("log --since yes\t", ["log", "--since", "yesterday"]),
                         ("log -o jsonl --columns time,ent\t", ["log", "-o", "jsonl", "--columns", "time,entity"]),
                         ("log sv\tab\t", ["log", "svc/ab it's"]),
                         ("log svc/ai:colon=eq\t", ["log", "svc/ai:colon=equals@at,comma:x"]),
                         ("log svc/aa\\ m\t-n 1", ["log", "svc/aa my service", "-n", "1"]),
                         ("--color alw\tlog", ["--color", "always", "log"]),
                         ("import an\t", ["import", "an export.jsonl"]),
                         ("--store=an\tlog", ["--store=an export.jsonl", "log"]),
                         ("log --store none svc/aa\t", ["log", "--store", "none", "svc/aa"])):
        tap.equal(shell.type(typed), given, f"{shell.name}: {typed!r}")
    tap.ok(not (shell.place / "pwned").exists(), f"{shell.name}: nothing was run")


def test():
    place = pathlib.Path(folder())
    store = place / "portlog.db"
    lines = "".join(json.dumps(message(name)) + "\n" for name in NAMES + HIDDEN)
    subprocess.run([PORTLOG, "--store", store, "import", "-q", "-t", "org_Q.change.log", "-"], input=lines,
                   text=True, check=True)
    for name, rc, left_out, *arguments in (
            # bash cannot write an exclamation mark in double quotes.
            ("bash", BASH, ['"ak'], "--noprofile", "--rcfile", "{rc}", "-i"),
            ("zsh", ZSH, [], "-d", "-i"),
            # fish leaves a quote open behind a dash: more may come.
            ("fish", FISH, ['"aq', "'aq"], "--no-config", "-C", "source {rc}", "-i")):
        if not shutil.which(name):
            tap.skip(f"completion in {name}", f"{name} is not here")
            continue
        shell = Shell(name, rc, store, *arguments)
        (shell.place / "an export.jsonl").touch()
        check(shell, left_out)
        shell.close()


finish(test)
