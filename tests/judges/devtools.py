"""Chromium without a window, spoken to over its DevTools protocol on a pair of pipes: no port, no driver, no package."""

import json
import os
import select
import shutil
import subprocess
import time
from pathlib import Path

from stack import ENVIRONMENT, Failed

# Debian's name first, then those of other systems. $CHROMIUM names another one.
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# How long any one answer, or any one page, may take.
PATIENCE_SECONDS = 120
FLAGS = (
    "--headless=new",
    "--remote-debugging-pipe",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-breakpad",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-gpu",
    "--disable-sync",
    "--hide-scrollbars",
    "--password-store=basic",
    # Whatever the machine's settings are: nothing but this machine is reached.
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE *.localhost, EXCLUDE 127.0.0.1",
)


def program() -> str:
    """Where Chromium is."""
    wanted = os.environ.get("CHROMIUM")
    found = next(filter(None, map(shutil.which, [wanted] if wanted else NAMES)), None)
    if not found:
        raise Failed("Chromium is missing: install Debian's package `chromium`, or name one in CHROMIUM")
    return found


class Chromium:
    """A running Chromium with a profile of its own, ended with it."""

    def __init__(self, folder: Path):
        command = [program(), *FLAGS, f"--user-data-dir={folder / 'chromium'}", "about:blank"]
        if os.geteuid() == 0:
            # Its sandbox refuses the superuser, which builders often are.
            command.insert(1, "--no-sandbox")
        ours, theirs = _pipes()
        # Chromium reads at 3 and writes at 4.
        shell = f'exec "$@" 3<&{theirs[0]} 4>&{theirs[1]}'
        self._log = (folder / "chromium.log").open("w")
        self._process = subprocess.Popen(
            ["bash", "-c", shell, "chromium", *command],
            cwd=folder,
            env=ENVIRONMENT | {"HOME": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            pass_fds=theirs,
        )
        for descriptor in theirs:
            os.close(descriptor)
        self._read, self._write = ours
        self._rest, self._last = b"", 0
        # Events that nobody has asked for yet, in the order of arrival.
        self.events = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # A browser whose pipes are closed ends by itself.
        os.close(self._write)
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._read)
        self._log.close()

    def call(self, method: str, session: str | None = None, **parameters) -> dict:
        """Asks for something and gives the answer."""
        self._last += 1
        message = {"id": self._last, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            answer = self._next(deadline, method)
            if answer.get("id") != self._last:
                self.events.append(answer)
            elif "error" in answer:
                raise Failed(f"Chromium refuses {method}: {answer['error']['message']}")
            else:
                return answer["result"]

    def wait(self, *methods: str) -> dict:
        """The next event of one of these kinds that was not taken yet."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            for at, event in enumerate(self.events):
                if event.get("method") in methods:
                    return self.events.pop(at)
            self.events.append(self._next(deadline, " or ".join(methods)))

    def _next(self, deadline: float, wanted: str) -> dict:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._read], [], [], max(0, deadline - time.monotonic()))
            more = os.read(self._read, 1 << 20) if ready else b""
            if not more:
                raise Failed(f"Chromium {'has left' if ready else 'does not answer'} while {wanted} was awaited")
            self._rest += more
        message, _, self._rest = self._rest.partition(b"\0")
        return json.loads(message)


def _pipes() -> tuple[tuple[int, int], tuple[int, int]]:
    """Our ends and theirs, each to read from and to write to."""
    (their_read, our_write), (our_read, their_write) = os.pipe(), os.pipe()
    return (our_read, our_write), (their_read, their_write)
