"""The front signs people in at a Cognito that others wrote: the hosted page, the token endpoint and the key set of ministack.

The stack is up on the local AWS; then its functions and its gateway are told of a pool of ministack's instead of their own.
The SDK of MCP logs in, lists tools, consents and calls. The tokens have to be ministack's, by its own key set, before and
after a refresh. At the end the functions are given the key set of another pool: a token that is still taken was never
looked at.
"""

import asyncio
import json
import sys
import urllib.error
import urllib.request
from urllib.parse import urlencode

import boto3
import jwt

from browser import Browser, resolve_localhost
from client import REDIRECT
from python_client import Login
from servers import Server, ministack
from stack import SECRETS, Failed, LocalAws, Stack

REGION = "us-west-2"


class Pool:
    """A user pool of ministack's with one person in it, and a client for the front at `base`."""

    def __init__(self, cognito, url: str, base: str, scopes: list[str]):
        made = cognito.create_user_pool(PoolName="people", UsernameAttributes=["email"])
        self.id = made["UserPool"]["Id"]
        self.sign_in = url
        self.issuer = f"https://cognito-idp.{REGION}.amazonaws.com/{self.id}"
        self.keys = f"{url}/{self.id}/.well-known/jwks.json"
        self.discovery = f"{url}/{self.id}/.well-known/openid-configuration"
        for identifier in sorted({scope.rpartition("/")[0] for scope in scopes}):
            own = [scope.rpartition("/")[2] for scope in scopes if scope.startswith(f"{identifier}/")]
            cognito.create_resource_server(
                UserPoolId=self.id,
                Identifier=identifier,
                Name=identifier,
                Scopes=[{"ScopeName": name, "ScopeDescription": name} for name in own],
            )
        client = cognito.create_user_pool_client(
            UserPoolId=self.id,
            ClientName="editors",
            GenerateSecret=False,
            AllowedOAuthFlows=["code"],
            AllowedOAuthFlowsUserPoolClient=True,
            AllowedOAuthScopes=["openid", *scopes],
            CallbackURLs=[f"{base}/callback", f"{base}/connect/callback"],
            SupportedIdentityProviders=["COGNITO"],
        )
        self.client = client["UserPoolClient"]["ClientId"]
        person = {"UserPoolId": self.id, "Username": "first@example.com"}
        cognito.admin_create_user(**person, MessageAction="SUPPRESS")
        cognito.admin_set_user_password(**person, Password=SECRETS["FIRST_USER_PASSWORD"], Permanent=True)

    def claims(self, token: str) -> dict:
        """What an access token of this pool says, after its signature was checked by the pool's keys."""
        key = jwt.PyJWKClient(self.keys).get_signing_key_from_jwt(token)
        claims = jwt.decode(token, key.key, algorithms=["RS256"], issuer=self.issuer, options={"verify_aud": False})
        if (claims["client_id"], claims["token_use"]) != (self.client, "access"):
            raise Failed(f"the front gave out a token of another kind: {claims}")
        return claims


class Told:
    """The stack's functions and gateway, which can be told of another pool."""

    def __init__(self, stack: Stack, url: str):
        session = boto3.Session("judge", "judge", region_name=REGION)
        self._functions = session.client("lambda", endpoint_url=url)
        self._gateways = session.client("bedrock-agentcore-control", endpoint_url=url)
        self._names = [f"{stack.name}-mcp-proxy", f"{stack.name}-oauth-callback"]
        self._gateway = stack.config()["gateway"]["id"]

    def scopes(self) -> list[str]:
        """What clients may ask for at the front."""
        settings = self._functions.get_function_configuration(FunctionName=self._names[0])
        return settings["Environment"]["Variables"]["RESOURCE_SCOPE"].split()

    def functions(self, variables: dict[str, str]) -> None:
        """Gives both functions these variables beside the ones they have."""
        for name in self._names:
            settings = self._functions.get_function_configuration(FunctionName=name)
            wanted = settings["Environment"]["Variables"] | variables
            self._functions.update_function_configuration(FunctionName=name, Environment={"Variables": wanted})
            waiter = self._functions.get_waiter("function_updated_v2")
            waiter.wait(FunctionName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})

    def gateway(self, pool: Pool) -> None:
        """Lets the gateway take this pool's tokens."""
        live = self._gateways.get_gateway(gatewayIdentifier=self._gateway)
        authorizer = live["authorizerConfiguration"]["customJWTAuthorizer"]
        authorizer |= {"discoveryUrl": pool.discovery, "allowedClients": [pool.client]}
        kept = ("name", "roleArn", "authorizerType", "protocolType", "protocolConfiguration", "description")
        self._gateways.update_gateway(
            gatewayIdentifier=self._gateway,
            authorizerConfiguration={"customJWTAuthorizer": authorizer},
            **{name: live[name] for name in kept if name in live},
        )


def post(url: str, body: bytes, headers: dict[str, str]) -> tuple[int, dict]:
    """The status and the document of an answer."""
    request = urllib.request.Request(url, body, headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, json.loads(refused.read() or b"{}")


def listed(endpoint: str, token: str) -> int:
    """Lists the tools with a token; the status."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).encode()
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
    }
    return post(endpoint, body, headers)[0]


def judge(stack: Stack, local: str, emulator: str) -> None:
    config = stack.config()
    endpoint = config["mcp_url"]
    base = endpoint.removesuffix("/mcp")
    told = Told(stack, local)
    cognito = boto3.Session("judge", "judge", region_name=REGION).client("cognito-idp", endpoint_url=emulator)
    pool, other = (Pool(cognito, emulator, base, told.scopes()) for _ in range(2))
    told.functions(
        {"CLIENT_ID": pool.client, "ISSUER": pool.issuer, "KEYS_URL": pool.keys, "SIGN_IN_URL": pool.sign_in}
    )
    told.gateway(pool)

    browser = Browser("first@example.com", SECRETS["FIRST_USER_PASSWORD"])
    login = Login(lambda address: browser.go(address, REDIRECT)[0], REDIRECT, endpoint)
    found = asyncio.run(login.use("legacy", "github___getAuthenticatedUser"))
    if found["failed"] or found["consents"] != 1:
        raise Failed(f"the login ended with {json.dumps(found)[:800]}")
    tokens, client = login.memory.tokens, login.memory.client
    before = pool.claims(tokens.access_token)
    form = {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token, "client_id": client.client_id}
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    status, renewed = post(f"{base}/token", urlencode(form).encode(), kind)
    if status != 200:
        raise Failed(f"the refresh was answered with {status}: {renewed}")
    after = pool.claims(renewed["access_token"])
    if after["sub"] != before["sub"] or renewed["access_token"] == tokens.access_token:
        raise Failed("the refresh gave no new token of the same person")
    if listed(endpoint, renewed["access_token"]) != 200:
        raise Failed("the renewed token opens nothing")

    told.functions({"KEYS_URL": other.keys})
    status = listed(endpoint, renewed["access_token"])
    if status != 401:
        raise Failed(f"with another pool's keys the answer is {status}, not 401: nobody has looked at the signature")


def main() -> None:
    resolve_localhost()
    with Stack("judge-pool") as stack, Server(ministack, stack.folder) as emulator:
        stack.run("up", "--local", "--yes")
        with LocalAws(stack) as local:
            judge(stack, local.url, emulator.url)
    print("ministack_signs_in: a login, a consent and a refresh at another Cognito, and one planted fault seen")


if __name__ == "__main__":
    try:
        main()
    except Failed as failed:
        sys.exit(f"ministack_signs_in: {failed}")
