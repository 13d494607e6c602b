#!/usr/bin/env python3
"""A strict stand-in for the part of Port's API that is told about runs. It takes nothing that Port's
OpenAPI description does not allow (bodies are closed, types are checked, a run ends once), keeps what
it was told, and misbehaves when told to. Two lines tell its address and its control's; it serves until
it is killed.

usage: port_strict.py [--any-run] [--run ID]… [--blueprint NAME]… [--token-seconds N] [--limit N/SECONDS]
                      [--client-id ID] [--client-secret SECRET] [--port N]
                      [--org ID --brokers LIST --username NAME --password WORD]

The control, JSON over HTTP:
  GET  /state   {"runs": {ID: …}, "nodes": {ID: …}, "entities": […], "problems": […], "requests",
                 "connections", "tokens", "calls": {"PATCH run 200": N, …}}
                 problems are the requests that were wrong (4xx, but 401, 409 and 429)
  POST /runs    {"runs": [ID…], "nodes": [ID…]}: these are in progress now
  POST /behave  {"mode": MODE, "share": 0…1 (1), "ms": N}: from now on
                  ok; outage (503); refuse (connections); slow (answers after ms); errors (500, nothing
                  done); reset (done, then the connection is reset without an answer); choosy (of a
                  run's end nothing but the status is taken; no problem is made of it)
                {"limit": N, "period": SECONDS}: so many requests; 0: any number
  POST /expire  no token is good any more
  POST /forget  all but the runs' being there"""
import argparse
import asyncio
import json
import random
import re
import socket
import struct
import time
import urllib.parse

MOST_BYTES = 1 << 20


# What is allowed: our own table of what Port's description says.

def text(value):
    return isinstance(value, str)


def one_of(*words):
    return lambda value: value in words


def obj(value):
    return isinstance(value, dict)


def array(value):
    return isinstance(value, list)


def texts(value):
    return array(value) and all(map(text, value))


def anything(_):
    return True


IDENTIFIER = re.compile(r"(?!\.{1,2}$)[\w@.+:\\/=-]{1,1000}$")


def identifier(value):
    return obj(value) or (text(value) and IDENTIFIER.match(value) is not None)


def relations(value):
    return obj(value) and all(one is None or identifier(one) or (array(one) and all(map(identifier, one)))
                              for one in value.values())


def log_lines(value):
    return array(value) and all(obj(line) and set(line) == {"level", "message"} and text(line["message"]) and
                                line["level"] in ("DEBUG", "INFO", "WARN", "ERROR") for line in value)


BOOLEAN = one_of("true", "false")
# A body: member → check; those with '!' must be there. "*" allows any other member.
ROUTES = [
    # name, method, path, query, body
    ("token", "POST", r"/v1/auth/access_token", {}, {"clientId!": text, "clientSecret!": text}),
    ("run", "GET", r"/v1/actions/runs/([^/]+)", {"version": one_of("v1", "v2")}, None),
    ("run", "PATCH", r"/v1/actions/runs/([^/]+)", {"version": one_of("v1", "v2")},
     {"status": one_of("SUCCESS", "FAILURE"), "statusLabel": text, "link": lambda v: text(v) or texts(v),
      "message": obj, "summary": text, "externalRunId": text}),
    ("log", "POST", r"/v1/actions/runs/([^/]+)/logs", {},
     {"message!": text, "terminationStatus": one_of("SUCCESS", "FAILURE"), "statusLabel": text}),
    ("response", "PATCH", r"/v1/actions/runs/([^/]+)/response", {}, {"response!": anything}),
    ("entity", "POST", r"/v1/blueprints/([^/]+)/entities",
     {"upsert!": BOOLEAN, "validation_only": BOOLEAN, "create_missing_related_entities": BOOLEAN, "merge": BOOLEAN,
      "run_id": text},
     {"identifier!": identifier, "title": text, "icon": text, "team": lambda v: text(v) or texts(v) or obj(v),
      "properties": obj, "relations": relations, "*": anything}),
    ("node", "GET", r"/v1/workflows/nodes/runs/([^/]+)", {}, None),
    ("node", "PATCH", r"/v1/workflows/nodes/runs/([^/]+)", {},
     {"status!": one_of("IN_PROGRESS", "COMPLETED"), "result": one_of("SUCCESS", "FAILED", "CANCELLED"),
      "output": obj, "links": array, "logs": array}),
    ("node-log", "POST", r"/v1/workflows/nodes/runs/([^/]+)/logs", {}, {"logs!": log_lines}),
    ("organization", "GET", r"/v1/organization", {}, None),
    ("kafka", "GET", r"/v1/kafka-credentials", {}, None),
]
ROUTES = [(name, method, re.compile(path + "$"), query, body) for name, method, path, query, body in ROUTES]


