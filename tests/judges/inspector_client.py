"""An MCP client with the Inspector's command line: signs in, lists the tools, and calls one that may need a consent.

    python inspector_client.py REDIRECT ENDPOINT legacy|modern TOOL [CLIENT_ID]

Where a person has to go it prints a line {"open": ADDRESS}, and reads one that says where the person's way ended. Its last
line says what it found. The Inspector does not open addresses that a tool asks for: the tool's answer has to say where a
person can consent.
"""

import json
import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from dialogue import Dialogue
from node import PROJECT, module, node
from stack import Failed

# The exit code, and the error, of a client that may not ask anybody to sign in.
REFUSED = (3, "auth_required")
# The exit code of a tool whose answer is an error.
TOOL_FAILED = 5


class Inspector:
    """The Inspector with a home of its own, where it keeps what it gets."""

    def __init__(self, home: Path, redirect: str, endpoint: str, era: str, client_id: str | None = None):
        program = module("@modelcontextprotocol/inspector/clients/launcher/build/index.js")
        self._command = [node(), program, "--cli", "--transport", "http", "--server-url", endpoint]
        self._command += ["--protocol-era", era, "--callback-url", redirect, "--format", "json"]
        self._command += ["--client-id", client_id] if client_id else []
        # There is no terminal, and no browser that it could start.
        self._environment = {"HOME": str(home), "MCP_AUTO_OPEN_ENABLED": "true", "MCP_INSPECTOR_SECRET_STORE": "file"}

    def ask(self, *arguments: str) -> tuple[int, dict]:
        """Runs it once: the exit code, and its first answer."""
        answers = []
        with Dialogue([*self._command, *arguments], PROJECT, merged=True, **self._environment) as run:
            for line in run:
                address = re.match(r"Please navigate to: (\S+)", line)
                if address:
                    opened(address[1])
                elif line.startswith("{"):
                    answers.append(json.loads(line))
            code, _ = run.end()
        if not answers:
            raise Failed(f"the Inspector ended with {code} and without an answer")
        return code, answers[0]

    def call(self, tool: str) -> tuple[bool, str]:
        """Calls a tool: whether it failed, and what it said."""
        code, answer = self.ask("--method", "tools/call", "--tool-name", tool)
        if code not in (0, TOOL_FAILED):
            raise Failed(json.dumps(answer))
        return code != 0, " ".join(part["text"] for part in answer["result"]["content"])


def opened(address: str) -> str:
    """Has a person open an address; gives the one at which their way ended."""
    print(json.dumps({"open": address}), flush=True)
    return sys.stdin.readline().strip()


def main() -> None:
    redirect, endpoint, era, tool, *given = sys.argv[1:]
    with TemporaryDirectory(prefix="construct-inspector-") as home:
        inspector = Inspector(Path(home), redirect, endpoint, era, *given)
        code, answer = inspector.ask("--stored-auth-only", "--method", "tools/list")
        if (code, answer.get("error", {}).get("code")) != REFUSED:
            raise Failed(f"without a sign-in it ended with {code}: {json.dumps(answer)[:400]}")
        code, answer = inspector.ask("--method", "tools/list")
        if code:
            raise Failed(json.dumps(answer))
        failed, text = inspector.call(tool)
        link = re.search(r"http://\S+/connect/\S+", text)
        if link:
            opened(link[0])
            failed, text = inspector.call(tool)
        tools = [known["name"] for known in answer["result"]["tools"]]
        print(json.dumps({"tools": tools, "text": text, "failed": failed, "consents": int(link is not None)}))


if __name__ == "__main__":
    try:
        main()
    except Failed as failed:
        sys.exit(f"inspector_client: {failed}")
