#!/usr/bin/env python3
"""Writes the C by which a library is loaded when it is first needed: loader.py LIST HEADER SOURCE.

LIST names the library's functions that we call, one on a line, below lines of settings:

    header NAME     what declares them; several are included in this order
    define NAME     before that
    soname NAME …   the file to load: the first that is there
    package NAME    Debian's, for who lacks it
    for WORDS       what it is needed for
    optional NAME   a function that not each version has: a member of the table, of no type, or NULL

HEADER stands in the place of the library's own. Its names of functions are macros, which find the
function in a table that is filled once, so that a call costs one comparison more. A function that
LIST lacks is found by the linker. SOURCE holds the table, and the ELF note by which packagers' tools
see what is loaded (.note.dlopen, https://uapi-group.org/specifications/specs/elf_dlopen_metadata)."""
import json
import pathlib
import sys

HEADER = """/* {title}: instead of its own headers. Made by libraries/loader.py. */
#ifndef PORTLOG_LIBRARIES_{upper}_LIBRARY_H
#define PORTLOG_LIBRARIES_{upper}_LIBRARY_H

{includes}

struct {name}_library {{
{members}
}};

const struct {name}_library *{name}_library(void);

#ifndef LIBRARY_NAMES_ARE_PLAIN
{macros}
#endif

#endif
"""

SOURCE = """#define LIBRARY_NAMES_ARE_PLAIN
#include "libraries/{name}_library.h"

#include <pthread.h>
#include <stddef.h>

#include "libraries/library.h"

LIBRARY_NOTE({note});

static struct {name}_library loaded;
static const char *const sonames[] = {{ {sonames}, NULL }};
static const struct library_function functions[] = {{
{functions}
	{{ NULL, NULL, false }},
}};
static const struct library library = {{
	.sonames = sonames,
	.package = "{package}",
	.functions = functions,
}};

static void load(void)
{{
	library_load(&library);
}}

const struct {name}_library *{name}_library(void)
{{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, load);
	return &loaded;
}}
"""


def read(path):
    settings = {"header": [], "define": [], "soname": [], "package": [], "for": [], "optional": []}
    functions = []
    for line in path.read_text().splitlines():
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if len(words) == 1:
            functions.append(words[0])
        else:
            settings[words[0]].extend(words[1:])
    return settings, functions


def quoted(text):
    return '"' + text.replace('"', '\\"') + '"'


def main():
    path = pathlib.Path(sys.argv[1])
    settings, functions = read(path)
    name = path.stem
    note = [{"soname": settings["soname"], "feature": name, "description": " ".join(settings["for"]),
             "priority": "required"}]
    fill = {
        "name": name, "upper": name.upper(), "title": settings["soname"][0],
        "includes": "\n".join([f"#define {define}" for define in settings["define"]] +
                              [f"#include <{header}>" for header in settings["header"]]),
        "members": "\n".join([f"\t__typeof__(&{function}) {function};" for function in functions] +
                             [f"\tvoid (*{function})(void);" for function in settings["optional"]]),
        "macros": "\n".join(f"#undef {function}\n#define {function} {name}_library()->{function}"
                            for function in functions),
        "note": quoted(json.dumps(note, separators=(",", ":"))),
        "sonames": ", ".join(quoted(soname) for soname in settings["soname"]),
        "functions": "\n".join([f"\t{{ {quoted(function)}, (void **)&loaded.{function}, false }},"
                                for function in functions] +
                               [f"\t{{ {quoted(function)}, (void **)&loaded.{function}, true }},"
                                for function in settings["optional"]]),
        "package": settings["package"][0],
    }
    pathlib.Path(sys.argv[2]).write_text(HEADER.format(**fill))
    pathlib.Path(sys.argv[3]).write_text(SOURCE.format(**fill))


if __name__ == "__main__":
    main()