def wrong_members(given, table, what):
    for name, check in table.items():
        if name.endswith("!") and name[:-1] not in given:
            return f"{what} must have required property '{name[:-1]}'"
    for name, value in given.items():
        check = table.get(name) or table.get(name + "!") or table.get("*")
        if check is None:
            return f"{what} must NOT have additional properties: '{name}'"
        if not check(value):
            return f"{what}/{name} has a wrong value"
    return None


class Refused(Exception):
    def __init__(self, status, error, message):
        super().__init__(message)
        self.status, self.error, self.message = status, error, message


class Port:
    """What Port knows, and how it answers."""

    def __init__(self, options):
        self.options = options
        self.dice = random.Random(1)
        self.runs, self.nodes = {}, {}
        self.forget()
        self.add(options.run, [])
        self.mode, self.share, self.delay = "ok", 1, 0
        limit, _, period = options.limit.partition("/")
        self.limit, self.period = int(limit), float(period or 1)
        self.token, self.token_until = None, 0

    def forget(self):
        self.entities, self.problems, self.calls = [], [], {}
        self.requests = self.connections = self.tokens = 0
        self.window, self.used = 0, 0
        self.add(list(self.runs), list(self.nodes))

    def add(self, runs, nodes):
        now = time.time()
        for run in runs:
            self.runs[run] = {"status": "IN_PROGRESS", "logs": [], "entities": [], "reports": [], "ends": 0, "since": now}
        for node in nodes:
            self.nodes[node] = {"status": "IN_PROGRESS", "result": None, "logs": [], "reports": [], "ends": 0}

    def state(self):
        return {"runs": self.runs, "nodes": self.nodes, "entities": self.entities, "problems": self.problems,
                "requests": self.requests, "connections": self.connections, "tokens": self.tokens,
                "calls": self.calls}

    def rate(self):
        """The headers that tell it, and whether this request is one too many."""
        if not self.limit:
            return "", False
        now = time.time()
        if now >= self.window + self.period:
            self.window, self.used = now, 0
        self.used += 1
        reset = int(self.window + self.period) + 1
        return (f"x-ratelimit-period: {int(self.period)}\r\nx-ratelimit-limit: {self.limit}\r\n"
                f"x-ratelimit-remaining: {max(0, self.limit - self.used)}\r\nx-ratelimit-reset: {reset}\r\n",
                self.used > self.limit)

    def handle(self, method, target, headers, body):
        """(status, answer, further headers)"""
        self.requests += 1
        path, _, query = target.partition("?")
        rate, exceeded = self.rate()
        what = f"{method} {path}"
        try:
            if exceeded:
                raise Refused(429, "rate_limit", "too many requests")
            if len(body) > MOST_BYTES:
                raise Refused(413, "payload_too_large", "Request body is too large (limit is 1MiB)")
            name, subject, given = self.route(method, path, query, headers, body)
            what = f"{method} {name}"
            status, answer = getattr(self, f"do_{method.lower()}_{name.replace('-', '_')}")(subject, *given)
        except Refused as refused:
            status, answer = refused.status, {"ok": False, "error": refused.error, "message": refused.message}
            if 400 <= status < 500 and status not in (401, 409, 429) and self.mode != "choosy":
                self.problems.append({"request": f"{method} {target}", "status": status, "message": refused.message,
                                      "body": body[:500].decode("utf-8", "replace")})
        key = f"{what} {status}"
        self.calls[key] = self.calls.get(key, 0) + 1
        return status, answer, rate

    def route(self, method, path, query, headers, body):
        routes = [(route, route[2].match(path)) for route in ROUTES]
        routes = [(route, match) for route, match in routes if match]
        if not any(route[0] == "token" for route, _ in routes):
            self.check_token(headers.get("authorization"))
        found = [(route, match) for route, match in routes if route[1] == method]
        if not found:
            raise Refused(404, "not_found", f"Route {method}:{path} not found")
        (name, _, _, query_table, body_table), match = found[0]
        parameters = dict(urllib.parse.parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query)))
        wrong = wrong_members(parameters, query_table, "querystring")
        given = None
        if body_table is not None:
            given = self.read_body(headers, body)
            wrong = wrong or wrong_members(given, body_table, "body")
        elif body:
            wrong = "there must be no body"
        if wrong:
            raise Refused(422, "invalid_request", wrong)
        subject = urllib.parse.unquote(match[1]) if match.groups() else None
        return name, subject, (parameters, given)

    @staticmethod
    def read_body(headers, body):
        if headers.get("content-type", "").split(";")[0] != "application/json":
            raise Refused(415, "unsupported_media_type", "only application/json is taken")
        try:
            given = json.loads(body)
        except ValueError as error:
            raise Refused(400, "bad_request", f"body is not JSON: {error}") from None
        if not isinstance(given, dict):
            raise Refused(422, "invalid_request", "body must be object")
        return given

    # Who asks

    def check_token(self, given):
        if not self.token or time.time() > self.token_until or given != f"Bearer {self.token}":
            raise Refused(401, "unauthorized", "token is missing, wrong or expired")

    def do_post_token(self, _, __, body):
        if (body["clientId"], body["clientSecret"]) != (self.options.client_id, self.options.client_secret):
            raise Refused(401, "invalid_credentials", "Invalid credentials")
        self.tokens += 1
        if not self.token or time.time() > self.token_until:
            self.token = f"token-{self.dice.getrandbits(64):x}"
            self.token_until = time.time() + self.options.token_seconds
        return 200, {"ok": True, "accessToken": self.token, "expiresIn": self.token_until - time.time(),
                     "tokenType": "Bearer"}

    # Runs

    def run_of(self, known, run_id):
        if run_id not in known and self.options.any_run and re.match(r"(r|run|wfr|wfnr)_.", run_id):
            self.add([run_id] if known is self.runs else [], [run_id] if known is self.nodes else [])
        if run_id not in known:
            raise Refused(404, "not_found", f'run with identifier "{run_id}" was not found')
        return known[run_id]

    def open_run(self, known, run_id):
        run = self.run_of(known, run_id)
        if run["status"] != "IN_PROGRESS":
            raise Refused(409, "conflict", f'run "{run_id}" has ended')
        return run

    @staticmethod
    def end(run, status):
        run["status"] = status
        run["ends"] += 1
        run["ended"] = time.time()

    def shown(self, run_id):
        run = self.runs[run_id]
        return {"id": run_id, "action": {"identifier": "a"}, "properties": {}, "requiredApproval": False,
                "source": "UI", **{k: v for k, v in run.items() if k not in ("reports", "ends", "entities", "logs", "since", "ended")}}

    def do_get_run(self, run_id, *_):
        self.run_of(self.runs, run_id)
        return 200, {"ok": True, "run": self.shown(run_id)}

    def do_patch_run(self, run_id, _, body):
        run = self.open_run(self.runs, run_id)
        if self.mode == "choosy" and set(body) != {"status"}:
            raise Refused(422, "invalid_request", "not today")
        run["reports"].append(body)
        run.update({name: value for name, value in body.items() if name != "status"})
        if "status" in body:
            self.end(run, body["status"])
        return 200, {"ok": True, "run": self.shown(run_id)}

    def do_post_log(self, run_id, _, body):
        run = self.open_run(self.runs, run_id)
        run["logs"].append(body["message"])
        if "statusLabel" in body:
            run["statusLabel"] = body["statusLabel"]
        if "terminationStatus" in body:
            self.end(run, body["terminationStatus"])
        return 201, {"ok": True, "runLog": {"id": f"log_{len(run['logs'])}", "runId": run_id, "message": body["message"],
                                            "createdBy": "me", "createdAt": "2026-11-24T10:15:30.000Z"}}

    def do_patch_response(self, run_id, _, body):
        self.open_run(self.runs, run_id)["response"] = body["response"]
        return 200, {"ok": True}

    def do_get_node(self, run_id, *_):
        node = self.run_of(self.nodes, run_id)
        return 200, {"ok": True, "nodeRun": {"identifier": run_id, "status": node["status"], "result": node["result"]}}

    def do_patch_node(self, run_id, _, body):
        if (body["status"] == "COMPLETED") != ("result" in body):
            raise Refused(422, "invalid_request", "a result comes with COMPLETED, and only with it")
        node = self.open_run(self.nodes, run_id)
        node["reports"].append(body)
        if body["status"] == "COMPLETED":
            self.end(node, "COMPLETED")
            node["result"] = body["result"]
        return 200, {"ok": True}

    def do_post_node_log(self, run_id, _, body):
        self.open_run(self.nodes, run_id)["logs"] += [line["message"] for line in body["logs"]]
        return 201, {"ok": True}

    def do_post_entity(self, blueprint, query, body):
        if self.options.blueprint and blueprint not in self.options.blueprint:
            raise Refused(404, "not_found", f'blueprint with identifier "{blueprint}" was not found')
        run_id = query.get("run_id")
        if run_id is not None:
            self.open_run(self.runs, run_id)["entities"].append(body["identifier"])
        if query["upsert"] == "false" and any(one["blueprint"] == blueprint and one["identifier"] == body["identifier"]
                                              for one in self.entities):
            raise Refused(409, "identifier_taken", "there is such an entity")
        self.entities.append({"blueprint": blueprint, "run": run_id, **body})
        return 201, {"ok": True, "entity": body}

    # The account

    def do_get_organization(self, *_):
        return 200, {"ok": True, "organization": {"id": self.options.org, "name": "Test"}}

    def do_get_kafka(self, *_):
        return 200, {"ok": True, "credentials": {"brokers": self.options.brokers.split(","),
                                                 "username": self.options.username, "password": self.options.password}}


