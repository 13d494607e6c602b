#!/usr/bin/env python3
"""A small stand-in for Port's API: login, Kafka's credentials, the organization. Prints its address and
serves until it is killed. What it is asked goes to stderr, a line each.

usage: port_api.py CLIENT_ID CLIENT_SECRET ORG BROKERS USERNAME PASSWORD
PASSWORD may be @FILE: it is read each time, so that it can change."""
import http.server
import json
import sys

client_id, client_secret, org, brokers, username, password = sys.argv[1:]


def current_password():
    if not password.startswith("@"):
        return password
    with open(password[1:], encoding="utf-8") as file:
        return file.read().strip()


class Api(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        print(self.requestline, file=sys.stderr, flush=True)

    def answer(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path != "/v1/auth/access_token":
            self.answer(404, {"ok": False, "error": "not_found", "message": "no such route"})
        elif asked != {"clientId": client_id, "clientSecret": client_secret}:
            self.answer(401, {"ok": False, "error": "invalid_credentials",
                              "message": "Invalid credentials"})
        else:
            self.answer(200, {"ok": True, "accessToken": "token", "expiresIn": 10800,
                              "tokenType": "Bearer"})

    def do_GET(self):
        answers = {
            "/v1/kafka-credentials": lambda: {"ok": True, "credentials": {
                "brokers": brokers.split(","), "username": username,
                "password": current_password()}},
            "/v1/organization": lambda: {"ok": True, "organization": {"id": org, "name": "Test"}},
        }
        if self.headers.get("Authorization") != "Bearer token":
            self.answer(401, {"ok": False, "error": "unauthorized", "message": "log in first"})
        elif self.path in answers:
            self.answer(200, answers[self.path]())
        else:
            self.answer(404, {"ok": False, "error": "not_found", "message": "no such route"})


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api)
print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
server.serve_forever()
