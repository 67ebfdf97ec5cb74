"""Everything that an account has, as boto3 lists it: what each object is called, whose it is, and what is in it.

An object's name is its kind and the names that people gave, with those of what it lives in; ids are no part of it, so that an
object that was made again has the name that it had. What services make up - ids, addresses, times - is replaced by the name of
whom it belongs to, so that two readings can be compared.
"""

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from botocore.exceptions import ClientError

from boto3_agrees import Account, pairs

# What services say of what is not there.
GONE = ("ResourceNotFoundException", "NoSuchEntity", "NotFoundException")

# What changes by itself, or is made up anew with the object.
MADE_UP = {
    "CodeSize", "CreatedDate", "CreationDate", "DeploymentId", "IntegrationId", "LastModified", "ResponseMetadata", "RevisionId",
    "RoleId", "RoleLastUsed", "RouteId", "TableId", "Version", "ClientSecret", "arn", "creationTime", "storedBytes", "statusReasons",
    "EstimatedNumberOfUsers", "LatestDeliveryAttempt", "CreationDateTime", "LastUpdateStatusReason", "ItemCount", "TableSizeBytes",
    "LastDeploymentStatusMessage", "LastUpdateStatus", "LastUpdateStatusReasonCode", "State", "StateReason", "StateReasonCode",
    "construct:secret",
}  # fmt: skip


@dataclass
class Thing:
    """One object."""

    kind: str
    name: str
    ours: bool
    # What boto3 calls it by, in calls that are about it.
    at: dict = field(repr=False)
    # What boto3 reads of it.
    read: dict = field(repr=False)
    # Texts that the service made up for it.
    ids: list = field(repr=False)
    tags: dict = field(repr=False)

    @property
    def label(self) -> str:
        """What tells it from others in two readings."""
        return f"{self.kind} {self.name}" + ("" if self.ours else " (unmarked)")


class Census:
    """One reading of an account."""

    def __init__(self, account: Account, stack: str):
        self._stack, self.things = stack, []
        for read in (_roles, _log_groups, _parameters, _tables, _functions, _apis, _pools, _providers, _identities, _gateways,
                     _runtimes, _secrets):  # fmt: skip
            read(self, account)

    def add(self, kind: str, name: str, at: dict, read: dict, *, tags=None, inside: Thing | None = None, ids=()) -> Thing:
        """Notes an object: ours by its tags, or with what it lives in."""
        ours = inside.ours if inside else (tags or {}).get("construct:stack") == self._stack
        whole = f"{inside.name} {name}" if inside else name
        thing = Thing(kind, whole, ours, at, read, [one for one in ids if one], tags or {})
        self.things.append(thing)
        return thing

    def of(self, kind: str, ours: bool = True) -> list[Thing]:
        """The objects of one kind, in the order of their names."""
        found = (one for one in self.things if one.kind == kind and one.ours == ours)
        return sorted(found, key=lambda one: one.name)

    def contents(self, ours: bool) -> dict[str, list[str]]:
        """What the objects say, by label; the same label twice is two objects."""
        made_up = sorted(((text, one.label) for one in self.things for text in one.ids), key=lambda pair: -len(pair[0]))
        found = {}
        for thing in self.things:
            if thing.ours == ours:
                text = json.dumps([_plain(thing.read), _plain(thing.tags)])
                for id_, label in made_up:
                    text = text.replace(id_, f"<{label}>")
                found.setdefault(thing.label, []).append(json.dumps(_in_order(json.loads(text)), sort_keys=True))
        return {label: sorted(texts) for label, texts in found.items()}


def differences(before: dict[str, list[str]], after: dict[str, list[str]]) -> list[str]:
    """What two readings do not agree on, in words."""
    found = []
    for label in sorted(before.keys() | after.keys()):
        old, new = before.get(label, []), after.get(label, [])
        if len(old) != len(new):
            found.append(f"{label}: {len(old)} times before, {len(new)} times now")
        else:
            found += [f"{label}: was {_around(a, b)}, is {_around(b, a)}" for a, b in zip(old, new) if a != b]
    return found


