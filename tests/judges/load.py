"""Many at once: 200 logins, a consent of each person at the vendor, and 2,000 calls, of which none may be lost or answered
in another person's name.

Forty people have an account at the vendor that bears their own name. Each signs in with five clients at the same time. Then
all tokens call a tool at once that says whose account it reaches.

At the end two people's tokens are swapped: a judge that does not notice would not have looked.
"""

import asyncio
import base64
import hashlib
import http.client
import json
import resource
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlencode, urlsplit

from browser import Browser
from stack import Failed, Stack, binary

PEOPLE = 40
CLIENTS = 5
CALLS = 2000
PASSWORD = "Load-Password-1234!"
VERIFIER = "a-verifier-of-forty-three-characters-or-more"
REDIRECT = "http://127.0.0.1:39999/callback"
TOOL = "github___getAuthenticatedUser"
# More than arrives at once: the limits of a route are tried elsewhere.
FRONT = "\n[front.throttle]\nrate = 10000\nburst = 5000\n"
PATIENCE_SECONDS = 120


def person(number: int) -> str:
    return f"person-{number:02}"


class Api:
    """The stack's own addresses, and AWS as whoever runs it."""

    def __init__(self, config: dict, aws: str):
        self.base = config["api"]["endpoint"]
        self.endpoint = config["mcp_url"]
        self._pool = config["cognito"]["pool_id"]
        self._aws = aws

    def make(self, name: str) -> None:
        address = {"UserPoolId": self._pool, "Username": f"{name}@example.com"}
        self._cognito("AdminCreateUser", address | {"MessageAction": "SUPPRESS"})
        self._cognito("AdminSetUserPassword", address | {"Password": PASSWORD, "Permanent": True})

    def _cognito(self, operation: str, body: dict) -> None:
        scope = "Credential=ADA/20260101/us-west-2/cognito-idp/aws4_request"
        headers = {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": f"AWSCognitoIdentityProviderService.{operation}",
            "Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0",
        }
        post(self._aws, json.dumps(body), headers)

    def log_in(self, name: str, browser: Browser) -> str:
        """The access token that a new client gets for a person."""
        document = {"client_name": name, "redirect_uris": ["http://127.0.0.1/callback"]}
        made = post(f"{self.base}/register", json.dumps(document), {"Content-Type": "application/json"}, 201)
        digest = hashlib.sha256(VERIFIER.encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": made["client_id"],
            "redirect_uri": REDIRECT,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
            "state": name,
        }
        end, _ = browser.go(f"{self.base}/authorize?{urlencode(asked)}", REDIRECT)
        answer = parse_qs(urlsplit(end).query)
        if answer["state"] != [name]:
            raise Failed(f"the login of {name} came back to {answer['state']}")
        form = {
            "grant_type": "authorization_code",
            "client_id": made["client_id"],
            "code": answer["code"][0],
            "redirect_uri": REDIRECT,
            "code_verifier": VERIFIER,
        }
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return post(f"{self.base}/token", urlencode(form), kind)["access_token"]


def post(address: str, body: str, headers: dict, expected: int = 200) -> dict:
    parts = urlsplit(address)
    connection = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=PATIENCE_SECONDS)
    connection.request("POST", parts.path or "/", body, {"Host": parts.netloc} | headers)
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    if response.status != expected:
        raise Failed(f"{parts.path or headers.get('X-Amz-Target')} answered {response.status}: {text[:400]}")
    return json.loads(text or "{}")


def call(token: str, **more) -> tuple[str, dict]:
    """A call of the tool, and its headers. It is of the stateless era, in which a client can open addresses at once."""
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {"elicitation": {"url": {}}},
    }
    params = {"name": TOOL, "arguments": {}, "_meta": meta}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params} | more)
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
        "Authorization": f"Bearer {token}",
        "MCP-Protocol-Version": "2026-07-28",
        "Mcp-Method": "tools/call",
        "Mcp-Name": TOOL,
    }
    return body, headers


