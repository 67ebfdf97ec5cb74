"""The programs that npm brings, installed by `.ci/run` below build/ from the lock file beside our scripts.

Conformance and Inspector need Node 22, which npm brings too; another machine's own Node has to be as new.
"""

import platform
import shutil
from pathlib import Path

from stack import REPOSITORY, Failed

SCRIPTS = REPOSITORY / "tests" / "judges" / "node"
PROJECT = REPOSITORY / "build" / "node"


def module(path: str) -> Path:
    """A file that npm installed."""
    found = PROJECT / "node_modules" / path
    if not found.exists():
        raise Failed(f"{found} is missing: run `bash .ci/run`, or `npm ci` in a copy of {SCRIPTS} at {PROJECT}")
    return found


def node() -> str:
    """Where Node is."""
    architecture = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), "unknown")
    brought = PROJECT / "node_modules" / f"node-linux-{architecture}" / "bin" / "node"
    return str(brought) if brought.exists() else "node"


def script(name: str) -> list[str]:
    """The command of one of our scripts. It is run from beside the modules, where Node looks for them."""
    module("")
    return [node(), shutil.copy(SCRIPTS / name, PROJECT / name)]
