"""What somebody may do to an account while construct is not looking, as calls of boto3.

Each is a function of a `Hand`, which makes the calls and remembers them as a script, and of what it is done to. Objects are
chosen by names, so that the same seed does the same again.
"""

import io
import json
import random
import time
import zipfile

from botocore.exceptions import ClientError

from boto3_agrees import Account
from census import GONE, Census, Thing

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
WIDE = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}]}
THEIR_VENDOR = {
    "credentialProviderVendor": "GithubOauth2",
    "oauth2ProviderConfigInput": {"githubOauth2ProviderConfig": {"clientId": "theirs", "clientSecret": "theirs"}},
}
# How long something that was told to go may take.
PATIENCE_SECONDS = 60


class Hand:
    """Makes calls, and keeps them as lines that can be pasted into Python."""

    def __init__(self, account: Account):
        self.account = account
        self.script = []

    def call(self, service: str, operation: str, **arguments) -> dict:
        """One call. A refusal by the service is raised, and written beside the call."""
        told = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
        self.script.append(f"account.{service}.{operation}({told if len(told) < 1500 else told[:1500] + '…'})")
        try:
            return getattr(getattr(self.account, service), operation)(**arguments)
        except ClientError as error:
            self.script[-1] += f"  # {error}"
            raise

    def gone(self, what: str, look) -> None:
        """Waits until `look` finds nothing."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                look()
            except ClientError as error:
                if error.response["Error"]["Code"] in GONE:
                    return
                raise
            time.sleep(0.1)
        raise TimeoutError(f"{what} does not go")


def function_code(text: str) -> bytes:
    """A deployment package of one file."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr(zipfile.ZipInfo("index.py", (1980, 1, 1, 0, 0, 0)), text)
    return written.getvalue()


# Something of the stack is removed.


def _delete(service: str, operation: str):
    """A removal that takes what the object is named by."""
    return lambda hand, thing, census: hand.call(service, operation, **thing.at)


def _inside(census: Census, kind: str, thing: Thing) -> list[Thing]:
    """What of one kind lives in an object."""
    return [one for one in census.of(kind) if thing.at.items() <= one.at.items()]


def delete_role(hand: Hand, role: Thing, census: Census) -> None:
    """IAM removes no role that still has policies."""
    for policy in _inside(census, "role-policy", role):
        hand.call("iam", "delete_role_policy", **policy.at)
    hand.call("iam", "delete_role", **role.at)


def delete_integration(hand: Hand, integration: Thing, census: Census) -> None:
    """An integration goes after the routes to it."""
    for route in census.of("route"):
        if route.read["Target"] == f"integrations/{integration.at['IntegrationId']}":
            hand.call("apigatewayv2", "delete_route", **route.at)
    hand.call("apigatewayv2", "delete_integration", **integration.at)


def delete_pool(hand: Hand, pool: Thing, census: Census) -> None:
    """A pool goes after its domain."""
    for domain in _inside(census, "domain", pool):
        hand.call("cognito_idp", "delete_user_pool_domain", **domain.at)
    hand.call("cognito_idp", "delete_user_pool", **pool.at)


def delete_gateway(hand: Hand, gateway: Thing, census: Census) -> None:
    """A gateway goes after all that is in it."""
    control = hand.account.bedrock_agentcore_control
    for rule in _inside(census, "rule", gateway):
        hand.call("bedrock_agentcore_control", "delete_gateway_rule", **rule.at)
    for limit in _inside(census, "rate-limit", gateway):
        hand.call("bedrock_agentcore_control", "delete_gateway_rate_limit", **limit.at)
    for target in _inside(census, "target", gateway):
        hand.call("bedrock_agentcore_control", "delete_gateway_target", **target.at)
    for target in _inside(census, "target", gateway):
        hand.gone(target.label, lambda at=target.at: control.get_gateway_target(**at))
    hand.call("bedrock_agentcore_control", "delete_gateway", **gateway.at)


