#!/usr/bin/env python3
"""check_leaves.py FILE: the hashed form and the tree (RFC 6962, 2.1) once more, from their description
alone, against the test vectors in FILE. Bytes are {"base64": …} in it where they are not UTF-8."""
import base64, hashlib, json, sys


def raw(value):
    if value is None or isinstance(value, str):
        return value if value is None else value.encode()
    return base64.b64decode(value["base64"], validate=True)


def percent(name, also=b""):
    return "".join(chr(c) if 0x21 <= c <= 0x7e and c not in b"%" + also else "%%%02x" % c for c in name)


def b64(value):
    return base64.b64encode(value).decode()


def form(r):
    dash = lambda value: "-" if value is None else str(value)
    topic, key, value = raw(r["topic"]), raw(r["key"]), raw(r["payload"])
    pairs = ['["%s",%s]' % (percent(raw(name), b'"\\'), "null" if v is None else '"%s"' % b64(raw(v)))
             for name, v in r["headers"] or []]
    lines = ["portlog/v1", "seq %d" % r["seq"], "source " + r["source"],
             "topic " + ("-" if topic is None else "%2d" if topic == b"-" else percent(topic)),
             "partition " + dash(r["partition"]), "epoch " + dash(r["epoch"]), "offset " + dash(r["offset"]),
             "timestamp %s %s" % (dash(r["ts"] if r["tstype"] != "none" else None), r["tstype"]),
             "received %d" % r["received"], "key " + ("-" if key is None else b64(key)),
             "headers " + (b64(("[" + ",".join(pairs) + "]").encode()) if pairs else "-"),
             "value " + dash(None if value is None else len(value)), "", ""]
    return "\n".join(lines).encode() + (value or b"")


def root(leaves):
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256().digest()
    k = 1 << ((len(leaves) - 1).bit_length() - 1)
    return hashlib.sha256(b"\1" + root(leaves[:k]) + root(leaves[k:])).digest()


if __name__ == "__main__":
    wrong, leaves, vectors = 0, [], json.load(open(sys.argv[1], encoding="utf-8"))
    for row in vectors["leaves"]:
        leaves.append(hashlib.sha256(b"\0" + form(row["record"])).digest())
        if (raw(row["form"]), row["leaf"]) != (form(row["record"]), leaves[-1].hex()):
            wrong += 1
            print("%s: computed %s\n%r" % (row["about"], leaves[-1].hex(), form(row["record"])))
    for size, expected in enumerate(vectors["roots"]):
        if expected != root(leaves[:size]).hex():
            wrong += 1
            print("root of %d: computed %s" % (size, root(leaves[:size]).hex()))
    sys.exit(1 if wrong or not leaves or len(vectors["roots"]) != len(leaves) + 1 else 0)
