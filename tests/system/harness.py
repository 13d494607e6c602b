"""What the system tests stand on: a real broker, a recorder that is started and ended in every way,
and the comparison of what Kafka holds with what the store gives back, read through the public views
alone. Nothing sleeps for a time: it waits for a condition, with a deadline. Only processes started
here are ever signalled, by their handles.

A test is a script: it prints TAP and says in its first lines what it asserts and why."""
import atexit
import base64
import contextlib
import json
import os
import pathlib
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("PORTLOG_BUILD", ROOT / "build")).resolve()
PORTLOG = os.environ.get("PORTLOG_BINARY", str(BUILD / "portlog"))
TOOLS = BUILD / "tests" / "tools"
KAFKA = ROOT / "tests" / "tools" / "kafka.sh"
ORG = "org_system"
PASSWORD = "system-secret"
# A test that fails can be repeated with the seed it names.
SEED = int(os.environ.get("PORTLOG_TEST_SEED", "1"))
dice = random.Random(SEED)
# A sanitized program is slow, and has only to go through all of its code: it is asked a fifth of the questions.
PART = int(os.environ.get("PORTLOG_TEST_PART", "1"))


def part_of(questions):
    """Those of many questions that this build is asked."""
    return list(questions)[::PART]


class Failed(Exception):
    """Something did not come to pass in time; the test cannot go on."""


# TAP

class Tap:
    """Counts and prints; the exit status says whether all was well."""

    def __init__(self):
        self.count = self.failures = 0

    def ok(self, good, what, seen=None):
        self.count += 1
        print(f"{'ok' if good else 'not ok'} {self.count} - {what}", flush=True)
        if not good:
            self.failures += 1
            for line in str(seen if seen is not None else "").splitlines():
                print(f"# {line}", flush=True)
        return good

    def equal(self, seen, wanted, what):
        return self.ok(seen == wanted, what, f"wanted {wanted!r}\nseen   {seen!r}")

    def skip(self, what, why):
        self.count += 1
        print(f"ok {self.count} - {what} # SKIP {why}", flush=True)

    def note(self, text):
        for line in text.splitlines():
            print(f"# {line}", flush=True)


tap = Tap()


def run(test):
    """Runs a test function (or says why not) and ends the program."""
    missing = [name for name in ("java", "mvn", "openssl") if not shutil.which(name)]
    if missing:
        why = f"a real broker needs {', '.join(missing)}"
        if os.environ.get("PORTLOG_REQUIRE_KAFKA"):
            print(f"Bail out! {why}")
            sys.exit(1)
        print(f"1..0 # SKIP {why}")
        sys.exit(0)
    finish(test)


def finish(test):
    """The same of a test that needs no broker."""
    try:
        test()
    except Failed as failed:
        tap.ok(False, "goes on to its end", failed)
    print(f"1..{tap.count}")
    sys.exit(tap.failures > 0)


def wait_until(condition, what, seconds=30, every=0.02):
    """Asks the condition until it holds; gives back what it gave."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise Failed(f"after {seconds} s still not so: {what}")
        time.sleep(every)


_folder = None


def folder():
    """The test's own folder, removed at the end."""
    global _folder
    if _folder is None:
        _folder = pathlib.Path(tempfile.mkdtemp(prefix="portlog-system-"))
        if os.environ.get("PORTLOG_TEST_KEEP"):
            tap.note(f"kept: {_folder}")
        else:
            atexit.register(shutil.rmtree, _folder, ignore_errors=True)
    return _folder


# The broker

