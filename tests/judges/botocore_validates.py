"""Every request of a full up, a change, a prune and a cleanup, and of each example's up and cleanup.

All are checked against botocore's service models.
"""

import collections
import copy
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from botocore_models import Models
from stack import COGNITO, FRONT, FUNCTION_TARGET, IDENTITY, REPOSITORY, Example, LocalAws, Stack, verdict

JUDGE = "botocore_validates"
# Stacks at once: each mostly waits for the local AWS, which is as slow as the service.
AT_ONCE = 6
# What the models get wrong about the services, with the reason; an entry that no request needs is a failure.
EXCEPTIONS = json.loads(Path(__file__).with_name("model_exceptions.json").read_text())


def requests_of_a_life() -> list[dict]:
    """The calls of a stack that is made, changed, pruned and removed."""
    with Stack("judged-by-botocore") as stack, LocalAws(stack) as local:
        up = ("up", "--local", "--yes")
        stack.run(*up)
        stack.edit('"read:user"]', '"read:user", "read:org"]')
        stack.edit("memory = 256", "memory = 512")
        stack.edit("rate = 50", "rate = 40")
        stack.edit("portal.example.com/callback", "portal.example.com/elsewhere")
        stack.run(*up)
        # Two nodes and their surroundings leave the manifest.
        stack.write(COGNITO, FRONT)
        stack.run(*up, "--yes-destroy")
        # And come back, so that the removal below starts from everything.
        stack.write(COGNITO, FRONT, FUNCTION_TARGET, IDENTITY)
        stack.run(*up)
        stack.run("status", "--local", ends_with=(0, 4))
        stack.run("cleanup", "--local", "--yes", "--yes-destroy")
        return local.calls()


def requests_of(example: Path) -> list[dict]:
    """The calls of an example that is made and removed."""
    with Example(example) as stack, LocalAws(stack) as local:
        stack.run("up", "--local", "--yes")
        stack.run("cleanup", "--local", "--yes")
        return local.calls()


def broken_requests(calls: list[dict]):
    """Right requests, each with one thing made wrong that the models forbid."""

    def altered(operation, change):
        call = copy.deepcopy(next(one for one in calls if one["operation"] == operation))
        body = json.loads(call["body"])
        change(body)
        call["body"] = json.dumps(body)
        return call

    role = copy.deepcopy(next(one for one in calls if one["operation"] == "CreateRole"))
    yield "a pattern, in a query", role | {"body": role["body"].replace("RoleName=", "RoleName=a%20b")}
    yield "an unknown parameter, in a query", role | {"body": role["body"] + "&Colour=red"}
    yield "a required member", altered("CreateUserPool", lambda body: body.pop("PoolName"))
    yield "an enum", altered("CreateGateway", lambda body: body.update(protocolType="SOAP"))
    yield "an unknown member", altered("CreateGateway", lambda body: body.update(colour="red"))
    yield "a union with two members", altered(
        "CreateGateway", lambda body: body["authorizerConfiguration"].update(other={})
    )
    yield "a length", altered("CreateFunction", lambda body: body.update(Description="d" * 257))
    yield "a range", altered("CreateIntegration", lambda body: body.update(timeoutInMillis=31_000))
    yield "a wrong type", altered("CreateTable", lambda body: body.update(TableName=7))
    yield "an unknown operation", role | {"body": role["body"].replace("Action=CreateRole", "Action=MakeRole")}
    gateway = copy.deepcopy(next(one for one in calls if one["operation"] == "CreateGateway"))
    yield "an unknown path", gateway | {"path": "/gateways/here/and/there"}


def main() -> int:
    """Judges; gives the exit code."""
    examples = sorted((REPOSITORY / "examples").glob("*.toml"))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        life = pool.submit(requests_of_a_life)
        others = pool.map(requests_of, examples)
        calls = life.result()
    problems = []
    if len(calls) < 100:
        problems.append(f"only {len(calls)} calls were recorded: that is no whole life of a stack")
    calls += [call for requests in others for call in requests]
    models = Models()
    found, excepted = collections.Counter(), set()
    for call in calls:
        for problem in models.violations(call):
            fitting = {at for at, one in enumerate(EXCEPTIONS) if one["problem"] in problem and one["value"] in problem}
            excepted |= fitting
            if not fitting:
                found[problem] += 1
    problems += [f"{problem} ({times} times)" for problem, times in sorted(found.items())]
    for at, entry in enumerate(EXCEPTIONS):
        if at not in excepted:
            problems.append(f"model_exceptions.json: no request needs it any more, take it out: {entry['problem']}")
    seeded = 0
    for what, call in broken_requests(calls):
        seeded += 1
        if not models.violations(call):
            problems.append(f"the judge did not see {what} made wrong")
    # Notes, not violations: they are for whoever reads the log.
    for pattern in sorted(models.unusable_patterns):
        print(f"{JUDGE}: not usable as a regular expression, so not checked: {pattern}")
    operations = {(call["service"], call["operation"]) for call in calls}
    lives = f"a life and {len(examples)} examples"
    rules = f"{models.rules_checked} rules, {seeded} seeded faults seen"
    done = f"{lives}, {len(calls)} requests, {len(operations)} operations, {rules}"
    return verdict(JUDGE, problems, done)


if __name__ == "__main__":
    sys.exit(main())
