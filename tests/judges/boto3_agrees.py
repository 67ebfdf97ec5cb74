"""Reads back with boto3, from `construct local`, every object that config.json names, and compares."""

import json
import sys

import boto3
import botocore.exceptions

from stack import LocalAws, Stack, verdict

JUDGE = "boto3_agrees"

# What the manifest says: the starter's defaults and the pieces of stack.py.
MEMORY_MB = 256
RETENTION_DAYS = 30
RATE, BURST = 50, 100
FRONT_FUNCTIONS = {"mcp-proxy", "oauth-callback"}


class Account:
    """boto3's clients for one endpoint."""

    def __init__(self, url: str, region: str):
        self._session = boto3.Session("LOCAL", "local", region_name=region)
        self._url = url

    def __getattr__(self, name: str):
        client = self._session.client(name.rstrip("_").replace("_", "-"), endpoint_url=self._url)
        setattr(self, name, client)
        return client


class Comparison:
    """Collects what does not agree."""

    def __init__(self):
        self.problems = []
        self.compared = 0

    def same(self, what: str, live, expected) -> None:
        """One value that must be equal."""
        self.compared += 1
        if live != expected:
            self.problems.append(f"{what}: boto3 reads {live!r}, expected {expected!r}")

    def marked(self, what: str, tags: dict, stack: str) -> None:
        """An object that must carry the stack's marks."""
        self.same(f"{what}: tag construct:stack", tags.get("construct:stack"), stack)
        self.same(f"{what}: has a tag construct:node", bool(tags.get("construct:node")), True)


def compare(account: Account, config: dict, routes: set, look: Comparison) -> None:
    """Everything that config.json names, and the routes that `up` said it made."""
    look.same("account", config["account"], account.sts.get_caller_identity()["Account"])
    compare_agentcore(account, config, look)
    compare_cognito(account, config, look)
    compare_roles(account, config, look)
    compare_functions(account, config, look)
    compare_api(account, config, routes, look)
    for name, table in config["tables"].items():
        live = account.dynamodb.describe_table(TableName=table["name"])["Table"]
        look.same(f"table {name}: ARN", live["TableArn"], table["arn"])
        look.same(f"table {name}: status", live["TableStatus"], "ACTIVE")
        ttl = account.dynamodb.describe_time_to_live(TableName=table["name"])["TimeToLiveDescription"]
        look.same(f"table {name}: time to live", ttl.get("AttributeName"), "expires_at")
        tags = account.dynamodb.list_tags_of_resource(ResourceArn=table["arn"])["Tags"]
        look.marked(f"table {name}", pairs(tags), config["stack"])
    for name, parameter in config["keys"].items():
        live = account.ssm.get_parameter(Name=parameter, WithDecryption=True)["Parameter"]
        look.same(f"key {name}: type", live["Type"], "SecureString")
        look.same(f"key {name}: 32 bytes in base64", len(live["Value"]), 44)
        tags = account.ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=parameter)["TagList"]
        look.marked(f"key {name}", pairs(tags), config["stack"])
    for name, group in config["log_groups"].items():
        found = account.logs.describe_log_groups(logGroupNamePrefix=group["name"])["logGroups"]
        live = next((one for one in found if one["logGroupName"] == group["name"]), {})
        look.same(f"log group {name}: retention", live.get("retentionInDays"), RETENTION_DAYS)
        look.same(f"log group {name}: ARN", live.get("arn", "").removesuffix(":*"), group["arn"].removesuffix(":*"))


def compare_agentcore(account: Account, config: dict, look: Comparison) -> None:
    """The gateway, its targets, the providers and the identities."""
    control = account.bedrock_agentcore_control
    gateway = config["gateway"]
    live = control.get_gateway(gatewayIdentifier=gateway["id"])
    look.same("gateway: ARN", live["gatewayArn"], gateway["arn"])
    look.same("gateway: URL", live["gatewayUrl"], gateway["url"])
    look.same("gateway: status", live["status"], "READY")
    look.same("gateway: role", live["roleArn"], config["roles"]["gateway"]["arn"])
    authorizer = live["authorizerConfiguration"]["customJWTAuthorizer"]
    issuer = config["cognito"]["issuer"]
    look.same("gateway: discovery", authorizer["discoveryUrl"], f"{issuer}/.well-known/openid-configuration")
    clients = sorted(config["cognito"]["clients"].values())
    look.same("gateway: clients", sorted(authorizer["allowedClients"]), clients)
    look.same("gateway: scopes", authorizer["allowedScopes"], config["cognito"]["scopes"])
    look.marked("gateway", control.list_tags_for_resource(resourceArn=gateway["arn"])["tags"], config["stack"])
    identity = live["workloadIdentityDetails"]["workloadIdentityArn"].rpartition("/")[2]
    returns = control.get_workload_identity(name=identity)["allowedResourceOauth2ReturnUrls"]
    look.same("gateway: return URL", f"{config['api']['endpoint']}/oauth2/callback" in returns, True)

    listed = control.list_gateway_targets(gatewayIdentifier=gateway["id"])["items"]
    ids = {one["name"]: one["targetId"] for one in listed}
    look.same("targets", ids, {name: one["target_id"] for name, one in config["targets"].items()})
    for name, target in config["targets"].items():
        live = control.get_gateway_target(gatewayIdentifier=gateway["id"], targetId=target["target_id"])
        look.same(f"target {name}: status", live["status"], "READY")
        provider = live["credentialProviderConfigurations"][0]
        if provider["credentialProviderType"] == "OAUTH":
            arn = provider["credentialProvider"]["oauthCredentialProvider"]["providerArn"]
            known = {one["arn"] for one in config["providers"].values()}
            look.same(f"target {name}: provider is ours", arn in known, True)
    for name, provider in config["providers"].items():
        live = control.get_oauth2_credential_provider(name=f"{config['stack']}-{name}")
        look.same(f"provider {name}: ARN", live["credentialProviderArn"], provider["arn"])
        look.same(f"provider {name}: callback URL", live["callbackUrl"], provider["callback_url"])
        tags = control.list_tags_for_resource(resourceArn=provider["arn"])["tags"]
        look.marked(f"provider {name}", tags, config["stack"])
    for name, identity in config["identities"].items():
        live = control.get_workload_identity(name=identity["name"])
        look.same(f"identity {name}: ARN", live["workloadIdentityArn"], identity["arn"])
        tags = control.list_tags_for_resource(resourceArn=identity["arn"])["tags"]
        look.marked(f"identity {name}", tags, config["stack"])


