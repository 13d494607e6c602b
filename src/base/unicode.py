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


# Signs that stand before digits or a name, and enclose them: format characters that are seen.
SEEN = "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
# Narrow characters that U+FE0F makes emoji, two columns wide: those of Unicode's emoji-variation-sequences.txt
# whose East Asian width is not W.
SELECTED = """23 2a 30-39 a9 ae 203c 2049 2122 2139 2194-2199 21a9-21aa 2328 23cf 23ed-23ef 23f1-23f2 23f8-23fa 24c2
    25aa-25ab 25b6 25c0 25fb-25fc 2600-2604 260e 2611 2618 261d 2620 2622-2623 2626 262a 262e-262f 2638-263a 2640 2642
    265f-2660 2663 2665-2666 2668 267b 267e 2692 2694-2697 2699 269b-269c 26a0 26a7 26b0-26b1 26c8 26cf 26d1 26d3 26e9
    26f0-26f1 26f4 26f7-26f9 2702 2708-2709 270c-270d 270f 2712 2714 2716 271d 2721 2733-2734 2744 2747 2763-2764 27a1
    2934-2935 2b05-2b07 1f170-1f171 1f17e-1f17f 1f321 1f324-1f32c 1f336 1f37d 1f396-1f397 1f399-1f39b 1f39e-1f39f
    1f3cb-1f3ce 1f3d4-1f3df 1f3f3 1f3f5 1f3f7 1f43f 1f441 1f4fd 1f549-1f54a 1f56f-1f570 1f573-1f579 1f587 1f58a-1f58d
    1f590 1f5a5 1f5a8 1f5b1-1f5b2 1f5bc 1f5c2-1f5c4 1f5d1-1f5d3 1f5dc-1f5de 1f5e1 1f5e3 1f5e8 1f5ef 1f5f3 1f5fa 1f6cb
    1f6cd-1f6cf 1f6e0-1f6e5 1f6e9 1f6f0 1f6f3"""


def is_zero(c):
    """Marks, format characters, and the vowels and last consonants of Hangul syllables."""
    hangul = "\u1160" <= c <= "\u11ff" or "\ud7b0" <= c <= "\ud7c6" or "\ud7cb" <= c <= "\ud7fb"
    return unicodedata.category(c) in ("Mn", "Me", "Cf") and c not in SEEN and c != "\u00ad" or hangul


def is_wide(c):
    assigned = unicodedata.category(c) != "Cn"  # the others have width F in Python's copy
    return not is_zero(c) and (
        assigned and unicodedata.east_asian_width(c) in "WF" or "\U00020000" <= c <= "\U0003fffd" or
        c == "\U0001f6dc" or "\U0001fa70" <= c <= "\U0001faff")  # emoji of later versions


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
table("selected_emoji", "code_range",
      ((int(part[0], 16), int(part[-1], 16)) for part in (word.split("-") for word in SELECTED.split())))
table("folds", "code_fold", folds())
print("\n#endif")
