#!/usr/bin/env python3
"""Rules are executed, once, and Port is told, whatever ends the recorder meanwhile: nothing that was
there before the first start; each run after it, whose target counts one request; one that fails is
tried again; a recorder that is killed while a request hangs says that it is not known, and does not
repeat it unless it may; a restored backup and another store of the group repeat nothing; an outage of
Port delays reports and loses none. Runs at Port have one end each."""
import json
import os
import pathlib
import shutil

from acting import SECRET, SLEEP, TOPIC, Scene, message
from harness import ORG, check_reindex, dice, run, tap, wait_until

KILLS = 8


def check_life(scene, recorder):
    ids = scene.publish(*["good"] * 20, "no", "twice", "told", "when", "unmatched")
    wanted = ["succeeded"] * 20 + ["failed", "succeeded", "succeeded", None, None]
    scene.wait_states(recorder, ids, wanted, "each run ends as its target answers; no rule, no execution")
    wanted = ["SUCCESS"] * 20 + ["FAILURE", "SUCCESS", "SUCCESS", None, None]
    scene.wait_told(ids[:23], wanted[:23], "and Port knows")
    tap.equal([scene.target.counts[i] for i in ids], [1] * 21 + [2, 1, 0, 0], "asked once, and once more where it was told so")
    run_ = scene.port.state()["runs"][ids[22]]
    tap.equal((run_["summary"], run_["link"]), (f"200 {ids[22]}", scene.target.url + "/good"), "a rule's report is filled")
    wanted = scene.publish("when", suffix="_wanted")
    scene.wait_states(recorder, wanted, ["succeeded"], "where `when` holds it is executed")
    again = scene.publish("good")
    scene.wait_states(recorder, again, ["succeeded"], "a run")
    scene.broker.produce([message(again[0], "good")])
    last = scene.publish("good")
    scene.wait_states(recorder, last, ["succeeded"], "and one after it")
    tap.equal(scene.target.counts[again[0]], 1, "a second request of the same run makes no second execution")


def check_programs(scene, recorder):
    hostile = "r_$(touch x);`id`'\"&|*"
    ids = scene.publish("program", "fails", "sleeps")
    scene.broker.produce([message(hostile, "program")])
    scene.wait_states(recorder, ids + [hostile], ["succeeded", "failed", "running", "succeeded"], "programs end as they exit")
    scene.wait_told(ids[:2], ["SUCCESS", "FAILURE"], "and Port knows")
    seen = recorder.query("SELECT run_id, exit_code, output FROM executions WHERE rule IN ('program', 'fails') ORDER BY id")
    tap.equal([list(row) for row in seen], [[ids[0], 0, f"{ids[0]} {ids[0]}\n"], [ids[1], 3, "broken\n"],
                                            [hostile, 0, f"{hostile} {hostile}\n"]],
              "argument and message arrive as they are, in whatever words")
    tap.ok("broken" in json.dumps(scene.port.state()["runs"][ids[1]]), "what it printed is in Port's log of the run",
           scene.port.state()["runs"][ids[1]])
    tap.equal(len(sleeping()), 1, "one sleeps")
    recorder.kill()
    wait_until(lambda: not sleeping(), "it does not outlive its recorder")
    recorder.start(actions=True)
    scene.wait_states(recorder, ids[2:], ["interrupted"], "and is interrupted")
    scene.wait_told(ids[2:], ["FAILURE"], "which Port is told")


def check_garbled(scene, recorder):
    recorder.wait_for_log("a rule cannot be executed as it is.*garbled")
    ids = scene.publish("garbled", "good")
    scene.wait_states(recorder, ids, ["failed", "succeeded"], "a rule that is no jq is told of at the start, and fails alone")


def check_signatures(scene, recorder):
    forged = {"headers": {"X-Port-Signature": "v1," + "A" * 43 + "=", "X-Port-Timestamp": "1793703600"}}
    scene.broker.produce([message("r_u1", "warned"), message("r_f1", "warned", **forged), message("r_u2", "signed"),
                          message("r_f2", "signed", **forged)])
    ids = ["r_u1", "r_f1", "r_u2", "r_f2"]
    scene.wait_states(recorder, ids, ["succeeded", "skipped", "skipped", "skipped"],
                      "a forged signature executes nothing, none at all where it is required")
    scene.wait_told(ids, ["SUCCESS", "FAILURE", "FAILURE", "FAILURE"], "and Port knows")
    tap.equal([scene.target.counts[i] for i in ids], [1, 0, 0, 0], "nothing was asked")
    tap.equal(recorder.query("SELECT count(*) FROM runs WHERE run_id IN ('r_f1', 'r_f2')")[0][0], 2, "they are recorded")


