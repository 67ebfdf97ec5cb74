"""The shipped descriptions are OpenAPI, and what construct writes and reads fits the schemas that it publishes."""

import json
import sys
import tomllib

import jsonschema
from openapi_spec_validator import validate
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError

from stack import REPOSITORY, Stack, verdict

JUDGE = "specs_valid"
SPECS = ("github-openapi.json", "confluence-openapi.json")


def specs(problems: list[str]) -> None:
    """The two OpenAPI descriptions."""
    for name in SPECS:
        description = json.loads((REPOSITORY / "specs" / name).read_text())
        try:
            validate(description)
        except OpenAPIValidationError as error:
            problems.append(f"specs/{name}: {error}")
        broken = description | {"paths": {"/x": {"get": {"parameters": [{"name": "no-place"}]}}}}
        try:
            validate(broken)
        except OpenAPIValidationError:
            continue
        problems.append(f"the judge did not see that a changed specs/{name} is no OpenAPI")


def against(stack: Stack, schema_name: str, what: str, document, problems: list[str]) -> None:
    """One document against the schema that `construct schema` prints, and one more with a planted fault."""
    schema = json.loads(stack.run("schema", schema_name).stdout)
    validator_class = jsonschema.validators.validator_for(schema, default=None)
    if validator_class is None:
        problems.append(f"the schema {schema_name} does not say its dialect")
        return
    validator_class.check_schema(schema)
    validator = validator_class(schema, format_checker=validator_class.FORMAT_CHECKER)
    for error in validator.iter_errors(document):
        problems.append(f"{what} against the schema {schema_name}: {error.json_path}: {error.message}")
    if validator.is_valid([]):
        problems.append(f"the schema {schema_name} takes a list")


def main() -> int:
    """Judges; gives the exit code."""
    problems = []
    specs(problems)
    starter = tomllib.loads((REPOSITORY / "construct.toml").read_text())
    with Stack("judged-by-schema") as stack:
        against(stack, "manifest", "the starter", starter, problems)
        against(stack, "manifest", "the whole manifest", tomllib.loads((stack.folder / "construct.toml").read_text()), problems)
        schema = json.loads(stack.run("schema", "manifest").stdout)
        unknown = starter | {"stack": starter["stack"] | {"colour": "red"}}
        if jsonschema.validators.validator_for(schema)(schema).is_valid(unknown):
            problems.append("the schema manifest takes an unknown key")
        stack.run("up", "--local", "--yes")
        against(stack, "config", "config.json", stack.config(), problems)
        against(stack, "mcp", "mcp.json", json.loads((stack.folder / "mcp.json").read_text()), problems)
        stack.run("cleanup", "--local", "--yes", "--yes-destroy")
    return verdict(JUDGE, problems, f"{len(SPECS)} descriptions, 4 documents")


if __name__ == "__main__":
    sys.exit(main())
