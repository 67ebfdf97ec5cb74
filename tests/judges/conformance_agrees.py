"""MCP's conformance suite signs in through the front, and finds the same through it as at the gateway behind it.

The scenarios of authorization servers have to pass. Those of servers need tools that no gateway has, so many of them fail:
what counts is that each check ends the same way on both sides. At the end the front's side is spoilt, and the comparison
has to show it.
"""

import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Timer
from urllib.parse import urlsplit

from client import Client
from devtools import Chromium
from forwarder import Forwarder
from node import PROJECT, module, node
from person import Person
from stack import ENVIRONMENT, SECRETS, Failed, LocalAws, Stack

FIRST = {"username": "first@example.com", "password": SECRETS["FIRST_USER_PASSWORD"]}
PATIENCE_SECONDS = 240
# Scenarios in which the two may differ, with the reason.
DIFFERENT = {}


def suite(*arguments: str) -> list[str]:
    """The command of a run of the suite."""
    return [node(), str(module("@modelcontextprotocol/conformance/dist/index.js")), *arguments]


def signs_in(chromium: Chromium, endpoint: str, client: Client) -> int:
    """How many checks of an authorization server passed; fails with those that did not."""
    origin = f"http://{urlsplit(endpoint).netloc}"
    arguments = ("--url", origin, "--client-id", client.identifier(), "--resource", endpoint, "-p", "33999")
    with TemporaryDirectory(prefix="construct-conformance-") as folder, Person(chromium, FIRST) as person:
        command = suite("authorization", *arguments, "-o", folder)
        with subprocess.Popen(
            command, cwd=PROJECT, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as run:
            clock = Timer(PATIENCE_SECONDS, run.kill)
            clock.start()
            told = []
            for line in run.stdout:
                told.append(line)
                address = re.search(r"http://\S+/authorize\?\S+", line)
                if address and not person.way:
                    person.go(address[0])
            clock.cancel()
        checks = [check for found in checks_below(Path(folder)).values() for check in found]
    wrong = [f"{name}: {status}" for name, status in checks if status == "FAILURE"]
    if run.returncode or wrong or len(checks) < 2:
        raise Failed(f"the authorization scenarios ended with {run.returncode}, {wrong}:\n{''.join(told)[-2500:]}")
    return len(checks)


def server(endpoint: str, *arguments: str) -> dict[str, list]:
    """What the server scenarios find at an endpoint: for each scenario its checks and how they ended."""
    with TemporaryDirectory(prefix="construct-conformance-") as folder:
        command = suite("server", "--url", endpoint, "-o", folder, *arguments)
        # Failures are expected, so the exit code says nothing.
        done = subprocess.run(
            command,
            cwd=PROJECT,
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        found = checks_below(Path(folder))
    if not found:
        raise Failed(f"the server scenarios found nothing at {endpoint}:\n{done.stdout[-1500:]}{done.stderr[-1500:]}")
    return found


def checks_below(folder: Path) -> dict[str, list]:
    """The checks that the suite wrote down, by scenario."""
    found = {}
    for path in sorted(folder.rglob("checks.json")):
        # The folder is named by the scenario and the time.
        scenario = re.sub(r"-\d{4}-\d\d-\d\dT.*$", "", path.parent.name)
        found[scenario] = sorted((check["id"], check["status"]) for check in json.loads(path.read_text()))
    return found


def differences(direct: dict, through: dict) -> list[str]:
    """Where the two runs differ and should not."""
    scenarios = sorted((direct.keys() | through.keys()) - DIFFERENT.keys())
    return [
        f"{scenario}: {direct.get(scenario)} at the gateway, {through.get(scenario)} through the front"
        for scenario in scenarios
        if direct.get(scenario) != through.get(scenario)
    ]


def main() -> None:
    with Stack("judge-conformance") as stack:
        stack.run("up", "--local", "--yes")
        config = stack.config()
        endpoint, gateway = config["mcp_url"], config["gateway"]["url"]
        with LocalAws(stack), Chromium(stack.folder) as chromium:
            client = Client(endpoint)
            passed = signs_in(chromium, endpoint, client)
            with Person(chromium, FIRST) as person:
                client.sign_in(person)
            token = {"Authorization": f"Bearer {client.token}"}
            spoilt = token | {"MCP-Protocol-Version": "1999-01-01"}
            with Forwarder(gateway, token) as direct, Forwarder(endpoint, token) as front:
                with ThreadPoolExecutor() as both:
                    runs = list(both.map(lambda to: server(to.endpoint, "--suite", "all"), (direct, front)))
            with Forwarder(endpoint, spoilt) as wrong:
                planted = server(wrong.endpoint, "--scenario", "tools-list")
    problems = differences(*runs)
    if problems:
        raise Failed("\n  ".join([f"{len(problems)} scenarios differ", *problems]))
    if not differences({name: runs[0][name] for name in planted}, planted):
        raise Failed("a planted fault was not seen: a header that no server takes changed nothing")
    checks = [status for found in runs[1].values() for _, status in found]
    print(
        f"conformance_agrees: {passed} checks of the authorization server passed, {len(runs[1])} server scenarios the same "
        f"as at the gateway ({checks.count('SUCCESS')} of {len(checks)} checks pass), and one planted fault seen"
    )


if __name__ == "__main__":
    try:
        main()
    except Failed as failed:
        sys.exit(f"conformance_agrees: {failed}")
