"""MCP's conformance suite signs in through the front, and finds the same through it as at the gateway behind it.

The scenarios of authorization servers have to pass. Many of those of servers fail, because they are about tools of their own
and about what no gateway has: such a reason, and no other, is good enough; and each check has to end the same way on both
sides. At the end the front's side is spoilt, and the comparison has to show it.
"""

import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from client import Client
from devtools import Chromium
from dialogue import Dialogue
from forwarder import Forwarder
from node import PROJECT, module, node
from person import Person
from stack import ENVIRONMENT, SECRETS, Failed, LocalAws, Stack

FIRST = {"username": "first@example.com", "password": SECRETS["FIRST_USER_PASSWORD"]}
PATIENCE_SECONDS = 240
# Why a check fails at a gateway that is in order: it has tools of its own, no prompts, no resources and no tasks.
LACKS = "|".join(
    (
        "Unknown tool: ",
        "Method not found: ",
        "Not testable: ",
        "Tool 'json_schema_2020_12_tool' not found",
        "Expected InputRequiredResult with inputRequests and requestState",
        "Prerequisite failed: could not get initial InputRequiredResult",
        "capabilities.extensions MUST be advertised",
        "tasks/get MUST return -32021; got -32601",
        "expected -32602; got -32601 .*method dispatch",
        "routing-task fixture .* unavailable",
        "tools/call for failing_job",
        "MCP error -3260[12]: (Unknown tool|Method not found): ",
    )
)


def suite(*arguments: str) -> list[str]:
    """The command of a run of the suite."""
    return [node(), str(module("@modelcontextprotocol/conformance/dist/index.js")), *arguments]


def signs_in(chromium: Chromium, endpoint: str, client: Client) -> int:
    """How many checks of an authorization server passed; fails with those that did not."""
    origin = f"http://{urlsplit(endpoint).netloc}"
    arguments = ("--url", origin, "--client-id", client.identifier(), "--resource", endpoint, "-p", "33999")
    with TemporaryDirectory(prefix="construct-conformance-") as folder, Person(chromium, FIRST) as person:
        command = suite("authorization", *arguments, "-o", folder)
        told = []
        with Dialogue(command, PROJECT, patience=PATIENCE_SECONDS, merged=True) as run:
            for line in run:
                told.append(line)
                address = re.search(r"http://\S+/authorize\?\S+", line)
                if address and not person.way:
                    person.go(address[0])
            code, _ = run.end()
        checks = [check for found in checks_below(Path(folder)).values() for check in found]
    wrong = [f"{name}: {status}" for name, status, _ in checks if status != "SUCCESS"]
    if code or wrong or len(checks) < 3:
        raise Failed(f"the authorization scenarios ended with {code}, {wrong}:\n{''.join(told)[-2500:]}")
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
    """The checks that the suite wrote down, by scenario: what was checked, how it ended, and why."""
    found = {}
    for path in sorted(folder.rglob("checks.json")):
        # The folder is named by the scenario and the time.
        scenario = re.sub(r"-\d{4}-\d\d-\d\dT.*$", "", path.parent.name)
        checks = json.loads(path.read_text())
        found[scenario] = sorted((check["id"], check["status"], check.get("errorMessage", "")) for check in checks)
    return found


def differences(direct: dict, through: dict) -> list[str]:
    """The scenarios in which the two runs differ."""
    seen = [{name: [check[:2] for check in checks] for name, checks in run.items()} for run in (direct, through)]
    return [
        f"{scenario}: {seen[0].get(scenario)} at the gateway, {seen[1].get(scenario)} through the front"
        for scenario in sorted(direct.keys() | through.keys())
        if seen[0].get(scenario) != seen[1].get(scenario)
    ]


def unexplained(found: dict) -> list[str]:
    """The checks that failed for another reason than that the gateway has not what they are about."""
    return [
        f"{scenario}: {check}: {reason[:300]}"
        for scenario, checks in found.items()
        for check, status, reason in checks
        if status == "FAILURE" and not re.search(LACKS, reason)
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
    problems = differences(*runs) + unexplained(runs[0])
    if problems:
        raise Failed("\n  ".join([f"{len(problems)} problems", *problems]))
    if not differences({name: runs[0][name] for name in planted}, planted) or not unexplained(planted):
        raise Failed("a planted fault was not seen: a header that no server takes changed nothing")
    checks = [status for found in runs[1].values() for _, status, _ in found]
    print(
        f"conformance_agrees: {passed} checks of the authorization server passed, {len(runs[1])} server scenarios the same "
        f"as at the gateway ({checks.count('SUCCESS')} of {len(checks)} checks pass), and one planted fault seen"
    )


if __name__ == "__main__":
    try:
        main()
    except Failed as failed:
        sys.exit(f"conformance_agrees: {failed}")