def check_secrets(scene, recorder):
    ids = scene.publish("secret")
    scene.wait_states(recorder, ids, ["failed"], "a program that prints a secret")
    scene.wait_told(ids, ["FAILURE"], "is told of")
    seen = recorder.query("SELECT output FROM executions WHERE rule = 'secret'")[0][0]
    tap.equal(seen, "it is ***\n", "without it")
    files = [recorder.log_path, *(path for path in recorder.store.parent.glob(recorder.store.name + "*"))]
    found = [path.name for path in files if path.is_file() and SECRET.encode() in path.read_bytes()]
    tap.equal((found, SECRET in json.dumps(scene.port.state())), ([], False), "it is in no file, and Port does not get it")


def sleeping():
    """The pids of what the rule `sleeps` has started."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if path.read_bytes().split(b"\0")[:2] == [b"sleep", SLEEP.encode()]:
                found.append(int(path.parent.name))
        except OSError:
            pass
    return found


def check_asked(scene, recorder):
    ids = scene.publish("no", "hang")
    scene.wait_states(recorder, ids, ["failed", "running"], "one has failed, one hangs")
    tap.equal(recorder.command("executions", "retry", ids[0], "--reason", "mended")[0], 0, "a person has one done again")
    wait_until(lambda: scene.target.counts[ids[0]] == 2, "it is")
    tap.equal(recorder.command("executions", "cancel", ids[1], "--reason", "enough")[0], 0, "and the other cancelled")
    scene.wait_states(recorder, ids, ["failed", "cancelled"], "which ends it")
    scene.wait_told(ids, ["FAILURE", "FAILURE"], "at Port, too")
    status, _, errors = recorder.command("executions", "cancel", ids[1], "--reason", "enough")
    tap.ok(status == 1 and "is not open" in errors, "what has ended cannot be cancelled", (status, errors))
    recorder.must_run()


def check_killed(scene, recorder):
    ids = scene.publish("hang", "again", "good")
    scene.wait_states(recorder, ids, ["running", "running", "succeeded"], "two requests hang, which holds up no other")
    recorder.kill()
    scene.target.hang.set()
    recorder.start(actions=True)
    scene.wait_states(recorder, ids, ["interrupted", "succeeded", "succeeded"], "after kill -9 nobody knows; who may is repeated")
    scene.wait_told(ids, ["FAILURE", "SUCCESS", "SUCCESS"], "and Port is told that")
    tap.equal([scene.target.counts[i] for i in ids], [1, 2, 1], "nothing else was asked again")


def check_kills(scene, recorder):
    """At any moment, while Port is away now and then, and the broker goes. What was asked once and not
    answered in time ends as interrupted."""
    ids = []

    def begun():
        recorder.must_run()
        return recorder.query("SELECT count(*) FROM executions WHERE state <> 'owed'")[0][0]

    for round_ in range(int(os.environ.get("PORTLOG_TEST_KILLS", KILLS))):
        scene.port.control("/behave", mode=("ok", "errors", "outage", "reset")[round_ % 4], share=0.5)
        if round_ % 10 == 5:
            scene.broker.bounce()
        moment = begun() + dice.randrange(1, 13)
        ids += scene.publish(*dice.choices(["good", "twice", "no"], k=12))
        wait_until(lambda: begun() >= moment, "some were begun", every=0.002)
        recorder.kill()
        recorder.start(actions=True)
    scene.port.control("/behave", mode="ok")
    ended = ("succeeded", "failed", "interrupted")
    wait_until(lambda: recorder.must_run() or all(s in ended for s in scene.states(recorder, ids)), "all have ended", 60)
    states = scene.states(recorder, ids)
    counts = [scene.target.counts[i] for i in ids]
    attempts = dict(recorder.query("SELECT run_id, attempt FROM executions"))
    tap.note(f"of {len(ids)} runs {states.count('interrupted')} were interrupted")
    tap.ok(all(count <= attempts[i] for i, count in zip(ids, counts)), "no attempt was made twice",
           [(i, c, attempts[i]) for i, c in zip(ids, counts) if c > attempts[i]])
    tap.ok(all(count >= 1 for count, state in zip(counts, states) if state != "interrupted"), "and none forgotten")
    scene.wait_told(ids, ["SUCCESS" if state == "succeeded" else "FAILURE" for state in states],
                    "each run has one end at Port, the true one", 60)


def check_outage(scene, recorder):
    scene.port.control("/behave", mode="outage")
    ids = scene.publish(*["good"] * 10)
    scene.wait_states(recorder, ids, ["succeeded"] * 10, "an outage of Port delays no execution")
    wait_until(lambda: recorder.query("SELECT max(attempt) FROM reports WHERE state = 'pending'")[0][0], "it was tried")
    before = recorder.count()
    wait_until(lambda: recorder.query("SELECT max(attempt) FROM reports WHERE state = 'pending'")[0][0] >= 3, "again and again")
    tap.equal(recorder.count(), before, "which fills no journal")
    recorder.kill()
    recorder.start(actions=True)
    scene.port.control("/behave", mode="ok")
    scene.wait_told(ids, ["SUCCESS"] * 10, "then Port knows, also after a kill", 60)


def check_refused(scene, recorder):
    scene.port.control("/behave", mode="choosy")
    ids = scene.publish("told", "no", "good")
    scene.wait_told(ids, ["SUCCESS", "FAILURE", "SUCCESS"], "what Port refuses of a report leaves no run open")
    scene.port.control("/behave", mode="ok")
    tap.equal(recorder.query("SELECT state, count(*) FROM reports WHERE run_id IN (?, ?, ?) AND what = 'status' GROUP BY 1", *ids),
              [("refused", 3), ("sent", 3)], "and both stand in the journal")


def check_backup(scene, recorder):
    tap.equal(recorder.terminate(), 0, "SIGTERM ends it with 0")
    backup = recorder.store.with_suffix(".backup")
    shutil.copyfile(recorder.store, backup)
    recorder.start(actions=True)
    ids = scene.publish("good", "no")
    scene.wait_states(recorder, ids, ["succeeded", "failed"], "two more")
    group = f"{ORG}.portlog"
    wait_until(lambda: scene.broker.committed(group, TOPIC)[TOPIC, 0][0] == scene.broker.ends(TOPIC)[TOPIC, 0], "committed")
    tap.equal(recorder.terminate(), 0, "and the end")
    for tail in ("", "-wal", "-shm"):
        recorder.store.with_name(recorder.store.name + tail).unlink(missing_ok=True)
    shutil.copyfile(backup, recorder.store)
    recorder.start(actions=True)
    scene.wait_states(recorder, ids, ["skipped", "skipped"], "a restored backup records them again, and executes none")
    later = scene.publish("good")
    scene.wait_states(recorder, later, ["succeeded"], "what comes later is executed")
    tap.equal([scene.target.counts[i] for i in ids + later], [1, 1, 1], "each once")


def check_other_store(scene, recorder):
    recorder.terminate()
    missed = scene.publish("good")
    other = scene.recorder("other").start(actions=True)
    scene.wait_states(other, missed, ["succeeded"], "another store goes on where the group was")
    before = scene.target.counts.copy()
    other.wait_for_ends(scene.broker.ends(TOPIC))
    old = other.query("SELECT count(*) FROM executions WHERE state <> 'skipped'")[0][0]
    tap.equal((old, scene.target.counts), (1, before), "and executes nothing that lies before")
    other.terminate()
    return other


def test():
    scene = Scene()
    old = scene.publish("good", "good", "good")
    recorder = scene.recorder().start(actions=True)
    recorder.wait_for_ends(scene.broker.ends(TOPIC))
    scene.wait_states(recorder, old, ["skipped"] * 3, "what was there before the first start is not executed")
    check_life(scene, recorder)
    check_programs(scene, recorder)
    check_garbled(scene, recorder)
    check_signatures(scene, recorder)
    check_secrets(scene, recorder)
    check_asked(scene, recorder)
    check_killed(scene, recorder)
    check_kills(scene, recorder)
    check_outage(scene, recorder)
    check_refused(scene, recorder)
    check_backup(scene, recorder)
    other = check_other_store(scene, recorder)
    tap.equal([scene.target.counts[i] for i in old], [0, 0, 0], "nor ever later")
    problems = scene.port.state()["problems"]
    tap.equal(problems, [], "Port found nothing wrong with what it was told")
    check_reindex(other)
    check_reindex(recorder)


if __name__ == "__main__":
    run(test)
