"""Hands every request on to one server: for clients that cannot be told a header, or that are to be sent to the wrong place."""

import http.client
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import quote, urlsplit

# What is between two hosts only.
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}


class Forwarder:
    """Listens on a free loopback port; what arrives for `/mcp` goes to `endpoint`, with these headers set.

    A disguised one passes itself off as the server: each of the two reads its own address where the other's is meant. In
    documents below `/.well-known` it puts `spoilt` in place of the members that they have; None takes a member away.
    """

    def __init__(self, endpoint: str, headers: dict[str, str] | None = None, *, disguised=False, spoilt: dict | None = None):
        about = {"endpoint": urlsplit(endpoint), "added": headers or {}, "disguised": disguised, "spoilt": spoilt or {}}
        self._server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), about))
        self.endpoint = f"http://localhost:{self._server.server_address[1]}/mcp"
        Thread(target=self._server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        # A client that leaves in the middle is none of our errors.
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    endpoint = urlsplit("")
    added, disguised, spoilt = {}, False, {}

    def _serve(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
        theirs, own = f"http://{self.endpoint.netloc}", f"http://localhost:{self.server.server_address[1]}"
        sent = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
        # A server that looks at Host and Origin is to see those that were sent, unless they were this forwarder's.
        for name, value in (("Host", self.endpoint.netloc), ("Origin", theirs)):
            given = sent.pop(name, None) or sent.pop(name.lower(), None)
            if given:
                sent[name] = value if given in (own, urlsplit(own).netloc) else given
        path = self.endpoint.path if self.path == "/mcp" else self.path
        if self.disguised:
            path, body = (renamed(text, own, theirs) for text in (path, body))
        status, headers, content = self._asked(path, body, sent | self.added)
        if self.disguised:
            # Addresses within addresses are for others, such as a user pool.
            content = content.replace(theirs, own)
            headers = {name: value.replace(theirs, own) for name, value in headers.items()}
        if self.spoilt and path.startswith("/.well-known/") and status == 200:
            found = json.loads(content)
            found |= {name: value for name, value in self.spoilt.items() if name in found}
            content = json.dumps({name: value for name, value in found.items() if value is not None})
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content.encode())))
        try:
            self.end_headers()
            self.wfile.write(content.encode())
        except ConnectionError:
            # Whoever asked has left.
            self.close_connection = True

    def _asked(self, path: str, body: str, headers: dict) -> tuple[int, dict, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.endpoint.port, timeout=60)
        try:
            connection.request(self.command, path, body.encode() or None, headers)
            answer = connection.getresponse()
            kept = {name: value for name, value in answer.getheaders() if name.lower() not in HOP_BY_HOP}
            return answer.status, kept, answer.read().decode()
        finally:
            connection.close()

    do_DELETE = do_GET = do_OPTIONS = do_POST = _serve

    def log_message(self, *_):
        """Nothing: the judge says what matters."""


def renamed(text: str, old: str, new: str) -> str:
    """The text with one address in place of another, also where it is a part of an address."""
    return text.replace(old, new).replace(quote(old, safe=""), quote(new, safe=""))