DELETIONS = {
    "api": _delete("apigatewayv2", "delete_api"),
    "client": _delete("cognito_idp", "delete_user_pool_client"),
    "domain": _delete("cognito_idp", "delete_user_pool_domain"),
    "function": _delete("lambda_", "delete_function"),
    "gateway": delete_gateway,
    "identity": _delete("bedrock_agentcore_control", "delete_workload_identity"),
    "integration": delete_integration,
    "log-group": _delete("logs", "delete_log_group"),
    "oauth2-provider": _delete("bedrock_agentcore_control", "delete_oauth2_credential_provider"),
    "parameter": _delete("ssm", "delete_parameter"),
    "permission": _delete("lambda_", "remove_permission"),
    "pool": delete_pool,
    "rate-limit": _delete("bedrock_agentcore_control", "delete_gateway_rate_limit"),
    "resource-server": _delete("cognito_idp", "delete_resource_server"),
    "role": delete_role,
    "role-policy": _delete("iam", "delete_role_policy"),
    "route": _delete("apigatewayv2", "delete_route"),
    "rule": _delete("bedrock_agentcore_control", "delete_gateway_rule"),
    "stage": _delete("apigatewayv2", "delete_stage"),
    "table": _delete("dynamodb", "delete_table"),
    "target": _delete("bedrock_agentcore_control", "delete_gateway_target"),
    "user": _delete("cognito_idp", "admin_delete_user"),
}


# Something of the stack is changed.


def change_api(hand: Hand, api: Thing, census: Census) -> None:
    """Another description."""
    hand.call("apigatewayv2", "update_api", **api.at, Description="somebody's")


def change_client(hand: Hand, client: Thing, census: Census) -> None:
    """Other callback URLs; what is not sent is reset by the service."""
    changed = {
        "AllowedOAuthFlows": ["code"],
        "CallbackURLs": ["https://elsewhere.example.com/callback"],
        "SupportedIdentityProviders": ["COGNITO"],
    }
    if "ClientSecret" in client.read:
        changed = {"AllowedOAuthFlows": ["client_credentials"], "AccessTokenValidity": 24}
    scopes = client.read["AllowedOAuthScopes"][:1]
    common = {"AllowedOAuthScopes": scopes, "AllowedOAuthFlowsUserPoolClient": True}
    hand.call("cognito_idp", "update_user_pool_client", **client.at, **common, **changed)


def change_environment(hand: Hand, function: Thing, census: Census) -> None:
    """Variables are taken away, changed and added."""
    variables = function.read.get("Environment", {}).get("Variables", {})
    kept = {name: value for name, value in variables.items() if name != "API_URL"}
    environment = {"Variables": kept | {"GATEWAY_URL": "https://elsewhere.example.com/mcp", "ADDED": "by somebody"}}
    hand.call("lambda_", "update_function_configuration", **function.at, Environment=environment)


def change_memory(hand: Hand, function: Thing, census: Census) -> None:
    """Less memory and time."""
    hand.call("lambda_", "update_function_configuration", **function.at, MemorySize=128, Timeout=3)


def change_code(hand: Hand, function: Thing, census: Census) -> None:
    """Other code."""
    code = function_code("def handler(event, context):\n    return 'somebody else answers'\n")
    hand.call("lambda_", "update_function_code", **function.at, ZipFile=code)


def change_gateway(hand: Hand, gateway: Thing, census: Census) -> None:
    """Another client may come in."""
    live = gateway.read
    authorizer = json.loads(json.dumps(live["authorizerConfiguration"]))
    authorizer["customJWTAuthorizer"]["allowedClients"] = ["somebodys-client"]
    kept = {name: live[name] for name in ("name", "roleArn", "protocolType", "authorizerType") if name in live}
    hand.call("bedrock_agentcore_control", "update_gateway", **gateway.at, **kept, authorizerConfiguration=authorizer)


def change_identity(hand: Hand, identity: Thing, census: Census) -> None:
    """Consents end somewhere else."""
    elsewhere = ["https://elsewhere.example.com/callback"]
    hand.call("bedrock_agentcore_control", "update_workload_identity", **identity.at, allowedResourceOauth2ReturnUrls=elsewhere)


