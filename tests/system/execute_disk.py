#!/usr/bin/env python3
"""The disk is full while rules are executed: what cannot be written down is not begun, what ended
meanwhile is written down when there is room, and nothing is done twice. As for recording, the disk is
a small tmpfs."""
import os
import subprocess

from acting import Scene, message, program
from disk import MEGABYTE, mount
from harness import check_reindex, folder, run, tap

PAD = os.urandom(50000).hex()  # which no compression makes small


def states_of(recorder):
    return dict(recorder.query("SELECT state, count(*) FROM executions GROUP BY state"))


def test():
    disk = mount()
    if disk is None:
        if os.environ.get("PORTLOG_REQUIRE_MOUNT"):
            tap.ok(False, "a tmpfs can be mounted")
        else:
            tap.skip("executing on a full disk", "mounting a tmpfs is not allowed here")
        return
    scene = Scene()
    gate = folder() / "gate"
    scene.config["store"] = str(disk / "portlog.db")
    scene.config["rules"].append(program("hold", "sh", "-c", f"echo begun; until [ -e {gate} ]; do sleep 0.05; done"))
    recorder = scene.recorder()
    recorder.store = disk / "portlog.db"
    recorder.start(actions=True)
    recorder.wait_for_log("execution floor")
    held = scene.publish("hold")
    scene.wait_states(recorder, held, ["running"], "a program runs")

    filler = disk / "filler"
    free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
    filler.write_bytes(b"x" * (free - MEGABYTE))
    ids = [f"r_d{i}" for i in range(60)]
    scene.broker.produce([message(run_id, "good", pad=PAD) for run_id in ids])
    recorder.wait_for_log(r"(?i)full")
    rest = disk / "rest"
    rest.write_bytes(b"x" * (os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize))
    gate.touch()  # the program ends now; whether that can be written down is up to the WAL's room
    recorder.wait_for_silence(4)
    recorder.must_run()
    begun = [run_id for run_id in ids if scene.target.counts[run_id]]
    known = states_of(recorder)
    tap.note(f"{len(begun)} of {len(ids)} were begun; {known}")
    tap.ok(len(begun) < len(ids), "not all could be begun", len(begun))
    tap.ok(len(begun) <= sum(known.values()), "none without its start being written down", (len(begun), known))

    # More than was there: the slower the machine, the more commits, and the WAL alone can fill 24 MB.
    subprocess.run(["mount", "-o", "remount,size=100m", disk], check=True)
    filler.unlink()
    rest.unlink()
    scene.wait_states(recorder, held + ids, ["succeeded"] * 61, "when there is room, all ends", 60)
    tap.equal([scene.target.counts[run_id] for run_id in ids], [1] * 60, "each was done once")
    scene.wait_told(held + ids, ["SUCCESS"] * 61, "and Port knows", 60)
    tap.equal(recorder.terminate(), 0, "SIGTERM ends it with 0")
    check_reindex(recorder)


run(test)
