#!/usr/bin/env python3
"""The benchmark of recording. From one run, on one broker and one corpus, side by side:

    consumer    librdkafka alone (tests/tools/drain): what arrives, and is thrown away
    insert      the store alone: the same messages from memory into a new store
    peer        the recorder written by hand in Python (peer.py)
    portlog     over PLAINTEXT and over SASL_SSL, catching up from an empty store
    readers     portlog again, beside twenty readers in a loop (tests/system/crowd.py)
    latency     from publishing to visible in a view, at 10 and at 1,000 messages a second

Machines differ, and so does the same one from hour to hour: read the ratios, not the numbers."""
import argparse
import atexit
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "system"))
import harness  # noqa: E402
from crowd import Crowd, wal_size  # noqa: E402

TOPICS = [f"{harness.ORG}.runs", f"{harness.ORG}.change.log"]
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "portlog-tests"
COLUMNS = "{:<34} {:>9} {:>8} {:>9} {:>9} {:>9}"


def peer_python():
    """An interpreter that has confluent-kafka; made once."""
    python = CACHE / "peer" / "bin" / "python"
    if subprocess.run([python, "-c", "import confluent_kafka"], check=False,
                      stderr=subprocess.DEVNULL).returncode if python.exists() else True:
        subprocess.run([sys.executable, "-m", "venv", CACHE / "peer"], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                        "confluent-kafka"], check=True)
    return python


def numbers(line):
    return {name: float(value) for name, value in re.findall(r"(\w+) ([\d.]+)", line)}


def disk(store):
    """The file and its WAL."""
    return sum(path.stat().st_size for path in
               (pathlib.Path(f"{store}{tail}") for tail in ("", "-wal")) if path.exists())


class Report:
    def __init__(self):
        self.rates = {}
        print(COLUMNS.format("", "msg/s", "MB/s", "us CPU", "RSS MB", "B/msg"), flush=True)

    def row(self, name, seen, store=None):
        rate = self.rates[name] = seen["messages"] / seen["seconds"]
        print(COLUMNS.format(
            name, f"{rate:,.0f}",
            f"{seen['bytes'] / seen['seconds'] / 1e6:.0f}" if "bytes" in seen else "",
            f"{seen['cpu'] / seen['messages'] * 1e6:.1f}" if "cpu" in seen else "",
            f"{seen['rss_kb'] / 1024:.0f}" if "rss_kb" in seen else "",
            f"{disk(store) / seen['messages']:.0f}" if store else ""), flush=True)

    def ratio(self, a, b, wanted):
        if a in self.rates and b in self.rates:
            ratio = self.rates[a] / self.rates[b]
            print(f"{a} / {b}: {ratio:.2f}" + (f" (wanted: {wanted})" if wanted else "") +
                  ("  *** missed" if wanted and ratio < wanted else ""), flush=True)


def measured(arguments, **options):
    """Runs to the end: seconds, CPU, greatest RSS."""
    started = time.monotonic()
    process = subprocess.Popen([str(a) for a in arguments], **options)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, {"seconds": time.monotonic() - started, "rss_kb": usage.ru_maxrss,
                                "cpu": usage.ru_utime + usage.ru_stime}


def run_tool(report, name, arguments, store=None):
    done = subprocess.run([str(a) for a in arguments], stdout=subprocess.PIPE, check=True, text=True)
    report.row(name, numbers(done.stdout), store)


def plaintext(broker):
    return {"bootstrap.servers": broker.plain, "security.protocol": "PLAINTEXT",
            **{name: None for name in ("sasl.mechanisms", "sasl.username", "sasl.password",
                                       "ssl.ca.location")}}


def run_portlog(report, broker, name, count, size, **config):
    recorder = harness.Recorder(broker, name.replace(" ", "-"), compression="auto", **config)
    with open(recorder.log_path, "ab") as log:
        code, seen = measured(
            recorder.arguments("record", "--exit-eof", "--no-actions"), stdin=subprocess.DEVNULL,
            stdout=log, stderr=log, env=recorder.environment())
    if code or recorder.count() != count:
        sys.exit(f"record ended with {code}, {recorder.count()} of {count}:\n{recorder.log()}")
    report.row(name, {**seen, "messages": count, "bytes": size}, recorder.store)
    os.remove(recorder.store)


def run_readers(report, broker, count, size):
    """Full speed beside twenty readers, who take what processor there is: it is shared by all alike."""
    name = "portlog, 20 readers"
    recorder = harness.Recorder(broker, "readers", compression="auto", kafka=plaintext(broker))
    recorder.start("--exit-eof")
    started = time.monotonic()
    recorder.wait_for_records(2000)
    largest = 0
    with Crowd(recorder, nice=0) as crowd:
        while recorder.running():
            largest = max(largest, wal_size(recorder))
            time.sleep(0.05)
        seconds = time.monotonic() - started
        reads, cpu = crowd.reads(), crowd.cpu()
    if recorder.process.returncode or recorder.count() != count or crowd.failures():
        sys.exit(f"record ended with {recorder.process.returncode}, {recorder.count()} of {count}:"
                 f" {crowd.failures()}\n{recorder.log()}")
    report.row(name, {"messages": count, "bytes": size, "seconds": seconds}, recorder.store)
    print(f"  {reads:,} reads, {cpu / seconds:.2f} of {os.cpu_count()} processors were the readers'; the WAL"
          f" had up to {largest >> 20} MB", flush=True)
    os.remove(recorder.store)


