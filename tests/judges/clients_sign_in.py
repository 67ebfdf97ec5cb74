"""Clients that others wrote sign in through the front, list the tools, and call one that needs a consent.

Each with an id that it registers and with one that the manifest registers, in both versions of the protocol where it speaks
both; the person is at Chromium. The documents are searched for the mistakes that break clients. At the end each of these
mistakes is planted by a forwarder in front of the front, where it has to be found, and the clients have to refuse it as
they are known to: else nobody would have looked.
"""

import http.client
import json
import os
import socket
import subprocess
import sys
from urllib.parse import parse_qs, urlsplit

from devtools import Chromium
from dialogue import Dialogue
from forwarder import Forwarder, renamed
from node import PROJECT, script
from person import Person
from stack import REPOSITORY, Failed, LocalAws, Stack

JUDGES = REPOSITORY / "tests" / "judges"
PASSWORD = "Judge-password-9012!"
TOOL = "github___getAuthenticatedUser"
GIVEN = "judge-editor"
# A client that describes itself in a document of which the front has a copy.
DOCUMENT = "https://claude.ai/oauth/claude-code-client-metadata"
REGISTERED = f"""
[clients.registered.{GIVEN}]
name = "An editor that the manifest registers"
redirect_uris = ["http://127.0.0.1/callback"]
"""

LEGACY, MODERN = "legacy", "modern"
VERSIONS = {LEGACY: "2025-11-25", MODERN: "2026-07-28"}
# The clients, the versions of the protocol that each speaks, and the ids that it can sign in with.
CLIENTS = {
    "TypeScript SDK 1": ([LEGACY], [None, GIVEN]),
    "TypeScript SDK 2": ([LEGACY, MODERN], [None, GIVEN]),
    "Python SDK": ([LEGACY, MODERN], [None, GIVEN, DOCUMENT]),
    "rmcp": ([LEGACY, MODERN], [None, GIVEN]),
    "Inspector": ([LEGACY, MODERN], [None, GIVEN]),
}
CASES = [(client, era, given) for client, (eras, ids) in CLIENTS.items() for era in eras for given in ids]

# Of each mistake: what a forwarder, disguised as the front, changes in the documents, and which clients refuse it. `iss` is
# none of the documents': what comes back from the front is its own, unless the judge disguises it too.
PICKY = ["TypeScript SDK 1", "TypeScript SDK 2", "Python SDK", "rmcp"]
STRICT = PICKY[1:]
MISTAKES = {
    "resource": ({"resource": "https://gateway.example.com/mcp"}, PICKY),
    "issuer": ({"issuer": "https://pool.example.com"}, STRICT),
    "registration": ({"registration_endpoint": None}, ["TypeScript SDK 1", "TypeScript SDK 2", "rmcp"]),
    "iss": ({}, STRICT),
    "code_challenge_methods_supported": ({"code_challenge_methods_supported": None}, []),
}


