#!/usr/bin/env python3
"""The order of durability, seen from outside: strace shows that before an offset commit is sent to the
broker, the WAL was written and then synced, and not written again in between. Messages come one at a
time, so that each commit stands for the transaction just before it."""
import re
import shutil

from harness import ORG, Broker, Recorder, folder, run, tap, wait_until

TOPIC = f"{ORG}.runs"
COUNT = 15
WAL = "".join(f"\\x{byte:02x}" for byte in b"-wal") + '"'
OFFSET_COMMIT = 8  # the API key, in the third and fourth byte behind the length


def events(trace):
    """The calls that matter, in the order in which they returned or were begun:
    W (the WAL is written), S (it is synced), C (an offset commit is sent)."""
    wal = set()
    unfinished = {}
    order = []
    for line in trace.read_text(errors="replace").splitlines():
        thread, _, call = line.partition(" ")
        call = call.strip()
        if call.endswith("<unfinished ...>"):
            call = call[:-len("<unfinished ...>")]
            unfinished[thread] = call
            # A write counts from its beginning, a sync from its end.
            if is_commit(call):
                order.append("C")
            elif re.match(r"pwrite64\((\d+)", call) and descriptor(call) in wal:
                order.append("W")
            continue
        resumed = re.match(r"<\.\.\. (\w+) resumed>(.*)", call)
        begun = ""
        if resumed:
            begun = unfinished.pop(thread, "")
            call = begun + resumed.group(2)
        if call.startswith("openat(") and WAL in call and "= -1" not in call:
            wal.add(call.rsplit("= ", 1)[1].split()[0])
        elif call.startswith("pwrite64(") and descriptor(call) in wal and not begun:
            order.append("W")
        elif call.startswith(("fdatasync(", "fsync(")) and descriptor(call) in wal:
            order.append("S" if call.rstrip().endswith("= 0") else "?")
        elif is_commit(call) and not begun:
            order.append("C")
    return "".join(order)


def descriptor(call):
    return re.match(r"\w+\((\d+)", call).group(1)


def is_commit(call):
    """sendmsg of a request whose header has the API key of OffsetCommit."""
    if not call.startswith(("sendmsg(", "sendto(", "write(", "writev(")):
        return False
    data = re.search(r'"((?:\\x[0-9a-f]{2}){6})', call)
    if not data:
        return False
    start = bytes.fromhex(data.group(1).replace("\\x", ""))
    return int.from_bytes(start[4:6], "big") == OFFSET_COMMIT


def test():
    if not shutil.which("strace"):
        tap.skip("the order of durability", "strace is not here")
        return
    broker = Broker()
    broker.topic(TOPIC)
    trace = folder() / "trace"
    # In the clear: TLS would hide what is sent.
    clear = {"bootstrap.servers": broker.plain, "security.protocol": "PLAINTEXT",
             "sasl.mechanisms": None, "sasl.username": None, "sasl.password": None,
             "ssl.ca.location": None}
    recorder = Recorder(broker, topics=[TOPIC], kafka=clear)
    # -D: strace is the grandchild, so that the recorder is the process that we know.
    recorder.start(prefix=["strace", "-D", "-f", "-xx", "-s", "64", "-o", str(trace), "-e",
                           "trace=openat,pwrite64,fsync,fdatasync,sendmsg,sendto,write,writev"])
    committed = 0
    for number in range(COUNT):
        broker.produce([{"topic": TOPIC, "payload": f'{{"number":{number}}}'}])
        committed = wait_until(
            lambda: (now := broker.committed(f"{ORG}.portlog", TOPIC).get((TOPIC, 0), (0,))[0])
            > number and now, f"message {number} is committed")
    tap.equal(committed, COUNT, "each message was committed")
    tap.equal(recorder.terminate(20), 0, "it ends with 0")
    wait_until(lambda: "+++ exited" in trace.read_text(errors="replace").splitlines()[-1],
               "the trace is whole")
    order = events(trace)
    tap.note(order)
    parts = order.split("C")[:-1]
    tap.ok(len(parts) >= COUNT, f"the trace shows at least {COUNT} offset commits", len(parts))
    tap.ok("W" in parts[0], "and writes to the WAL", order[:80])
    bad = [part for part in parts if not re.fullmatch(r"(.*S)?", part)]
    tap.equal(bad, [], "before each the WAL was synced behind its last write")
    tap.equal("?" in order, False, "no sync failed")
    written = sum("W" in part for part in parts)
    tap.ok(written >= COUNT, "and each stands for something that was written", written)


run(test)
