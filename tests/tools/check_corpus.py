#!/usr/bin/env python3
"""The corpus is what it says: the same bytes on every machine, four changes for a run, 2 KB on
average, and a history that hangs together: what was before a change is what the last one left."""
import collections
import hashlib
import json
import subprocess
import sys

COUNT = 20000
DIGEST = "0406f07547325b24759aab326fa08ee171e9ea6a014317a5a92e26fed25bf121"

output = subprocess.run([sys.argv[1], "--seed", "7", "--count", str(COUNT), "--partitions", "3"],
                        check=True, stdout=subprocess.PIPE).stdout
offsets = collections.Counter()
entities = {}
changes = size = 0
broken = []
for line in output.splitlines():
    message = json.loads(line)
    place = (message["topic"], message["partition"])
    if message["offset"] != offsets[place]:
        broken.append(f"offset {message['offset']} in {place}")
    offsets[place] += 1
    size += len(message["payload"].encode())
    payload = json.loads(message["payload"])
    event = payload.get("event") or payload
    if event.get("resourceType") != "entity":
        continue
    changes += 1
    before, after = event["diff"]["before"], event["diff"]["after"]
    name = (before or after)["identifier"]
    if entities.get(name) != before:
        broken.append(f"{name} was not so before")
    if event.get("status") != "FAILURE":
        entities[name] = after

results = [
    ("the history hangs together", not broken, broken[:3]),
    ("four of five are changes", 0.78 * COUNT < changes < 0.82 * COUNT, changes),
    ("2 KB on average while many are new", 1900 < size / COUNT < 2300, size / COUNT),
    ("the same bytes everywhere", hashlib.sha256(output).hexdigest() == DIGEST,
     hashlib.sha256(output).hexdigest()),
]
print(f"1..{len(results)}")
for number, (what, good, seen) in enumerate(results, 1):
    print(f"{'ok' if good else 'not ok'} {number} - {what}" + ("" if good else f" # {seen}"))
sys.exit(not all(good for _, good, _ in results))
