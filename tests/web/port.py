#!/usr/bin/env python3
"""Telling Port about runs, against the strict stand-in (tests/tools/port_strict.py): it takes what Port's
description allows and nothing else; portlog's calls pass it; one token serves all threads and is renewed
once; each answer becomes sent, refused or try again; and it may be slow, down, or reset what it has done."""
import http.client
import json
import pathlib
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))
from harness import TOOLS, finish, tap  # noqa: E402

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from telling import CLEAN, Port, short, tell  # noqa: E402


def run(number, **body):
    return ("PATCH", f"/v1/actions/runs/r_{number}", body)


# The stand-in itself

def check_strict():
    port = Port("--run", "r_1", "--run", "r_2", "--blueprint", "Deployment")
    host = port.url.split("//")[1]
    port.control("/runs", runs=[], nodes=["wfnr_1"])
    connection = http.client.HTTPConnection(host, timeout=10)

    def ask(method, path, body=None, token=None, kind="application/json"):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if body is not None:
            headers["Content-Type"] = kind
        connection.request(method, path, body if isinstance(body, (str, bytes, type(None))) else json.dumps(body), headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())

    status, answer = ask("POST", "/v1/auth/access_token", {"clientId": "client", "clientSecret": "secret"})
    token = answer["accessToken"]
    tap.equal((status, sorted(answer)), (200, ["accessToken", "expiresIn", "ok", "tokenType"]), "strict: logs in")
    run1, node1, entity = "/v1/actions/runs/r_1", "/v1/workflows/nodes/runs/wfnr_1", "/v1/blueprints/Deployment/entities?upsert=true"
    whole = {"identifier": "d-1", "title": "t", "team": ["x"], "properties": {"a": 1}, "relations": {"s": "x", "n": None}}
    rows = [
        ("POST", "/v1/auth/access_token", {"clientId": "client", "clientSecret": "x"}, 401),
        ("POST", "/v1/auth/access_token", {"clientId": "client"}, 422),
        ("PATCH", run1, {"status": "DONE"}, 422), ("PATCH", run1, {"state": "SUCCESS"}, 422),
        ("PATCH", run1, {"summary": None}, 422), ("PATCH", run1, {"link": {"a": 1}}, 422), ("PATCH", run1, [], 422),
        ("PATCH", run1, "{", 400), ("PATCH", run1, "", 400), ("PATCH", "/v1/actions/runs/r_9", {}, 404),
        ("PATCH", "/v1/action/runs/r_1", {}, 404), ("DELETE", run1, None, 404), ("PATCH", run1 + "?versoin=v2", {}, 422),
        ("PATCH", run1, {"summary": "x" * (1 << 20)}, 413),
        ("POST", run1 + "/logs", {}, 422), ("POST", run1 + "/logs", {"message": "m", "terminationStatus": "DONE"}, 422),
        ("POST", run1 + "/logs", {"message": "m"}, 201), ("PATCH", run1, {"statusLabel": "l", "link": ["a"]}, 200),
        ("PATCH", run1 + "/response", {"response": [1]}, 200), ("PATCH", run1 + "/response", {"a": 1}, 422),
        ("GET", run1 + "?version=v2", None, 200), ("GET", run1, "{}", 422),
        ("POST", entity, whole, 201), ("POST", entity + "&run_id=r_1", whole, 201), ("POST", entity + "&run_id=r_9", whole, 404),
        ("POST", "/v1/blueprints/Deployment/entities", whole, 422), ("POST", entity.replace("true", "yes"), whole, 422),
        ("POST", entity.replace("Deployment", "Other"), whole, 404), ("POST", entity, {"title": "x"}, 422),
        ("POST", entity, {"identifier": "a b"}, 422), ("POST", entity, {"identifier": "..", "properties": {}}, 422),
        ("POST", entity, {**whole, "relations": {"s": 5}}, 422), ("POST", entity, {**whole, "properties": []}, 422),
        ("POST", entity.replace("true", "false"), whole, 409),
        ("POST", run1 + "/logs", {"message": "m", "terminationStatus": "SUCCESS"}, 201),
        ("PATCH", run1, {"status": "FAILURE"}, 409), ("POST", run1 + "/logs", {"message": "m"}, 409),
        ("POST", entity + "&run_id=r_1", whole, 409),
        ("PATCH", node1, {"status": "COMPLETED"}, 422), ("PATCH", node1, {"status": "COMPLETED", "result": "FAILURE"}, 422),
        ("POST", node1 + "/logs", {"logs": [{"level": "INFO", "message": "m"}]}, 201),
        ("POST", node1 + "/logs", {"logs": [{"log": "m"}]}, 422),
        ("PATCH", node1, {"status": "COMPLETED", "result": "FAILED", "output": {}}, 200),
        ("PATCH", node1, {"status": "COMPLETED", "result": "FAILED"}, 409),
    ]
    for method, path, body, wanted in rows:
        tap.equal(ask(method, path, body, token)[0], wanted, f"strict: {method} {path} {json.dumps(body)[:50]}")
    tap.equal(ask("PATCH", run1, "status=SUCCESS", token, "text/plain")[0], 415, "strict: another type")
    tap.equal((ask("GET", run1)[0], ask("GET", run1, token="x")[0]), (401, 401), "strict: without a token")
    port.control("/expire")
    tap.equal(ask("GET", run1, token=token)[0], 401, "strict: a token that is over")
    state = port.state()
    tap.equal((state["runs"]["r_1"]["status"], state["runs"]["r_1"]["ends"], state["runs"]["r_1"]["logs"],
               state["runs"]["r_1"]["entities"], state["nodes"]["wfnr_1"]["result"]),
              ("SUCCESS", 1, ["m", "m"], ["d-1"], "FAILED"), "strict: keeps what it was told")
    tap.equal((state["connections"], state["requests"], len(state["problems"]) > 20), (1, len(rows) + 5, True),
              "strict: counts")
    connection.close()
    port.end()


