"""Maps a recorded request back to the input of a botocore operation, and checks that input against the model.

botocore's own ParamValidator looks at types, required members and lower limits only; the models say more (patterns, upper
limits, enums, unions), and all of it is checked here.
"""

import base64
import binascii
import json
from urllib.parse import parse_qsl, unquote
from xml.etree import ElementTree

import botocore.session
import regex

# The services that construct calls, by botocore's name.
SERVICES = (
    "apigatewayv2",
    "bedrock-agentcore-control",
    "cognito-idp",
    "dynamodb",
    "iam",
    "lambda",
    "logs",
    "s3",
    "secretsmanager",
    "ssm",
    "sts",
)

NUMBERS = ("integer", "long", "float", "double")


class Unmapped(Exception):
    """The request is none of the model's operations."""


class Models:
    """The models of every service that construct calls."""

    def __init__(self):
        session = botocore.session.Session()
        self._services = {}
        for name in SERVICES:
            model = session.get_service_model(name)
            self._services[model.signing_name] = model
        self._routes = {
            signing_name: _routes(model)
            for signing_name, model in self._services.items()
            if model.protocol in ("rest-json", "rest-xml")
        }
        self._patterns = {}
        # Patterns of the models that are no regular expression to `regex`: said at the end, never silently skipped.
        self.unusable_patterns = set()
        # How many single rules were looked at.
        self.rules_checked = 0

    def violations(self, call: dict) -> list[str]:
        """What the model has against a recorded call."""
        try:
            operation, given, problems = self.mapped(call)
        except Unmapped as error:
            return [str(error)]
        where = f"{call['service']}:{operation.name}"
        found = [f"{where}: {problem}" for problem in problems]
        if call["operation"] != operation.name:
            found.append(f"{where}: the local AWS took it for {call['operation']}")
        if operation.input_shape is not None:
            self._check(operation.input_shape, given, where, found)
        return found

    def mapped(self, call: dict):
        """The operation, its input in the model's member names, and what could not be mapped."""
        model = self._services.get(call["service"])
        if model is None:
            raise Unmapped(f"no service is signed as {call['service']!r}")
        if model.protocol == "query":
            return _from_query(model, call)
        if model.protocol == "json":
            return _from_json(model, call)
        return _from_rest(model, self._routes[call["service"]], call)

    def _check(self, shape, value, where, found):
        checks = {"structure": self._check_structure, "list": self._check_list, "map": self._check_map}
        if shape.type_name in checks:
            checks[shape.type_name](shape, value, where, found)
        elif shape.type_name == "string":
            self._check_string(shape, value, where, found)
        elif shape.type_name in NUMBERS:
            whole = shape.type_name in ("integer", "long")
            if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
                found.append(f"{where}: {value!r} is no {shape.type_name}")
            else:
                self._check_range(shape, value, "", where, found)
        elif shape.type_name == "boolean":
            if not isinstance(value, bool):
                found.append(f"{where}: {value!r} is no boolean")
        elif shape.type_name == "blob":
            self._check_blob(shape, value, where, found)

    def _check_structure(self, shape, value, where, found):
        if shape.metadata.get("document"):
            return
        if not isinstance(value, dict):
            found.append(f"{where}: not a structure")
            return
        for name in shape.required_members:
            self.rules_checked += 1
            if value.get(name) is None:
                found.append(f"{where}: the required member {name} is missing")
        if shape.is_tagged_union and len(value) != 1:
            found.append(f"{where}: a union with {len(value)} members: {', '.join(value)}")
        for name, inner in value.items():
            self.rules_checked += 1
            if name not in shape.members:
                found.append(f"{where}: the model knows no member {name}")
            elif inner is not None:
                self._check(shape.members[name], inner, f"{where}.{name}", found)

    def _check_list(self, shape, value, where, found):
        if not isinstance(value, list):
            found.append(f"{where}: not a list")
            return
        self._check_range(shape, len(value), "length ", where, found)
        for index, inner in enumerate(value):
            self._check(shape.member, inner, f"{where}[{index}]", found)

    def _check_map(self, shape, value, where, found):
        if not isinstance(value, dict):
            found.append(f"{where}: not a map")
            return
        self._check_range(shape, len(value), "length ", where, found)
        for name, inner in value.items():
            self._check(shape.key, name, f"{where} key {name!r}", found)
            self._check(shape.value, inner, f"{where}[{name}]", found)

    def _check_string(self, shape, value, where, found):
        if not isinstance(value, str):
            found.append(f"{where}: {value!r} is no string")
            return
        self._check_range(shape, len(value), "length ", where, found)
        if shape.enum:
            self.rules_checked += 1
            if value not in shape.enum:
                found.append(f"{where}: {value!r} is none of {', '.join(shape.enum)}")
        if "pattern" in shape.metadata:
            self.rules_checked += 1
            pattern = self._pattern(shape.metadata["pattern"])
            if pattern is not None and pattern.fullmatch(value) is None:
                found.append(f"{where}: {value[:100]!r} does not match {shape.metadata['pattern']}")

    def _check_blob(self, shape, value, where, found):
        try:
            self._check_range(shape, len(base64.b64decode(value, validate=True)), "length ", where, found)
        except (binascii.Error, TypeError):
            found.append(f"{where}: not base64")

    def _check_range(self, shape, number, what, where, found):
        for limit, broken in (("min", lambda least: number < least), ("max", lambda most: number > most)):
            if limit in shape.metadata:
                self.rules_checked += 1
                if broken(shape.metadata[limit]):
                    found.append(f"{where}: {what}{number}, {limit} is {shape.metadata[limit]}")

    def _pattern(self, text):
        if text not in self._patterns:
            try:
                self._patterns[text] = regex.compile(text)
            except regex.error:
                self._patterns[text] = None
                self.unusable_patterns.add(text)
        return self._patterns[text]


