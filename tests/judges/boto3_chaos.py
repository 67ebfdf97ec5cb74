"""Somebody's boto3 deletes, changes and adds what it likes on `construct local`, while construct is not looking.

    python tests/judges/boto3_chaos.py [--rounds N] [--seed S]

After each time `up` must bring the stack back: what boto3 then lists is what it listed after the first `up`, nothing is there
twice, nothing of others was touched, and no secret is in a file. Where somebody took our name, `up` must stop there and name it,
and go on when it is free again. The journal is lost now and then. The same seed (or CONSTRUCT_CHAOS_SEED) chooses the same
again; a sequence that ends wrong is printed as calls of boto3 and commands.
"""

import argparse
import os
import random
import shutil
import sys
import time

from botocore.exceptions import ClientError

from boto3_agrees import Account
from census import Census, differences, twice
from disturbances import ADDITIONS, CHANGES, DELETIONS, LOOK_ALIKES, TAKEOVERS, Hand, their_role
from stack import COGNITO, FRONT, FUNCTION_TARGET, IDENTITY, SECRETS, Failed, LocalAws, Stack, verdict

JUDGE = "boto3_chaos"
REGION = "us-west-2"
# What the account itself keeps is not a file of construct's.
ACCOUNT_FOLDER = ".local-aws"
TRAFFIC = """
[gateway.rate_limits.callers]
description = "Shares by target"
dimensions = ["targetName"]
entries = [{ requests = { rate = 60, period = "minute" } }]

[gateway.rules.canary]
priority = 100
weighted = [
  { name = "stable", weight = 90, target = "github" },
  { name = "canary", weight = 10, target = "confluence" },
]
"""
DELETE, CHANGE, ADD, PLANT = "delete", "change", "add", "plant"
# What is done to the stack's own objects, by kind.
ACTS = {DELETE: {kind: [delete] for kind, delete in DELETIONS.items()}, CHANGE: CHANGES}
HOLDING = {"api", "function", "gateway", "pool", "role"}
# How often each is done.
OFTEN = [DELETE] * 4 + [CHANGE] * 4 + [ADD, PLANT]