def _around(text: str, other: str) -> str:
    """The part of a text where it parts from another."""
    at = next((at for at, (a, b) in enumerate(zip(text, other)) if a != b), min(len(text), len(other)))
    return repr(text[max(0, at - 60) : at + 120])


def _plain(value):
    if isinstance(value, dict):
        # A list without items says what no list says.
        told = {name: inner for name, inner in value.items() if name not in MADE_UP and inner not in ([], None)}
        return {name: _plain(inner) for name, inner in told.items() if not isinstance(inner, datetime)}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value


def _in_order(value):
    """Lists of the services here are sets: what they say does not depend on the order."""
    if isinstance(value, dict):
        return {name: _in_order(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return sorted((_in_order(inner) for inner in value), key=lambda inner: json.dumps(inner, sort_keys=True))
    return value


def _pages(client, operation: str, member: str, **arguments) -> list:
    """Every item of a list, with or without pages."""
    try:
        if client.can_paginate(operation):
            return [item for page in client.get_paginator(operation).paginate(**arguments) for item in page.get(member, [])]
        return getattr(client, operation)(**arguments).get(member, [])
    except ClientError as error:
        # What it is about has gone since it was listed, or has been known to somebody else alone.
        if error.response["Error"]["Code"] in GONE:
            return []
        raise


def _roles(census: Census, account: Account) -> None:
    iam = account.iam
    for role in _pages(iam, "list_roles", "Roles"):
        name = {"RoleName": role["RoleName"]}
        live = iam.get_role(**name)["Role"]
        tags = pairs(live.pop("Tags", []))
        trust = {"Path": live["Path"], "trust": live["AssumeRolePolicyDocument"], "description": live.get("Description")}
        attached = _pages(iam, "list_attached_role_policies", "AttachedPolicies", **name)
        made = census.add("role", role["RoleName"], name, trust | {"attached": attached}, tags=tags)
        for policy in _pages(iam, "list_role_policies", "PolicyNames", **name):
            at = name | {"PolicyName": policy}
            document = iam.get_role_policy(**at)["PolicyDocument"]
            census.add("role-policy", policy, at, {"document": document}, inside=made)


def _log_groups(census: Census, account: Account) -> None:
    for group in _pages(account.logs, "describe_log_groups", "logGroups"):
        tags = account.logs.list_tags_for_resource(resourceArn=group["arn"].removesuffix(":*"))["tags"]
        name = group["logGroupName"]
        census.add("log-group", name, {"logGroupName": name}, {"retention": group.get("retentionInDays")}, tags=tags)


def _parameters(census: Census, account: Account) -> None:
    for parameter in _pages(account.ssm, "describe_parameters", "Parameters"):
        name = parameter["Name"]
        tags = account.ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=name)["TagList"]
        census.add("parameter", name, {"Name": name}, {"Type": parameter["Type"]}, tags=pairs(tags))


def _tables(census: Census, account: Account) -> None:
    for name in _pages(account.dynamodb, "list_tables", "TableNames"):
        at = {"TableName": name}
        table = account.dynamodb.describe_table(**at)["Table"]
        tags = account.dynamodb.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"]
        ttl = account.dynamodb.describe_time_to_live(**at)["TimeToLiveDescription"]
        read = {"keys": table["KeySchema"], "status": table["TableStatus"], "ttl": ttl.get("AttributeName")}
        census.add("table", name, at, read, tags=pairs(tags))


def _functions(census: Census, account: Account) -> None:
    functions = account.lambda_
    for one in _pages(functions, "list_functions", "Functions"):
        at = {"FunctionName": one["FunctionName"]}
        live = functions.get_function(**at)
        made = census.add("function", one["FunctionName"], at, live["Configuration"], tags=live.get("Tags", {}))
        try:
            policy = json.loads(functions.get_policy(**at)["Policy"])
        except functions.exceptions.ResourceNotFoundException:
            continue
        for statement in policy["Statement"]:
            sid = {"StatementId": statement["Sid"]}
            census.add("permission", statement["Sid"], at | sid, {"statement": statement}, inside=made)


def _apis(census: Census, account: Account) -> None:
    gateway = account.apigatewayv2
    for api in _pages(gateway, "get_apis", "Items"):
        at = {"ApiId": api["ApiId"]}
        # The address has the id in it on AWS, and a port of its own on the local AWS.
        ids = [api["ApiEndpoint"], api["ApiEndpoint"].partition("://")[2], api["ApiId"]]
        made = census.add("api", api["Name"], at, api, tags=api.pop("Tags", {}), ids=ids)
        for one in _pages(gateway, "get_integrations", "Items", **at):
            name, where = one.get("Description", "without a mark"), at | {"IntegrationId": one["IntegrationId"]}
            census.add("integration", name, where, one, inside=made, ids=[one["IntegrationId"]])
        for one in _pages(gateway, "get_routes", "Items", **at):
            census.add("route", one["RouteKey"], at | {"RouteId": one["RouteId"]}, one, inside=made)
        for one in _pages(gateway, "get_stages", "Items", **at):
            census.add("stage", one["StageName"], at | {"StageName": one["StageName"]}, one, inside=made)


def _pools(census: Census, account: Account) -> None:
    idp = account.cognito_idp
    for one in _pages(idp, "list_user_pools", "UserPools", MaxResults=60):
        at = {"UserPoolId": one["Id"]}
        pool = idp.describe_user_pool(**at)["UserPool"]
        tags = pool.pop("UserPoolTags", {})
        made = census.add("pool", one["Name"], at, pool, tags=tags, ids=[one["Id"]])
        if pool.get("Domain"):
            census.add("domain", pool["Domain"], at | {"Domain": pool["Domain"]}, {}, inside=made)
        for client in _pages(idp, "list_user_pool_clients", "UserPoolClients", MaxResults=60, **at):
            where = at | {"ClientId": client["ClientId"]}
            live = idp.describe_user_pool_client(**where)["UserPoolClient"]
            # Days whether it is said or not (API reference, TokenValidityUnitsType).
            live.setdefault("TokenValidityUnits", {}).setdefault("RefreshToken", "days")
            census.add("client", client["ClientName"], where, live, inside=made, ids=[client["ClientId"]])
        for server in _pages(idp, "list_resource_servers", "ResourceServers", MaxResults=50, **at):
            where = at | {"Identifier": server["Identifier"]}
            census.add("resource-server", server["Identifier"], where, server, inside=made)
        for user in _pages(idp, "list_users", "Users", **at):
            attributes = {item["Name"]: item["Value"] for item in user["Attributes"]}
            where = at | {"Username": user["Username"]}
            read = {"email": attributes.get("email"), "status": user["UserStatus"], "enabled": user["Enabled"]}
            census.add("user", attributes.get("email", "without an address"), where, read, inside=made)


def _providers(census: Census, account: Account) -> None:
    control = account.bedrock_agentcore_control
    for kind, member in (("oauth2", "credentialProviders"), ("api_key", "credentialProviders")):
        for one in _pages(control, f"list_{kind}_credential_providers", member):
            tags = control.list_tags_for_resource(resourceArn=one["credentialProviderArn"])["tags"]
            live = getattr(control, f"get_{kind}_credential_provider")(name=one["name"])
            secret = [value.get("secretArn", "") for name, value in live.items() if name.endswith("SecretArn")]
            # The last part of the callback URL is made up too.
            callback = live.get("callbackUrl", "").rpartition("/")[2]
            census.add(f"{kind}-provider", one["name"], {"name": one["name"]}, live, tags=tags, ids=[*secret, callback])


def _identities(census: Census, account: Account) -> None:
    control = account.bedrock_agentcore_control
    gateways = {one["gatewayId"]: one["name"] for one in _pages(control, "list_gateways", "items")}
    for one in _pages(control, "list_workload_identities", "workloadIdentities"):
        live = control.get_workload_identity(name=one["name"])
        if one["name"] in gateways:
            # A gateway's own goes with the gateway, and bears its id. An entry of ours is told from others' by what is there,
            # or by the journal: where an API and the journal went together, its entry stays.
            name = {"name": one["name"]}
            ends = tuple(thing.read["ApiEndpoint"] for thing in census.of("api"))
            live["allowedResourceOauth2ReturnUrls"] = [
                url for url in live.get("allowedResourceOauth2ReturnUrls", []) if url.startswith(ends)
            ]
            tags = control.list_tags_for_resource(resourceArn=control.get_gateway(gatewayIdentifier=one["name"])["gatewayArn"])
            census.add("own-identity", gateways[one["name"]], name, live, tags=tags["tags"], ids=[one["name"]])
            continue
        tags = control.list_tags_for_resource(resourceArn=one["workloadIdentityArn"])["tags"]
        census.add("identity", one["name"], {"name": one["name"]}, live, tags=tags)


def _gateways(census: Census, account: Account) -> None:
    control = account.bedrock_agentcore_control
    for one in _pages(control, "list_gateways", "items"):
        at = {"gatewayIdentifier": one["gatewayId"]}
        live = control.get_gateway(**at)
        tags = control.list_tags_for_resource(resourceArn=live["gatewayArn"])["tags"]
        made = census.add("gateway", one["name"], at, live, tags=tags, ids=[live["gatewayUrl"], one["gatewayId"]])
        for target in _pages(control, "list_gateway_targets", "items", **at):
            where = at | {"targetId": target["targetId"]}
            read = control.get_gateway_target(**where)
            census.add("target", target["name"], where, read, inside=made, ids=[target["targetId"]])
        for limit in _pages(control, "list_gateway_rate_limits", "rateLimits", **at):
            where = at | {"rateLimitId": limit["rateLimitId"]}
            census.add("rate-limit", limit["rateLimitId"], where, control.get_gateway_rate_limit(**where), inside=made)
        for rule in _pages(control, "list_gateway_rules", "gatewayRules", **at):
            where = at | {"ruleId": rule["ruleId"]}
            read = control.get_gateway_rule(**where)
            census.add("rule", f"at {rule['priority']}", where, read, inside=made, ids=[rule["ruleId"]])


def _runtimes(census: Census, account: Account) -> None:
    control = account.bedrock_agentcore_control
    for one in _pages(control, "list_agent_runtimes", "agentRuntimes"):
        at = {"agentRuntimeId": one["agentRuntimeId"]}
        live = control.get_agent_runtime(**at)
        tags = control.list_tags_for_resource(resourceArn=live["agentRuntimeArn"])["tags"]
        made = census.add("runtime", one["agentRuntimeName"], at, live, tags=tags, ids=[one["agentRuntimeId"]])
        for endpoint in _pages(control, "list_agent_runtime_endpoints", "runtimeEndpoints", **at):
            where = at | {"endpointName": endpoint["name"]}
            census.add("runtime-endpoint", endpoint["name"], where, {"description": endpoint.get("description")}, inside=made)


def _secrets(census: Census, account: Account) -> None:
    """Secrets; those that a provider keeps come and go with it."""
    for one in _pages(account.secretsmanager, "list_secrets", "SecretList"):
        keeper = next((thing for thing in census.things if one["ARN"] in thing.ids), None)
        census.add("secret", one["Name"], {"SecretId": one["ARN"]}, {}, tags=pairs(one.get("Tags", [])), inside=keeper)


def twice(census: Census) -> list[str]:
    """Objects of ours that are there more than once."""
    counted = Counter(one.label for one in census.things if one.ours)
    return [f"{label} is there {count} times" for label, count in sorted(counted.items()) if count > 1]