def run_latency(broker, rate, seconds):
    """Publishes at that rate and watches the journal. Kafka's timestamp is when it was published."""
    org = f"{harness.ORG}.latency{rate}"
    topic = f"{org}.runs"
    broker.topic(topic)
    recorder = harness.Recorder(broker, f"latency-{rate}", org=org, topics=[topic],
                                compression="auto", kafka=plaintext(broker)).start()
    lines = [re.sub(r'"ts":\d+,', "", re.sub(r'"topic":"[^"]*"', f'"topic":"{topic}"', line))
             for line in harness.corpus(rate * seconds, org=org).splitlines()]
    broker.produce(lines[0] + "\n")
    recorder.wait_for_records(1)
    idle_kb = resident(recorder.process.pid)
    producer = broker.produce_slowly("\n".join(lines[1:]) + "\n", "--rate", str(rate), "-X", "linger.ms=0")
    delays, last = [], 1
    with recorder.database() as database:
        while len(delays) < len(lines) - 1:
            rows = database.execute("SELECT seq, timestamp_ms FROM journal WHERE seq > ?",
                                    (last,)).fetchall()
            now = time.time() * 1000
            for seq, timestamp in rows:
                last = seq
                # Local records have none.
                if timestamp is not None:
                    delays.append(now - timestamp)
            time.sleep(0.001)
            recorder.must_run()
    producer.wait()
    recorder.terminate()
    delays.sort()
    print(f"latency at {rate}/s: p50 {statistics.median(delays):.0f} ms, "
          f"p99 {delays[int(len(delays) * 0.99)]:.0f} ms, greatest {delays[-1]:.0f} ms"
          f" (wanted: p99 300); idle RSS {idle_kb / 1024:.0f} MB (wanted: 25)", flush=True)


def resident(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status).group(1))


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200000)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--only", action="append", help="rows whose name has this in it")
    options = parser.parse_args()

    def wanted(name):
        return not options.only or any(part in name for part in options.only)

    os.environ["KAFKA_JVM"] = "-XX:TieredStopAtLevel=4"
    broker = harness.Broker()
    for topic in TOPICS:
        broker.topic(topic)
    corpus = subprocess.Popen([harness.TOOLS / "corpus", "--count", str(options.count), "--frames",
                               "--topic-prefix", harness.ORG], stdout=subprocess.PIPE)
    subprocess.run([harness.TOOLS / "produce", "-b", broker.plain, "--frames"],
                   stdin=corpus.stdout, check=True)
    if corpus.wait():
        sys.exit("no corpus")
    sasl = [option for line in broker._shell("client", harness.ORG, harness.PASSWORD).splitlines()
            for option in ("-X", line)]
    # The JIT and the page cache are warm for all.
    drain = [harness.TOOLS / "drain", "-b", broker.plain]
    warm = subprocess.run([str(a) for a in [*drain, *TOPICS]], stdout=subprocess.PIPE, check=True,
                          text=True).stdout
    size = numbers(warm)["bytes"]
    report = Report()
    for turn in range(options.repeat):
        if wanted("consumer"):
            run_tool(report, "consumer PLAINTEXT", [*drain, *TOPICS])
            run_tool(report, "consumer SASL_SSL", [harness.TOOLS / "drain", *sasl,
                                                   "-X", f"group.id={harness.ORG}.drain", *TOPICS])
        insert = harness.BUILD / "tests" / "bench" / "bench_insert"
        if wanted("insert") and insert.exists():
            store = harness.folder() / f"insert-{turn}.db"
            frames = harness.folder() / "frames"
            with open(frames, "wb") as file:
                subprocess.run([harness.TOOLS / "corpus", "--count", str(options.count), "--frames",
                                "--topic-prefix", harness.ORG], stdout=file, check=True)
            run_tool(report, "insert", [insert, "--store", store, frames], store)
            os.remove(store)
            os.remove(frames)
        if wanted("peer"):
            store = harness.folder() / f"peer-{turn}.db"
            run_tool(report, "peer", [peer_python(), HERE / "peer.py", "--store", store,
                                      "-X", f"bootstrap.servers={broker.plain}",
                                      "-X", f"group.id={harness.ORG}.peer{turn}", *TOPICS], store)
            os.remove(store)
        if wanted("portlog"):
            run_portlog(report, broker, "portlog PLAINTEXT", options.count, size,
                        kafka=plaintext(broker))
            run_portlog(report, broker, "portlog SASL_SSL", options.count, size)
        if wanted("readers"):
            run_readers(report, broker, options.count, size)
    report.ratio("portlog PLAINTEXT", "peer", 3)
    report.ratio("portlog PLAINTEXT", "insert", 0.7)
    report.ratio("portlog, 20 readers", "portlog PLAINTEXT", None)
    if wanted("latency"):
        run_latency(broker, 10, 20)
        run_latency(broker, 1000, 20)


if __name__ == "__main__":
    main()
