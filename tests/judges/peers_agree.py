"""What Terraform's and CDK's documentation builds, written as manifests: the same calls must leave.

`peers/NAME.toml` is the manifest, with the page and the example it was written after; `peers/NAME.json` lists the requests that
the example stands for. Lists of ids and scopes are sets to the service, so that their order does not count. What a request
has beyond that must be one of the members that construct always sends.
"""

import json
import shutil
import sys
import zipfile
from pathlib import Path

from boto3_agrees import Account
from stack import Failed, Folder, LocalAws, verdict

JUDGE = "peers_agree"
PEERS = Path(__file__).with_name("peers")
REGION = "us-west-2"
SECRET = "example/github-oauth"

# What construct sends besides: its marks, its own role, an idempotency token, and what a secret is sent with.
OURS = {"tags", "clientToken", "roleArn", "name", "clientSecret", "apiKey", "description", "exceptionLevel"}
# Where an example says nothing and the manifest has to: the default of the manifest is what the service would take as well.
DEFAULTS = {
    "protocolConfiguration",
    "providerArn",
    "mcpToolSchema",
    "inlinePayload",
    "openApiSchema",
    "targetConfiguration",
    "gatewayIdentifier",
    "clientSecretSource",
    "apiKeySecretSource",
    "clientAuthenticationMethod",
    "listingMode",
    "protocolType",
    "lifecycleConfiguration",
    "supportedVersions",
    "payloadFilter",
}

SECRETS = {"PEER_API_KEY": "peer-api-key-0123456789", "PEER_CLIENT_SECRET": "peer-client-secret-0123456789"}

TOOLS = [
    {
        "name": "process_request",
        "description": "Process incoming requests",
        "inputSchema": {
            "type": "object",
            "description": "Request processing schema",
            "properties": {
                "message": {"type": "string", "description": "Message to process"},
                "options": {
                    "type": "object",
                    "properties": {
                        "priority": {"type": "string"},
                        "tags": {"type": "array", "items": {"type": "string"}},
                    },
                },
            },
            "required": ["message"],
        },
        "outputSchema": {
            "type": "object",
            "properties": {"status": {"type": "string"}, "result": {"type": "string"}},
            "required": ["status"],
        },
    }
]
MCP_TOOLS = [{"name": "echo", "description": "Says it again", "inputSchema": {"type": "object", "properties": {}}}]
OPENAPI = {
    "openapi": "3.0.3",
    "info": {"title": "Pets", "version": "1"},
    "servers": [{"url": "https://pets.example.com"}],
    "paths": {
        "/pets": {
            "get": {"operationId": "list_pets", "summary": "All pets", "responses": {"200": {"description": "Pets"}}}
        }
    },
}


class Peer(Folder):
    """The folder of one example."""

    def __init__(self, manifest: Path):
        super().__init__(manifest.stem, SECRETS)
        shutil.copy(manifest, self.folder / "construct.toml")
        with zipfile.ZipFile(self.folder / "function.zip", "w") as archive:
            archive.writestr("index.py", "def handler(event, context):\n    return event\n")
        for name, content in (("tools.json", TOOLS), ("mcp-tools.json", MCP_TOOLS), ("openapi.json", OPENAPI)):
            (self.folder / name).write_text(json.dumps(content))


def missing(wanted, sent, at: str) -> list[str]:
    """What the request lacks or says differently."""
    if isinstance(wanted, dict):
        if not isinstance(sent, dict):
            return [f"{at}: {sent!r} instead of {wanted!r}"]
        found = [line for name, value in wanted.items() for line in missing(value, sent.get(name), f"{at}.{name}")]
        beyond = set(sent) - set(wanted) - OURS - DEFAULTS
        return found + [f"{at}.{name}: sent, and no part of the example" for name in sorted(beyond)]
    if isinstance(wanted, list) and all(isinstance(one, str) for one in wanted):
        same = isinstance(sent, list) and sorted(sent) == sorted(wanted)
    elif isinstance(wanted, list):
        if not isinstance(sent, list) or len(sent) != len(wanted):
            return [f"{at}: {sent!r} instead of {wanted!r}"]
        pairs = enumerate(zip(wanted, sent, strict=True))
        return [line for place, (one, other) in pairs for line in missing(one, other, f"{at}[{place}]")]
    else:
        same = wanted == sent
    return [] if same else [f"{at}: {sent!r} instead of {wanted!r}"]


def untrue(body: dict):
    """The same request with something else in it, each time in another place."""
    yield body | {"colour": "red"}
    for name in body:
        yield body | {name: "something else"}


def judged(manifest: Path) -> tuple[list[str], int]:
    """The problems of one example, and how many requests it stands for."""
    expected = json.loads(manifest.with_suffix(".json").read_text())
    with Peer(manifest) as peer, LocalAws(peer) as local:
        # The secret that an example refers to is somebody else's.
        Account(local.url, REGION).secretsmanager.create_secret(Name=SECRET, SecretString='{"client_secret": "theirs"}')
        peer.run("up", "--local", "--yes")
        calls = local.calls()
        peer.run("plan", "--local", "--check")
        peer.run("cleanup", "--local", "--yes")
    problems = []
    for one in expected:
        sent = [json.loads(call["body"]) for call in calls if call["operation"] == one["operation"]]
        tries = [missing(one["body"], body, one["operation"]) for body in sent]
        if not tries:
            problems.append(f"{manifest.stem}: no {one['operation']} was sent")
        elif min(map(len, tries)):
            problems += [f"{manifest.stem}: {line}" for line in min(tries, key=len)]
        elif any(not missing(other, body, "") for other in untrue(one["body"]) for body in sent):
            problems.append(f"{manifest.stem}: the judge did not see an untrue {one['operation']}")
    return problems, len(expected)


def main() -> int:
    """Judges; gives the exit code."""
    problems, requests = [], 0
    manifests = sorted(PEERS.glob("*.toml"))
    for manifest in manifests:
        try:
            found, count = judged(manifest)
        except Failed as failure:
            found, count = [f"{manifest.stem}: {failure}"], 0
        problems += found
        requests += count
    return verdict(JUDGE, problems, f"{len(manifests)} examples, {requests} requests")


if __name__ == "__main__":
    sys.exit(main())
