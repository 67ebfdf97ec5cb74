"""What a careful person would write with boto3 for the starter stack: the same objects, one call after another.

Its waits are what such scripts do: ask for the status once a second, and try again a second later while IAM has not spread.
Both are counted apart from the calls, so that the comparison can leave them out.
"""

import io
import json
import sys
import time
import zipfile
from pathlib import Path

import boto3
import botocore.exceptions

REPOSITORY = Path(__file__).resolve().parents[1]
REGION = "us-west-2"
NAME = "by-hand"
CLOUD_ID = "0b7c4b6e-91f2-4cb8-9a55-2b6bb3ad9a10"
POLL_SECONDS = 1.0
PATIENCE = 60

ROUTES = {
    "mcp-proxy": [
        "GET /health",
        "GET /.well-known/{document+}",
        "POST /register",
        "ANY /authorize",
        "GET /callback",
        "POST /token",
        "ANY /mcp",
    ],
    "oauth-callback": ["GET /connect/{handle}", "GET /connect/callback", "GET /oauth2/callback"],
}
SCOPES = {
    "github": ["repo", "read:user"],
    "confluence": [
        "read:space:confluence",
        "read:page:confluence",
        "write:page:confluence",
        "search:confluence",
        "offline_access",
    ],
}
VENDORS = {
    "github": ("GithubOauth2", "githubOauth2ProviderConfig"),
    "atlassian": ("AtlassianOauth2", "atlassianOauth2ProviderConfig"),
}
PROVIDER_OF = {"github": "github", "confluence": "atlassian"}


