"""Hands every request on to one server: for clients that cannot be told a header, or that are to be sent to the wrong place."""

import http.client
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

# What is between two hosts only.
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}


class Forwarder:
    """Listens on a free loopback port; what arrives for `/mcp` goes to `endpoint`, with these headers set."""

    def __init__(self, endpoint: str, headers: dict[str, str] | None = None):
        handler = type("Handler", (_Handler,), {"endpoint": urlsplit(endpoint), "added": headers or {}})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.endpoint = f"http://localhost:{self._server.server_address[1]}/mcp"
        Thread(target=self._server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    endpoint = urlsplit("")
    added = {}

    def _serve(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        sent = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP | {"host"}}
        # A server that looks at the Host header is to see the one that was sent, unless that was this forwarder's.
        host = self.headers.get("host", "")
        own = host.rpartition(":")[2] == str(self.server.server_address[1])
        sent["Host"] = self.endpoint.netloc if own else host
        path = self.endpoint.path if self.path == "/mcp" else self.path
        connection = http.client.HTTPConnection("127.0.0.1", self.endpoint.port, timeout=60)
        try:
            connection.request(self.command, path, body or None, sent | self.added)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        try:
            self.end_headers()
            self.wfile.write(content)
        except ConnectionError:
            # Whoever asked has left.
            self.close_connection = True

    do_DELETE = do_GET = do_OPTIONS = do_POST = _serve

    def log_message(self, *_):
        """Nothing: the judge says what matters."""