class Broker:
    """A broker of its own, ended with the program."""

    def __init__(self, users=None):
        self.dir = folder() / "kafka"
        self.users = {ORG: PASSWORD} if users is None else users
        self.start()
        atexit.register(self._shell, "destroy", check=False)
        env = dict(part.split("=", 1) for part in self._shell("env").split())
        self.plain, self.sasl, self.ca = env["KAFKA_PLAIN"], env["KAFKA_SASL"], env["KAFKA_CA"]
        for user in self.users:
            self.admin("allow", user, f"topic:{user}.*", f"group:{user}.*", f"group:{user}")

    def _shell(self, command, *arguments, check=True):
        done = subprocess.run([str(KAFKA), command, str(self.dir), *map(str, arguments)],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              stdin=subprocess.DEVNULL, timeout=300, check=False,
                              env=dict(os.environ, PORTLOG_TEST_TOOLS=str(TOOLS)))
        if check and done.returncode:
            raise Failed(f"kafka.sh {command}: {done.stderr.strip()}")
        return done.stdout

    def start(self):
        self._shell("start", *(f"{user}={password}" for user, password in self.users.items()))

    def stop(self):
        self._shell("stop")

    def kill(self):
        self._shell("kill")

    def bounce(self):
        self._shell("bounce")

    def freeze(self):
        self._shell("freeze")

    def thaw(self):
        self._shell("thaw")

    def admin(self, *arguments):
        done = subprocess.run([str(TOOLS / "admin"), self.plain, *map(str, arguments)],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=120, check=False)
        if done.returncode:
            raise Failed(done.stderr.strip())
        return [line.split("\t") for line in done.stdout.splitlines()]

    def topic(self, name, partitions=1, **config):
        self.admin("topic", name, partitions,
                   *(f"{key.replace('_', '.')}={value}" for key, value in config.items()))

    def ends(self, *topics):
        """Behind the last record of each partition: {(topic, partition): offset}."""
        return {(topic, int(partition)): int(end)
                for topic in topics for partition, _, end in self.admin("marks", topic)}

    def committed(self, group, *topics):
        """What the group has committed: {(topic, partition): (offset, metadata)}."""
        return {(topic, int(row[0])): (int(row[1]), row[2])
                for topic in topics for row in self.admin("group", group, topic)}

    def members(self, group):
        """The group's members: {id: number of partitions it has}."""
        return {row[0]: int(row[1]) for row in self.admin("members", group)}

    def produce(self, messages, *options):
        """Messages are dicts as tests/tools/produce.c reads them, or its input as text."""
        text = messages if isinstance(messages, str) else "".join(
            json.dumps(message) + "\n" for message in messages)
        done = subprocess.run([str(TOOLS / "produce"), "-b", self.plain, *options], input=text,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=300, check=False)
        if done.returncode:
            raise Failed(done.stderr.strip())
        return done.stdout

    def produce_slowly(self, text, *options):
        """Produces beside the test; wait for what it returns."""
        path = folder() / f"input-{dice.getrandbits(32):08x}"
        path.write_text(text)
        return subprocess.Popen([str(TOOLS / "produce"), "-b", self.plain, *options, str(path)])

    def dump(self, *topics):
        """What Kafka holds: {(topic, partition, offset): message}, as a reader of what is
        committed sees it."""
        done = subprocess.run([str(TOOLS / "drain"), "-b", self.plain, "--dump", *topics],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=300, check=False)
        if done.returncode:
            raise Failed(done.stderr.strip())
        messages = {}
        for line in done.stdout.splitlines():
            m = json.loads(line)
            messages[m["topic"], m["partition"], m["offset"]] = Message(
                m["ts"], m["tstype"], _decode(m["key"]),
                tuple((name, _decode(value)) for name, value in m["headers"]),
                _decode(m["payload"]))
        return messages


def _decode(value):
    """A text, null or {"base64": …}, as bytes."""
    if isinstance(value, dict):
        return base64.b64decode(value["base64"])
    return None if value is None else value.encode()


class Message(tuple):
    """Timestamp, its type, key, headers, value: what must come back unaltered."""

    def __new__(cls, *parts):
        return super().__new__(cls, parts)


def corpus(count, seed=SEED, org=ORG, partitions=1):
    """Realistic messages, a JSON line each."""
    return subprocess.run([str(TOOLS / "corpus"), "--count", str(count), "--seed", str(seed),
                           "--topic-prefix", org, "--partitions", str(partitions)],
                          stdout=subprocess.PIPE, check=True, text=True).stdout


# The recorder