def forget_return_urls(hand: Hand, identity: Thing, census: Census) -> None:
    """A gateway's own identity loses the URLs that it has from us. Others' entries there would stay."""
    hand.call("bedrock_agentcore_control", "update_workload_identity", **identity.at, allowedResourceOauth2ReturnUrls=[])


def change_integration(hand: Hand, integration: Thing, census: Census) -> None:
    """Events in the older form, which the functions cannot read."""
    hand.call("apigatewayv2", "update_integration", **integration.at, PayloadFormatVersion="1.0")


def change_log_group(hand: Hand, group: Thing, census: Census) -> None:
    """Lines are kept for another time, or for ever."""
    hand.call("logs", "put_retention_policy", **group.at, retentionInDays=1)


def change_provider(hand: Hand, provider: Thing, census: Census) -> None:
    """Another client at the vendor."""
    vendor = provider.read["credentialProviderVendor"]
    member = {"GithubOauth2": "githubOauth2ProviderConfig", "AtlassianOauth2": "atlassianOauth2ProviderConfig"}[vendor]
    config = {member: {"clientId": "somebodys-client", "clientSecret": "somebodys-secret"}}
    hand.call(
        "bedrock_agentcore_control", "update_oauth2_credential_provider", **provider.at, credentialProviderVendor=vendor,
        oauth2ProviderConfigInput=config,
    )  # fmt: skip


def change_rate_limit(hand: Hand, limit: Thing, census: Census) -> None:
    """More is let through."""
    entries = [{"dimensions": {"targetName": "*"}, "requests": [{"rate": 9999, "period": "second"}]}]
    hand.call("bedrock_agentcore_control", "update_gateway_rate_limit", **limit.at, entries=entries)


def change_resource_server(hand: Hand, server: Thing, census: Census) -> None:
    """A scope more."""
    scopes = [*server.read["Scopes"], {"ScopeName": "everything", "ScopeDescription": "Whatever there is"}]
    hand.call("cognito_idp", "update_resource_server", **server.at, Name=server.read["Name"], Scopes=scopes)


def change_policy(hand: Hand, policy: Thing, census: Census) -> None:
    """More is allowed."""
    hand.call("iam", "put_role_policy", **policy.at, PolicyDocument=json.dumps(WIDE))


def change_trust(hand: Hand, role: Thing, census: Census) -> None:
    """Anybody's functions may have the role."""
    hand.call("iam", "update_assume_role_policy", **role.at, PolicyDocument=json.dumps(TRUST))


def change_route(hand: Hand, route: Thing, census: Census) -> None:
    """It leads to another function."""
    others = [one.at["IntegrationId"] for one in census.of("integration")]
    elsewhere = next(f"integrations/{one}" for one in others if not route.read["Target"].endswith(one))
    hand.call("apigatewayv2", "update_route", **route.at, Target=elsewhere)


def change_rule(hand: Hand, rule: Thing, census: Census) -> None:
    """It comes at another turn."""
    hand.call("bedrock_agentcore_control", "update_gateway_rule", **rule.at, priority=999)


def change_stage(hand: Hand, stage: Thing, census: Census) -> None:
    """No limit to speak of."""
    limits = {"ThrottlingRateLimit": 9000.0, "ThrottlingBurstLimit": 4000}
    hand.call("apigatewayv2", "update_stage", **stage.at, DefaultRouteSettings=limits)


def change_table(hand: Hand, table: Thing, census: Census) -> None:
    """It says that it is another node's."""
    arn = hand.account.dynamodb.describe_table(**table.at)["Table"]["TableArn"]
    hand.call("dynamodb", "tag_resource", ResourceArn=arn, Tags=[{"Key": "construct:node", "Value": "table/other"}])


