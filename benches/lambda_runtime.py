"""What stands around a function in a bench: a Lambda Runtime API that tells the time, and a world that answers at once.

Sockets are read by hand: a framework's own time would be larger than what is measured.
"""

import base64
import hashlib
import json
import os
import queue
import socket
import subprocess
import tempfile
import threading
import time
from multiprocessing import Pipe, Process
from pathlib import Path

# How long a function may take to start, or to answer.
PATIENCE_SECONDS = 120


class Messages:
    """HTTP/1.1 messages of one connection."""

    def __init__(self, connection: socket.socket):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connection = connection
        self._held = b""

    def read(self) -> tuple[str, dict, bytes] | None:
        """The first line, the headers and the body of the next one; none at the end."""
        while b"\r\n\r\n" not in self._held:
            if not self._more():
                return None
        head, self._held = self._held.split(b"\r\n\r\n", 1)
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if headers.get("transfer-encoding") == "chunked":
            return first, headers, self._chunks()
        body = self._take(int(headers.get("content-length", 0)))
        return first, headers, body

    def write(self, status: str, body: bytes, headers: str = "content-type: application/json\r\n") -> None:
        self._connection.sendall(f"HTTP/1.1 {status}\r\n{headers}content-length: {len(body)}\r\n\r\n".encode() + body)

    def _more(self) -> bool:
        try:
            part = self._connection.recv(65536)
        except OSError:
            part = b""
        self._held += part
        return bool(part)

    def _take(self, length: int) -> bytes:
        while len(self._held) < length and self._more():
            pass
        taken, self._held = self._held[:length], self._held[length:]
        return taken

    def _chunks(self) -> bytes:
        body = b""
        while True:
            while b"\r\n" not in self._held and self._more():
                pass
            size, self._held = self._held.split(b"\r\n", 1)
            part = self._take(int(size, 16) + 2)[:-2]
            if not part:
                return body
            body += part


def listen(answer) -> tuple[int, socket.socket]:
    """Answers each connection in a thread of its own. The port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def accept():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(Messages(connection),), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return listener.getsockname()[1], listener


class Issuer:
    """A key, and tokens that are signed with it."""

    def __init__(self):
        with tempfile.TemporaryDirectory() as folder:
            self._key = Path(folder) / "key.pem"
            self._openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", self._key)
            modulus = self._openssl("rsa", "-in", self._key, "-noout", "-modulus").decode().strip().split("=")[1]
            self.keys = {
                "keys": [{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "1", "n": url_safe(bytes.fromhex(modulus)), "e": "AQAB"}]
            }
            now = int(time.time())
            claims = {"iss": "https://issuer.example/pool", "sub": "ann", "client_id": "editors", "token_use": "access"}
            claims |= {"scope": "mcp/invoke", "iat": now, "exp": now + 6 * 3600}
            parts = [url_safe(json.dumps(part).encode()) for part in ({"alg": "RS256", "kid": "1"}, claims)]
            signed = ".".join(parts)
            signature = self._openssl("dgst", "-sha256", "-sign", self._key, data=signed.encode())
            self.token = f"{signed}.{url_safe(signature)}"

    @staticmethod
    def _openssl(*arguments, data: bytes = b"") -> bytes:
        return subprocess.run(["openssl", *arguments], input=data, capture_output=True, check=True).stdout


def url_safe(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _world(pipe, keys: dict) -> None:
    """The gateway, the issuer's key set, and Parameter Store. It does as little as it can."""
    sealing = [base64.b64encode(hashlib.sha256(name).digest()).decode() for name in (b"state", b"id")]
    parameters = [{"Name": f"/keys/{name}", "Value": value} for name, value in zip(("state", "id"), sealing, strict=True)]
    answers = {
        "GET /keys": ("200 OK", json.dumps(keys).encode()),
        "POST /": ("200 OK", json.dumps({"Parameters": parameters}).encode()),
        "GET /mcp": ("405 Method Not Allowed", b"{}"),
        "POST /mcp": ("200 OK", json.dumps({"jsonrpc": "2.0", "id": 1, "result": {"tools": []}}).encode()),
    }

    def answer(messages: Messages) -> None:
        while message := messages.read():
            messages.write(*answers[message[0].rsplit(" ", 1)[0]])

    port, _ = listen(answer)
    pipe.send(port)
    pipe.recv()


class World:
    """The world in a process of its own, so that its work is nobody's here."""

    def __init__(self, issuer: Issuer):
        self._pipe, theirs = Pipe()
        self._process = Process(target=_world, args=(theirs, issuer.keys), daemon=True)
        self._process.start()
        self.origin = f"http://127.0.0.1:{self._pipe.recv()}"

    def end(self) -> None:
        self._pipe.send("end")
        self._process.join()


class Sandbox:
    """One process of a function, fed through a Runtime API of its own."""

    def __init__(self, command: list, folder: Path, environment: dict):
        self._asked, self._answered = queue.Queue(), queue.Queue()
        self._events = queue.Queue()
        port, self._listener = listen(self._serve)
        variables = {"PATH": os.environ["PATH"], "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}"} | environment
        begin = time.perf_counter()
        self._process = subprocess.Popen(command, cwd=folder, env=variables, stdout=subprocess.DEVNULL)
        self.init_ms = (self._asked.get(timeout=PATIENCE_SECONDS) - begin) * 1000
        self.init_cpu_ms = self.cpu_ms()

    def _serve(self, messages: Messages) -> None:
        while message := messages.read():
            first, _, body = message
            if "/invocation/next" in first:
                self._asked.put(time.perf_counter())
                event = self._events.get()
                if event is None:
                    return
                soon = int(time.time() * 1000) + 25_000
                head = f"content-type: application/json\r\nlambda-runtime-aws-request-id: 1\r\nlambda-runtime-deadline-ms: {soon}\r\n"
                head += "lambda-runtime-invoked-function-arn: arn:aws:lambda:us-west-2:111122223333:function:f\r\n"
                messages.write("200 OK", event, head)
            else:
                self._answered.put((time.perf_counter(), body))
                messages.write("202 Accepted", b"{}")

    def handle(self, event: bytes) -> float:
        """Milliseconds from the event to the whole of its answer, which has to be the gateway's."""
        begin = time.perf_counter()
        self._events.put(event)
        ended, body = self._answered.get(timeout=PATIENCE_SECONDS)
        answer = json.loads(body)
        if answer.get("statusCode") != 200 or "tools" not in answer.get("body", ""):
            raise RuntimeError(f"the function answered {body[:400]!r}")
        self._asked.get(timeout=PATIENCE_SECONDS)
        return (ended - begin) * 1000

    def cpu_ms(self) -> float:
        """What all of its threads have run, finer than the clock's ticks."""
        threads = Path(f"/proc/{self._process.pid}/task").iterdir()
        return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e6

    def peak_mib(self) -> float:
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024

    def end(self) -> None:
        self._events.put(None)
        self._process.kill()
        self._process.wait()
        self._listener.close()
