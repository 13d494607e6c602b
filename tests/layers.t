#!/usr/bin/env python3
"""The arrows between folders point down, each library is known in one place, and includes are written
alike. The tables are the design; a file that needs more than they allow is in the wrong folder, or
the design changes here first."""

import os
import re
import sys

# folder: the folders it may include, or single headers of them. What is in main.c's place is "main".
FOLDERS = {
    "libraries": [],
    "base": ["libraries"],
    "event": ["base"],
    "proof": ["base"],
    "net": ["base"],
    "kafka": ["base", "event/record.h"],
    "schema": [],
    "store": ["base", "event", "proof", "schema"],
    "query": ["base", "event", "store"],
    "render": ["base", "event", "query"],
    "action": ["base", "event", "net"],
    "record": ["base", "event", "store", "kafka", "net", "action"],
    "audit": ["base", "event", "proof", "store", "query", "net"],
    "config": ["base", "settings"],
    "tui": ["base", "event", "query", "render", "net/control.h"],
    "demo": ["base", "event", "proof", "store", "query", "render", "net", "kafka", "action", "record", "audit",
             "config"],
    "cli": ["base", "event", "proof", "store", "query", "render", "net", "kafka", "action", "record", "audit",
            "config", "demo", "tui"],
    "main": ["base", "cli"],
}
# "settings" above: the headers in which a module declares what can be set of it.
SETTINGS = re.compile(r"(_settings|/settings)\.h$")

# header (the beginning of its name): the folders and files that may include it.
LIBRARIES = {
    "openssl/": [],
    "librdkafka/": [],
    "sqlite3": ["store", "query"],
    "zstd": ["store/codec.c"],
    "zdict": ["store/codec.c"],
    "curl/": [],
    "jansson": ["config", "net", "action", "record", "audit", "demo", "cli"],
    "jq.h": [],
    "jv.h": [],
    "ncurses": ["tui/terminal.c"],
    "curses": ["tui/terminal.c"],
    "editline/": ["cli/console.c"],
    "histedit": [],
    "readline/": [],
    # Loaded when they are needed.
    "libraries/crypto_library.h": ["base/crypto.c"],
    "libraries/curl_library.h": ["net"],
    "libraries/edit_library.h": ["cli/console.c"],
    "libraries/jq_library.h": ["action/jq.c"],
    "libraries/rdkafka_library.h": ["kafka"],
}

# Who may open a file, and which. Nobody but SQLite opens the files of a store (its name, -wal, -shm): its
# locks on them are gone as soon as the process closes any descriptor of the file, and the next reader
# of another program then unlinks the WAL that is being written. (chmod, chown, stat and rename take paths.)
OPENERS = {
    "store/lock.c": "STORE.lock; the store before SQLite has opened it, until it has closed it; /proc",
    "net/control.c": "the folder of the socket, by O_PATH, which holds no locks",
    "config/file.c": "configuration and secrets",
    "cli/cmd_import.c": "what is imported",
    "cli/cmd_help.c": "/dev/null",
    "cli/line_history.c": "the console's history",
    "cli/terminal.c": "/dev/null",
    "base/process_supervisor.c": "/dev/null",
    "base/process_tree.c": "/proc",
    "action/jq.c": "/dev/null",
    "action/exec_output.c": "what a program left in a directory of portlog's",
    "demo/acting.c": "the demo's programs",
    "demo/demo.c": "the demo's log and configuration",
    "demo/child.c": "/dev/null and the demo's log",
}
OPENING = re.compile(r"(?<![\w.>])(?:open(?:at|64)?|creat|f(?:re)?open)\(")

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.MULTILINE)


def sources(top):
    """Each source file's name from the root of includes, and where it is."""
    for folder, root in (("src", "src"), ("tui", "")):
        for path, _, names in os.walk(os.path.join(top, folder)):
            for name in names:
                if name.endswith((".c", ".h")):
                    full = os.path.join(path, name)
                    yield os.path.relpath(full, os.path.join(top, root)), full


def may_include(file, header):
    folder = file.split("/")[0] if "/" in file else "main"
    to = header.split("/")[0]
    if to == folder or to in FOLDERS[folder] or header in FOLDERS[folder]:
        return True
    return "settings" in FOLDERS[folder] and SETTINGS.search(header) is not None


def library_problem(file, header):
    for start, places in LIBRARIES.items():
        if header.startswith(start) and file not in places and file.split("/")[0] not in places:
            return "includes %s, which is for %s" % (header, ", ".join(places) or "nobody")
    return None


def problems_of(file, full, known):
    with open(full, encoding="utf-8") as source:
        text = source.read()
    includes = INCLUDE.findall(text)
    if OPENING.search(text) and file not in OPENERS:
        yield "opens a file: is it surely none of a store? (OPENERS)"
    if "/" in file and file.split("/")[0] not in FOLDERS:
        yield "is in a folder that the table does not know"
        return
    for mark, header in includes:
        problem = library_problem(file, header)
        if problem:
            yield problem
        elif mark == "<":
            continue
        elif header not in known and "/" not in header:
            yield 'includes "%s": write it from the root of the sources' % header
        elif header in known and not may_include(file, header):
            yield 'may not include "%s"' % header
    own = file[:-2] + ".h"
    if file.endswith(".c") and own in known and includes[:1] != [('"', own)]:
        yield 'does not include its own "%s" first' % own


def cycle(table):
    """A folder that can be reached from itself by the table, or None."""
    def reach(folder, seen):
        for to in table[folder]:
            to = to.split("/")[0]
            if to in seen:
                continue
            seen.add(to)
            if to in table:
                reach(to, seen)
        return seen
    return next((folder for folder in table if folder in reach(folder, set())), None)


def main(top):
    known = dict(sources(top))
    count = 0
    failed = 0

    def report(name, problems):
        nonlocal count, failed
        count += 1
        failed += bool(problems)
        print("%sok %d - %s" % ("not " if problems else "", count, name))
        for problem in problems:
            print("# " + problem)

    around = cycle(FOLDERS)
    report("the folders' table has no cycle", ["'%s' includes itself in the end" % around] if around else [])
    report("there are sources", [] if known else ["no sources under " + top])
    for file, full in sorted(known.items()):
        report(file, list(problems_of(file, full, known)))
    print("1..%d" % count)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("SRCDIR", ".")))
