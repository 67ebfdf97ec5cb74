"""`construct proxy` beside mcp-proxy-for-aws and beside calls without a proxy: start-up, time per call, CPU, memory.

    python benches/proxy.py [--construct PROGRAM] [--other PROGRAM] [--starts N] [--calls N]

The server is a socket on loopback that answers in a line of Python, over connections that stay open. Start-up is from the start
of the process to the answer to `initialize`. The kinds take turns, so that what disturbs the machine disturbs all of
them. Prints a Markdown table; benches/README.md keeps the results.
"""

import argparse
import http.client
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HERE = Path(__file__).resolve().parent
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": "hello",
    "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}},
}
RESULTS = {
    "initialize": {
        "protocolVersion": "2025-11-25",
        "capabilities": {"tools": {}},
        "serverInfo": {"name": "bench", "version": "1"},
    },
    "tools/list": {"tools": [{"name": "echo", "inputSchema": {"type": "object"}}]},
    "tools/call": {"content": [{"type": "text", "text": "x" * 200}]},
}
CALL = {"name": "echo", "arguments": {}}
HEADERS = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}


class Server(BaseHTTPRequestHandler):
    """An MCP server of one tool."""

    protocol_version = "HTTP/1.1"
    # An answer is one packet, as servers that are written for speed have it.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_POST(self):
        message = json.loads(self.rfile.read(int(self.headers["content-length"])))
        result = RESULTS.get(message.get("method"), {})
        body = json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}).encode() if "id" in message else b""
        self._answer(200 if body else 202, body)

    def do_GET(self):
        self._answer(405, b"")

    def do_DELETE(self):
        self._answer(204, b"")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *_):
        pass


class Proxy:
    """A proxy as a client starts it."""

    def __init__(self, command: list[str]):
        begin = time.perf_counter()
        environment = os.environ | {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "s", "AWS_REGION": "us-west-2"}
        self._process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self.ask(INITIALIZE)
        self.start_ms = (time.perf_counter() - begin) * 1000
        self.start_cpu_ms = self.cpu_ms()
        self._send({"jsonrpc": "2.0", "method": "notifications/initialized"})
        self._number = 0

    def _send(self, message: dict) -> None:
        self._process.stdin.write(json.dumps(message).encode() + b"\n")
        self._process.stdin.flush()

    def ask(self, message: dict) -> dict:
        self._send(message)
        while line := self._process.stdout.readline():
            answer = json.loads(line)
            if answer.get("id") == message["id"]:
                if "result" not in answer:
                    raise RuntimeError(answer)
                return answer
        raise RuntimeError(f"it ended with {self._process.wait()}")

    def call(self) -> None:
        self._number += 1
        self.ask({"jsonrpc": "2.0", "id": self._number, "method": "tools/call", "params": CALL})

    def cpu_ms(self) -> float:
        """What it has computed so far, of its own: user and system."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")

    def peak_mib(self) -> float:
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024

    def end(self) -> None:
        self._process.stdin.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.terminate()
            self._process.wait()
        self._process.stdout.close()


class Direct:
    """The same calls over a connection that stays open."""

    def __init__(self, address: tuple):
        self._connection = http.client.HTTPConnection(*address)

    def call(self) -> None:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": CALL}).encode()
        self._connection.request("POST", "/mcp", body, HEADERS)
        json.loads(self._connection.getresponse().read())


def timed(work, count: int) -> list[float]:
    times = []
    for _ in range(count):
        begin = time.perf_counter()
        work()
        times.append((time.perf_counter() - begin) * 1000)
    return times


def percentile(values: list, share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--construct", default=os.environ.get("CONSTRUCT", HERE.parent / "target/dist/construct"))
    parser.add_argument("--other", default=shutil.which("mcp-proxy-for-aws", path=Path(sys.executable).parent))
    parser.add_argument("--starts", type=int, default=9)
    parser.add_argument("--calls", type=int, default=300)
    options = parser.parse_args()
    if not options.other:
        sys.exit("install what it is compared with: pip install -r benches/proxy-requirements.txt")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/mcp"
    kinds = {
        "`construct proxy`": [str(options.construct), "proxy", url, "--region", "us-west-2"],
        "mcp-proxy-for-aws": [options.other, url, "--service", "bedrock-agentcore", "--region", "us-west-2"],
    }
    direct = Direct(server.server_address)
    timed(direct.call, options.calls)
    figures = {kind: {name: [] for name in ("start", "start_cpu", "call", "cpu", "memory")} for kind in kinds}
    without = []
    for _ in range(options.starts):
        without += timed(direct.call, options.calls)
        for kind, command in kinds.items():
            proxy, figure = Proxy(command), figures[kind]
            figure["start"].append(proxy.start_ms)
            figure["start_cpu"].append(proxy.start_cpu_ms)
            timed(proxy.call, 10)
            before = proxy.cpu_ms()
            figure["call"] += timed(proxy.call, options.calls)
            figure["cpu"].append((proxy.cpu_ms() - before) / options.calls)
            figure["memory"].append(proxy.peak_mib())
            proxy.end()
    server.shutdown()
    print(f"{platform.machine()}, Python {platform.python_version()}, {options.starts} starts, {options.calls} calls each\n")
    print("| | start-up | CPU of it | call p50 | p99 | × direct | CPU per call | peak memory |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    base = statistics.median(without)
    print(f"| no proxy | | | {base:.3f} ms | {percentile(without, 0.99):.3f} ms | 1.0 | | |")
    for kind, figure in figures.items():
        call = statistics.median(figure["call"])
        print(
            f"| {kind} | {statistics.median(figure['start']):.1f} ms | {statistics.median(figure['start_cpu']):.0f} ms "
            f"| {call:.3f} ms | {percentile(figure['call'], 0.99):.3f} ms | {call / base:.1f} "
            f"| {statistics.median(figure['cpu']):.3f} ms | {max(figure['memory']):.1f} MiB |"
        )


if __name__ == "__main__":
    main()