def change_target(hand: Hand, target: Thing, census: Census) -> None:
    """How it signs in, what its tools say of themselves, or where it is."""
    live = target.read
    sent = {name: live[name] for name in ("name", "targetConfiguration", "credentialProviderConfigurations") if name in live}
    sent = json.loads(json.dumps(sent))
    for one in sent.get("credentialProviderConfigurations", []):
        if one["credentialProviderType"] == "OAUTH":
            one["credentialProvider"]["oauthCredentialProvider"]["scopes"] = ["somebodys-scope"]
    behind = sent["targetConfiguration"]["mcp"]
    for tool in behind.get("lambda", {}).get("toolSchema", {}).get("inlinePayload", []):
        tool["description"] = "Somebody's"
    if "mcpServer" in behind:
        behind["mcpServer"]["endpoint"] = "https://elsewhere.example.com/mcp"
    at = {name: target.at[name] for name in ("gatewayIdentifier", "targetId")}
    hand.call("bedrock_agentcore_control", "update_gateway_target", **at, **sent)


CHANGES = {
    "api": [change_api],
    "client": [change_client],
    "function": [change_environment, change_memory, change_code],
    "gateway": [change_gateway],
    "identity": [change_identity],
    "integration": [change_integration],
    "log-group": [change_log_group],
    "oauth2-provider": [change_provider],
    "own-identity": [forget_return_urls],
    "rate-limit": [change_rate_limit],
    "resource-server": [change_resource_server],
    "role": [change_trust],
    "role-policy": [change_policy],
    "route": [change_route],
    "rule": [change_rule],
    "stage": [change_stage],
    "table": [change_table],
    "target": [change_target],
}


# Something is put where everything belongs to the stack, which `up` takes away again.


def add_policy(hand: Hand, census: Census, chance: random.Random) -> None:
    """A policy in one of our roles."""
    role = chance.choice(census.of("role"))
    hand.call("iam", "put_role_policy", **role.at, PolicyName="somebodys", PolicyDocument=json.dumps(WIDE))


def add_route(hand: Hand, census: Census, chance: random.Random) -> None:
    """A route of our API."""
    integration = chance.choice(census.of("integration")).at
    key, target = f"GET /added/{chance.randrange(100)}", f"integrations/{integration['IntegrationId']}"
    hand.call("apigatewayv2", "create_route", ApiId=integration["ApiId"], RouteKey=key, Target=target)


def add_target(hand: Hand, census: Census, chance: random.Random) -> None:
    """A target of our gateway."""
    at = chance.choice(census.of("gateway")).at
    target = {"mcp": {"mcpServer": {"endpoint": "https://elsewhere.example.com/mcp"}}}
    hand.call("bedrock_agentcore_control", "create_gateway_target", **at, name="somebodys", targetConfiguration=target)


def add_twin(hand: Hand, census: Census, chance: random.Random) -> None:
    """A second API of our name that carries our marks, as one that lost its answer would."""
    api = chance.choice(census.of("api"))
    hand.call("apigatewayv2", "create_api", Name=api.name, ProtocolType="HTTP", Tags=api.tags)


def add_leftover(hand: Hand, census: Census, chance: random.Random) -> None:
    """A log group with the marks of a node that is in no manifest any more."""
    group = chance.choice(census.of("log-group"))
    tags = group.tags | {"construct:node": "log-group/retired"}
    hand.call("logs", "create_log_group", logGroupName=f"{group.name}-retired", tags=tags)


ADDITIONS = [add_leftover, add_policy, add_route, add_target, add_twin]


# Something of somebody else, with a name like ours. It has no mark, or that of another stack.


def their_api(hand: Hand, stack: str) -> None:
    """The very name: an API's is not unique."""
    hand.call("apigatewayv2", "create_api", Name=f"{stack}-api", ProtocolType="HTTP")


