#!/usr/bin/env python3
"""`diff -o json` is a patch (RFC 6902) that turns the old state into the new one: proven on random states
by an implementation that shares nothing with portlog's, thirty lines below. `diff` for scripts says
nothing where nothing differs, and the patches of a history, one after another, lead from its first
state to its last."""
import copy
import decimal
import json
import pathlib
import random
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "system"))
from harness import PORTLOG, finish, folder, tap  # noqa: E402

CHANGES = 150
NAMES = ["a", "b", "a/b", "m~n", "", "0", "-", "a.b", "é", "\U0001f6d2", "\"", "\\", "\n", "~1", "properties"]
SCALARS = [None, True, False, 0, 1, -1, 10 ** 20, "", "x", "é\u2028", "\"\\/", "\x00\x1f", decimal.Decimal("1.10"),
           decimal.Decimal("1E-7"), 9007199254740993, 9007199254740992]


def loads(text):
    return json.loads(text, parse_float=decimal.Decimal)


def dumps(value):
    """With the digits that a Decimal has."""
    if isinstance(value, dict):
        return "{%s}" % ",".join(json.dumps(k, ensure_ascii=random.random() < .5) + ":" + dumps(v)
                                 for k, v in value.items())
    if isinstance(value, list):
        return "[%s]" % ", ".join(map(dumps, value))
    return str(value) if isinstance(value, decimal.Decimal) else json.dumps(value)


def same(a, b):
    """RFC 6902, 4.6: as Python's ==, but true is not 1."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and a == b or \
        isinstance(a, (int, decimal.Decimal)) and isinstance(b, (int, decimal.Decimal)) and a == b


def apply(document, patch):
    document = copy.deepcopy(document)
    for operation in patch:
        path, what = operation["path"], operation["op"]
        if path == "":
            assert what in ("add", "replace"), operation
            document = copy.deepcopy(operation["value"])
            continue
        assert path[0] == "/", operation
        *parents, last = [p.replace("~1", "/").replace("~0", "~") for p in path[1:].split("/")]
        target = document
        for name in parents:
            target = target[int(name)] if isinstance(target, list) else target[name]
        assert isinstance(target, dict), "only members are patched"
        if what in ("remove", "replace"):
            assert last in target, operation  # the RFC: the target must exist
        if what == "remove":
            assert set(operation) == {"op", "path"}
            del target[last]
        else:
            assert what in ("add", "replace") and set(operation) == {"op", "path", "value"}
            target[last] = copy.deepcopy(operation["value"])
    return document


def value(depth=0):
    kind = random.random()
    if depth < 4 and kind < .3:
        return {random.choice(NAMES): value(depth + 1) for _ in range(random.randrange(5))}
    if depth < 4 and kind < .4:
        return [value(depth + 1) for _ in range(random.randrange(4))]
    return random.choice(SCALARS)


def altered(old):
    """Something like it: most members stay."""
    if isinstance(old, dict) and random.random() < .9:
        new = {k: altered(v) if random.random() < .3 else v for k, v in old.items() if random.random() < .9}
        if random.random() < .5:
            new[random.choice(NAMES)] = value(2)
        items = list(new.items())
        random.shuffle(items)
        return dict(items)
    return value(2)


def state(properties):
    return {"identifier": "e", "blueprint": "b", "properties": properties, "relations": {"r": value(3)},
            "updatedAt": str(random.random())}


def message(number, before, after):
    when = "2026-11-%02dT%02d:00:00Z" % (1 + number // 24, number % 24)
    operation = "CREATE" if before is None else "DELETE" if after is None else "UPDATE"
    return ('{"action":"%s","resourceType":"entity","status":"SUCCESS","trigger":{"by":{"userId":"u"},'
            '"at":"%s"},"context":{"entity":"e","blueprint":"b"},"diff":{"before":%s,"after":%s}}'
            % (operation, when, dumps(before), dumps(after)))


def portlog(*arguments):
    done = subprocess.run([str(PORTLOG), "--store", str(folder() / "store.db"), *map(str, arguments)],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False)
    return done.returncode, done.stdout.decode()


def history():
    states = [None]
    while len(states) <= CHANGES:
        last = states[-1]
        if last is None:
            states.append(state({k: value() for k in NAMES if random.random() < .7}))
        elif random.random() < .05:
            states.append(None)
        else:
            states.append(state(altered(last["properties"])) if random.random() < .9 else copy.deepcopy(last))
    return states


def test():
    seed = random.randrange(1 << 32)
    tap.note("seed %d" % seed)
    random.seed(seed)
    states = history()
    (folder() / "messages").write_text("".join(
        message(i, states[i], states[i + 1]) + "\n" for i in range(CHANGES)))
    code, _ = portlog("import", "-q", "-t", "t", folder() / "messages")
    tap.equal(code, 0, "the history is recorded")
    wrong, quiet, document = [], [], None
    for i in range(CHANGES):
        patch = loads(portlog("diff", i + 1, "-o", "json")[1])
        if not same(apply(states[i], patch), states[i + 1]) or (not patch) != same(states[i], states[i + 1]):
            wrong.append((i + 1, states[i], states[i + 1], patch))
        document = apply(document, patch)
        code, rows = portlog("diff", i + 1, "--exit-code")
        if (code == 1) != bool(rows):
            quiet.append((i + 1, code, rows))
    tap.equal(wrong, [], "each patch turns the state before into the state after")
    tap.equal(quiet, [], "--exit-code is 1 where there are rows, and only there")
    tap.ok(same(document, states[-1]), "all of them, one after another, lead to the last state")
    for _ in range(30):
        a, b = sorted(random.sample(range(1, CHANGES + 1), 2))
        ends = ["2026-11-%02dT%02d:00:00Z" % (1 + (n - 1) // 24, (n - 1) % 24) for n in (a, b)]
        patch = loads(portlog("diff", "b/e", "--from", ends[0], "--to", ends[1], "-o", "json")[1])
        if not same(apply(states[a], patch), states[b]):
            wrong.append((a, b, patch))
    tap.equal(wrong, [], "so does the patch between any two times")


finish(test)