class Connection(asyncio.Protocol):
    """HTTP/1.1 with kept connections, one request after another."""

    def __init__(self, serve, opened=None, closed=None):
        self.serve, self.opened, self.closed = serve, opened, closed
        self.pending = b""
        self.busy = False

    def connection_made(self, transport):
        self.transport = transport
        if self.opened:
            self.opened(self)

    def connection_lost(self, _):
        if self.closed:
            self.closed(self)

    def data_received(self, data):
        self.pending += data
        self.next()

    def next(self):
        while not self.busy:
            end = self.pending.find(b"\r\n\r\n")
            if end < 0:
                return
            lines = self.pending[:end].decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
            length = int(headers.get("content-length", 0))
            if len(self.pending) < end + 4 + length:
                return
            body = self.pending[end + 4:end + 4 + length]
            self.pending = self.pending[end + 4 + length:]
            method, target, _ = lines[0].split(" ")
            self.busy = True
            self.serve(self, method, target, headers, body)

    def answer(self, status, body, headers=""):
        data = json.dumps(body).encode()
        self.transport.write(f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n"
                             f"{headers}\r\n".encode() + data)
        self.busy = False

    def answer_later(self, seconds, *answer):
        def go():
            if not self.transport.is_closing():
                self.answer(*answer)
                self.next()
        asyncio.get_running_loop().call_later(seconds, go)

    def reset(self):
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()


