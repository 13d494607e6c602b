#!/usr/bin/env python3
"""The disk is full while messages come, and has room again later: the recorder says so, stays in the
group, commits nothing that it has not stored, goes on by itself when there is room, and nothing is
lost, doubled or altered. The disk is a small tmpfs; where mounting is not allowed the test says so
(PORTLOG_REQUIRE_MOUNT=1 makes that a failure)."""
import atexit
import os
import re
import subprocess

from harness import (ORG, Broker, Recorder, check_reindex, compare, corpus, folder, run, tap,
                     wait_until)

TOPICS = [f"{ORG}.runs", f"{ORG}.change.log"]
GROUP = f"{ORG}.portlog"
MEGABYTE = 1 << 20


def mount():
    """A file system of 24 MB; None where that is not allowed."""
    disk = folder() / "disk"
    disk.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "portlog-test", disk],
                          check=False, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        tap.note(done.stderr)
        return None
    atexit.register(subprocess.run, ["umount", "--lazy", disk], check=False)
    return disk


def test():
    disk = mount()
    if disk is None:
        if os.environ.get("PORTLOG_REQUIRE_MOUNT"):
            tap.ok(False, "a tmpfs can be mounted")
        else:
            tap.skip("a full disk", "mounting a tmpfs is not allowed here")
        return
    broker = Broker()
    for topic in TOPICS:
        broker.topic(topic)
    recorder = Recorder(broker)
    recorder.store = disk / "portlog.db"
    recorder.configure(store=str(recorder.store))
    recorder.start()
    broker.produce(corpus(200, seed=1))
    recorder.wait_for_ends(broker.ends(*TOPICS))
    members = wait_until(lambda: broker.members(GROUP), "the group has a member")

    # All but 2 MB is taken by somebody else; 2,000 messages need more.
    filler = disk / "filler"
    free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
    filler.write_bytes(b"x" * (free - 2 * MEGABYTE))
    broker.produce(corpus(2000, seed=2))
    recorder.wait_for_log(r"(?i)full")
    recorder.wait_for_silence(3)
    tap.ok(True, "it says that the disk is full, and runs on")
    tap.ok(recorder.count() < 2200, "not all could be stored", recorder.count())
    positions = recorder.positions()
    committed = broker.committed(GROUP, *TOPICS)
    tap.ok(all(offset <= positions.get(place, 0) for place, (offset, _) in committed.items()),
           "nothing is committed that is not stored", f"{committed}\n{positions}")
    # Longer than a session lasts: who does not poll is thrown out.
    recorder.wait_for_silence(8)
    said = len(re.findall(r"(?i)full", recorder.log()))
    tap.ok(said < 10, "and what repeats is not said again and again", said)
    tap.equal(broker.members(GROUP).keys(), members.keys(), "it is still in the group")

    filler.unlink()
    recorder.wait_for_ends(broker.ends(*TOPICS))
    tap.ok(True, "when there is room, it goes on by itself")
    tap.equal(broker.members(GROUP).keys(), members.keys(), "never having left the group")

    # Full again, and killed so: it starts on a full disk, too.
    free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
    filler.write_bytes(b"x" * free)
    broker.produce(corpus(1000, seed=3))
    recorder.wait_for_silence(2)
    recorder.kill()
    filler.unlink()
    recorder.start()
    recorder.wait_for_ends(broker.ends(*TOPICS))
    tap.equal(recorder.terminate(), 0, "SIGTERM ends it with 0")
    tap.equal(compare(broker.dump(*TOPICS), recorder), [], "nothing is lost, doubled or altered")
    tap.equal(recorder.query("SELECT * FROM gaps"), [], "there are no gaps")
    # Rebuilding needs room beside what is there.
    subprocess.run(["mount", "-o", "remount,size=100m", disk], check=True)
    check_reindex(recorder)


if __name__ == "__main__":
    run(test)
