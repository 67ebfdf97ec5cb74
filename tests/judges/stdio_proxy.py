"""Clients that others wrote reach a gateway that wants signatures, through `construct proxy` on standard input and output.

The SDKs of Python and TypeScript and MCP Inspector start it with what `up` wrote into mcp.json. They list the tools, call
one, and are sent to a consent. Then each is given a proxy that spoils what it relays, which must show.
"""

import asyncio
import json
import logging
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path

from mcp import ClientSession, MCPError, StdioServerParameters
from mcp.client.stdio import stdio_client
from node import PROJECT, module, node, script
from stack import ADDER, ADDER_TOOLS, ENVIRONMENT, FUNCTION_TARGET, REPOSITORY, SECRETS, Failed, Folder, LocalAws, binary

PATIENCE_SECONDS = 120
ADDS, CONSENTS = "adder___add", "github___getAuthenticatedUser"

MANIFEST = (
    """
[stack]
name = "judge-proxy"
region = "us-west-2"

[gateway]
inbound = "iam"

[providers.github]
vendor = "github"
client_id = { env = "GITHUB_CLIENT_ID" }
client_secret = { env = "GITHUB_CLIENT_SECRET" }

[targets.github]
openapi = "specs/github-openapi.json"
auth = { provider = "github", grant = "authorization_code", scopes = ["read:user"], return_url = "http://localhost:9/back" }
"""
    + FUNCTION_TARGET
)

# What a relay that understands messages has been seen to do: it makes another error of a request for a consent.
SPOILT = r"s/-32042/-32000/; s/input_required/complete/; s/adder___add/adder___other/g"


class Stack(Folder):
    """A gateway that wants signatures, with a function and an API that asks for a consent."""

    def __init__(self):
        super().__init__("judge-proxy", SECRETS)
        (self.folder / "specs").mkdir()
        specification = "specs/github-openapi.json"
        (self.folder / specification).write_text((REPOSITORY / specification).read_text())
        with zipfile.ZipFile(self.folder / "adder.zip", "w") as archive:
            archive.writestr("adder.py", ADDER)
        (self.folder / "adder-tools.json").write_text(json.dumps(ADDER_TOOLS))
        (self.folder / "construct.toml").write_text(MANIFEST)

    def entry(self) -> list[str]:
        """The command in mcp.json, with the program that is judged."""
        servers = json.loads((self.folder / "mcp.json").read_text())["servers"]
        entry = servers["judge-proxy"]
        if entry["type"] != "stdio" or entry["command"] != "construct":
            raise Failed(f"mcp.json has {entry}")
        return [str(binary()), *entry["args"]]

    def spoilt(self, command: Iterable[str]) -> list[str]:
        """The same command with an output that is not relayed as it came."""
        path = self.folder / "spoilt.sh"
        path.write_text(f'"$@" | sed -u "{SPOILT}"\n')
        return ["/bin/sh", str(path), *command]


def checked(who: str, tools: Iterable[str], text: str, link: str) -> None:
    """Whether a client found what there is."""
    if ADDS not in tools or CONSENTS not in tools:
        raise Failed(f"{who} lists {sorted(tools)}")
    if "5" not in text:
        raise Failed(f"{who} was told that 2 and 3 are {text!r}")
    if not link.startswith("http://"):
        raise Failed(f"{who} was sent to {link!r}")


async def python_sdk(command: list[str]) -> None:
    parameters = StdioServerParameters(command=command[0], args=command[1:], env=ENVIRONMENT)
    async with stdio_client(parameters) as streams, ClientSession(*streams) as session:
        await session.initialize()
        tools = [tool.name for tool in (await session.list_tools()).tools]
        # Several at once, each with an answer of its own.
        pairs = [(left, left + 1) for left in range(20)]
        calls = [session.call_tool(ADDS, {"left": left, "right": right}) for left, right in pairs]
        sums = [json.loads(answer.content[0].text)["sum"] for answer in await asyncio.gather(*calls)]
        if sums != [left + right for left, right in pairs]:
            raise Failed(f"the Python SDK got other calls' answers: {sums}")
        link = ""
        try:
            await session.call_tool(CONSENTS, {})
        except MCPError as error:
            if error.error.code == -32042:
                link = error.error.data["elicitations"][0]["url"]
        checked("the Python SDK", tools, str(sums[2]), link)


def typescript_sdk(sdk: str, era: str, command: list[str]) -> None:
    run = [*script("through_proxy.mjs"), sdk, era, ADDS, CONSENTS, *command]
    done = ran(run)
    try:
        found = json.loads(done.stdout)
    except json.JSONDecodeError:
        raise Failed(f"the TypeScript SDK {sdk} ended with {done.returncode}: {done.stderr[-1500:]}") from None
    checked(f"the TypeScript SDK {sdk}, {era}", **found)


def inspector(command: list[str]) -> None:
    launcher = module("@modelcontextprotocol/inspector/clients/launcher/build/index.js")
    # Its own options come first: what follows the program is the program's.
    done = ran([node(), str(launcher), "--cli", "--method", "tools/list", "--", *command])
    try:
        tools = [tool["name"] for tool in json.loads(done.stdout)["tools"]]
    except (json.JSONDecodeError, KeyError):
        raise Failed(f"Inspector ended with {done.returncode}: {done.stdout[-800:]}{done.stderr[-800:]}") from None
    checked("Inspector", tools, "5", "http://")


def ran(command: list[str]) -> subprocess.CompletedProcess:
    return subprocess.run(
        command,
        cwd=PROJECT,
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


CLIENTS = {
    "the Python SDK": lambda command: asyncio.run(python_sdk(command)),
    "the TypeScript SDK 1": lambda command: typescript_sdk("v1", "legacy", command),
    "the TypeScript SDK 2": lambda command: typescript_sdk("v2", "legacy", command),
    "the TypeScript SDK 2, modern": lambda command: typescript_sdk("v2", "modern", command),
    "Inspector": inspector,
}


def main() -> None:
    logging.disable(logging.CRITICAL)
    with Stack() as stack:
        stack.run("up", "--local", "--yes")
        command = stack.entry()
        with LocalAws(stack):
            for use in CLIENTS.values():
                use(command)
            spoilt = stack.spoilt(command)
            for name, use in CLIENTS.items():
                try:
                    use(spoilt)
                except BaseException:  # The SDK's errors come in groups.
                    continue
                raise Failed(f"{name} saw nothing of a proxy that spoils what it relays: it has not looked")
    print(f"stdio_proxy: {len(CLIENTS)} clients through {Path(command[0]).name} proxy, {len(CLIENTS)} planted faults seen")


if __name__ == "__main__":
    try:
        main()
    except Failed as failed:
        sys.exit(f"stdio_proxy: {failed}")