class Script:
    """One run of the script."""

    def __init__(self, url: str):
        session = boto3.Session("LOCAL", "local", region_name=REGION)
        names = "sts iam cognito-idp lambda apigatewayv2 ssm dynamodb logs bedrock-agentcore-control".split()
        clients = {name: session.client(name, endpoint_url=url) for name in names}
        for client in clients.values():
            client.meta.events.register("before-send", self._count)
        self.sts, self.iam, self.idp, self.functions = (clients[name] for name in names[:4])
        self.api, self.ssm, self.tables, self.logs, self.control = (clients[name] for name in names[4:])
        self.calls, self.slept = 0, 0.0

    def _count(self, **_):
        self.calls += 1

    def sleep(self) -> None:
        """A wait, counted."""
        self.slept += POLL_SECONDS
        time.sleep(POLL_SECONDS)

    def wait(self, ask, ready) -> dict:
        """Asks once a second until it is ready."""
        for _ in range(PATIENCE):
            answer = ask()
            if ready(answer):
                return answer
            self.sleep()
        raise TimeoutError(f"not ready: {answer}")

    def once_spread(self, call):
        """Tries again while a new role is not seen yet."""
        for _ in range(PATIENCE):
            try:
                return call()
            except botocore.exceptions.ClientError as error:
                if "role" not in str(error).lower():
                    raise
                self.sleep()
        return call()

    def up(self) -> None:
        """Makes everything."""
        self.account = self.sts.get_caller_identity()["Account"]
        api = self.api.create_api(Name=NAME, ProtocolType="HTTP")
        self.endpoint = api["ApiEndpoint"]
        self.ids = {"api": api["ApiId"]}
        self.make_inbound()
        self.make_gateway()
        self.make_front()

    def make_inbound(self) -> None:
        """The pool and what lives in it."""
        pool = self.idp.create_user_pool(
            PoolName=NAME,
            Policies={"PasswordPolicy": {"MinimumLength": 12}},
            UsernameAttributes=["email"],
            AutoVerifiedAttributes=["email"],
            AdminCreateUserConfig={"AllowAdminCreateUserOnly": True},
            UserPoolTier="ESSENTIALS",
        )["UserPool"]
        self.ids["pool"] = pool["Id"]
        self.idp.create_user_pool_domain(Domain=f"{NAME}-0a1b2c3d", UserPoolId=pool["Id"])
        self.idp.create_resource_server(
            UserPoolId=pool["Id"],
            Identifier="mcp",
            Name="mcp",
            Scopes=[{"ScopeName": "invoke", "ScopeDescription": "Call the tools of the gateway"}],
        )
        client = self.idp.create_user_pool_client(
            UserPoolId=pool["Id"],
            ClientName=NAME,
            GenerateSecret=False,
            AllowedOAuthFlows=["code"],
            AllowedOAuthScopes=["openid", "email", "mcp/invoke"],
            AllowedOAuthFlowsUserPoolClient=True,
            SupportedIdentityProviders=["COGNITO"],
            CallbackURLs=[f"{self.endpoint}/callback", f"{self.endpoint}/connect/callback"],
            PreventUserExistenceErrors="ENABLED",
        )["UserPoolClient"]
        self.ids["client"] = client["ClientId"]

    def role(self, what: str, service: str) -> str:
        """A role that one service may take."""
        trust = {
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:SourceAccount": self.account}},
        }
        answer = self.iam.create_role(RoleName=f"{NAME}-{what}-role", AssumeRolePolicyDocument=document(trust))
        return answer["Role"]["Arn"]

    def allow(self, what: str, policy: str, actions: list[str], resources: list[str]) -> None:
        """An inline policy of one statement."""
        text = document({"Effect": "Allow", "Action": actions, "Resource": resources})
        self.iam.put_role_policy(RoleName=f"{NAME}-{what}-role", PolicyName=policy, PolicyDocument=text)

    def make_gateway(self) -> None:
        """Providers, the gateway and its targets."""
        arn = self.role("gateway", "bedrock-agentcore.amazonaws.com")
        prefix = f"arn:aws:bedrock-agentcore:{REGION}:{self.account}:"
        directory = f"{prefix}workload-identity-directory/default"
        providers = {}
        for name, (vendor, member) in VENDORS.items():
            made = self.control.create_oauth2_credential_provider(
                name=f"{NAME}-{name}",
                credentialProviderVendor=vendor,
                oauth2ProviderConfigInput={member: {"clientId": "Iv1.0123456789abcdef", "clientSecret": "x" * 40}},
            )
            providers[name] = made["credentialProviderArn"]
            actions = ["GetWorkloadAccessToken", "GetWorkloadAccessTokenForJWT", "GetResourceOauth2Token"]
            self.allow(
                "gateway",
                name,
                [f"bedrock-agentcore:{action}" for action in actions],
                [
                    directory,
                    f"{directory}/workload-identity/{NAME}-*",
                    f"{prefix}token-vault/default",
                    made["credentialProviderArn"],
                ],
            )
            self.allow("gateway", f"{name}-secret", ["secretsmanager:GetSecretValue"], [made["clientSecretArn"]["secretArn"]])
        issuer = f"https://cognito-idp.{REGION}.amazonaws.com/{self.ids['pool']}"
        made = self.once_spread(
            lambda: self.control.create_gateway(
                name=NAME,
                roleArn=arn,
                protocolType="MCP",
                protocolConfiguration={"mcp": {"searchType": "SEMANTIC"}},
                authorizerType="CUSTOM_JWT",
                authorizerConfiguration={
                    "customJWTAuthorizer": {
                        "discoveryUrl": f"{issuer}/.well-known/openid-configuration",
                        "allowedClients": [self.ids["client"]],
                        "allowedScopes": ["mcp/invoke"],
                    }
                },
            )
        )
        self.ids["gateway"] = gateway = made["gatewayId"]
        live = self.wait(lambda: self.control.get_gateway(gatewayIdentifier=gateway), is_ready)
        trust = {
            "Effect": "Allow",
            "Principal": {"Service": "bedrock-agentcore.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {
                "StringEquals": {"aws:SourceAccount": self.account},
                "ArnLike": {"aws:SourceArn": live["gatewayArn"]},
            },
        }
        self.iam.update_assume_role_policy(RoleName=f"{NAME}-gateway-role", PolicyDocument=document(trust))
        identity = live["workloadIdentityDetails"]["workloadIdentityArn"].rpartition("/")[2]
        urls = self.control.get_workload_identity(name=identity).get("allowedResourceOauth2ReturnUrls", [])
        back = f"{self.endpoint}/oauth2/callback"
        self.control.update_workload_identity(name=identity, allowedResourceOauth2ReturnUrls=[*urls, back])
        self.ids["targets"] = [self.target(name, providers, back) for name in SCOPES]

    def target(self, name: str, providers: dict, back: str) -> str:
        """One OpenAPI target, waited for."""
        description = json.loads((REPOSITORY / "specs" / f"{name}-openapi.json").read_text())
        server = description["servers"][0]
        server["url"] = server["url"].replace("{cloudId}", CLOUD_ID)
        server.pop("variables", None)
        made = self.once_spread(
            lambda: self.control.create_gateway_target(
                gatewayIdentifier=self.ids["gateway"],
                name=name,
                targetConfiguration={
                    "mcp": {"openApiSchema": {"inlinePayload": json.dumps(description, separators=(",", ":"))}}
                },
                credentialProviderConfigurations=[
                    {
                        "credentialProviderType": "OAUTH",
                        "credentialProvider": {
                            "oauthCredentialProvider": {
                                "providerArn": providers[PROVIDER_OF[name]],
                                "scopes": SCOPES[name],
                                "grantType": "AUTHORIZATION_CODE",
                                "defaultReturnUrl": back,
                            }
                        },
                    }
                ],
            )
        )
        key = {"gatewayIdentifier": self.ids["gateway"], "targetId": made["targetId"]}
        self.wait(lambda: self.control.get_gateway_target(**key), is_ready)
        return made["targetId"]

    def make_front(self) -> None:
        """Keys, table, functions and the routes to them."""
        keys = [f"/construct/{NAME}/keys/{key}" for key in ("state", "id")]
        for key in keys:
            self.ssm.put_parameter(Name=key, Type="SecureString", Value="A" * 43 + "=")
        self.tables.create_table(
            TableName=f"{NAME}-sessions",
            AttributeDefinitions=[{"AttributeName": "handle", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "handle", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
        self.wait(
            lambda: self.tables.describe_table(TableName=f"{NAME}-sessions"),
            lambda answer: answer["Table"]["TableStatus"] == "ACTIVE",
        )
        self.tables.update_time_to_live(
            TableName=f"{NAME}-sessions",
            TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires_at"},
        )
        code = package()
        for function, routes in ROUTES.items():
            arn = self.function(function, code, keys)
            integration = self.api.create_integration(
                ApiId=self.ids["api"],
                IntegrationType="AWS_PROXY",
                IntegrationMethod="POST",
                IntegrationUri=arn,
                PayloadFormatVersion="2.0",
                TimeoutInMillis=29_500,
            )["IntegrationId"]
            for route in routes:
                self.api.create_route(ApiId=self.ids["api"], RouteKey=route, Target=f"integrations/{integration}")
            self.functions.add_permission(
                FunctionName=f"{NAME}-{function}",
                StatementId="http-api",
                Action="lambda:InvokeFunction",
                Principal="apigateway.amazonaws.com",
                SourceArn=f"arn:aws:execute-api:{REGION}:{self.account}:{self.ids['api']}/*/*",
            )
        self.api.create_stage(
            ApiId=self.ids["api"],
            StageName="$default",
            AutoDeploy=True,
            DefaultRouteSettings={"ThrottlingRateLimit": 50, "ThrottlingBurstLimit": 100},
        )

    def function(self, name: str, code: bytes, keys: list[str]) -> str:
        """One function with its role and log group, waited for."""
        group = f"/aws/lambda/{NAME}-{name}"
        self.logs.create_log_group(logGroupName=group)
        self.logs.put_retention_policy(logGroupName=group, retentionInDays=30)
        role = self.role(name, "lambda.amazonaws.com")
        logs = f"arn:aws:logs:{REGION}:{self.account}:log-group:{group}:*"
        self.allow(name, "logs", ["logs:CreateLogStream", "logs:PutLogEvents"], [logs])
        parameters = [f"arn:aws:ssm:{REGION}:{self.account}:parameter{key}" for key in keys]
        self.allow(name, "keys", ["ssm:GetParameters"], parameters)
        made = self.once_spread(
            lambda: self.functions.create_function(
                FunctionName=f"{NAME}-{name}",
                Runtime="provided.al2023",
                Handler=name,
                Role=role,
                Code={"ZipFile": code},
                Architectures=["x86_64"],
                MemorySize=256,
                Timeout=29,
                LoggingConfig={"LogGroup": group},
                Environment={"Variables": {"API_URL": self.endpoint, "CLIENT_ID": self.ids["client"]}},
            )
        )
        self.wait(
            lambda: self.functions.get_function_configuration(FunctionName=f"{NAME}-{name}"),
            lambda answer: answer["State"] == "Active",
        )
        return made["FunctionArn"]

    def down(self) -> None:
        """Removes everything again."""
        for target in self.ids["targets"]:
            key = {"gatewayIdentifier": self.ids["gateway"], "targetId": target}
            self.control.delete_gateway_target(**key)
            self.gone(lambda key=key: self.control.get_gateway_target(**key))
        self.control.delete_gateway(gatewayIdentifier=self.ids["gateway"])
        self.gone(lambda: self.control.get_gateway(gatewayIdentifier=self.ids["gateway"]))
        for name in VENDORS:
            self.control.delete_oauth2_credential_provider(name=f"{NAME}-{name}")
        self.api.delete_api(ApiId=self.ids["api"])
        for name in ROUTES:
            self.functions.delete_function(FunctionName=f"{NAME}-{name}")
            self.logs.delete_log_group(logGroupName=f"/aws/lambda/{NAME}-{name}")
        for name in ("gateway", *ROUTES):
            role = f"{NAME}-{name}-role"
            for policy in self.iam.list_role_policies(RoleName=role)["PolicyNames"]:
                self.iam.delete_role_policy(RoleName=role, PolicyName=policy)
            self.iam.delete_role(RoleName=role)
        self.idp.delete_user_pool_domain(Domain=f"{NAME}-0a1b2c3d", UserPoolId=self.ids["pool"])
        self.idp.delete_user_pool(UserPoolId=self.ids["pool"])
        self.tables.delete_table(TableName=f"{NAME}-sessions")
        self.gone(lambda: self.tables.describe_table(TableName=f"{NAME}-sessions"))
        for key in ("state", "id"):
            self.ssm.delete_parameter(Name=f"/construct/{NAME}/keys/{key}")

    def gone(self, ask) -> None:
        """Asks once a second until it is not found."""
        for _ in range(PATIENCE):
            try:
                ask()
            except botocore.exceptions.ClientError as error:
                if error.response["Error"]["Code"] != "ResourceNotFoundException":
                    raise
                return
            self.sleep()


def is_ready(answer: dict) -> bool:
    """A gateway or target that can be used."""
    if answer["status"] == "FAILED":
        raise RuntimeError(f"failed: {answer.get('statusReasons')}")
    return answer["status"] == "READY"


def document(statement: dict) -> str:
    """A policy of one statement."""
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def package() -> bytes:
    """A deployment package; what it does is of no matter here."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("bootstrap", (1980, 1, 1, 0, 0, 0)), "#!/bin/sh\n")
    return buffer.getvalue()


def measured(url: str) -> dict:
    """Makes and removes the stack; times in seconds, waits counted apart."""
    script = Script(url)
    found = {}
    for name, work in (("up", script.up), ("cleanup", script.down)):
        calls, slept, start = script.calls, script.slept, time.monotonic()
        work()
        found[name] = {
            "calls": script.calls - calls,
            "slept": script.slept - slept,
            "wall": time.monotonic() - start,
        }
    return found


if __name__ == "__main__":
    print(json.dumps(measured(sys.argv[1]), indent=2))
