"""The steps against moto and ministack: what others wrote must be able to carry the stack.

Each emulator runs as a process of its own on a free loopback port. skips.json says, per emulator, which operations it lacks
(a stand-in answers them, see router.py), what it forgets of what it was told, where it answers otherwise than AWS documents, and
what nobody can do to it behind construct's back; an entry that is no longer true is a failure.
"""

import json
import sys
from pathlib import Path

import boto3

from boto3_agrees import Account
from boto3_chaos import Chaos
from router import Router
from servers import ACCOUNT, Server, ministack, ready_at_once, scripts
from stack import COGNITO, FRONT, FUNCTION_TARGET, IDENTITY, Failed, Stack, verdict

JUDGE = "emulators"
SKIPS = json.loads(Path(__file__).with_name("skips.json").read_text())
REGION = "us-west-2"
RUNTIME = """
[runtimes.words]
image = "111122223333.dkr.ecr.us-west-2.amazonaws.com/words:1"

[runtimes.words.endpoints.stable]
description = "What editors use"

[targets.words]
mcp_server = { runtime = "words", qualifier = "stable" }
"""
# ministack 1.5.33 makes runtimes too, but knows nothing of their tags, by which a stack tells its own.
PIECES = {
    "moto": (COGNITO, FRONT, FUNCTION_TARGET, IDENTITY, RUNTIME),
    "ministack": (COGNITO, FRONT, FUNCTION_TARGET, IDENTITY),
}
# What is done at random in the account of moto, after everything was done once.
SEED, RANDOM_ROUNDS = 5, 1
KEYS = {"AWS_ACCESS_KEY_ID": "judge", "AWS_SECRET_ACCESS_KEY": "judge", "AWS_REGION": REGION}


def moto(port: int):
    """The command and environment of moto's server."""
    command = [scripts("JUDGES_VENV", "venv") / "moto_server", "--host", "127.0.0.1", "--port", str(port)]
    return command, {"MOTO_IAM_LOAD_MANAGED_POLICIES": "true", "MOTO_ACCOUNT_ID": ACCOUNT}


def events(text: str, kind: str) -> list[dict]:
    """The events of one kind, from the lines of `--json`."""
    parsed = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    return [event for event in parsed if event.get("event") == kind]


def judge(of, problems: list[str]) -> str:
    """One emulator's life of a stack; says what was done."""
    name = of.__name__
    lacking = [entry for entry in SKIPS["lacks"] if entry["emulator"] == name]
    losing = [entry for entry in SKIPS["loses"] if entry["emulator"] == name]
    mistaking = [entry for entry in SKIPS["mistakes"] if entry["emulator"] == name]
    cannot = [entry for entry in SKIPS["cannot"] if entry["emulator"] == name]

    def problem(text):
        problems.append(f"{name}: {text}")

    with (
        Stack(f"on-{name}", look_up_tenant=False, pieces=PIECES[name]) as stack,
        Server(of, stack.folder) as emulator,
        Server(ready_at_once, stack.folder) as local,
    ):
        kept = boto3.client(
            "bedrock-agentcore-control", endpoint_url=local.url, region_name=REGION,
            aws_access_key_id="judge", aws_secret_access_key="judge",
        )
        with Router(emulator.url, local.url, lacking, mistaking, _with_identities(kept)) as router:
            stack.environment |= KEYS | {"AWS_ENDPOINT_URL": router.url}
            disturbances = 0
            try:
                nodes = _life(stack, emulator.url, losing, problem)
                if of is moto:
                    disturbances = _disturbed(stack, router.url, cannot, problem)
            except Failed as error:
                problem(str(error))
                nodes = 0
            tried = tuple(entry["operation"] for entry in cannot)
            for operation in sorted(router.not_implemented):
                if operation.startswith(tried):
                    continue
                problem(f"answered none of the model's answers: {operation}")
            for at, entry in enumerate(lacking):
                if at in router.learnt:
                    problem(f"skips.json says that it lacks {entry['operations']}, but {router.learnt[at]}")
                elif at not in router.asked:
                    problem(f"skips.json names {entry['operations']}, which nothing asks for")
            for at, entry in enumerate(mistaking):
                if at not in router.corrected:
                    problem(f"skips.json says that {entry['operation']} is answered wrongly, which it was not")
            done = f"{name}: {nodes} nodes, {len(router.answered)} of its own operations"
            return done + (f", {disturbances} disturbances" if disturbances else "")


def _life(stack, url: str, losing, problem) -> int:
    """Makes the stack, looks again, removes it; gives the number of nodes made."""
    up = stack.run("up", "--yes", "--json", ends_with=(0, 5))
    failed = events(up.stdout, "node_failed")
    for event in failed:
        problem(f"{event['address']} failed: {json.dumps(event['error'])[:600]}")
    if up.returncode != 0 and not failed:
        problem(f"`up` ended with {up.returncode}: {up.stderr[-1500:]}")
    _second_look(stack, losing, problem)
    _change(stack, losing, problem)
    stack.run("cleanup", "--yes", "--yes-destroy")
    for left in _left_over(url, stack.name):
        problem(f"left over after the cleanup: {left}")
    return len(events(up.stdout, "node_done"))


