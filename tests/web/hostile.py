"""A web server that behaves as its paths say, well or badly, over real sockets; and a TLS authority of
its own. What was asked of it is kept: each request once it was read, with the connection it came on."""
import json
import re
import select
import socket
import ssl
import struct
import subprocess
import threading
import time

from harness import folder


class Request:
    def __init__(self, connection, head, body):
        lines = head.decode("latin-1").split("\r\n")
        self.connection = connection
        self.method, self.path, _ = lines[0].split(" ", 2)
        self.lines = lines[1:]
        self.headers = {name.lower(): value.strip() for name, _, value in
                        (line.partition(":") for line in lines[1:])}
        self.body = body


def answer(status, body=b"", *headers, length=None):
    lines = [f"HTTP/1.1 {status} Something", f"Content-Length: {len(body) if length is None else length}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Server:
    """paths: see `behave`. tls: (certificate, key[, authority of clients])."""

    def __init__(self, tls=None, host="127.0.0.1"):
        self.requests = []
        self.connections = 0
        self.stopped = threading.Event()
        self.listener = socket.create_server((host, 0), backlog=512)
        self.port = self.listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://{'localhost' if tls else host}:{self.port}"
        self.context = None
        if tls:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(tls[0], tls[1])
            if len(tls) > 2:
                self.context.load_verify_locations(tls[2])
                self.context.verify_mode = ssl.CERT_REQUIRED
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            connection, _ = self.listener.accept()
            self.connections += 1
            threading.Thread(target=self.serve, args=(connection, self.connections), daemon=True).start()

    def serve(self, connection, number):
        try:
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            pending = b""
            while True:
                while b"\r\n\r\n" not in pending:
                    data = connection.recv(65536)
                    if not data:
                        return
                    pending += data
                head, _, pending = pending.partition(b"\r\n\r\n")
                length = int((re.search(rb"(?i)content-length: (\d+)", head) or [0, 0])[1])
                while len(pending) < length:
                    pending += connection.recv(65536)
                request = Request(number, head, pending[:length])
                pending = pending[length:]
                self.requests.append(request)
                if not self.behave(connection, request):
                    return
        except OSError:
            pass
        finally:
            connection.close()

    def behave(self, connection, request):
        """True: the connection goes on."""
        word, _, rest = request.path.split("?")[0].strip("/").partition("/")
        act = getattr(self, f"do_{word}", None)
        if act:
            return act(connection, request, rest)
        connection.sendall(answer(200, b'{"ok":true}', "Content-Type: application/json"))
        return True

    def do_echo(self, connection, request, _):
        seen = {"method": request.method, "path": request.path, "lines": request.lines,
                "body": request.body.decode("latin-1"), "connection": request.connection}
        connection.sendall(answer(200, json.dumps(seen).encode(), "Content-Type: application/json"))
        return True

    def do_status(self, connection, _, rest):
        status, _, after = rest.partition("/")
        headers = [f"Retry-After: {after.replace('%20', ' ')}"] if after else []
        connection.sendall(answer(status, b"" if status in ("204", "304") else b"it is so\nline two", *headers))
        return True

    def do_redirect(self, connection, request, rest):
        status, _, where = rest.partition("/")
        goes = {"here": "/echo", "same": f"{self.url}/echo", "loop": request.path,
                "other": f"http://localhost:{self.port}/echo", "port": "http://127.0.0.1:1/echo",
                "metadata": "http://169.254.169.254/latest/meta-data/", "file": "file:///etc/passwd",
                "twice": f"/redirect/{status}/here"}
        headers = [f"Location: {goes[where]}"] if where in goes else []
        connection.sendall(answer(status, b"elsewhere", *headers))
        return True

    def do_reset(self, connection, _, rest):
        """Heard, and then a reset without an answer; reset/N: only from this server's Nth request on."""
        if rest and len(self.requests) < int(rest):
            connection.sendall(answer(200, b"{}"))
            return True
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False

    def do_close(self, connection, _, rest):
        if rest and len(self.requests) < int(rest):
            connection.sendall(answer(200, b"{}"))
            return True
        return False

    def do_stale(self, connection, *_):
        """Answers, and closes the connection just when the next request comes, unread."""
        connection.sendall(answer(200, b"{}"))
        select.select([connection], [], [], 60)
        return False

    def do_hang(self, *_):
        self.stopped.wait(60)
        return False

    def do_drip(self, connection, _, rest):
        """A byte every 50 ms: of the headers, or of the body."""
        text = answer(200, b"x" * 100000)
        if rest == "body":
            head, _, text = text.partition(b"\r\n\r\n")
            connection.sendall(head + b"\r\n\r\n")
        for i in range(len(text)):
            connection.sendall(text[i:i + 1])
            time.sleep(0.05)
        return True

    def do_cut(self, connection, _, rest):
        """Promises more than it sends."""
        connection.sendall(answer(rest, b"0123456789", length=1000))
        return False

    def do_huge(self, connection, *_):
        connection.sendall(answer(200, length=1 << 30))
        chunk = b"x" * 65536
        for _ in range((1 << 30) // len(chunk)):
            connection.sendall(chunk)
        return True

    def do_endless(self, connection, _, rest):
        """Headers without end; chunks without end."""
        if rest == "headers":
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            while True:
                connection.sendall(b"X-A: " + b"y" * 8000 + b"\r\n")
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            connection.sendall(b"10000\r\n" + b"z" * 65536 + b"\r\n")

    def do_garbage(self, connection, *_):
        connection.sendall(bytes(range(256)) * 20)
        return False

    def do_binary(self, connection, *_):
        connection.sendall(answer(200, b"\xff\xfe\x00\x1b[31m\x80", "Set-Cookie: session=hush", "X-Two: a", "X-two: b"))
        return True


class Http2(Server):
    """Speaks as much of HTTP/2 as plain requests need (RFC 9113). What becomes of each is by its number, the last for
    all that follow: "answer"; "refuse": the stream is refused; "leave": GOAWAY, before it was looked at; "heard": GOAWAY
    after it was; "close": no word."""

    def __init__(self, tls, *acts):
        self.acts = acts
        super().__init__(tls)
        self.context.set_alpn_protocols(["h2"])

    def serve(self, connection, number):
        def send(kind, flags, stream, payload=b""):
            head = struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream)
            connection.sendall(head + payload)

        try:
            connection = self.context.wrap_socket(connection, server_side=True)
            reader = connection.makefile("rb")
            reader.read(24)
            send(4, 0, 0)
            act = "answer"
            while act in ("answer", "refuse"):
                head = reader.read(9)
                reader.read(int.from_bytes(head[:3], "big"))
                kind, flags, stream = head[3], head[4], int.from_bytes(head[5:9], "big")
                if kind == 4 and not flags & 1:
                    send(4, 1, 0)
                if kind not in (0, 1) or not flags & 1:
                    continue
                self.requests.append(stream)
                act = self.acts[min(len(self.requests), len(self.acts)) - 1]
                if act == "answer":
                    send(1, 5, stream, b"\x88")
                elif act == "refuse":
                    send(3, 0, stream, struct.pack(">I", 7))
                elif act in ("leave", "heard"):
                    send(7, 0, 0, struct.pack(">II", stream if act == "heard" else stream - 1, 0))
            connection.shutdown(socket.SHUT_WR)  # what is still unread would make it a reset
            while connection.recv(65536):
                pass
        except (OSError, IndexError):
            pass
        finally:
            connection.close()


def authority():
    """Makes a test CA, and certificates of localhost and of a client; gives back their files by name."""
    where = folder() / "tls"
    where.mkdir(exist_ok=True)

    def openssl(*arguments):
        subprocess.run(["openssl", *map(str, arguments)], cwd=where, check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)

    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", 2,
            "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=portlog test authority")
    for name in ("localhost", "client"):
        (where / f"{name}.ext").write_text(f"subjectAltName=DNS:{name}\n")
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
                f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                "-days", 2, "-out", f"{name}.pem", "-extfile", f"{name}.ext")
    return {path.name: str(path) for path in where.iterdir()}