def compare_cognito(account: Account, config: dict, look: Comparison) -> None:
    """The pool and what lives in it."""
    wanted, idp = config["cognito"], account.cognito_idp
    pool_id = wanted["pool_id"]
    pool = idp.describe_user_pool(UserPoolId=pool_id)["UserPool"]
    look.same("pool: ARN", pool["Arn"], wanted["pool_arn"])
    look.same("pool: sign-up", pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"], True)
    look.marked("pool", pool["UserPoolTags"], config["stack"])
    look.same("pool: has a domain", bool(pool.get("Domain")), True)
    domain = idp.describe_user_pool_domain(Domain=pool["Domain"])["DomainDescription"]
    look.same("domain: pool", domain["UserPoolId"], pool_id)
    server = idp.describe_resource_server(UserPoolId=pool_id, Identifier="mcp")["ResourceServer"]
    scopes = [f"mcp/{one['ScopeName']}" for one in server["Scopes"]]
    look.same("resource server: scopes", scopes, wanted["scopes"])
    for name, client_id in wanted["clients"].items():
        client = idp.describe_user_pool_client(UserPoolId=pool_id, ClientId=client_id)["UserPoolClient"]
        flows = ["code"] if name == "editors" else ["client_credentials"]
        look.same(f"client {name}: flows", client["AllowedOAuthFlows"], flows)
        look.same(f"client {name}: has a secret", "ClientSecret" in client, name == "machine")
        if name == "editors":
            base = config["api"]["endpoint"]
            callbacks = [f"{base}/callback", f"{base}/connect/callback"]
            look.same("client editors: callback URLs", sorted(client["CallbackURLs"]), callbacks)
            look.same("client editors: rotation", client["RefreshTokenRotation"]["Feature"], "ENABLED")
    users = idp.list_users(UserPoolId=pool_id)["Users"]
    emails = [one["Value"] for user in users for one in user["Attributes"] if one["Name"] == "email"]
    look.same("users", emails, ["first@example.com"])


def compare_roles(account: Account, config: dict, look: Comparison) -> None:
    """The roles, their trust and that each may do something."""
    for name, role in config["roles"].items():
        live = account.iam.get_role(RoleName=role["name"])["Role"]
        look.same(f"role {name}: ARN", live["Arn"], role["arn"])
        look.same(f"role {name}: path", live["Path"], f"/construct/{config['stack']}/")
        look.marked(f"role {name}", pairs(live["Tags"]), config["stack"])
        service = "bedrock-agentcore" if name == "gateway" else "lambda"
        principal = live["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Service"]
        look.same(f"role {name}: principal", principal, f"{service}.amazonaws.com")
        policies = account.iam.list_role_policies(RoleName=role["name"])["PolicyNames"]
        look.same(f"role {name}: has policies", bool(policies), True)
        for policy in policies:
            document = account.iam.get_role_policy(RoleName=role["name"], PolicyName=policy)["PolicyDocument"]
            look.same(f"role {name}, policy {policy}: has statements", bool(document["Statement"]), True)
    trust = account.iam.get_role(RoleName=config["roles"]["gateway"]["name"])["Role"]["AssumeRolePolicyDocument"]
    look.same("gateway's trust names its ARN", config["gateway"]["arn"] in json.dumps(trust), True)


def compare_functions(account: Account, config: dict, look: Comparison) -> None:
    """The functions: settings, environment, code and who may call them."""
    for name, function in config["functions"].items():
        live = account.lambda_.get_function(FunctionName=function["name"])
        settings = live["Configuration"]
        look.same(f"function {name}: ARN", settings["FunctionArn"], function["arn"])
        look.same(f"function {name}: state", settings["State"], "Active")
        look.same(f"function {name}: memory", settings["MemorySize"], MEMORY_MB)
        look.same(f"function {name}: log group", settings["LoggingConfig"]["LogGroup"], config["log_groups"][name]["name"])
        role = config["roles"][f"function-{name}"]["arn"]
        look.same(f"function {name}: role", settings["Role"], role)
        look.marked(f"function {name}", live["Tags"], config["stack"])
        if name in FRONT_FUNCTIONS:
            environment = settings["Environment"]["Variables"]
            look.same(f"function {name}: API_URL", environment["API_URL"], config["api"]["endpoint"])
            look.same(f"function {name}: GATEWAY_URL", environment["GATEWAY_URL"], config["gateway"]["url"])
            look.same(f"function {name}: CLIENT_ID", environment["CLIENT_ID"], config["cognito"]["clients"]["editors"])
            policy = json.loads(account.lambda_.get_policy(FunctionName=function["name"])["Policy"])
            source = json.dumps(policy["Statement"][0]["Condition"])
            look.same(f"function {name}: called by the API", config["api"]["id"] in source, True)


def compare_api(account: Account, config: dict, made: set, look: Comparison) -> None:
    """The HTTP API: routes to the right functions, throttles."""
    api_id, gateway = config["api"]["id"], account.apigatewayv2
    live = gateway.get_api(ApiId=api_id)
    look.same("API: endpoint", live["ApiEndpoint"], config["api"]["endpoint"])
    look.same("API: MCP URL", config["mcp_url"], f"{config['api']['endpoint']}/mcp")
    look.marked("API", live["Tags"], config["stack"])
    integrations = {one["IntegrationId"]: one for one in gateway.get_integrations(ApiId=api_id)["Items"]}
    look.same("API: integrations", len(integrations), len(FRONT_FUNCTIONS))
    arns = {config["functions"][name]["arn"] for name in FRONT_FUNCTIONS}
    look.same("API: functions", {one["IntegrationUri"] for one in integrations.values()}, arns)
    routes = gateway.get_routes(ApiId=api_id)["Items"]
    look.same("API: routes", {route["RouteKey"] for route in routes}, made)
    look.same("API: has the MCP route", "ANY /mcp" in made, True)
    for route in routes:
        integration = route["Target"].removeprefix("integrations/")
        look.same(f"route {route['RouteKey']}: integration", integration in integrations, True)
    stage = gateway.get_stage(ApiId=api_id, StageName="$default")
    look.same("stage: rate", stage["DefaultRouteSettings"]["ThrottlingRateLimit"], float(RATE))
    look.same("stage: burst", stage["DefaultRouteSettings"]["ThrottlingBurstLimit"], BURST)
    look.same("stage: deploys by itself", stage["AutoDeploy"], True)


def pairs(tags: list[dict]) -> dict:
    """Tags given as a list, as a dictionary."""
    return {tag["Key"]: tag["Value"] for tag in tags}


def altered(config: dict):
    """Configs with one untrue thing each, which the comparison must see."""
    for path in (("gateway", "url"), ("cognito", "clients", "editors"), ("functions", "mcp-proxy", "arn"), ("api", "endpoint")):
        copy = json.loads(json.dumps(config))
        inner = copy
        for member in path[:-1]:
            inner = inner[member]
        inner[path[-1]] += "x"
        yield ".".join(path), copy


def main() -> int:
    """Judges; gives the exit code."""
    look = Comparison()
    with Stack("judged-by-boto3") as stack, LocalAws(stack) as local:
        done = stack.run("up", "--local", "--yes", "--json").stdout
        nodes = [json.loads(line) for line in done.splitlines()]
        routes = {one["outputs"]["key"] for one in nodes if one.get("kind") == "apigateway.route" and "outputs" in one}
        config = stack.config()
        account = Account(local.url, config["region"])
        compare(account, config, routes, look)
        for what, untrue in altered(config):
            second = Comparison()
            try:
                compare(account, untrue, routes, second)
            except botocore.exceptions.ClientError:
                continue
            look.same(f"the judge sees an untrue {what}", bool(second.problems), True)
        stack.run("cleanup", "--local", "--yes", "--yes-destroy")
        left = account.iam.list_roles(PathPrefix=f"/construct/{config['stack']}/")["Roles"]
        look.same("roles after cleanup", left, [])
        look.same("gateways after cleanup", account.bedrock_agentcore_control.list_gateways()["items"], [])
        look.same("pools after cleanup", account.cognito_idp.list_user_pools(MaxResults=60)["UserPools"], [])
        look.same("functions after cleanup", account.lambda_.list_functions()["Functions"], [])
        look.same("APIs after cleanup", account.apigatewayv2.get_apis()["Items"], [])
    return verdict(JUDGE, look.problems, f"{look.compared} values compared")


if __name__ == "__main__":
    sys.exit(main())
