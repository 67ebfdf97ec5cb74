"""Processes that listen on a free loopback port for as long as a judge needs them, ended by their own id."""

import os
import socket
import subprocess
import time
from pathlib import Path

from stack import ENVIRONMENT, REPOSITORY, Failed, binary, end

# How long a server may take until it listens.
PATIENCE_SECONDS = 60
# The local AWS's account, so that an ARN is the same on both sides of a router.
ACCOUNT = "111122223333"


class Server:
    """The server whose command and further environment `of` gives for a port."""

    def __init__(self, of, folder: Path):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command, environment = of(port)
        self.url = f"http://127.0.0.1:{port}"
        self._log_path = folder / f"server-{port}.log"
        self._log = self._log_path.open("w")
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env=ENVIRONMENT | environment,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not _listens(port):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.__exit__()
                raise Failed(f"{command[0]} does not listen:\n{self._log_path.read_text()[-2000:]}")
            time.sleep(0.05)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        end(self._process)
        self._log.close()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def ready_at_once(port: int, latency_ms: int = 0, record: Path | None = None):
    """A local AWS without delays that takes roles and functions as they are; it forgets everything at its end."""
    candidates = [binary().parent / "examples" / "serve", REPOSITORY / "target" / "debug" / "examples" / "serve"]
    example = next((path for path in candidates if path.is_file()), None)
    if example is None:
        raise Failed("the example `serve` is missing: run `cargo build --package construct-local --example serve`")
    command = [example, str(port), "0", "relaxed", str(latency_ms)]
    return command + ([record] if record else []), {}


def scripts(variable: str, folder: str) -> Path:
    """Where a virtual environment keeps its programs."""
    return Path(os.environ.get(variable, REPOSITORY / "build" / folder)) / "bin"


def ministack(port: int):
    """The command and environment of ministack."""
    command = [scripts("MINISTACK_VENV", "venv-ministack") / "ministack"]
    return command, {"BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port), "MINISTACK_ACCOUNT_ID": ACCOUNT}
