#!/usr/bin/env python3
"""Writes texts as C: embed.py NAME=FILE… gives `static const char NAME[]`, ended by a NUL, for each.
As numbers, because the longest string literal that ISO C promises is shorter than our schema."""
import sys

for pair in sys.argv[1:]:
    name, path = pair.split("=", 1)
    with open(path, "rb") as text:
        data = text.read() + b"\0"
    print(f"static const char {name}[] = {{")
    for start in range(0, len(data), 24):
        print("\t" + "".join(f"{byte if byte < 128 else byte - 256}," for byte in data[start:start + 24]))
    print("};")