# portlog's calls

def check_calls():
    port = Port("--run", "r_1", "--run", "r_2")
    port.control("/runs", runs=["r_4 x/y"], nodes=["wfnr_1"])
    deploy = {"identifier": "d/1", "title": "t", "team": ["x"], "properties": {"n": 1}, "relations": {"service": "s"}}
    answers = tell(port, run(1, statusLabel="building"), ("POST", "/v1/actions/runs/r_1/logs", {"message": "line\nline"}),
                   ("PATCH", "/v1/actions/runs/r_1/response", {"response": {"a": 1}}),
                   ("POST", "/v1/blueprints/Deployment/entities?upsert=true&merge=true&run_id=r_1", deploy),
                   run(1, status="SUCCESS", summary="done", link=["https://x"], externalRunId="7"),
                   run(1, status="SUCCESS"), ("GET", "/v1/actions/runs/r_1?version=v2"), run(3, status="SUCCESS"),
                   run(2, state="x"), ("POST", "/v1/actions/runs/r_4%20x%2Fy/logs", {"message": "m", "terminationStatus": "FAILURE"}),
                   ("PATCH", "/v1/workflows/nodes/runs/wfnr_1", {"status": "COMPLETED", "result": "SUCCESS", "output": {"a": 1}}))
    tap.equal(short(answers), [("sent", 200), ("sent", 201), ("sent", 200), ("sent", 201), ("sent", 200), ("sent", 409),
                               ("sent", 200), ("refused", 404), ("refused", 422), ("sent", 201), ("sent", 200)],
              "each answer is judged")
    tap.ok("was not found" in answers[7]["answer"] and "additional" in answers[8]["answer"], "what Port says is told")
    state = port.state()
    tap.equal((state["connections"], state["requests"], state["tokens"]), (1, 12, 1),
              "one connection, one token, one request per call")
    tap.equal((state["runs"]["r_1"]["status"], state["runs"]["r_1"]["entities"], state["runs"]["r_4 x/y"]["status"],
               state["entities"][0]["run"]), ("SUCCESS", ["d/1"], "FAILURE", "r_1"), "Port knows it")
    (answer,) = tell(port, run(2, summary="x" * (1 << 20)))
    tap.equal((answer["verdict"], answer["status"], port.state()["requests"]), ("refused", 413, 12),
              "a body that is too large is refused unsent")
    dots = ("/v1/actions/runs/..", "/v1/actions/runs/./logs", "/v1/blueprints/../entities?upsert=true",
            "/v1/blueprints/...?a=..", "/v1/actions/runs/a%2F..%2Fb", "/v1/blueprints/..%5Cx/entities")
    before = port.state()["requests"]
    answers = tell(port, *(("POST", path, {}) for path in dots))
    tap.equal((short(answers), port.state()["requests"]), ([("refused", 400)] * len(dots), before),
              "a name of nothing but dots is refused unsent")
    (answer,) = tell(port, ("PATCH", "/v1/actions/runs/r..2", {}))
    tap.equal(answer["status"], 404, "one with dots in it is not")
    (answer,) = tell(port, run(2, status="SUCCESS"), secret="wr0ng")
    tap.equal((answer["verdict"], answer["status"]), ("try again", 401), "a wrong secret may be mended")
    port.end()


