#!/usr/bin/env python3
"""The benchmark of executing: rules on a real broker, a local target and the strict stand-in for Port,
each a process of its own.

    webhooks    runs a second, each told to Port; requests and connections that Port saw
    target      what the target alone takes from the same number of connections: the bound of the above
    bound       64 webhooks of 2 s at once, as a share of what the bound lets
    exec        /bin/true, runs a second
    latency     from the broker's having it to the target's being asked, at 50 a second
    owed        memory with 10,000 owed executions
    recording   beside 16 webhooks that hang and a program that sleeps, against recording alone

Machines differ: read the ratios."""
import argparse
import atexit
import asyncio
import http.client
import json
import pathlib
import signal
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "system"), str(HERE.parent / "web")]
import harness  # noqa: E402
from telling import Port  # noqa: E402

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


# The target: /, /slow (2 s), /hang; /state tells when each run was asked for first.

async def answer(reader, writer, asked, forever):
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            path = head.split(b" ", 2)[1]
            low = head.lower()
            length = int(low.split(b"content-length:")[1].split(b"\r\n")[0]) if b"content-length:" in low else 0
            body = await reader.readexactly(length)
            if path == b"/state":
                text = json.dumps(asked).encode()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(text) + text)
                continue
            if body:
                asked.setdefault(json.loads(body)["run"]["id"], time.time())
            if path == b"/slow":
                await asyncio.sleep(2)
            elif path == b"/hang":
                await forever.wait()
            writer.write(ANSWER)
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def serve():
    asked, forever = {}, asyncio.Event()
    server = await asyncio.start_server(lambda r, w: answer(r, w, asked, forever), "127.0.0.1", 0, backlog=256)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


async def ask_many(url, count, connections):
    host, port = url.removeprefix("http://").split(":")

    async def ask(number):
        reader, writer = await asyncio.open_connection(host, int(port))
        for i in range(number, count, connections):
            body = json.dumps({"run": {"id": f"r_t{i}"}}).encode()
            writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            await reader.readuntil(b"{}")
        writer.close()
    await asyncio.gather(*(ask(number) for number in range(connections)))


class Target:
    def __init__(self):
        self.process = subprocess.Popen([sys.executable, __file__, "--serve"], stdout=subprocess.PIPE, text=True)
        atexit.register(self.process.kill)
        self.url = self.process.stdout.readline().strip()

    def asked(self):
        host, port = self.url.removeprefix("http://").split(":")
        connection = http.client.HTTPConnection(host, int(port))
        connection.request("GET", "/state")
        state = json.load(connection.getresponse())
        connection.close()
        return state


class Place:
    """A broker, a target, Port's stand-in; a recorder and a topic for each measure."""

    def __init__(self):
        self.broker, self.target, self.port = harness.Broker(), Target(), Port("--any-run")
        self.number = 0

    def recorder(self, kind, most, told=True, more=(), **config):
        self.number += 1
        topic = f"{harness.ORG}.runs{self.number}"
        self.broker.topic(topic, 1, **config)
        recorder = harness.Recorder(
            self.broker, f"bench{self.number}", topics=[topic], group=f"{harness.ORG}.bench{self.number}",
            execution={"concurrency": most, "signature": "off"}, rules=[{"name": "bench", "match": {"action": "bench"}, **kind}, *more],
            **({"port": {"api": self.port.url, "client_id": "client", "client_secret": "secret"}} if told else {}))
        recorder.topic = topic
        recorder.start(actions=True)
        recorder.wait_for_log("execution floor")
        return recorder

    def publish(self, recorder, ids, *options, action="bench"):
        self.broker.produce("".join(json.dumps({"topic": recorder.topic, "payload": json.dumps(
            {"inputs": {}, "action": {"identifier": action}, "run": {"id": run_id}, "context": {"runId": run_id},
             "trigger": {}})}) + "\n" for run_id in ids), *options)

    def webhook(self, path):
        return {"webhook": {"url": self.target.url + path}, "timeout": "1h"}


def in_state(recorder, state):
    return recorder.query("SELECT count(*) FROM executions WHERE state = ?", state)[0][0]


def ended(recorder):
    return in_state(recorder, "succeeded")


def timed(place, recorder, count, told):
    """Seconds from publishing to the last end, and to the last report."""
    start = time.monotonic()
    place.publish(recorder, [f"r_{recorder.name}_{i}" for i in range(count)])
    harness.wait_until(lambda: recorder.must_run() or ended(recorder) >= count, "all have ended", 300, 0.05)
    took = time.monotonic() - start
    if told:
        harness.wait_until(lambda: recorder.query("SELECT count(*) FROM reports WHERE state = 'sent'")[0][0] >= count,
                           "all are told", 300, 0.05)
    return took, time.monotonic() - start


def memory(recorder, what="VmHWM"):
    status = pathlib.Path(f"/proc/{recorder.process.pid}/status").read_text(encoding="utf-8")
    return int(status.split(what + ":")[1].split()[0]) // 1024