class Server:
    def __init__(self, options):
        self.options = options
        self.port = Port(options)
        self.open = set()
        self.listener = None
        self.number = options.port

    async def listen(self):
        loop = asyncio.get_running_loop()
        self.listener = await loop.create_server(lambda: Connection(self.serve, self.opened, self.open.discard),
                                                 "127.0.0.1", self.number, backlog=1024)
        self.number = self.listener.sockets[0].getsockname()[1]

    def opened(self, connection):
        self.port.connections += 1
        self.open.add(connection)

    def serve(self, connection, method, target, headers, body):
        port = self.port
        mode = port.mode if port.dice.random() < port.share else "ok"
        if mode in ("outage", "errors"):
            port.requests += 1
            status = 503 if mode == "outage" else 500
            port.calls[f"{mode} {status}"] = port.calls.get(f"{mode} {status}", 0) + 1
            connection.answer(status, {"ok": False, "error": "internal_error", "message": "something went wrong"})
            return
        answer = port.handle(method, target, headers, body)
        if mode == "reset":
            port.calls["reset"] = port.calls.get("reset", 0) + 1
            connection.reset()
        elif mode == "slow":
            connection.answer_later(port.delay / 1000, *answer)
        else:
            connection.answer(*answer)

    async def behave(self, wanted):
        port = self.port
        if "limit" in wanted:
            port.limit, port.period, port.used = wanted["limit"], wanted.get("period", 1), 0
        if "mode" not in wanted:
            return
        port.mode, port.share, port.delay = wanted["mode"], wanted.get("share", 1), wanted.get("ms", 0)
        if port.mode == "refuse" and self.listener:
            self.listener.close()
            self.listener = None
            for connection in list(self.open):
                connection.reset()
        elif port.mode != "refuse" and not self.listener:
            await self.listen()

    async def controlled(self, connection, method, target, body):
        given = json.loads(body or b"{}")
        answer = {"ok": True}
        if (method, target) == ("GET", "/state"):
            answer = self.port.state()
        elif (method, target) == ("POST", "/runs"):
            self.port.add(given.get("runs", []), given.get("nodes", []))
        elif (method, target) == ("POST", "/behave"):
            await self.behave(given)
        elif (method, target) == ("POST", "/expire"):
            self.port.token = None
        elif (method, target) == ("POST", "/forget"):
            self.port.forget()
        else:
            answer = {"ok": False}
        connection.answer(200 if answer.get("ok", True) else 404, answer)
        connection.next()

    def control(self, connection, method, target, _, body):
        asyncio.get_running_loop().create_task(self.controlled(connection, method, target, body))

    async def run(self):
        await self.listen()
        control = await asyncio.get_running_loop().create_server(lambda: Connection(self.control), "127.0.0.1", 0)
        print(f"http://127.0.0.1:{self.number}\nhttp://127.0.0.1:{control.sockets[0].getsockname()[1]}", flush=True)
        await asyncio.Event().wait()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--any-run", action="store_true")
    parser.add_argument("--run", action="append", default=[])
    parser.add_argument("--blueprint", action="append", default=[])
    parser.add_argument("--token-seconds", type=float, default=10800)
    parser.add_argument("--limit", default="0")
    parser.add_argument("--port", type=int, default=0)
    for name, default in (("client-id", "client"), ("client-secret", "secret"), ("org", "org_t"), ("brokers", ""),
                          ("username", "org_t"), ("password", "pass")):
        parser.add_argument(f"--{name}", default=default)
    asyncio.run(Server(parser.parse_args()).run())


main()