def programs() -> dict[str, list]:
    """The commands of the clients."""
    target = REPOSITORY / "build" / "rmcp-target"
    build = ["cargo", "build", "--quiet", "--locked", "--manifest-path", JUDGES / "rmcp" / "Cargo.toml"]
    done = subprocess.run([*build, "--target-dir", target], env=os.environ, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed(f"the client with rmcp cannot be built:\n{done.stderr[-3000:]}")
    node = script("sign_in.mjs")
    return {
        "TypeScript SDK 1": [*node, "v1"],
        "TypeScript SDK 2": [*node, "v2"],
        "Python SDK": [sys.executable, JUDGES / "python_client.py"],
        "rmcp": [target / "debug" / "rmcp-client"],
        "Inspector": [sys.executable, JUDGES / "inspector_client.py"],
    }


def name_of(case: tuple) -> str:
    client, era, given = case
    return f"{client}, {era}, {'an id of its own' if given is None else given}"


def person_of(case: tuple) -> str:
    """Everybody has a vault of their own, so that each client comes to a consent."""
    return f"person-{CASES.index(case)}@example.com"


def run(command: list, case: tuple, endpoint: str, person: Person, disguise=("", "")) -> tuple[dict, dict, str]:
    """What a client found, the parameters with which it was sent back to, and what it complained of."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        redirect = f"http://127.0.0.1:{free.getsockname()[1]}/callback"
    _, era, given = case
    found, returned = {}, {}
    with Dialogue([*command, redirect, endpoint, era, TOOL, *([given] if given else [])], PROJECT) as client:
        for line in client:
            message = json.loads(line)
            if "open" not in message:
                found = message
                continue
            reached = renamed(person.go(message["open"], redirect)[0], *disguise)
            if reached.startswith(redirect):
                returned = parse_qs(urlsplit(reached).query)
            client.answer(reached)
        _, told = client.end()
    return found, returned, told


def check(command: list, case: tuple, endpoint: str, chromium: Chromium, issuer: str) -> None:
    """One client's way, from the first request to the tool's answer."""
    _, era, given = case
    with Person(chromium, {"username": person_of(case), "password": PASSWORD}) as person:
        found, returned, told = run(command, case, endpoint, person)
    if not found:
        raise Failed(f"{name_of(case)} did not come to an end: {told[-1500:]}")
    if TOOL not in found["tools"] or found["consents"] != 1 or found["failed"] or '"login"' not in found["text"]:
        raise Failed(f"{name_of(case)} ended with {json.dumps(found)[:1500]}")
    if found.get("version", VERSIONS[era]) != VERSIONS[era]:
        raise Failed(f"{name_of(case)} spoke {found['version']}")
    if returned.get("iss") != [issuer]:
        raise Failed(f"{name_of(case)} was sent back to with the issuer {returned.get('iss')}, not {issuer}")
    if given and found.get("clientId", given) != given:
        raise Failed(f"{name_of(case)} signed in with another id: {found['clientId']}")


def mistakes(endpoint: str) -> set[str]:
    """Which mistakes the documents have that a client of this endpoint finds."""
    parts = urlsplit(endpoint)
    origin = f"{parts.scheme}://{parts.netloc}"
    root = "/.well-known/oauth-protected-resource"
    resources = [document(parts.port, path) for path in (root, f"{root}{parts.path}")]
    server = document(parts.port, "/.well-known/oauth-authorization-server")
    wrong = {
        "resource": any(found["resource"] != endpoint for found in resources),
        "issuer": server["issuer"] != origin or any(found["authorization_servers"] != [origin] for found in resources),
        "registration": not server.get("registration_endpoint", "").startswith(f"{origin}/"),
        "iss": server.get("authorization_response_iss_parameter_supported") is not True,
        "code_challenge_methods_supported": server.get("code_challenge_methods_supported") != ["S256"],
    }
    return {name for name, is_wrong in wrong.items() if is_wrong}


def document(port: int, path: str) -> dict:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", path, headers={"Host": f"localhost:{port}"})
        answer = connection.getresponse()
        body = answer.read().decode()
    finally:
        connection.close()
    if answer.status != 200:
        raise Failed(f"{path} answered {answer.status}: {body[:400]}")
    return json.loads(body)


def planted(commands: dict[str, list], endpoint: str, chromium: Chromium) -> int:
    """How many times a mistake was refused; fails where one was not, and where it was not the mistake that was refused."""
    count = 0
    for mistake, (spoilt, refused_by) in {"": ({}, []), **MISTAKES}.items():
        with Forwarder(endpoint, disguised=True, spoilt=spoilt) as front:
            if mistakes(front.endpoint) != ({mistake} if spoilt else set()):
                raise Failed(f"a planted mistake was not found in the documents: {mistake}")
            disguise = (endpoint.removesuffix("/mcp"), front.endpoint.removesuffix("/mcp"))
            for client in refused_by or PICKY:
                case = (client, LEGACY, None)
                with Person(chromium, {"username": person_of(case), "password": PASSWORD}) as person:
                    kept = ("", "") if mistake == "iss" else disguise
                    found, _, told = run(commands[client], case, front.endpoint, person, kept)
                if bool(found) == (client in refused_by):
                    raise Failed(f"{client} {'takes' if found else 'refuses'} the mistake {mistake!r}: {told[-800:]}")
                if spoilt and refused_by and person.way:
                    raise Failed(f"{client} sent a person to a sign-in before it refused the mistake {mistake}")
                count += client in refused_by
    return count


def main() -> None:
    commands = programs()
    with Stack("judge-clients", pieces=(REGISTERED,)) as stack:
        stack.run("up", "--local", "--yes")
        stack.environment["PASSWORD"] = PASSWORD
        for case in CASES:
            stack.run("users", "add", person_of(case), "--password-env", "PASSWORD", "--local")
        endpoint = stack.config()["mcp_url"]
        with LocalAws(stack), Chromium(stack.folder) as chromium:
            wrong = mistakes(endpoint)
            if wrong:
                raise Failed(f"the documents have mistakes that break clients: {', '.join(sorted(wrong))}")
            for case in CASES:
                check(commands[case[0]], case, endpoint, chromium, endpoint.removesuffix("/mcp"))
            refused = planted(commands, endpoint, chromium)
    print(
        f"clients_sign_in: {len(CASES)} logins of {len(CLIENTS)} clients with a consent each; "
        f"{len(MISTAKES)} planted mistakes seen, and refused {refused} times"
    )


if __name__ == "__main__":
    try:
        main()
    except Failed as failed:
        sys.exit(f"clients_sign_in: {failed}")