def _from_json(model, call):
    target = _header(call, "x-amz-target")
    name = target.rpartition(".")[2]
    if target.rpartition(".")[0] != model.metadata["targetPrefix"] or name not in model.operation_names:
        raise Unmapped(f"{call['service']}: no operation for the target {target!r}")
    operation = model.operation_model(name)
    problems = []
    given = _unwrapped(operation.input_shape, json.loads(call["body"] or "{}"), problems)
    return operation, given, problems


def _from_query(model, call):
    pairs = dict(parse_qsl(call["body"], keep_blank_values=True))
    name, version = pairs.pop("Action", ""), pairs.pop("Version", "")
    if name not in model.operation_names or version != model.api_version:
        raise Unmapped(f"{call['service']}: no operation {name!r} in version {version!r}")
    operation = model.operation_model(name)
    problems = []
    given = {}
    if operation.input_shape is not None:
        given = _from_pairs(operation.input_shape, pairs, "", problems)
    problems += [f"the model knows no parameter {left}" for left in pairs]
    return operation, given, problems


def _from_pairs(shape, pairs, prefix, problems):
    """Takes what belongs to `shape` out of flat query parameters."""
    if shape.type_name == "structure":
        given = {}
        for name, member in shape.members.items():
            key = f"{prefix}{member.serialization.get('name', name)}"
            if any(one == key or one.startswith(key + ".") for one in pairs):
                nested = key + "." if member.type_name in ("structure", "list", "map") else key
                given[name] = _from_pairs(member, pairs, nested, problems)
        return given
    if shape.type_name == "list":
        item = "" if shape.serialization.get("flattened") else shape.member.serialization.get("name", "member") + "."
        items = []
        # The service reads on from 1 and stops at a gap; what lies beyond is left over, and told.
        while any((one + ".").startswith(f"{prefix}{item}{len(items) + 1}.") for one in pairs):
            key = f"{prefix}{item}{len(items) + 1}"
            nested = key + "." if shape.member.type_name in ("structure", "list", "map") else key
            items.append(_from_pairs(shape.member, pairs, nested, problems))
        pairs.pop(prefix.rstrip("."), None)
        return items
    if shape.type_name == "map":
        problems.append(f"{prefix}: a map in a query, which this judge does not read")
        return {}
    return _typed(shape, pairs.pop(prefix))


def _routes(model):
    """(method, segments of the path, fixed part of the query, operation), the most literal first."""
    routes = []
    for name in model.operation_names:
        http = model.operation_model(name).http
        path, _, fixed = http["requestUri"].partition("?")
        fixed = set(parse_qsl(fixed, keep_blank_values=True))
        routes.append((http["method"], path.strip("/").split("/"), fixed, name))
    return sorted(routes, key=lambda route: (sum(one.startswith("{") for one in route[1]), -len(route[2])))


def _from_rest(model, routes, call):
    segments = call["path"].strip("/").split("/")
    query = parse_qsl(call["query"], keep_blank_values=True)
    # The SDKs name the operation themselves where S3's paths are the same.
    named = dict(query).get("x-id")
    for method, template, fixed, name in routes:
        if method != call["method"] or not fixed <= set(query) or named not in (None, name):
            continue
        labels = _labels(template, segments)
        if labels is not None:
            rest = [pair for pair in query if pair not in fixed and pair[0] != "x-id"]
            return _rest_input(model.operation_model(name), labels, rest, call)
    raise Unmapped(f"{call['service']}: no operation for {call['method']} {call['path']}")


