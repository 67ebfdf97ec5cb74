"""Stands between construct and an emulator: what the emulator lacks is answered by a stand-in.

Every request goes to the emulator first, the lacking operations too: an answer that the service model knows shows that the
emulator has learnt the operation, and the entry in skips.json must go.
"""

import http.client
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from botocore_models import Models, Unmapped

# What is between two hosts only, and what `http.client` writes itself.
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "host", "expect", "te", "upgrade"}
SIGNED_FOR = re.compile(r"Credential=[^/]+/[0-9]+/[^/]+/([^/]+)/aws4_request")
ENVELOPE = re.compile(r"<Code>([^<]+)</Code>")


# An id of the right form that the stand-in does not know.
UNKNOWN_ID = "unknown-0000000000"


class Router:
    """Listens on a free loopback port until it is ended."""

    def __init__(self, emulator: str, stand_in: str, lacking: list[dict], mistaking: list[dict], on_answer=None):
        self._emulator, self._stand_in = urlsplit(emulator).netloc, urlsplit(stand_in).netloc
        self._lacking, self._mistaking, self._on_answer = lacking, mistaking, on_answer
        self._models, self._lock = Models(), threading.Lock()
        # Entries of `lacking` by index: asked for at all, and answered by the emulator itself.
        self.asked, self.learnt = set(), {}
        # Entries of `mistaking` by index: answers that were put right.
        self.corrected = set()
        # Operations that the emulator answered, and how often.
        self.answered = {}
        # Operations that it failed on without an entry saying so.
        self.not_implemented = set()
        handler = type("Handler", (_Handler,), {"router": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def answer(self, method: str, target: str, headers: list, body: bytes):
        """The answer to one request: status, headers, body."""
        operation, given = self._operation(method, target, headers, body)
        if self._is_tagged_elsewhere(operation, given):
            return _forwarded(self._stand_in, method, target, headers, body)
        entry = self._entry(operation)
        answer = _forwarded(self._emulator, method, target, headers, body)
        known = operation is not None and _is_of_the_model(operation, answer)
        with self._lock:
            if entry is not None:
                self.asked.add(entry)
                if known:
                    self.learnt.setdefault(entry, f"{operation.name} answered {answer[0]}")
            elif known:
                self.answered[operation.name] = self.answered.get(operation.name, 0) + 1
            else:
                name = operation.name if operation is not None else f"{method} {target}"
                self.not_implemented.add(f"{name} ({answer[0]} {answer[2][:120]!r})")
        if entry is not None:
            # An emulator's ids may not fit the service's pattern, so that the stand-in would refuse them.
            unfit = self._lacking[entry].get("unfit_ids")
            path = re.sub(unfit, f"/{UNKNOWN_ID}/", target) if unfit else target
            return _forwarded(self._stand_in, method, path, headers, body)
        if self._on_answer is not None and known:
            self._on_answer(operation.name, given, answer)
        return self._put_right(operation, answer) if known else answer

    def _put_right(self, operation, answer):
        """The answer that the service would give, where the emulator is known to give another."""
        body = _body(answer)
        for at, entry in enumerate(self._mistaking):
            same_service = entry["service"] == operation.service_model.service_name
            if same_service and entry["operation"] == operation.name and _has(body, entry["answers"]):
                with self._lock:
                    self.corrected.add(at)
                right = entry["instead"]
                body = {**body, **right["members"]} if "members" in right else right["body"]
                return right.get("status", answer[0]), answer[1], json.dumps(body).encode()
        return answer

    def _operation(self, method, target, headers, body):
        signed = SIGNED_FOR.search(next((value for name, value in headers if name.lower() == "authorization"), ""))
        split = urlsplit(target)
        call = {
            "service": signed.group(1) if signed else "",
            "method": method,
            "path": split.path,
            "query": split.query,
            "headers": headers,
            "body": body.decode(errors="replace"),
        }
        try:
            operation, given, _ = self._models.mapped(call)
        except (Unmapped, ValueError):
            return None, {}
        return operation, given

    def _entry(self, operation):
        """The entry of what the emulator lacks that names this operation."""
        if operation is not None:
            for at, entry in enumerate(self._lacking):
                if entry["service"] == operation.service_model.service_name and operation.name in entry["operations"]:
                    return at
        return None

    def _is_tagged_elsewhere(self, operation, given) -> bool:
        """Whether this is about the tags of something that the stand-in keeps: tags are where their object is."""
        about = given.get("resourceArn", "")
        kept = [entry["arns"] for entry in self._lacking if "arns" in entry]
        return operation is not None and "Tag" in operation.name and any(arns in about for arns in kept)


def _forwarded(netloc, method, target, headers, body):
    connection = http.client.HTTPConnection(netloc, timeout=60)
    try:
        sent = {name: value for name, value in headers if name.lower() not in HOP_BY_HOP}
        connection.request(method, target, body=body or None, headers=sent)
        answer = connection.getresponse()
        return answer.status, answer.getheaders(), answer.read()
    finally:
        connection.close()


def _is_of_the_model(operation, answer) -> bool:
    """Whether an answer is a success or one of the errors that the operation, or any, may give."""
    status, headers, body = answer
    if status < 300:
        return True
    text = body.decode(errors="replace")
    found = ENVELOPE.search(text)
    code = found.group(1) if found else next((value for name, value in headers if name.lower() == "x-amzn-errortype"), "")
    if not code:
        try:
            parsed = json.loads(text)
            code = parsed.get("__type") or parsed.get("code") or parsed.get("Code") or ""
        except (ValueError, AttributeError):
            return False
    code = code.partition(":")[0].rpartition("#")[2]
    modelled = set()
    for shape in operation.service_model.error_shapes:
        modelled |= {shape.name, shape.error_code}
    return code in modelled and status < 500


def _body(answer):
    try:
        return json.loads(answer[2])
    except ValueError:
        return None


def _has(body, members: dict) -> bool:
    return isinstance(body, dict) and all(body.get(name) == value for name, value in members.items())


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    router: Router

    def _serve(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        status, headers, answer = self.router.answer(self.command, self.path, list(self.headers.items()), body)
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in HOP_BY_HOP | {"date", "server"}:
                self.send_header(name, value)
        self.send_header("content-length", str(len(answer)))
        try:
            self.end_headers()
            self.wfile.write(answer)
        except ConnectionError:
            # The caller has left: a run that ends does not wait for what it no longer needs.
            self.close_connection = True

    do_DELETE = do_GET = do_HEAD = do_PATCH = do_POST = do_PUT = _serve

    def log_message(self, *_):
        """Nothing: the judge says what matters."""
