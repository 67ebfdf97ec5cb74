"""The least that an MCP client is: it registers, signs a person in with PKCE, and asks with the token it got.

For judges whose own question is another one than how a client signs in.
"""

import hashlib
import http.client
import json
import re
import secrets
from base64 import urlsafe_b64encode
from urllib.parse import parse_qs, urlencode, urlsplit

from stack import Failed

# Nobody listens there: it is enough that the browser was sent to it.
REDIRECT = "http://127.0.0.1:33418/callback"
LEGACY = "2025-11-25"


class Client:
    """A client of one endpoint, under a name that it gives itself."""

    def __init__(self, endpoint: str, name: str = "The judges' client"):
        self.endpoint, self.name, self.token = endpoint, name, None
        self._verifier = secrets.token_urlsafe(32)
        self._state = secrets.token_urlsafe(16)
        self._id = None

    def identifier(self) -> str:
        """The client id, registered when it is first needed."""
        if self._id is None:
            asked = {"client_name": self.name, "redirect_uris": [REDIRECT], "token_endpoint_auth_method": "none"}
            self._id = self._sent("/register", json.dumps(asked), "application/json", 201)["client_id"]
        return self._id

    def address(self, **changed: str) -> str:
        """Where a person signs in for this client; `changed` replaces parameters."""
        challenge = urlsafe_b64encode(hashlib.sha256(self._verifier.encode()).digest()).rstrip(b"=")
        parameters = {
            "response_type": "code",
            "client_id": self.identifier(),
            "redirect_uri": REDIRECT,
            "state": self._state,
            "code_challenge": challenge.decode(),
            "code_challenge_method": "S256",
            "resource": self.endpoint,
        }
        return f"{self._origin()}/authorize?{urlencode(parameters | changed)}"

    def sign_in(self, person) -> None:
        """Has a person sign in, and takes the token."""
        reached, _ = person.go(self.address(), REDIRECT)
        answer = parse_qs(urlsplit(reached).query)
        if answer.get("state") != [self._state] or "code" not in answer:
            raise Failed(f"the sign-in ended with {answer.get('error', 'another state')}")
        form = {
            "grant_type": "authorization_code",
            "code": answer["code"][0],
            "redirect_uri": REDIRECT,
            "client_id": self.identifier(),
            "code_verifier": self._verifier,
            "resource": self.endpoint,
        }
        form_type = "application/x-www-form-urlencoded"
        self.token = self._sent("/token", urlencode(form), form_type, 200)["access_token"]

    def ask(self, method: str, **parameters) -> dict:
        """The whole answer to one JSON-RPC request."""
        asked = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
        headers = {
            "Accept": "application/json, text/event-stream",
            "Authorization": f"Bearer {self.token}",
            "MCP-Protocol-Version": LEGACY,
        }
        return self._sent(urlsplit(self.endpoint).path, json.dumps(asked), "application/json", 200, headers)

    def link_of(self, tool: str) -> str:
        """Where a person consents to what `tool` needs."""
        answer = json.dumps(self.ask("tools/call", name=tool, arguments={}))
        found = re.search(r'http://[^\s"\\]+/connect/[^\s"\\]+', answer)
        if not found:
            raise Failed(f"{tool} asks for no consent: {answer[:400]}")
        return found[0]

    def tools(self) -> list[str]:
        """The names of the tools."""
        return [tool["name"] for tool in self.ask("tools/list")["result"]["tools"]]

    def _origin(self) -> str:
        parts = urlsplit(self.endpoint)
        return f"{parts.scheme}://{parts.netloc}"

    def _sent(self, path: str, body: str, kind: str, expected: int, headers: dict | None = None) -> dict:
        parts = urlsplit(self.endpoint)
        connection = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=60)
        try:
            sent = {"Host": parts.netloc, "Content-Type": kind} | (headers or {})
            connection.request("POST", path, body, sent)
            response = connection.getresponse()
            text = response.read().decode()
        finally:
            connection.close()
        if response.status != expected:
            raise Failed(f"{path} answered {response.status}: {text[:400]}")
        data = re.findall(r"^data: ?(.+)$", text, re.MULTILINE)
        return json.loads(data[-1] if data else text)