def check_tokens():
    port = Port("--any-run", "--token-seconds", "0.4")
    count = 3000
    answers = tell(port, *(run(i, status="SUCCESS") for i in range(count)), threads=8)
    state = port.state()
    tap.equal(set(short(answers)), {("sent", 200)}, "tokens that end all the time are renewed in time")
    tap.ok(state["connections"] <= 8 and state["tokens"] <= 40, "by one thread for all",
           (state["connections"], state["tokens"]))
    tap.equal(state["calls"].get("PATCH run 200"), count, "each call once")
    port.end()
    # A token that is refused: one new one, however many threads were refused.
    port = Port("--any-run")
    port.control("/behave", mode="slow", ms=20)
    process = subprocess.Popen([str(TOOLS / "port_call"), port.url, "client", "secret", "8"], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=CLEAN)

    def some(first):
        process.stdin.write("".join(json.dumps({"method": "PATCH", "path": f"/v1/actions/runs/r_{i}", "body": {}}) + "\n"
                                    for i in range(first, first + 8)))
        process.stdin.flush()
        return [json.loads(process.stdout.readline()).get("status") for _ in range(8)]

    statuses = some(0)
    port.control("/expire")
    statuses += some(8)
    state = port.state()
    tap.equal((statuses, state["tokens"]), ([200] * 16, 2), "a refused token is replaced once for all threads")
    tap.ok(1 <= sum(n for call, n in state["calls"].items() if call.endswith("401")) <= 8, "each asks once more", state["calls"])
    process.stdin.close()
    process.wait()
    process.stdout.close()
    port.end()


class Fixed:
    """Answers every request with the same status; a login with a token."""

    def __init__(self, status, *headers, login=200, valid="100"):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.status, self.headers, self.login, self.valid = status, headers, login, valid
        self.asked = []

    def serve(self, count):
        """So many requests, each on its own connection."""
        threading.Thread(target=self._serve, args=(count,), daemon=True).start()

    def _serve(self, count):
        for _ in range(count):
            connection, _ = self.listener.accept()
            data = b""
            while b"\r\n\r\n" not in data:
                data += connection.recv(65536)
            path = data.split(b" ")[1].decode()
            self.asked.append(path)
            token = b'{"accessToken":"t","expiresIn":%s}' % self.valid.encode()
            status, body = (self.login, token) if "access_token" in path else (self.status, b"{}")
            connection.sendall("\r\n".join([f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", "Connection: close",
                                            *self.headers]).encode() + b"\r\n\r\n" + body)
            connection.close()


