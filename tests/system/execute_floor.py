#!/usr/bin/env python3
"""What a recorder finds at its start decides what it may execute, on a real broker: a backup that was
taken while executions were owed and under way, a topic made anew meanwhile, a group whose commits have
expired. What may have been executed is not executed again, and says so; what came since is."""
import sqlite3

from acting import TOPIC, Scene, rule
from harness import ORG, check_reindex, run, tap, wait_until

GROUP = f"{ORG}.portlog"


class FloorScene(Scene):
    def rules(self):
        return [rule("good", self.target, "/good"), rule("hang", self.target, "/hang", concurrency=1)]

    def begin(self, recorder):
        """Two runs: one is under way and hangs, the other is owed behind it."""
        self.target.hang.clear()
        ids = self.publish("hang", "hang")
        self.wait_states(recorder, ids, ["running", "owed"], "one is under way, one is owed")
        return ids

    def committed(self):
        wait_until(lambda: self.broker.committed(GROUP, TOPIC)[TOPIC, 0][0] == self.broker.ends(TOPIC)[TOPIC, 0], "committed")

    def floors(self, recorder):
        return [row[0] for row in recorder.query(
            "SELECT json_extract(value, '$.because') FROM journal WHERE value LIKE '{\"what\":\"floor\"%' ORDER BY seq")]

    def check(self, recorder, because, lost, new, what):
        """The lost ones were asked for before, or never; the new ones are, once."""
        counts = [self.target.counts[i] for i in lost]
        self.wait_states(recorder, lost + new, ["interrupted"] * len(lost) + ["succeeded"] * len(new), what)
        tap.equal(self.floors(recorder)[-1], because, "its floor says why")
        tap.equal([self.target.counts[i] for i in lost + new], counts + [1] * len(new), "nothing was asked for twice")


def back_up(recorder, path):
    source, copy = sqlite3.connect(recorder.store), sqlite3.connect(path)
    with source, copy:
        source.backup(copy)
    source.close()
    copy.close()


def restore(recorder, path):
    for tail in ("", "-wal", "-shm"):
        recorder.store.with_name(recorder.store.name + tail).unlink(missing_ok=True)
    path.rename(recorder.store)


def check_backup(scene, recorder):
    ids = scene.begin(recorder)
    backup = recorder.store.with_suffix(".backup")
    back_up(recorder, backup)
    scene.target.hang.set()
    scene.wait_states(recorder, ids, ["succeeded"] * 2, "both are done behind the backup")
    scene.wait_told(ids, ["SUCCESS"] * 2, "and Port knows")
    scene.committed()
    tap.equal(recorder.terminate(), 0, "SIGTERM ends it with 0")
    restore(recorder, backup)
    recorder.start(actions=True)
    recorder.wait_for_log("execution floor")
    scene.check(recorder, "backup", ids, scene.publish("good"), "the backup executes neither again, and what comes later")
    tap.equal(scene.told(ids), ["SUCCESS"] * 2, "nor is Port told otherwise")


def check_made_anew(scene, recorder):
    ids = scene.begin(recorder)
    recorder.kill()
    scene.broker.admin("rmtopic", TOPIC)
    scene.broker.topic(TOPIC)
    new = scene.publish("good", "good")
    recorder.start(actions=True)
    scene.check(recorder, "made_anew", ids, new, "a topic made anew: all that is in it is new, what was owed is of another")
    tap.equal(recorder.query("SELECT DISTINCT epoch FROM journal WHERE source = 'kafka' ORDER BY 1"), [(0,), (1,)],
              "in an epoch of its own")


def check_expired(scene, recorder):
    ids = scene.begin(recorder)
    recorder.kill()
    missed = scene.publish("good")

    def is_gone():
        try:
            scene.broker.admin("rmgroup", GROUP)
        except Exception as problem:  # pylint: disable=broad-except
            if "NON_EMPTY" in str(problem) or "not empty" in str(problem).lower():
                return False  # the member that was killed has not been missed yet
            raise
        return True
    wait_until(is_gone, "the group is deleted", 60, 0.5)
    recorder.start(actions=True)
    scene.check(recorder, "expired_group", ids, missed + scene.publish("good"),
                "a group that has expired: it goes on where the store is")


def test():
    scene = FloorScene()
    recorder = scene.recorder().start(actions=True)
    recorder.wait_for_log("execution floor")
    first = scene.publish("good")
    scene.wait_states(recorder, first, ["succeeded"], "a run is executed")
    check_backup(scene, recorder)
    check_made_anew(scene, recorder)
    check_expired(scene, recorder)
    problems = scene.port.state()["problems"]
    tap.equal(problems, [], "Port found nothing wrong with what it was told")
    tap.equal(recorder.terminate(), 0, "SIGTERM ends it with 0")
    check_reindex(recorder)


if __name__ == "__main__":
    run(test)