def connect(api: Api, name: str, token: str, browser: Browser) -> None:
    """A person lets the stack use their account at the vendor."""
    asked = post(api.endpoint, *call(token))
    requests = asked["result"].get("inputRequests", {}).values()
    links = [request["params"]["url"] for request in requests]
    if len(links) != 1:
        raise Failed(f"{name} was not asked for one consent: {json.dumps(asked)[:400]}")
    _, page = browser.go(links[0])
    if "<h1>Connected</h1>" not in page:
        raise Failed(f"the consent of {name} was not completed")


async def calls_at_once(endpoint: str, callers: list[tuple[str, str]]) -> list[str]:
    """All calls begin before the first is waited for. What is wrong with each that is."""
    parts = urlsplit(endpoint)

    async def one(number: int, name: str, token: str) -> str:
        body, headers = call(token, id=number)
        lines = [f"POST {parts.path} HTTP/1.1", f"Host: {parts.netloc}", "Connection: close"]
        lines += [f"{key}: {value}" for key, value in headers.items()] + [f"Content-Length: {len(body)}", "", body]
        reader, writer = await asyncio.open_connection("127.0.0.1", parts.port)
        writer.write("\r\n".join(lines).encode())
        answer = (await reader.read()).decode()
        writer.close()
        head, _, text = answer.partition("\r\n\r\n")
        if not head.startswith("HTTP/1.1 200"):
            return f"call {number} of {name}: {head[:40]} {text[:200]}"
        answered = json.loads(text)
        content = answered.get("result", {}).get("content") or [{}]
        if answered["id"] != number or f'"login":"{name}"' not in content[0].get("text", "").replace(" ", ""):
            return f"call {number} of {name} was answered: {text[:300]}"
        return ""

    tasks = [asyncio.create_task(one(number, *caller)) for number, caller in enumerate(callers, 1)]
    ended = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), PATIENCE_SECONDS)
    return [str(wrong) or repr(wrong) for wrong in ended if wrong != ""]


def judge(api: Api) -> str:
    names = [person(number) for number in range(PEOPLE)]
    begun = time.monotonic()
    with ThreadPoolExecutor(PEOPLE * CLIENTS) as threads:
        list(threads.map(api.make, names))
        made = time.monotonic()

        def log_in(name: str) -> tuple[str, str, Browser]:
            browser = Browser(f"{name}@example.com", PASSWORD, account=name)
            return name, api.log_in(name, browser), browser

        logins = list(threads.map(log_in, names * CLIENTS))
        logged_in = time.monotonic()
        list(threads.map(lambda login: connect(api, *login), logins[:PEOPLE]))
    connected = time.monotonic()
    callers = [(name, token) for name, token, _ in logins] * (CALLS // len(logins))
    wrong = asyncio.run(calls_at_once(api.endpoint, callers))
    if wrong:
        raise Failed(f"{len(wrong)} of {len(callers)} calls are wrong:\n" + "\n".join(wrong[:5]))
    called = time.monotonic()
    swapped = [(logins[0][0], logins[1][1]), (logins[1][0], logins[0][1])]
    if len(asyncio.run(calls_at_once(api.endpoint, swapped))) != 2:
        raise Failed("two people's tokens were swapped, and nobody noticed")
    return (
        f"{len(logins)} logins in {logged_in - made:.1f} s, {PEOPLE} consents in {connected - logged_in:.1f} s, "
        f"{len(callers)} calls in {called - connected:.1f} s; {made - begun:.1f} s for {PEOPLE} accounts"
    )


def main() -> None:
    # A connection for each call here, and as many in the program, which inherits the limit.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with Stack("judge-load", pieces=(FRONT,)) as stack:
        stack.run("up", "--local", "--yes")
        command = [binary(), "local"]
        with subprocess.Popen(
            command, cwd=stack.folder, env=stack.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as local:
            try:
                aws = local.stdout.readline().split()[-1]
                told = judge(Api(stack.config(), aws))
            finally:
                local.send_signal(signal.SIGINT)
    print(f"load: {told}; one planted fault seen")


if __name__ == "__main__":
    try:
        main()
    except Failed as failed:
        sys.exit(f"load: {failed}")