def _disturbed(stack, url: str, cannot, problem) -> int:
    """A second life, in which every kind is changed and removed behind construct's back; gives how often."""
    stack.run("up", "--yes")
    chaos = Chaos(stack, Account(url, REGION), SEED, where=(), cannot=[(entry["act"], entry["kind"]) for entry in cannot])
    chaos.all_kinds()
    chaos.rounds(RANDOM_ROUNDS)
    chaos.cleanup()
    for text in chaos.problems:
        problem(text)
    if chaos.problems:
        print("\n".join(["", "What was done:", *chaos.hand.script, ""]))
    return chaos.acts


def _with_identities(kept):
    """An AgentCore gateway makes a workload identity; an emulator without identities only names it. Keeps the promise."""

    def on_answer(operation, given, answer):
        if operation == "CreateGateway" and answer[0] < 300:
            arn = json.loads(answer[2])["workloadIdentityDetails"]["workloadIdentityArn"]
            kept.create_workload_identity(name=arn.rpartition("/")[2])
        if operation == "DeleteGateway" and answer[0] < 300:
            kept.delete_workload_identity(name=given["gatewayIdentifier"])

    return on_answer


def _second_look(stack, losing, problem) -> None:
    """Nothing is to change any more, but for what the emulator forgot."""
    plan = json.loads(stack.run("plan", "--json").stdout)
    seen = set()
    for action in plan["actions"]:
        if action["verb"] == "same":
            continue
        changes = json.dumps([action["reason"], action["changes"]])
        fitting = [at for at, one in enumerate(losing) if action["kind"] == one["kind"] and one["field"] in changes]
        seen.update(fitting)
        if not fitting:
            problem(f"the second plan would {action['verb']} {action['address']}: {changes[:400]}")
    for at, entry in enumerate(losing):
        if at not in seen:
            problem(f"skips.json says that it loses {entry['field']} of {entry['kind']}, but it did not")
    again = stack.run("up", "--yes", "--json", ends_with=(0, 5)).stdout
    forgetful = {one["kind"] for one in losing}
    for event in events(again, "node_done") + events(again, "node_failed"):
        if event.get("outcome") != "unchanged" and event["kind"] not in forgetful:
            problem(f"the second `up` worked on {event['address']}: {json.dumps(event)[:400]}")


def _change(stack, losing, problem) -> None:
    """A changed manifest changes exactly what it should. Not the throttle: moto has no UpdateStage."""
    stack.edit('"read:user"]', '"read:user", "read:org"]')
    stack.edit("memory = 256", "memory = 512")
    expected = {"target/github", "function/mcp-proxy", "function/oauth-callback"}
    forgetful = {one["kind"] for one in losing}
    done = events(stack.run("up", "--yes", "--json").stdout, "node_done")
    changed = {one["address"] for one in done if one["outcome"] != "unchanged" and one["kind"] not in forgetful}
    if changed != expected:
        problem(f"the change worked on {sorted(changed)}, expected {sorted(expected)}")


def _left_over(url: str, stack: str) -> list[str]:
    """What the emulator itself still has of the stack; construct's own reading is not asked."""
    session = boto3.Session("judge", "judge", region_name=REGION)

    def client(service):
        return session.client(service, endpoint_url=url)

    names = [role["RoleName"] for role in client("iam").list_roles(PathPrefix=f"/construct/{stack}/")["Roles"]]
    names += [one["FunctionName"] for one in client("lambda").list_functions()["Functions"]]
    names += [one["Name"] for one in client("apigatewayv2").get_apis()["Items"]]
    names += [one["Name"] for one in client("cognito-idp").list_user_pools(MaxResults=60)["UserPools"]]
    names += client("dynamodb").list_tables()["TableNames"]
    names += [one["Name"] for one in client("ssm").describe_parameters()["Parameters"]]
    names += [one["logGroupName"] for one in client("logs").describe_log_groups()["logGroups"]]
    runtimes = client("bedrock-agentcore-control").list_agent_runtimes()["agentRuntimes"]
    names += [one["agentRuntimeName"].replace("_", "-") for one in runtimes]
    return [name for name in names if stack in name]


def main() -> int:
    """Judges; gives the exit code."""
    problems = []
    wanted = sys.argv[1:] or ["moto", "ministack"]
    done = [judge(of, problems) for of in (moto, ministack) if of.__name__ in wanted]
    return verdict(JUDGE, problems, "; ".join(done))


if __name__ == "__main__":
    sys.exit(main())
