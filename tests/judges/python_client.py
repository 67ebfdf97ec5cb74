"""An MCP client with the Python SDK: signs in, lists the tools, and calls one that may need a consent.

    python python_client.py REDIRECT ENDPOINT legacy|modern TOOL [CLIENT_ID]

Where a person has to go it prints a line {"open": ADDRESS}, and reads one that says where the person's way ended. Its last
line says what it found. An id that is an https address is that of a client that a document describes.
"""

import asyncio
import json
import logging
import sys
from urllib.parse import parse_qs, urlsplit

from browser import resolve_localhost
from mcp import Client, MCPError, UrlElicitationRequiredError
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientInformationFull, OAuthClientMetadata
from mcp_types import URL_ELICITATION_REQUIRED, ElicitResult

MODES = {"legacy": "legacy", "modern": "auto"}


class Memory:
    """Where the SDK keeps what it gets."""

    def __init__(self, client: OAuthClientInformationFull | None):
        self.tokens, self.client = None, client

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client):
        self.client = client


class Login:
    """A login of the SDK. `go` takes a person to an address, and gives the one at which their way ended."""

    def __init__(self, go, redirect: str, endpoint: str, client_id: str | None = None):
        self.endpoint, self._go, self._answer = endpoint, go, {}
        self.consents = 0
        metadata = {
            "redirect_uris": [redirect],
            "client_name": "The Python SDK",
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
        }
        document = client_id if client_id and client_id.startswith("https://") else None
        given = OAuthClientInformationFull(client_id=client_id, **metadata) if client_id and not document else None
        self.memory = Memory(given)
        self._provider = OAuthClientProvider(
            endpoint, OAuthClientMetadata(**metadata), self.memory, self._open, self._wait, client_metadata_url=document
        )

    async def _open(self, address: str) -> None:
        reached = await asyncio.to_thread(self._go, address)
        self._answer = {name: values[0] for name, values in parse_qs(urlsplit(reached).query).items()}

    async def _wait(self) -> AuthorizationCodeResult:
        return AuthorizationCodeResult(**{name: self._answer.get(name) for name in ("code", "state", "iss")})

    async def use(self, era: str, tool: str) -> dict:
        """Signs in, lists the tools, and calls one: what was found."""
        async with create_mcp_http_client(auth=self._provider) as http:
            streams = streamable_http_client(self.endpoint, http_client=http)
            async with Client(streams, mode=MODES[era], elicitation_callback=self._elicited) as client:
                tools = [known.name for known in (await client.list_tools()).tools]
                try:
                    result = await client.call_tool(tool, {})
                except MCPError as error:
                    # The specification of 2025-11-25: URL elicitation required.
                    if error.code != URL_ELICITATION_REQUIRED:
                        raise
                    await self._consent(UrlElicitationRequiredError.from_error(error.error).elicitations[0].url)
                    result = await client.call_tool(tool, {})
                return {
                    "tools": tools,
                    "text": " ".join(part.text for part in result.content if part.type == "text"),
                    "failed": result.is_error,
                    "consents": self.consents,
                    "version": client.protocol_version,
                    "clientId": self._provider.context.client_info.client_id,
                }

    async def _elicited(self, _context, params) -> ElicitResult:
        await self._consent(params.url)
        return ElicitResult(action="accept")

    async def _consent(self, address: str) -> None:
        self.consents += 1
        await asyncio.to_thread(self._go, address)


def _said(address: str) -> str:
    print(json.dumps({"open": address}), flush=True)
    return sys.stdin.readline().strip()


def main() -> None:
    redirect, endpoint, era, tool, *given = sys.argv[1:]
    resolve_localhost()
    # Its errors are raised; what it writes down besides is for people who look for their cause.
    logging.disable(logging.CRITICAL)
    print(json.dumps(asyncio.run(Login(_said, redirect, endpoint, *given).use(era, tool))))


if __name__ == "__main__":
    main()
