"""The programs themselves read the files that `construct clients` writes, offline.

Codex, Gemini CLI, Claude Code and MCP Inspector are given a stack with three ways in, in files of the project and of a
person, and have to name each server's address; Inspector also calls the one that wants signatures, through `construct
proxy`. What a person wrote into these files is there before, is read beside it, and is there after `--remove`. Then each
is given an entry with a mistake, which it must see.

VS Code, Cursor, Kiro and Claude Desktop have no command that reads their files without a desktop: of theirs the form is
compared with what their documentation says, by the tests beside the code.

Codex unpacks to 400 MB and Claude Code to 360: nothing smaller reads these files as they do. Claude Code is no free software
and optional: where npm did not bring it, the judge says that it was not asked.
"""

import json
import os
import platform
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

from node import module, node
from stack import ADDER, ADDER_TOOLS, ENVIRONMENT, SECRETS, Failed, Folder, LocalAws, binary

PATIENCE_SECONDS = 120
STACK = "judge-clients"
# Two gateways have a function in common, which the third has no need of.
MANIFEST = """
[stack]
name = "judge-clients"
region = "us-west-2"

[gateways.people]

[gateways.jobs]
inbound = "iam"

[gateways.partner]
inbound = "jwt"

[gateways.partner.jwt]
discovery_url = "https://login.example.com/.well-known/openid-configuration"
clients = ["partner-editors"]
scopes = ["tools/call"]

[functions.adder]
zip = "adder.zip"
handler = "adder.handler"
runtime = "python3.12"

[targets.adder]
gateway = "jobs"
lambda = { function = "adder", tools = "adder-tools.json" }

[clients]
write = ["claude-code", "codex", "gemini"]
"""
PEOPLE, JOBS, PARTNER = f"{STACK}-people", f"{STACK}-jobs", f"{STACK}-partner"

OWN_CODEX = '# Mine.\nmodel = "m"\n\n[mcp_servers.mine] # keep\ncommand = "true"\n'
OWN_GEMINI = '{\n  // Mine.\n  "mcpServers": {\n    "mine": { "command": "true" }\n  }\n}\n'


class Stack(Folder):
    """A stack with a gateway for each way in, and a person with files of their own."""

    def __init__(self):
        super().__init__(STACK, SECRETS)
        with zipfile.ZipFile(self.folder / "adder.zip", "w") as archive:
            archive.writestr("adder.py", ADDER)
        (self.folder / "adder-tools.json").write_text(json.dumps(ADDER_TOOLS))
        (self.folder / "construct.toml").write_text(MANIFEST)
        self.home = self.folder / "home"
        self.environment |= {
            "HOME": str(self.home),
            # Where the entries' program is looked for.
            "PATH": f"{binary().parent}{os.pathsep}{ENVIRONMENT['PATH']}",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "DISABLE_AUTOUPDATER": "1",
            "GEMINI_CLI_TRUST_WORKSPACE": "true",
        }
        self.own = {self.home / ".codex/config.toml": OWN_CODEX, self.home / ".gemini/settings.json": OWN_GEMINI}
        for path, text in self.own.items():
            path.parent.mkdir(parents=True)
            path.write_text(text)

    def ask(self, command: list, *, succeeds: bool = True, folder: Path | None = None) -> str:
        """What a program says, run in the project."""
        done = subprocess.run(
            command,
            cwd=folder or self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        if succeeds and done.returncode != 0:
            raise Failed(f"`{Path(command[0]).name}` ended with {done.returncode}: {done.stdout[-1500:]}{done.stderr[-1500:]}")
        return done.stdout if succeeds else done.stdout + done.stderr

    def addresses(self) -> dict[str, str]:
        """Where each server is, as config.json has it."""
        return {f"{STACK}-{name}": gateway["mcp_url"] for name, gateway in self.config()["gateways"].items()}


def expect(who: str, said: object, wanted: object) -> None:
    if said != wanted:
        raise Failed(f"{who} reads {said!r} and not {wanted!r}")


def codex(stack: Stack, folder: Path) -> None:
    """It names transports; that it refuses a wrong type shows that it reads the rest too."""
    program = [node(), str(module("@openai/codex/bin/codex.js")), "mcp", "list", "--json"]
    listed = {server["name"]: server["transport"] for server in json.loads(stack.ask(program, folder=folder))}
    addresses = stack.addresses()
    for name in (PEOPLE, PARTNER):
        expect("Codex", listed[name]["url"], addresses[name])
    expect("Codex", listed[JOBS]["args"][:2], ["proxy", addresses[JOBS]])
    expect("Codex", "mine" in listed, True)


def gemini(stack: Stack, folder: Path) -> None:
    program = [node(), str(module("@google/gemini-cli/bundle/gemini.js")), "mcp", "list"]
    said = stack.ask(program, folder=folder, succeeds=False)
    addresses = stack.addresses()
    wanted = [f"{name}: {addresses[name]} (http)" for name in (PEOPLE, PARTNER)]
    wanted += [f"proxy {addresses[JOBS]}", "mine: true"]
    for words in wanted:
        if words not in said:
            raise Failed(f"Gemini CLI does not say {words!r} but {said[-1500:]!r}")


def claude() -> Path | None:
    """Claude Code, if npm brought it."""
    architecture = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), "unknown")
    try:
        program = module(f"@anthropic-ai/claude-code-linux-{architecture}/claude")
    except Failed:
        return None
    # npm sets no such permission where scripts are not run.
    program.chmod(0o755)
    return program


