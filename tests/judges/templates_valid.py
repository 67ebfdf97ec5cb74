"""The pipelines of templates/ci are what GitHub and GitLab take, their scripts are bash, and construct takes their options.

The schemas are those that check-jsonschema carries with it, so that nothing is asked of the network.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

from stack import REPOSITORY, Stack, verdict

JUDGE = "templates_valid"
TEMPLATES = REPOSITORY / "templates" / "ci"

# The schema of each, how the file becomes what the schema describes, and a piece whose change makes it invalid.
PIPELINES = {
    "github-actions.yml": (("vendor.github-workflows",), ("runs-on: ubuntu-24.04", "runs-at: ubuntu-24.04")),
    "gitlab-ci.yml": (("vendor.gitlab-ci", "--data-transform", "gitlab-ci"), ("resource_group: construct-sync", "resource_group: []")),
}


def fits(schema: tuple[str, ...], path: Path) -> tuple[bool, str]:
    """Whether a file fits a schema, and what is said of it."""
    command = (sys.executable, "-m", "check_jsonschema", "--builtin-schema", *schema, str(path))
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    return ran.returncode == 0, ran.stdout + ran.stderr


def forms(problems: list[str]) -> None:
    """Each against its schema, and a copy with a planted fault."""
    for name, (schema, (piece, fault)) in PIPELINES.items():
        path = TEMPLATES / name
        fit, said = fits(schema, path)
        if not fit:
            problems.append(f"templates/ci/{name}: {said}")
        text = path.read_text()
        if piece not in text:
            problems.append(f"templates/ci/{name} has no {piece!r} to plant a fault in")
            continue
        with tempfile.TemporaryDirectory() as folder:
            broken = Path(folder) / name
            broken.write_text(text.replace(piece, fault))
            if fits(schema, broken)[0]:
                problems.append(f"the judge did not see that {fault!r} makes {name} invalid")


def scripts() -> list[str]:
    """What the pipelines have a shell do."""
    github = yaml.safe_load((TEMPLATES / "github-actions.yml").read_text())
    steps = [step for job in github["jobs"].values() for step in job["steps"]]
    found = [step["run"] for step in steps if "run" in step]
    gitlab = yaml.safe_load((TEMPLATES / "gitlab-ci.yml").read_text())
    for job in gitlab.values():
        found += ["\n".join(job[key]) for key in ("before_script", "script") if key in job]
    return found


def is_bash(script: str) -> bool:
    """Whether bash can read it; nothing of it runs."""
    return subprocess.run(("bash", "-n"), input=script, capture_output=True, text=True, check=False).returncode == 0


def commands(script: str) -> list[list[str]]:
    """The arguments of each call of construct."""
    lines = [line.strip() for line in script.splitlines()]
    calls = [line.split("||")[0].split(">")[0].split("|")[0] for line in lines if line.startswith("construct ")]
    return [call.split()[1:] for call in calls]


def main() -> int:
    """Judges; gives the exit code."""
    problems = []
    forms(problems)
    found = scripts()
    problems += [f"bash cannot read:\n{script}" for script in found if not is_bash(script)]
    if is_bash("if true; then"):
        problems.append("the judge did not see that a script is no bash")
    calls = [call for script in found for call in commands(script)]
    with Stack("judged-by-pipelines") as stack:
        # The options before --help are read first.
        for call in calls:
            if stack.run(*call, "--help", ends_with=(0, 2)).returncode != 0:
                problems.append(f"construct does not take {call}")
        if stack.run("sync", "--no-such-option", "--help", ends_with=(0, 2)).returncode == 0:
            problems.append("the judge did not see that construct does not take an option")
    kinds = {tuple(call) for call in calls}
    if kinds != {("sync",), ("sync", "--check")}:
        problems.append(f"the pipelines call construct with {sorted(kinds)}")
    return verdict(JUDGE, problems, f"{len(PIPELINES)} pipelines, {len(found)} scripts, {len(calls)} calls of construct")


if __name__ == "__main__":
    sys.exit(main())