class Recorder:
    """`portlog record` with a store and a configuration of its own."""

    def __init__(self, broker, name="portlog", **config):
        self.name = name
        self.broker = broker
        self.store = folder() / f"{name}.db"
        self.config_path = folder() / f"{name}.json"
        self.log_path = folder() / f"{name}.log"
        self.log_start = 0
        self.process = None
        self.log_start = 0
        self.config = {
            "org": ORG,
            "store": str(self.store),
            "compression": "off",
            "kafka": {
                "bootstrap.servers": broker.sasl if broker else "",
                "security.protocol": "SASL_SSL",
                "sasl.mechanisms": "SCRAM-SHA-512",
                "sasl.username": ORG,
                "sasl.password": PASSWORD,
                "ssl.ca.location": broker.ca if broker else "",
                # A member that was killed must not hold its partitions for long.
                "session.timeout.ms": "6000",
                "reconnect.backoff.max.ms": "500",
                "topic.metadata.refresh.interval.ms": "1000",
            },
        }
        self.configure(**config)

    def configure(self, **config):
        """Members replace; of kafka, property by property (None: left out)."""
        for key, value in config.items():
            if key == "kafka":
                self.config["kafka"].update(value)
            else:
                self.config[key] = value
        cleaned = dict(self.config)
        cleaned["kafka"] = {k: v for k, v in self.config["kafka"].items() if v is not None}
        cleaned = {key: value for key, value in cleaned.items() if value is not None}
        self.config_path.write_text(json.dumps(cleaned))

    def environment(self):
        env = {key: value for key, value in os.environ.items()
               if not key.startswith(("PORT_", "PORTLOG_", "KAFKA_"))}
        for key in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
            if key in os.environ:
                env[key] = os.environ[key]
        home = folder() / "home"
        home.mkdir(exist_ok=True)
        env.update(HOME=str(home), TZ="UTC", LC_ALL="C.UTF-8", XDG_CONFIG_HOME=str(home),
                   XDG_DATA_HOME=str(home))
        return env

    def arguments(self, *arguments):
        return [PORTLOG, "--config", str(self.config_path), *map(str, arguments)]

    def start(self, *arguments, prefix=(), actions=False):
        self.log_start = len(self.log())
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [*prefix, *self.arguments("record", *([] if actions else ["--no-actions"]), *arguments)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment(),
                cwd=folder())
        atexit.register(self._end)
        return self

    def _end(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def running(self):
        return self.process is not None and self.process.poll() is None

    def must_run(self):
        if not self.running():
            raise Failed(f"{self.name} ended with {self.process.returncode}:\n{self.log()[-3000:]}")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def terminate(self, seconds=5):
        """SIGTERM; the exit status, or None where it is not gone in time (then it is killed). A
        signal that comes while the program is still being loaded would end it as any other."""
        wait_until(lambda: "store open" in self.log()[self.log_start:] or not self.running(),
                   f"{self.name} has begun")
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            return None

    def wait_end(self, seconds=30):
        """The exit status of a recorder that ends by itself; None: it does not."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            return None

    def command(self, *arguments, seconds=120):
        """Another command on the same store: exit status, stdout, stderr."""
        done = subprocess.run(self.arguments(*arguments), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=seconds,
                              env=self.environment(), cwd=folder(), check=False)
        return done.returncode, done.stdout, done.stderr.decode(errors="replace")

    # What the store says, by its views

    @contextlib.contextmanager
    def database(self):
        database = sqlite3.connect(f"file:{self.store}?mode=ro", uri=True, timeout=10)
        # TEXT may not be UTF-8 to Python's taste: bytes, always.
        database.text_factory = bytes
        try:
            yield database
        finally:
            database.close()

    def query(self, sql, *values):
        """Rows, texts as str. No rows while there is no store yet."""
        if not self.store.exists():
            return []
        try:
            with self.database() as database:
                return [tuple(part.decode() if isinstance(part, bytes) else part for part in row)
                        for row in database.execute(sql, values)]
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return []
            raise

    def positions(self):
        """{(topic, partition): next offset} of the newest epoch."""
        return {(topic, partition): offset for topic, partition, offset in self.query(
            "SELECT topic, partition, next_offset FROM positions ORDER BY epoch")}

    def count(self):
        rows = self.query("SELECT count(*) FROM journal WHERE source = 'kafka'")
        return rows[0][0] if rows else 0

    def wait_for_records(self, count, seconds=60):
        def enough():
            self.must_run()
            return self.count() >= count
        wait_until(enough, f"{self.name} has {count} records", seconds)

    def wait_for_ends(self, ends, seconds=60):
        """Until it has recorded up to these offsets: {(topic, partition): offset}."""
        def there():
            self.must_run()
            positions = self.positions()
            return all(end == 0 or positions.get(place, 0) >= end for place, end in ends.items())
        try:
            wait_until(there, "recorded up to the end", seconds)
        except Failed as failed:
            raise Failed(f"{failed}\nwanted {ends}\nseen   {self.positions()}\n"
                         f"{self.log()[-2000:]}") from None

    def wait_for_log(self, pattern, seconds=30):
        """Until it says so, since it was started last."""
        return wait_until(lambda: re.search(pattern, self.log()[self.log_start:]),
                          f"{self.name} says /{pattern}/", seconds)

    def wait_for_silence(self, seconds):
        """Until nothing was recorded for so long."""
        seen, since = self.count(), time.monotonic()

        def silent():
            nonlocal seen, since
            self.must_run()
            if (now := self.count()) != seen:
                seen, since = now, time.monotonic()
            return time.monotonic() - since >= seconds
        wait_until(silent, f"{seconds} s without a record", seconds + 30)

    def records(self):
        """{(topic, partition, epoch, offset): Message} of what came from Kafka, and what is wrong
        with the journal itself. Read from the view; of a compressed store, which only portlog can
        read, by `portlog export`."""
        records, problems, last = {}, [], 0
        rows = self._plain() if self.config["compression"] == "off" else self._exported()
        for seq, source, place, message in rows:
            if seq != last + 1:
                problems.append(f"seq {seq} comes after {last}")
            last = seq
            if source != "kafka":
                continue
            if place in records:
                problems.append(f"{place} is here twice")
            records[place] = message
        return records, problems

    def _plain(self):
        with self.database() as database:
            for (seq, source, topic, partition, epoch, offset, timestamp, timestamp_type, key, headers,
                 value, size, body) in database.execute(
                    "SELECT seq, source, topic, partition, epoch, kafka_offset, timestamp_ms,"
                    " timestamp_type, key, headers, value, size, body FROM journal ORDER BY seq"):
                if (body == b"none") != (value is None) or len(value or b"") != (size or 0):
                    raise Failed(f"seq {seq}: size {size}, body {body}, value {value!r:.100}")
                yield (seq, source.decode(), (topic and topic.decode(), partition, epoch, offset),
                       Message(timestamp, timestamp_type.decode(), key, _headers(headers), value))

    def _exported(self):
        code, out, errors = self.command("export")
        if code:
            raise Failed(f"export: {errors}")
        for line in out.splitlines():
            m = json.loads(line)
            yield (m["seq"], m["source"],
                   (m.get("topic"), m.get("partition"), m.get("epoch"), m.get("offset")),
                   Message(m.get("ts"), m.get("tstype"), _decode(m.get("key")),
                           tuple((name, _decode(value)) for name, value in m.get("headers") or []),
                           _decode(m.get("payload"))))


def _headers(text):
    """As the hashed form has them: [["NAME", BASE64 or null], …], names percent-encoded."""
    return tuple((urllib.parse.unquote(name), None if value is None else base64.b64decode(value))
                 for name, value in json.loads(text or "[]"))


# What must be so

def compare(wanted, *recorders, epoch=0):
    """What differs between what Kafka holds ({(topic, partition, offset): Message}) and what the
    recorders have together (two may well have the same record, one not twice): lost, doubled,
    altered, or never sent. Empty: nothing."""
    problems, seen = [], {}
    for recorder in recorders:
        records, wrong = recorder.records()
        problems += [f"{recorder.name}: {what}" for what in wrong]
        for (topic, partition, its_epoch, offset), message in records.items():
            if its_epoch != epoch:
                continue
            seen[topic, partition, offset] = message
    lost = sorted(wanted.keys() - seen.keys())
    more = sorted(seen.keys() - wanted.keys())
    altered = sorted(place for place in wanted.keys() & seen.keys() if wanted[place] != seen[place])
    if lost:
        problems.append(f"{len(lost)} lost: {lost[:5]}")
    if more:
        problems.append(f"{len(more)} never sent: {more[:5]}")
    for place in altered[:3]:
        problems.append(f"altered: {place}\n  sent {wanted[place]}\n  kept {seen[place]}")
    return problems


PROJECTIONS = ("changes", "property_changes", "runs", "run_events", "executions", "reports", "gaps",
               "users", "entities", "positions")


def projections(recorder):
    """Every row of every view that follows from the journal."""
    with recorder.database() as database:
        return {view: sorted(database.execute(f"SELECT * FROM {view}"), key=repr)
                for view in PROJECTIONS}


def check_reindex(recorder):
    """The recorder must be stopped: rebuilt projections are those that grew record by record."""
    before = projections(recorder)
    code, _, errors = recorder.command("reindex")
    if not tap.equal(code, 0, "reindex succeeds"):
        tap.note(errors)
        return
    after = projections(recorder)
    differing = [f"{view}: {sum(a != b for a, b in zip(before[view], after[view]))} of "
                 f"{len(before[view])} rows, {len(after[view])} now"
                 for view in PROJECTIONS if before[view] != after[view]]
    tap.equal(differing, [], "reindex gives identical projections")


def gaps(recorder, *reasons):
    """[(topic, partition, epoch, first, last, reason)], of these reasons or all."""
    rows = recorder.query("SELECT topic, partition, epoch, first_offset, last_offset, reason"
                          " FROM gaps ORDER BY topic, partition, epoch, first_offset")
    return [row for row in rows if not reasons or row[5] in reasons]
