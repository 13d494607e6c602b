#!/usr/bin/env python3
"""show --at, blame and diff against a reference that knows nothing of portlog's SQL: random histories of
some entities, with holes, failures, deletions, copies by automations, recorded in any order."""
import json
import pathlib
import random
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "system"))
from harness import PORTLOG, finish, folder, part_of, tap  # noqa: E402

ENTITIES, CHANGES = 12, 30
NAMES = "abcde"


def value(depth=0):
    if depth < 2 and random.random() < .35:
        return {k: value(depth + 1) for k in random.sample(NAMES, random.randrange(4))}
    return random.choice([1, 2, "x", None, [1, 2], []])


def altered(old):
    new = {k: (altered(v) if isinstance(v, dict) and random.random() < .5 else v)
           for k, v in old.items() if random.random() < .9}
    if random.random() < .7:
        new[random.choice(NAMES)] = value()
    return new


def leaves(state, path=""):
    """What an entity's properties are: path and value; an empty object is one."""
    if state is None:
        return {}
    found = {}
    for name, member in state.items():
        below = path + name
        if isinstance(member, dict) and member:
            found.update(leaves(member, below + "."))
        else:
            found[below] = member
    return found


class Change:
    def __init__(self, entity, hour, before, after, user):
        self.entity, self.hour, self.before, self.after, self.user = entity, hour, before, after, user
        self.failed, self.seq, self.copy = False, None, False

    def time(self):
        return "2026-11-%02dT%02d:00:00.000Z" % (1 + self.hour // 24, self.hour % 24)

    def text(self):
        def state(properties):
            return None if properties is None else {"identifier": self.entity, "properties": properties}
        change = {"action": "CREATE" if self.before is None else "DELETE" if self.after is None else "UPDATE",
                  "resourceType": "entity", "status": "FAILURE" if self.failed else "SUCCESS",
                  "trigger": {"by": {"userId": self.user}, "origin": "UI", "at": self.time()},
                  "context": {"entity": self.entity, "blueprint": "b"},
                  "diff": {"before": state(self.before), "after": state(self.after)}}
        if self.copy:
            change = {"trigger": {"by": {"byPort": True}, "origin": "AUTOMATION", "at": self.time()},
                      "event": change, "action": {"identifier": "auto"}, "run": {"id": "r_%s%d" % (self.entity, self.hour)}}
        return json.dumps(change)


def history(entity):
    """What was recorded, in order of time."""
    recorded, now = [], None
    for hour in range(1, CHANGES + 1):
        if now is None:
            after = {k: value() for k in NAMES if random.random() < .6}
        else:
            after = None if random.random() < .08 else altered(now)
        change = Change(entity, hour, now, after, "u%d" % random.randrange(5))
        change.failed = random.random() < .1
        if random.random() < .85:
            recorded.append(change)
            if random.random() < .2 and not change.failed:
                copy = Change(entity, hour, now, after, change.user)
                copy.copy = True
                recorded.append(copy)
        if not change.failed:
            now = after
    return recorded


def state_at(changes, hour):
    """certainty, properties (None: not there)."""
    happened = [c for c in changes if not c.failed]
    past = [c for c in happened if c.hour <= hour]
    if past:
        return "proven", past[-1].after
    if happened:
        return "inferred", happened[0].before
    return "unknown", None


def blamed(changes, hour, path):
    """The hour of the change that set it; None: none that is recorded."""
    past = [c for c in changes if not c.failed and c.hour <= hour]
    for i in range(len(past) - 1, -1, -1):
        change, newer = past[i], past[i + 1] if i + 1 < len(past) else None
        if newer and newer.hour != change.hour and \
                leaves(change.after).get(path, "-") != leaves(newer.before).get(path, "-"):
            return None
        if leaves(change.before).get(path, "-") != leaves(change.after).get(path, "-"):
            return change.hour
        if change.before is None:
            return None
    return None


def portlog(*arguments):
    done = subprocess.run([str(PORTLOG), "--store", str(folder() / "store.db"), *map(str, arguments)],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    return done.returncode, done.stdout.decode()


def check(changes, hour):
    """What portlog says of the entity at that hour and should not."""
    entity, when = changes[0].entity, Change("", hour, None, None, "").time()
    shown = json.loads(portlog("show", "b/" + entity, "--at", when, "-o", "json")[1])
    certainty, properties = state_at(changes, hour)
    if (shown["certainty"], shown["state"] and shown["state"]["properties"]) != (certainty, properties):
        return "show", hour, entity, shown, certainty, properties
    if shown["state"] is None:
        return None
    blame = json.loads(portlog("blame", "b/" + entity, "--at", when, "-o", "json")[1])["properties"]
    said = {p["path"][len("properties."):]: (p["value"], p["time"]) for p in blame if p["path"] != "identifier"}
    hours = {path: blamed(changes, hour, path) for path in leaves(properties)}
    wanted = {path: (v, hours[path] and Change("", hours[path], None, None, "").time())
              for path, v in leaves(properties).items()}
    return None if said == wanted else ("blame", hour, entity, said, wanted)


def test():
    seed = random.randrange(1 << 32)
    tap.note("seed %d" % seed)
    random.seed(seed)
    histories = [h for h in (history("e%d" % i) for i in part_of(range(ENTITIES))) if any(not c.failed for c in h)]
    messages = [c for h in histories for c in h]
    random.shuffle(messages)
    (folder() / "messages").write_text("".join(c.text() + "\n" for c in messages))
    tap.equal(portlog("import", "-q", "-t", "t", folder() / "messages")[0], 0, "the histories are recorded")
    wrong = []
    for changes in histories:
        for hour in sorted(random.sample(range(0, CHANGES + 2), 8)):
            wrong += [w for w in [check(changes, hour)] if w]
    tap.equal(wrong[:2], [], "every state and every property is as the reference has it")


finish(test)