def _labels(template, segments):
    if len(template) != len(segments) and not any(one.endswith("+}") for one in template):
        return None
    labels = {}
    for index, part in enumerate(template):
        if part.endswith("+}"):
            labels[part[1:-2]] = unquote("/".join(segments[index:]))
            return labels
        if index >= len(segments):
            return None
        if part.startswith("{"):
            labels[part[1:-1]] = unquote(segments[index])
        elif part != segments[index]:
            return None
    return labels


def _rest_input(operation, labels, query, call):
    shape, given, problems = operation.input_shape, {}, []
    left = {name for name, _ in query}
    body_members = {}
    for name, member in (shape.members if shape is not None else {}).items():
        location = member.serialization.get("location")
        wire = member.serialization.get("name", name)
        if location == "uri":
            given[name] = _typed(member, labels.get(wire, ""))
        elif location == "querystring":
            values = [value for key, value in query if key == wire]
            left.discard(wire)
            if member.type_name == "list" and values:
                given[name] = [_typed(member.member, value) for value in values]
            elif values:
                given[name] = _typed(member, values[0])
        elif location == "header":
            value = _header(call, wire)
            if value:
                given[name] = _typed(member, value)
        elif location is None:
            body_members[name] = member
    problems += [f"the model knows no query parameter {name}" for name in sorted(left)]
    payload = shape.serialization.get("payload") if shape is not None else None
    if payload:
        member = shape.members[payload]
        if member.type_name != "structure":
            pass  # Bytes of which the model says nothing.
        elif call["body"] and operation.service_model.protocol == "rest-xml":
            given[payload] = _from_xml(member, ElementTree.fromstring(call["body"]), problems)
        elif call["body"]:
            given[payload] = _unwrapped(member, json.loads(call["body"]), problems)
    elif body_members:
        body = json.loads(call["body"] or "{}")
        by_wire = {member.serialization.get("name", name): name for name, member in body_members.items()}
        for wire, value in body.items():
            if wire in by_wire:
                given[by_wire[wire]] = _unwrapped(body_members[by_wire[wire]], value, problems)
            else:
                problems.append(f"the model knows no member {wire} in the body")
    elif call["body"] not in ("", "{}"):
        problems.append("a body, where the operation has none")
    return operation, given, problems


def _from_xml(shape, element, problems):
    """What an element says, in the model's names. Lists are read as S3 has them in requests: an element around them."""
    if shape.type_name == "list":
        return [_from_xml(shape.member, one, problems) for one in element]
    if shape.type_name != "structure":
        return _typed(shape, element.text or "")
    by_wire = {member.serialization.get("name", name): name for name, member in shape.members.items()}
    given = {}
    for child in element:
        wire = child.tag.rpartition("}")[2]
        if wire in by_wire:
            given[by_wire[wire]] = _from_xml(shape.members[by_wire[wire]], child, problems)
        else:
            problems.append(f"the model knows no element {wire}")
    return given


def _unwrapped(shape, value, problems):
    """A JSON value with the names of the wire replaced by the model's."""
    if shape is None or value is None or shape.metadata.get("document"):
        return value
    if shape.type_name == "structure" and isinstance(value, dict):
        by_wire = {member.serialization.get("name", name): name for name, member in shape.members.items()}
        given = {}
        for wire, inner in value.items():
            name = by_wire.get(wire, wire)
            given[name] = _unwrapped(shape.members[name], inner, problems) if name in shape.members else inner
        return given
    if shape.type_name == "list" and isinstance(value, list):
        return [_unwrapped(shape.member, inner, problems) for inner in value]
    if shape.type_name == "map" and isinstance(value, dict):
        return {name: _unwrapped(shape.value, inner, problems) for name, inner in value.items()}
    return value


def _typed(shape, text):
    """A text of a path, query or header as what the model says it is; left as it is where it does not fit."""
    try:
        if shape.type_name in ("integer", "long"):
            return int(text)
        if shape.type_name in ("float", "double"):
            return float(text)
    except ValueError:
        return text
    if shape.type_name == "boolean" and text in ("true", "false"):
        return text == "true"
    return text


def _header(call, name):
    return next((value for key, value in call["headers"] if key.lower() == name.lower()), "")