def check_waiting():
    for status, headers, wanted, least in ((429, ["Retry-After: 7"], "try again", 7000),
                                           (503, ["Retry-After: 2"], "try again", 2000),
                                           (200, [], "sent", 0), (500, [], "try again", 0),
                                           (429, ["x-ratelimit-remaining: 0", f"x-ratelimit-reset: {int(time.time()) + 30}"],
                                            "try again", 28000),
                                           (200, ["x-ratelimit-remaining: 0", f"x-ratelimit-reset: {int(time.time()) + 30}"],
                                            "sent", 28000),
                                           (200, ["x-ratelimit-remaining: 5", f"x-ratelimit-reset: {int(time.time()) + 30}"],
                                            "sent", 0),
                                           # Numbers without bounds: an hour is the most.
                                           (503, ["Retry-After: 9223372036854775807"], "try again", 3600000),
                                           (200, ["x-ratelimit-remaining: 0", "x-ratelimit-reset: 9223372036854775807"], "sent", 3600000),
                                           (200, ["x-ratelimit-remaining: 0", "x-ratelimit-reset: -9223372036854775808"], "sent", 0)):
        fixed = Fixed(status, *headers)
        fixed.serve(2)
        (answer,) = tell(fixed, run(1))
        tap.ok(answer["verdict"] == wanted and least <= answer["retry_after_ms"] <= least + 4000,
               f"{status} {' '.join(headers)[:24]}: {wanted}, waits", answer)
    fixed = Fixed(401)
    fixed.serve(4)
    (answer,) = tell(fixed, run(1))
    tap.equal((short([answer]), [path.split("/")[2] for path in fixed.asked]),
              ([("try again", 401)], ["auth", "actions", "auth", "actions"]), "401 again: one new token, one repetition")
    fixed = Fixed(200, valid="1e300")
    fixed.serve(3)
    tell(fixed, run(1), run(2))
    tap.equal(len(fixed.asked), 3, "a token that is good for ever is not asked for again")
    fixed = Fixed(200, "Retry-After: 9", login=429)
    fixed.serve(1)
    (answer,) = tell(fixed, run(1))
    tap.equal((short([answer]), answer["retry_after_ms"]), ([("try again", 429)], 9000), "a login that must wait")
    port = Port("--any-run", "--limit", "5/30")
    answers = tell(port, *(run(i) for i in range(8)))
    tap.equal([status for _, status in short(answers)], [200] * 4 + [429] * 4, "rate limits of the stand-in")
    tap.ok(all(28000 < answer["retry_after_ms"] < 33000 for answer in answers[3:]), "tell how long to wait",
           [answer["retry_after_ms"] for answer in answers])
    port.end()


def check_trouble():
    port = Port("--any-run")
    port.control("/behave", mode="outage")
    tap.equal(short(tell(port, run(1, status="SUCCESS"))), [("try again", 503)], "an outage")
    port.control("/behave", mode="errors", share=0.5)
    answers = tell(port, *(run(i, status="SUCCESS") for i in range(100)), threads=4)
    tap.ok({("sent", 200), ("try again", 500)} >= set(short(answers)), "errors now and then", set(short(answers)))
    port.control("/behave", mode="refuse")
    (answer,) = tell(port, run(1))
    tap.ok("error" in answer and port.url in answer["error"], "nobody there", answer)
    port.control("/behave", mode="ok")
    port.control("/forget")
    answers = tell(port, *(run(i, status="SUCCESS") for i in range(200)))
    tap.equal(set(short(answers)), {("sent", 200)}, "there again")
    # Done, and not told: libcurl must not do it again by itself, and the next try finds it done.
    port.control("/forget")
    port.control("/behave", mode="reset", share=0.3)
    calls = [run(i, status="SUCCESS") for i in range(300)]
    answers = tell(port, *calls, threads=4)
    state = port.state()
    told = sum(n for call, n in state["calls"].items() if "run" in call)
    lost = [calls[answer["line"] - 1] for answer in answers if "error" in answer]
    reached = [call for call in lost if state["runs"].get(call[1].split("/")[-1], {}).get("ends")]
    tap.ok(reached and told <= 300, "what was reset after it was done is not sent again by itself", state["calls"])
    port.control("/behave", mode="ok")
    answers = tell(port, *lost)
    tap.equal(short(answers).count(("sent", 409)), len(reached), "and is known to be done at the next try")
    state = port.state()
    tap.equal(({run["ends"] for run in state["runs"].values() if run["ends"]}, state["problems"]), ({1}, []),
              "every run ended once")
    port.end()


def test():
    check_strict()
    check_calls()
    check_tokens()
    check_waiting()
    check_trouble()


finish(test)