def claude_code(stack: Stack, _: Path) -> None:
    program = str(claude())
    listed = stack.ask([program, "mcp", "list"])
    if "diagnostics" in listed:
        raise Failed(f"Claude Code finds fault: {listed[-1500:]}")
    addresses = stack.addresses()
    wanted = {
        PEOPLE: [f"URL: {addresses[PEOPLE]}", "Type: http"],
        PARTNER: [f"URL: {addresses[PARTNER]}", "client_id configured, callback_port 8976"],
        JOBS: ["Type: stdio", "Command: construct", f"Args: proxy {addresses[JOBS]}"],
    }
    for name, words in wanted.items():
        said = stack.ask([program, "mcp", "get", name])
        missing = [word for word in words if word not in said]
        if missing:
            raise Failed(f"Claude Code does not say {missing} of {name} but {said!r}")


def inspector(stack: Stack, _: Path) -> None:
    launcher = module("@modelcontextprotocol/inspector/clients/launcher/build/index.js")
    config = str(stack.folder / ".mcp.json")
    program = [node(), str(launcher), "--cli", "--config", config, "--server", JOBS, "--method", "tools/list"]
    tools = [tool["name"] for tool in json.loads(stack.ask(program))["tools"]]
    expect("Inspector", "adder___add" in tools, True)


# Who reads which file, and what is broken there for it to see.
PROJECT_FILES = {
    codex: (".codex/config.toml", "callback_port = 8976", 'callback_port = "x"'),
    gemini: (".gemini/settings.json", '"httpUrl"', '"httpURL"'),
    claude_code: (".mcp.json", '"scopes": "tools/call"', '"scopes": ["tools/call"]'),
    inspector: (".mcp.json", '"proxy"', '"proxies"'),
}


def trusted(stack: Stack) -> None:
    """The person trusts the project, as Codex asks them to."""
    path = stack.home / ".codex/config.toml"
    path.write_text(f'{path.read_text()}\n[projects."{stack.folder.resolve()}"]\ntrust_level = "trusted"\n')


def of_the_project(stack: Stack, readers: list) -> int:
    """Every program reads the project's files, and sees a mistake in them."""
    for reader in readers:
        reader(stack, stack.folder)
    for reader in readers:
        file, right, wrong = PROJECT_FILES[reader]
        path = stack.folder / file
        text = path.read_text()
        if right not in text:
            raise Failed(f"{file} does not have {right}, where a mistake is to be planted")
        path.write_text(text.replace(right, wrong))
        try:
            reader(stack, stack.folder)
        except (Failed, KeyError):
            path.write_text(text)
            continue
        raise Failed(f"{reader.__name__} saw nothing of {wrong!r} in {file}: it has not looked")
    return len(readers)


def of_the_person(stack: Stack) -> None:
    """The person's files, read from another folder; what they wrote stays."""
    before = {path: path.read_text() for path in stack.own}
    stack.run("clients", "codex", "gemini", "--user", "--yes")
    elsewhere = stack.folder / "elsewhere"
    elsewhere.mkdir()
    codex(stack, elsewhere)
    gemini(stack, elsewhere)
    partner = tomllib.loads((stack.home / ".codex/config.toml").read_text())["mcp_servers"][PARTNER]
    expect("TOML", partner["oauth"]["client_id"], "partner-editors")
    again = stack.run("clients", "codex", "gemini", "--user", "--yes")
    expect("construct, again,", again.stderr.count("nothing to do"), 2)
    stack.run("clients", "--user", "--remove", "--yes")
    for path, text in before.items():
        expect(f"{path.name} afterwards", path.read_text().rstrip(), text.rstrip())


def main() -> None:
    readers = list(PROJECT_FILES)
    note = ""
    if claude() is None:
        readers.remove(claude_code)
        note = "; Claude Code was not asked: npm did not bring it"
    with Stack() as stack:
        stack.run("up", "--local", "--yes")
        trusted(stack)
        with LocalAws(stack):
            planted = of_the_project(stack, readers)
            of_the_person(stack)
        stack.run("cleanup", "--local", "--yes")
        left = [file for file, _, _ in PROJECT_FILES.values() if (stack.folder / file).exists()]
        expect("the project afterwards", left, [])
    print(f"clients_read: {len(readers)} programs read what is written, {planted} planted faults seen{note}")


if __name__ == "__main__":
    try:
        main()
    except Failed as failed:
        sys.exit(f"clients_read: {failed}")
