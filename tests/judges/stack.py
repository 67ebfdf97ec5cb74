"""A stack in a folder of its own, and the construct program that is run on it.

The manifest is the starter's at the root of the repository, with pieces added so that every kind of node is there.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import zipfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]

# Only what construct needs to run: nothing of the person's own account may reach a judge.
ENVIRONMENT = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ}

SECRETS = {
    "GITHUB_CLIENT_ID": "Iv1.0123456789abcdef",
    "GITHUB_CLIENT_SECRET": "judge-github-client-secret-0123456789",
    "ATLASSIAN_CLIENT_ID": "judgeAtlassianClientId0123456789",
    "ATLASSIAN_CLIENT_SECRET": "judge-atlassian-client-secret-0123456789",
    "FIRST_USER_PASSWORD": "Judge-password-1234!",
}

COGNITO = """
[cognito]
m2m = true
first_user = { email = "first@example.com", password = { env = "FIRST_USER_PASSWORD" } }
"""

FRONT = """
[front]
memory = 256

[front.throttle]
rate = 50
burst = 100
"""

FUNCTION_TARGET = """
[functions.adder]
zip = "adder.zip"
handler = "adder.handler"
runtime = "python3.12"

[targets.adder]
lambda = { function = "adder", tools = "adder-tools.json" }
"""

IDENTITY = """
[identities.portal]
return_urls = ["https://portal.example.com/callback"]
"""

ADDER = "def handler(event, context):\n    return {'sum': event['left'] + event['right']}\n"

ADDER_TOOLS = [
    {
        "name": "add",
        "description": "Adds two numbers.",
        "inputSchema": {
            "type": "object",
            "properties": {"left": {"type": "number"}, "right": {"type": "number"}},
            "required": ["left", "right"],
        },
    }
]

# In place of the look-up at Atlassian, which needs the internet unless --local is given.
TENANT_LOOKUP = '{ atlassian_tenant = "acme" }'
CLOUD_ID = '"0b7c4b6e-91f2-4cb8-9a55-2b6bb3ad9a10"'


class Failed(Exception):
    """A judge's verdict, or a command that did not end as it should."""


def binary() -> Path:
    """The program to judge: $CONSTRUCT, or the debug build."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target"))
    path = Path(os.environ.get("CONSTRUCT", target / "debug" / "construct")).resolve()
    if not path.is_file():
        raise Failed(f"{path} is missing: run `cargo build` first, or set CONSTRUCT")
    return path


class Folder:
    """A temporary folder, in which construct is run."""

    def __init__(self, name: str, secrets: dict[str, str]):
        self._temporary = tempfile.TemporaryDirectory(prefix=f"construct-{name}-")
        self.folder = Path(self._temporary.name)
        self.environment = ENVIRONMENT | secrets

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._temporary.cleanup()

    def edit(self, old: str, new: str) -> None:
        """Changes one place of the manifest."""
        path = self.folder / "construct.toml"
        path.write_text(_replaced(path.read_text(), old, new))

    def run(self, *arguments: str, ends_with=(0,), timeout: float = 180) -> subprocess.CompletedProcess:
        """Runs construct in the folder; any other exit code than these is a failure."""
        command = " ".join(("construct", *arguments))
        try:
            done = subprocess.run(
                [binary(), *arguments],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            told = (error.stdout or b"")[-3000:] + (error.stderr or b"")[-3000:]
            raise Failed(f"`{command}` did not end within {timeout} s:\n{told.decode(errors='replace')}") from error
        if done.returncode not in ends_with:
            raise Failed(f"`{command}` ended with {done.returncode}:\n{done.stdout[-6000:]}\n{done.stderr[-6000:]}")
        return done

    def config(self) -> dict:
        """config.json as the last run left it."""
        return json.loads((self.folder / "config.json").read_text())


class Stack(Folder):
    """A folder with the starter's manifest and all that it names."""

    def __init__(self, name: str, *, look_up_tenant: bool = True, pieces=(COGNITO, FRONT, FUNCTION_TARGET, IDENTITY)):
        super().__init__(name, SECRETS)
        self.name = name
        starter = (REPOSITORY / "construct.toml").read_text()
        self.starter = _replaced(starter, "acme-tools", name)
        if not look_up_tenant:
            self.starter = _replaced(self.starter, TENANT_LOOKUP, CLOUD_ID)
        shutil.copytree(REPOSITORY / "specs", self.folder / "specs")
        with zipfile.ZipFile(self.folder / "adder.zip", "w") as archive:
            # A fixed time, so that the digest is the same in every run.
            archive.writestr(zipfile.ZipInfo("adder.py", (1980, 1, 1, 0, 0, 0)), ADDER)
        (self.folder / "adder-tools.json").write_text(json.dumps(ADDER_TOOLS))
        self.write(*pieces)

    def write(self, *pieces: str) -> None:
        """Writes the manifest: the starter and these pieces."""
        (self.folder / "construct.toml").write_text(self.starter + "".join(pieces))


class Example(Folder):
    """A folder with one of the repository's examples as its manifest, and the files that they name."""

    def __init__(self, manifest: Path):
        super().__init__(manifest.stem, SECRETS)
        shutil.copytree(manifest.parent / "files", self.folder / "files")
        shutil.copy(manifest, self.folder / "construct.toml")


class LocalAws:
    """`construct local` in the folder of a stack, ended with it."""

    def __init__(self, stack: Folder, *, latency_ms: int = 0):
        self.record = stack.folder / "calls.jsonl"
        self._process = subprocess.Popen(
            [binary(), "local", "--latency", str(latency_ms), "--record", str(self.record)],
            cwd=stack.folder,
            env=stack.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        first = self._process.stdout.readline()
        found = re.search(r"http://[0-9.]+:[0-9]+", first)
        if not found:
            self.end()
            raise Failed(f"`construct local` did not say its address but {first!r}")
        self.url = found.group()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self) -> None:
        """Ends it as Ctrl-C does."""
        end(self._process)

    def calls(self) -> list[dict]:
        """Every call so far, in the order of arrival."""
        if not self.record.exists():
            return []
        calls = [json.loads(line) for line in self.record.read_text().splitlines()]
        return sorted(calls, key=lambda call: call["sequence"])


def end(process: subprocess.Popen) -> None:
    """Ends a process that was started here, and waits for it."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if process.stdout:
        process.stdout.close()


def _replaced(text: str, old: str, new: str) -> str:
    if text.count(old) != 1:
        raise Failed(f"the manifest has {old!r} {text.count(old)} times, not once: the judge must be brought up to date")
    return text.replace(old, new)


def verdict(judge: str, problems: list[str], done: str) -> int:
    """Prints what a judge found; gives the exit code."""
    for problem in problems:
        print(f"{judge}: {problem}")
    print(f"{judge}: {'FAILED, ' + str(len(problems)) + ' problems' if problems else 'ok'} ({done})")
    return 1 if problems else 0