class Chaos:
    """One sequence on one stack that is up. `where` is how construct is told of the account, `cannot` what the account cannot
    do: pairs of an act and a kind."""

    def __init__(self, stack: Stack, account: Account, seed: int, *, where=("--local",), cannot=()):
        self.stack, self.account, self.chance = stack, account, random.Random(seed)
        self.hand = Hand(self.account)
        self.where, self.cannot = where, cannot
        self.problems, self.acts, self.refused = [], 0, 0
        self.wanted = self._census().contents(ours=True)
        self.plants = [plant for plant in LOOK_ALIKES if plant is not their_role]
        their_role(self.hand, stack.name)
        self.now = self._census()

    def _census(self) -> Census:
        return Census(self.account, self.stack.name)

    def _run(self, *arguments: str, ends_with=(0,)):
        """Runs construct on the account; nothing that it says or writes has a secret in it."""
        self.hand.script.append(f"$ construct {' '.join((*arguments, *self.where))}")
        done = self.stack.run(*arguments, *self.where, ends_with=ends_with)
        self.hand.script[-1] += f"  # {done.returncode}"
        for name, secret in SECRETS.items():
            if name.endswith(("SECRET", "PASSWORD")):
                self._free_of(name, secret, done.stdout + done.stderr)
        return done

    def _free_of(self, name: str, secret: str, said: str) -> None:
        if secret in said:
            self.problems.append(f"construct says the value of {name}")
        for path in self.stack.folder.rglob("*"):
            own = not path.relative_to(self.stack.folder).parts[0] == ACCOUNT_FOLDER and path.name != "calls.jsonl"
            if own and path.is_file() and secret.encode() in path.read_bytes():
                self.problems.append(f"{path.relative_to(self.stack.folder)} has the value of {name}")

    def rounds(self, count: int) -> None:
        """So many rounds, or until something is wrong; in every sixth somebody takes a name of ours."""
        for number in range(count):
            if self.problems:
                return
            if number % 6 == 5:
                self.takeover()
            else:
                self.round()

    def round(self) -> None:
        """Some disturbances, and an `up` that must end as if there had been none."""
        for _ in range(self.chance.randint(1, 4)):
            self._disturb(self.chance.choice(OFTEN))
        if self.chance.random() < 0.2:
            self._lose_journal()
        self._put_right()

    def _put_right(self) -> None:
        """`up`, and what must hold after it."""
        before = self._census()
        disturbed = differences(self.wanted, before.contents(ours=True))
        code = self._run("plan", "--check", ends_with=(0, 4)).returncode
        if bool(disturbed) != (code == 4):
            self.problems.append(f"`plan --check` ended with {code} where boto3 sees {disturbed[:3]}")
        if self.chance.random() < 0.3:
            self._run("status", ends_with=(0, 4))
        self._run("up", "--yes")
        self._settled(before)

    def all_kinds(self) -> None:
        """Every kind is changed and removed once: what holds others in a row of its own, as it takes them along."""
        for act, kinds in ((CHANGE, ACTS[CHANGE].keys()), (DELETE, ACTS[DELETE].keys() - HOLDING), (DELETE, HOLDING)):
            if not self.problems:
                self._each(act, kinds)

    def _each(self, act: str, kinds) -> None:
        """One object of each of these kinds is disturbed, and an `up` puts all of it right."""
        for kind in self._able(act):
            if kind in kinds:
                self._disturb(act, kind)
        for kind in sorted(kind for at, kind in self.cannot if at == act and kind in kinds):
            refused = self.refused
            self._disturb(act, kind)
            if self.refused == refused:
                self.problems.append(f"skips.json says that nobody can {act} a {kind} there, which is not so")
        self._put_right()

    def takeover(self) -> None:
        """Somebody's object has one of our names for a while."""
        kind = self.chance.choice(sorted(TAKEOVERS))
        thing = self.chance.choice(self.now.of(kind))
        TAKEOVERS[kind](self.hand, thing)
        before = self._census()
        done = self._run("up", "--yes", ends_with=(5,))
        if thing.name not in done.stdout + done.stderr:
            self.problems.append(f"`up` does not name {thing.label}, which somebody else has:\n{done.stderr[-1500:]}")
        self._untouched(before, self._census())
        DELETIONS[kind](self.hand, thing, before)
        if kind == "table":
            self.hand.gone(thing.label, lambda: self.account.dynamodb.describe_table(**thing.at))
        before = self._census()
        self._run("up", "--yes")
        self._settled(before)

    def cleanup(self) -> None:
        """Nothing of ours stays, and all of theirs."""
        before = self.now
        self._run("cleanup", "--yes", "--yes-destroy")
        after = self._census()
        self.problems += [f"{thing.label} is left over after the cleanup" for thing in after.things if thing.ours]
        self._untouched(before, after)

    def sees(self) -> None:
        """The judge itself: what is wrong now must be seen."""
        before = self.now
        ours, theirs = before.of("log-group")[0], before.of("role", ours=False)
        self.hand.call("logs", "put_retention_policy", **ours.at, retentionInDays=3)
        self.hand.call("iam", "update_role", **theirs[0].at, Description="touched")
        api = before.of("api")[0]
        twin = self.hand.call("apigatewayv2", "create_api", Name=api.name, ProtocolType="HTTP", Tags=api.tags)
        after = self._census()
        found = differences(self.wanted, after.contents(ours=True))
        touched = differences(before.contents(ours=False), after.contents(ours=False))
        for what in (ours.label, api.label):
            if not any(one.startswith(what) for one in found):
                self.problems.append(f"the judge does not see a change of {what}: {found}")
        if len(touched) != 1 or not twice(after):
            self.problems.append(f"the judge sees {touched} and {twice(after)} after a touch and a twin")
        self.hand.call("apigatewayv2", "delete_api", ApiId=twin["ApiId"])
        self._run("up", "--yes")
        self.hand.call("iam", "update_role", **theirs[0].at, Description="")
        self.now = self._census()

    def _able(self, act: str) -> list[str]:
        """The kinds that are there and that the account can do this to."""
        there = {one.kind for one in self.now.things if one.ours}
        return sorted(kind for kind in ACTS[act] if kind in there and (act, kind) not in self.cannot)

    def _disturb(self, act: str, kind: str | None = None) -> None:
        # What was there when the round began: an earlier disturbance may have taken it, as any two people may meet.
        census = self.now
        self.acts += 1
        try:
            if act == PLANT and self.plants:
                self.plants.pop(self.chance.randrange(len(self.plants)))(self.hand, self.stack.name)
            elif act in ACTS:
                kind = kind or self.chance.choice(self._able(act))
                thing = self.chance.choice(census.of(kind))
                self.chance.choice(ACTS[act][kind])(self.hand, thing, census)
            else:
                self.chance.choice(ADDITIONS)(self.hand, census, self.chance)
        except (ClientError, IndexError, StopIteration):
            # What the service refuses, or what an earlier disturbance left nothing for.
            self.refused += 1

    def _lose_journal(self) -> None:
        self.hand.script.append("$ rm -r .construct")
        shutil.rmtree(self.stack.folder / ".construct")

    def _settled(self, before: Census) -> None:
        after = self.now = self._census()
        self.problems += differences(self.wanted, after.contents(ours=True)) + twice(after)
        self._untouched(before, after)
        checked = self._run("plan", "--check", ends_with=(0, 4))
        if checked.returncode != 0:
            self.problems.append(f"`plan --check` finds something after `up`:\n{checked.stdout[-1500:]}")

    def _untouched(self, before: Census, after: Census) -> None:
        changed = differences(before.contents(ours=False), after.contents(ours=False))
        self.problems += [f"not ours: {one}" for one in changed]


def judged(rounds: int, seed: int) -> tuple[list[str], str]:
    """One sequence; gives the problems, and what was done."""
    begin = time.monotonic()
    with Stack("chaotic", pieces=(COGNITO, FRONT, FUNCTION_TARGET, IDENTITY, TRAFFIC)) as stack, LocalAws(stack) as local:
        stack.run("up", "--local", "--yes")
        chaos = Chaos(stack, Account(local.url, REGION), seed)
        try:
            chaos.all_kinds()
            chaos.rounds(rounds)
            if not chaos.problems:
                chaos.sees()
                chaos.cleanup()
        except Failed as error:
            chaos.problems.append(str(error))
        if chaos.problems:
            print("\n".join(["", f"The sequence of seed {seed}:", *chaos.hand.script, ""]))
        done = f"seed {seed}, {rounds} rounds, {chaos.acts} disturbances, {chaos.refused} of them refused by the account"
        return chaos.problems, f"{done}, {time.monotonic() - begin:.0f} s"


def main() -> int:
    """Judges; gives the exit code."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=7, help="how often something is disturbed at random and put right")
    arguments.add_argument("--seed", type=int, default=os.environ.get("CONSTRUCT_CHAOS_SEED"), help="chooses what is done")
    wanted = arguments.parse_args()
    seed = random.SystemRandom().randrange(1 << 32) if wanted.seed is None else int(wanted.seed)
    print(f"{JUDGE}: seed {seed}", flush=True)
    return verdict(JUDGE, *judged(wanted.rounds, seed))


if __name__ == "__main__":
    sys.exit(main())
