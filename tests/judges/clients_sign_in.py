"""Clients that others wrote sign in through the front, list the tools, and call one that needs a consent.

Each with an id that it registers itself and with one that it is given, in the versions of the protocol that it speaks; the
person is at Chromium. At the end each is sent to a server that hands out somebody else's metadata, which it has to
refuse: else it would not have looked.
"""

import json
import subprocess
import sys
from threading import Timer

from client import Client
from devtools import Chromium
from forwarder import Forwarder
from node import PROJECT, script
from person import Person
from stack import ENVIRONMENT, Failed, LocalAws, Stack

PASSWORD = "Judge-password-9012!"
PATIENCE_SECONDS = 120

# What is run, the version of the protocol, and whether it is given an id.
CASES = (
    ("v1", "legacy", False),
    ("v1", "legacy", True),
    ("v2", "legacy", True),
    ("v2", "modern", False),
)


def person_of(case: tuple) -> str:
    """Everybody has a vault of their own, so that each client comes to a consent."""
    sdk, era, is_given = case
    return f"{sdk}-{era}-{'given' if is_given else 'registered'}@example.com"


def run(case: tuple, endpoint: str, tool: str, person: Person, given: str | None) -> tuple[dict, str]:
    """What a client found, and what it complained of."""
    sdk, era, _ = case
    command = [*script("sign_in.mjs"), sdk, endpoint, era, tool, *([given] if given else [])]
    found = {}
    with subprocess.Popen(
        command,
        cwd=PROJECT,
        env=ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as client:
        clock = Timer(PATIENCE_SECONDS, client.kill)
        clock.start()
        for line in client.stdout:
            message = json.loads(line)
            if "open" not in message:
                found = message
                continue
            person.go(message["open"])
            client.stdin.write("\n")
            client.stdin.flush()
        told = client.stderr.read()
        clock.cancel()
    return found, told


def check(case: tuple, endpoint: str, tool: str, chromium: Chromium) -> None:
    """One client's way, from the first request to the tool's answer."""
    given = Client(endpoint).identifier() if case[2] else None
    with Person(chromium, {"username": person_of(case), "password": PASSWORD}) as person:
        found, told = run(case, endpoint, tool, person, given)
    name = " ".join((*case[:2], "with an id of its own" if given is None else "with a given id"))
    if not found:
        raise Failed(f"{name} did not come to an end: {told[-1500:]}")
    if tool not in found["tools"] or found["consents"] != 1 or found["failed"] or "/connect/" in found["text"]:
        raise Failed(f"{name} ended with {json.dumps(found)[:800]}")
    if given and found["clientId"] != given:
        raise Failed(f"{name} signed in with another id")


def planted(endpoint: str, tool: str, chromium: Chromium) -> None:
    """The metadata of another server is refused, and nobody is sent to a sign-in."""
    with Forwarder(endpoint) as elsewhere:
        for case in (CASES[0], CASES[-1]):
            with Person(chromium, {}) as person:
                found, told = run(case, elsewhere.endpoint, tool, person, None)
                if found or person.way or "resource" not in told:
                    raise Failed(f"{case[0]} took the metadata of another server: it has not looked. {told[-600:]}")


def main() -> None:
    with Stack("judge-clients") as stack:
        stack.run("up", "--local", "--yes")
        stack.environment["PASSWORD"] = PASSWORD
        for case in CASES:
            stack.run("users", "add", person_of(case), "--password-env", "PASSWORD", "--local")
        endpoint = stack.config()["mcp_url"]
        tool = "github___getAuthenticatedUser"
        with LocalAws(stack), Chromium(stack.folder) as chromium:
            for case in CASES:
                check(case, endpoint, tool, chromium)
            planted(endpoint, tool, chromium)
    print(f"clients_sign_in: {len(CASES)} logins with a consent each, and 2 planted faults seen")


if __name__ == "__main__":
    try:
        main()
    except Failed as failed:
        sys.exit(f"clients_sign_in: {failed}")
