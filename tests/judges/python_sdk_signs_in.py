"""The Python SDK of MCP signs in through the front, lists tools, and calls one that needs a consent.

It decides whether the metadata, the registration, the codes and the tokens are as its own rules have them. It runs with
an id that it registers and with that of a client that a document describes. At the end it is given an answer from another
issuer, which it has to refuse: else it would not have looked.
"""

import asyncio
import logging
import re
import signal
import subprocess
import sys
from urllib.parse import parse_qs, urlsplit

from browser import Browser, resolve_localhost
from mcp import ClientSession
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientMetadata
from stack import SECRETS, Failed, Stack, binary

REDIRECT = "http://localhost:3030/callback"
DOCUMENT = "https://claude.ai/oauth/claude-code-client-metadata"


class Memory:
    """Where the SDK keeps what it gets."""

    tokens = None
    client = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client):
        self.client = client


class Login:
    """A login of the SDK, with a person who agrees to everything."""

    def __init__(self, endpoint: str, document: str | None = None, issuer: str | None = None):
        self.endpoint = endpoint
        self.browser = Browser("first@example.com", SECRETS["FIRST_USER_PASSWORD"])
        self.memory = Memory()
        self._issuer = issuer
        self._answer = {}
        metadata = OAuthClientMetadata(
            redirect_uris=[REDIRECT],
            client_name="The Python SDK",
            grant_types=["authorization_code", "refresh_token"],
            response_types=["code"],
            token_endpoint_auth_method="none",
        )
        self.provider = OAuthClientProvider(
            endpoint, metadata, self.memory, self._open, self._wait, client_metadata_url=document
        )

    async def _open(self, address: str) -> None:
        end, _ = await asyncio.to_thread(self.browser.go, address, REDIRECT)
        self._answer = {name: values[0] for name, values in parse_qs(urlsplit(end).query).items()}

    async def _wait(self) -> AuthorizationCodeResult:
        issuer = self._issuer or self._answer.get("iss")
        return AuthorizationCodeResult(code=self._answer["code"], state=self._answer["state"], iss=issuer)

    async def use(self) -> None:
        """Signs in, lists the tools, and calls one twice: before and after the consent."""
        async with create_mcp_http_client(auth=self.provider) as client:
            async with streamable_http_client(self.endpoint, http_client=client) as streams:
                async with ClientSession(streams[0], streams[1]) as session:
                    await session.initialize()
                    tools = [tool.name for tool in (await session.list_tools()).tools]
                    await self._call(session, next(name for name in tools if name.startswith("github___")))

    async def _call(self, session: ClientSession, tool: str) -> None:
        asked = _text(await session.call_tool(tool, {}))
        link = re.search(r"http://\S+/connect/\S+", asked)
        if link:
            _, page = await asyncio.to_thread(self.browser.go, link[0])
            if "<h1>Connected</h1>" not in page:
                raise Failed(f"the consent of {tool} was not completed")
            asked = _text(await session.call_tool(tool, {}))
        if "/connect/" in asked:
            raise Failed(f"{tool} asks for a consent that it was given")


def _text(result) -> str:
    return " ".join(part.text for part in result.content if part.type == "text")


async def judge(endpoint: str) -> None:
    for document in (None, DOCUMENT):
        login = Login(endpoint, document)
        await login.use()
        name = login.provider.context.client_info.client_id
        if (name == DOCUMENT) != (document is not None):
            raise Failed(f"the SDK signed in with an id of another kind: {name[:40]}")
    try:
        await Login(endpoint, issuer="https://evil.example").use()
    except BaseException as error:  # The SDK's errors come in groups.
        if "iss" not in _told(error):
            raise
    else:
        raise Failed("the SDK took an answer from another issuer: it has not looked")


def _told(error: BaseException) -> str:
    """The words of an error and of all that it groups."""
    inner = getattr(error, "exceptions", ())
    return " ".join([str(error), *map(_told, inner)]).lower()


def main() -> None:
    resolve_localhost()
    # The SDK writes down the refusal that the planted fault is there for.
    logging.disable(logging.CRITICAL)
    with Stack("judge-sdk") as stack:
        stack.run("up", "--local", "--yes")
        command = [binary(), "local"]
        with subprocess.Popen(
            command, cwd=stack.folder, env=stack.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as local:
            try:
                local.stdout.readline()
                asyncio.run(judge(stack.config()["mcp_url"]))
            finally:
                local.send_signal(signal.SIGINT)
    print("python_sdk_signs_in: two logins, a consent, and one planted fault seen")


if __name__ == "__main__":
    try:
        main()
    except Failed as failed:
        sys.exit(f"python_sdk_signs_in: {failed}")
