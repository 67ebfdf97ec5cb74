"""Schemathesis sends the front what its own description of itself allows, and what it does not allow.

It decides whether each answer is one that the description has, by its status, its type and its body, and whether any is a
failure of the server. It comes as a stranger, then with the id, the addresses and the token of a client that has signed in.
At the end it is given a description with wrong answers, which it has to find: else it would not have looked.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

from client import REDIRECT, Client
from devtools import Chromium
from person import Person
from stack import ENVIRONMENT, REPOSITORY, SECRETS, Failed, LocalAws, Stack

DESCRIPTION = REPOSITORY / "functions" / "front" / "openapi.json"
FIRST = {"username": "first@example.com", "password": SECRETS["FIRST_USER_PASSWORD"]}
MANIFEST = """
[cognito]
first_user = { email = "first@example.com", password = { env = "FIRST_USER_PASSWORD" } }

# More than is sent: the limits of a route are tried elsewhere.
[front.throttle]
rate = 10000
burst = 5000
"""
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
# For each operation, and in each of the ways of making them.
EXAMPLES = 40
PATIENCE_SECONDS = 120


def fuzz(description: dict, folder: Path, endpoint: str, *arguments: str) -> tuple[int, list[str], str]:
    """How many requests were sent, the operations that answered what the description has not, and what was said."""
    path = folder / "openapi.json"
    path.write_text(json.dumps(description))
    command = [sys.executable, "-m", "schemathesis.cli", "--no-color", "run", path]
    command += ["--url", endpoint.removesuffix("/mcp"), "--checks", ",".join(CHECKS), "--max-redirects", "0"]
    command += ["--phases", "coverage,fuzzing", "--max-examples", str(EXAMPLES), "--seed", "1", *arguments]
    done = subprocess.run(
        command,
        cwd=folder,
        env=ENVIRONMENT | {"COLUMNS": "160"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    sent = re.search(r"(\d+) generated", done.stdout)
    found = sorted(set(re.findall(r"^_+ ([A-Z]+ /\S*) _+$", done.stdout, re.MULTILINE)))
    if not sent or (done.returncode == 0) != (not found):
        raise Failed(f"Schemathesis ended with {done.returncode}:\n{done.stdout[-3000:]}{done.stderr[-1500:]}")
    return int(sent[1]), found, done.stdout


def with_values(description: dict, values: dict[str, str]) -> dict:
    """The description in which parameters and members of these names have these values alone, so that more gets through."""
    if isinstance(description, list):
        return [with_values(item, values) for item in description]
    if not isinstance(description, dict):
        return description
    copied = {name: with_values(value, values) for name, value in description.items()}
    if copied.get("name") in values and "schema" in copied:
        copied["schema"] = {"type": "string", "enum": [values[copied["name"]]]}
    for name in values.keys() & copied.get("properties", {}).keys():
        copied["properties"][name] = {"type": "string", "enum": [values[name]]}
    return copied


def faulty(description: dict) -> tuple[dict, list[str]]:
    """A description of another front, and the operations in which it is wrong."""
    copied = json.loads(json.dumps(description))
    paths = copied["paths"]
    paths["/health"]["get"]["responses"] = {"204": {"description": "A status that is never given."}}
    document = paths["/.well-known/oauth-authorization-server"]["get"]["responses"]["200"]
    document["content"]["application/json"]["schema"] = {"type": "object", "required": ["a_member_that_is_not_there"]}
    del paths["/register"]["post"]["responses"]["400"]
    return copied, ["GET /.well-known/oauth-authorization-server", "GET /health", "POST /register"]


def main() -> None:
    description = json.loads(DESCRIPTION.read_text())
    with Stack("judge-fuzz", pieces=(MANIFEST,)) as stack:
        stack.run("up", "--local", "--yes")
        endpoint = stack.config()["mcp_url"]
        with LocalAws(stack), Chromium(stack.folder) as chromium:
            client = Client(endpoint)
            with Person(chromium, FIRST) as person:
                client.sign_in(person)
            values = {"client_id": client.identifier(), "redirect_uri": REDIRECT, "resource": endpoint}
            known = with_values(description, values)
            count, found, told = fuzz(description, stack.folder, endpoint)
            if not found:
                more, found, told = fuzz(
                    known, stack.folder, endpoint, "--header", f"Authorization: Bearer {client.token}"
                )
            if found:
                raise Failed(f"not as described: {', '.join(found)}\n{told[-6000:]}")
            wrong, expected = faulty(description)
            _, seen, told = fuzz(wrong, stack.folder, endpoint)
            if seen != expected:
                raise Failed(f"of the planted faults in {', '.join(expected)} were seen: {', '.join(seen)}\n{told[-3000:]}")
    print(
        f"front_fuzzed: {count + more} requests to {len(description['paths'])} paths, every answer as described; "
        f"{len(expected)} planted faults seen"
    )


if __name__ == "__main__":
    try:
        main()
    except Failed as failed:
        sys.exit(f"front_fuzzed: {failed}")