def their_function(hand: Hand, stack: str) -> None:
    """A function and its role, which lies where ours lie."""
    name = f"{stack}-mcp-proxy-of-theirs"
    role = hand.call("iam", "create_role", RoleName=name, Path=f"/construct/{stack}/", AssumeRolePolicyDocument=json.dumps(TRUST))
    code, deadline = function_code("def handler(event, context):\n    return 1\n"), time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            hand.call(
                "lambda_", "create_function", FunctionName=name, Role=role["Role"]["Arn"], Runtime="python3.12",
                Handler="index.handler", Code={"ZipFile": code}, Tags={"construct:stack": f"{stack}-of-theirs"},
            )  # fmt: skip
            return
        except ClientError:
            # IAM takes its time until others see a role.
            if time.monotonic() > deadline:
                raise
            hand.script.pop()
            time.sleep(0.2)


def their_identity(hand: Hand, stack: str) -> None:
    """A workload identity whose name begins like ours."""
    hand.call("bedrock_agentcore_control", "create_workload_identity", name=f"{stack}-portal-of-theirs")


def their_log_group(hand: Hand, stack: str) -> None:
    """Under the prefix of our functions'."""
    hand.call("logs", "create_log_group", logGroupName=f"/aws/lambda/{stack}-mcp-proxy-of-theirs")


def their_parameters(hand: Hand, stack: str) -> None:
    """Where our keys and our links lie."""
    for folder in ("keys", "links"):
        hand.call("ssm", "put_parameter", Name=f"/construct/{stack}/{folder}/theirs", Value="theirs", Type="String")


def their_pool(hand: Hand, stack: str) -> None:
    """The very name: a pool's is not unique."""
    hand.call("cognito_idp", "create_user_pool", PoolName=f"{stack}-pool")


def their_provider(hand: Hand, stack: str) -> None:
    """A provider whose name begins like ours, of another stack."""
    tags = {"construct:stack": f"{stack}-of-theirs", "construct:node": "provider/github"}
    hand.call(
        "bedrock_agentcore_control", "create_oauth2_credential_provider", name=f"{stack}-github-of-theirs", tags=tags, **THEIR_VENDOR
    )


def their_role(hand: Hand, stack: str) -> None:
    """A role that lies where ours lie, with a policy."""
    name = {"RoleName": f"{stack}-gateway-role-of-theirs"}
    hand.call("iam", "create_role", **name, Path=f"/construct/{stack}/", AssumeRolePolicyDocument=json.dumps(TRUST))
    hand.call("iam", "put_role_policy", **name, PolicyName="theirs", PolicyDocument=json.dumps(WIDE))


def their_table(hand: Hand, stack: str) -> None:
    """A table whose name begins like ours."""
    _table(hand, f"{stack}-table-sessions-of-theirs")


def _table(hand: Hand, name: str) -> None:
    hand.call(
        "dynamodb", "create_table", TableName=name, BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "handle", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "handle", "KeyType": "HASH"}],
    )  # fmt: skip
    hand.account.dynamodb.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})


LOOK_ALIKES = [
    their_api, their_function, their_identity, their_log_group, their_parameters, their_pool, their_provider, their_role,
    their_table,
]  # fmt: skip


# Ours is removed, and somebody else's has its name: `up` must stop there, and name it.


def take_log_group(hand: Hand, group: Thing) -> None:
    """A log group without tags."""
    hand.call("logs", "delete_log_group", **group.at)
    hand.call("logs", "create_log_group", **group.at)


def take_parameter(hand: Hand, parameter: Thing) -> None:
    """A parameter without tags."""
    hand.call("ssm", "delete_parameter", **parameter.at)
    hand.call("ssm", "put_parameter", **parameter.at, Value="theirs", Type="SecureString")


def take_identity(hand: Hand, identity: Thing) -> None:
    """A workload identity without tags."""
    hand.call("bedrock_agentcore_control", "delete_workload_identity", **identity.at)
    hand.call("bedrock_agentcore_control", "create_workload_identity", **identity.at)


def take_table(hand: Hand, table: Thing) -> None:
    """A table without tags."""
    hand.call("dynamodb", "delete_table", **table.at)
    hand.gone(table.label, lambda: hand.account.dynamodb.describe_table(**table.at))
    _table(hand, table.name)


TAKEOVERS = {"identity": take_identity, "log-group": take_log_group, "parameter": take_parameter, "table": take_table}