def row(name, text, wanted):
    print(f"{name:<10} {text:<76} wanted {wanted}", flush=True)


def webhooks(place, count):
    start = time.monotonic()
    asyncio.run(ask_many(place.target.url, count, 32))
    alone = count / (time.monotonic() - start)
    row("target", f"{alone:.0f}/s by itself, 32 connections", "-")
    before = place.port.state()
    recorder = place.recorder(place.webhook("/"), 32)
    _, told = timed(place, recorder, count, True)
    after = place.port.state()
    row("webhooks", f"{count / told:.0f}/s, {count / told / alone:.2f} of the target alone;"
        f" {(after['requests'] - before['requests']) / count:.2f} requests a run on"
        f" {after['connections'] - before['connections']} connections; {memory(recorder)} MB", "1000/s, 3 requests")
    recorder.terminate()


def bound(place):
    recorder = place.recorder(place.webhook("/slow"), 64, told=False)
    count = 64 * 5
    took, _ = timed(place, recorder, count, False)
    row("bound", f"{count * 2 / 64 / took:.2f} of the bound ({count} of 2 s, 64 at once, {took:.1f} s)", "0.9")
    recorder.terminate()


def programs(place, count):
    recorder = place.recorder({"exec": {"argv": ["/bin/true"]}}, 4, told=False)
    took, _ = timed(place, recorder, count, False)
    row("exec", f"{count / took:.0f}/s, 4 at once", "300/s")
    recorder.terminate()


def latency(place, seconds):
    """By the broker's time: a producer that begins needs up to a second for its first messages."""
    recorder = place.recorder(place.webhook("/"), 32, **{"message.timestamp.type": "LogAppendTime"})
    count = 50 * seconds
    place.publish(recorder, [f"r_l{i}" for i in range(count)], "--rate", "50")
    harness.wait_until(lambda: ended(recorder) >= count, "all have ended", 60)
    asked = place.target.asked()
    published = dict(recorder.query("SELECT r.run_id, j.timestamp_ms FROM runs r JOIN journal j ON j.seq = r.seq"))
    waits = sorted(asked[run_id] * 1000 - published[run_id] for run_id in published)
    row("latency", f"p50 {statistics.median(waits):.0f} ms, p99 {waits[len(waits) * 99 // 100]:.0f} ms,"
        f" largest {waits[-1]:.0f} ms at 50/s", "300 ms p99")
    recorder.terminate()


def owed(place):
    recorder = place.recorder(place.webhook("/hang"), 1, told=False)
    place.publish(recorder, [f"r_o{i}" for i in range(10000)])
    harness.wait_until(lambda: in_state(recorder, "owed") >= 9999, "they are owed", 120)
    row("owed", f"{memory(recorder)} MB at most with 10,000 owed", "120 MB")
    recorder.terminate()


def recorded_in(place, messages, hanging):
    """Seconds in which a recorder records a topic that is full, with so many executions under way: the
    last of them a program that sleeps."""
    sleeps = {"name": "sleeps", "match": {"action": "sleeps"}, "exec": {"argv": ["sleep", "1000"]}}
    recorder = place.recorder(place.webhook("/hang"), 32, told=False, more=[sleeps])
    place.publish(recorder, [f"r_{recorder.name}_{i}" for i in range(1, hanging)])
    place.publish(recorder, ["r_sleeps"] if hanging else [], action="sleeps")
    harness.wait_until(lambda: in_state(recorder, "running") == hanging, "they hang")
    recorder.process.send_signal(signal.SIGSTOP)  # not while they are produced
    place.broker.produce("".join(json.dumps({**message, "topic": recorder.topic, "partition": 0}) + "\n" for message in messages))
    recorder.process.send_signal(signal.SIGCONT)
    start = time.monotonic()
    harness.wait_until(lambda: recorder.query("SELECT max(next_offset) FROM positions")[0][0] >= hanging + len(messages),
                       "all is recorded", 300, 0.01)
    took = time.monotonic() - start
    recorder.kill()
    return took


def recording(place, count):
    messages = [json.loads(line) for line in harness.corpus(count).splitlines()]
    alone, beside = recorded_in(place, messages, 0), recorded_in(place, messages, 17)
    row("recording", f"{alone / beside:.2f} of the rate alone, beside 16 webhooks that hang and a program that sleeps"
        f" ({count / beside:.0f}/s)", "0.9")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--only", help="one of the measures")
    given = parser.parse_args()
    if given.serve:
        asyncio.run(serve())
        return
    place = Place()
    measures = {"webhooks": lambda: webhooks(place, 10000), "bound": lambda: bound(place),
                "exec": lambda: programs(place, 3000), "latency": lambda: latency(place, 20), "owed": lambda: owed(place),
                "recording": lambda: recording(place, 40000)}
    for name, measure in measures.items():
        if given.only in (None, name):
            measure()


if __name__ == "__main__":
    main()
