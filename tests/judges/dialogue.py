"""A program that a judge starts, listens to line by line, answers, and ends."""

import subprocess
from pathlib import Path
from tempfile import TemporaryFile
from threading import Timer

from stack import ENVIRONMENT


class Dialogue:
    """Iterates over the lines of a program's output. It is ended with this, and when it takes longer than it may."""

    def __init__(self, command: list, folder: Path, *, patience: float = 120, merged: bool = False, **environment: str):
        self._errors = TemporaryFile("w+")
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env=ENVIRONMENT | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # In a file, so that no pipe is ever full.
            stderr=subprocess.STDOUT if merged else self._errors,
            text=True,
        )
        self._clock = Timer(patience, self._process.kill)
        self._clock.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._clock.cancel()
        self._process.kill()
        self._process.wait()
        try:
            self._process.stdin.close()
        except BrokenPipeError:
            pass  # It has left before it read everything.
        self._process.stdout.close()
        self._errors.close()

    def __iter__(self):
        return iter(self._process.stdout)

    def answer(self, line: str = "") -> None:
        """Writes a line to the program, if it is still there."""
        try:
            self._process.stdin.write(f"{line}\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # What it said before it left tells more.

    def end(self) -> tuple[int, str]:
        """Waits for its end: the exit code, and what it complained of."""
        code = self._process.wait()
        self._errors.seek(0)
        return code, self._errors.read()
