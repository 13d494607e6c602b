#!/usr/bin/env python3
"""Prints unicode_tables.h from Python's copy of the Unicode database (run by hand: python3 unicode.py > unicode_tables.h)."""
import unicodedata

LAST = 0x110000


def ranges(test):
    """[first, last] of each run of code points that pass the test."""
    start = None
    for code in range(LAST + 1):
        inside = code < LAST and not 0xD800 <= code <= 0xDFFF and test(chr(code))
        if inside and start is None:
            start = code
        elif not inside and start is not None:
            yield start, code - 1
            start = None


def is_zero(c):
    return unicodedata.category(c) in ("Mn", "Me", "Cf") and c != "\u00ad" or "\u1160" <= c <= "\u11ff"


def is_wide(c):
    assigned = unicodedata.category(c) != "Cn"  # the others have width F in Python's copy
    return not is_zero(c) and (
        assigned and unicodedata.east_asian_width(c) in "WF" or "\U00020000" <= c <= "\U0003fffd")


def fold(c):
    """Simple folding: one code point to one."""
    f = c.casefold()
    if len(f) != 1:
        f = c.lower()
    return ord(f) if len(f) == 1 else ord(c)


def folds():
    """[first, last, step, difference]: runs of upper-case letters, each or every second one."""
    run = None
    for code in range(LAST):
        if 0xD800 <= code <= 0xDFFF or fold(chr(code)) == code:
            continue
        difference = fold(chr(code)) - code
        if run and run[3] == difference and (
                code - run[1] == run[2] or run[0] == run[1] and code - run[1] <= 2):
            run[2] = code - run[1]
            run[1] = code
            continue
        if run:
            yield run
        run = [code, code, 1, difference]
    yield run


def table(name, kind, rows):
    print(f"\nstatic const struct {kind} {name}[] = {{")
    for row in rows:
        print("\t{ " + ", ".join(f"0x{v:x}" if i < 2 else str(v) for i, v in enumerate(row)) + " },")
    print("};")


print(f"/* Made by unicode.py from Unicode {unicodedata.unidata_version}; not edited by hand. */")
print("/* clang-format off */")
print("#ifndef PORTLOG_BASE_UNICODE_TABLES_H\n#define PORTLOG_BASE_UNICODE_TABLES_H\n\n#include <stdint.h>")
print("\nstruct code_range {\n\tuint32_t first;\n\tuint32_t last;\n};")
print("\n/* Each step-th code point from first to last becomes itself plus difference. */")
print("struct code_fold {\n\tuint32_t first;\n\tuint32_t last;\n\tuint32_t step;\n\tint32_t difference;\n};")
table("zero_width", "code_range", ranges(is_zero))
table("double_width", "code_range", ranges(is_wide))
table("folds", "code_fold", folds())
print("\n#endif")
