"""An MCP server with one tool, for AgentCore Runtime: the standard library is all that it needs."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

VERSION = "2025-11-25"
TOOL = {
    "name": "count_words",
    "description": "Counts the words of a text",
    "inputSchema": {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]},
}


def answer(method, params):
    """The result of one request; none for a method that this server does not have."""
    if method == "initialize":
        server = {"name": "words", "version": "1"}
        return {"protocolVersion": VERSION, "capabilities": {"tools": {}}, "serverInfo": server}
    if method == "ping":
        return {}
    if method == "tools/list":
        return {"tools": [TOOL]}
    if method == "tools/call" and params.get("name") == TOOL["name"]:
        words = len(params["arguments"]["text"].split())
        return {"content": [{"type": "text", "text": str(words)}]}
    return None


class Handler(BaseHTTPRequestHandler):
    """Stateless Streamable HTTP: a request gets its answer as JSON, a notification none."""

    def do_POST(self):
        message = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if "id" not in message:
            return self.reply(202, b"")
        reply = {"jsonrpc": "2.0", "id": message["id"]}
        result = answer(message["method"], message.get("params") or {})
        if result is None:
            reply["error"] = {"code": -32601, "message": "there is no such method or tool"}
        else:
            reply["result"] = result
        return self.reply(200, json.dumps(reply).encode())

    def do_GET(self):
        self.reply(405, b"")

    def reply(self, status, body):
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    ThreadingHTTPServer(("0.0.0.0", 8000), Handler).serve_forever()
