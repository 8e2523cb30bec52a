"""Writes operations.json from a folder of API descriptions: `python generate.py FOLDER`.

The folder has one JSON file for each product (pai-dlc.json, aiworkspace.json, …), made from the SDKs and the public
metadata: operations with method, path, params and requestBody, and their schemas. overrides.json corrects errors and
omissions in them, with a reason for each. The result is JSON Schema: one object for an operation's query, one for its
body. Besides standard keywords, `x-comma` marks a comma list in a query, `x-json` a query value that is JSON, `x-flat`
an object that the SDK writes as A.B=value.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

Json = dict[str, Any]
HERE = Path(__file__).parent
KEPT = ("type", "$ref", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "additionalProperties")
INTEGER_BITS = {"int32": 31, "int64": 63}
BOOLEAN = {"true", "false"}


def rule(given: Json) -> Json:
    """The schema of one value, without descriptions."""
    found = {key: given[key] for key in KEPT if key in given}
    values = given.get("enum") or given.get("documentedValues")
    if values and set(values) == BOOLEAN:
        found["type"] = "boolean"
    elif values and found.get("type") == "string":
        found["enum"] = sorted(set(values))
    if found.get("type") == "integer":
        bits = INTEGER_BITS[given.get("format", "int64")]
        found = {"minimum": -(2**bits), "maximum": 2**bits - 1, **found}
    if "items" in given:
        found["items"] = rule(given["items"])
    if "properties" in given:
        found |= members(given["properties"])
    serialization = given.get("serialization", "")
    found |= {"x-json": True} if serialization.startswith("json") else {}
    found |= {"x-flat": True} if serialization.startswith("flattened") else {}
    return found


def members(properties: Json) -> Json:
    """The schema of an object; each property states whether it is required."""
    required = sorted(name for name, value in properties.items() if value.get("required") is True)
    found: Json = {"type": "object", "properties": {name: rule(value) for name, value in properties.items()}}
    return {**found, "required": required} if required else found


def operation(given: Json) -> Json:
    query = {param["name"]: param for param in given["params"] if param["in"] == "query"}
    found: Json = {"route": f"{given['method']} {given['path']}", "query": members(query)}
    if "requestBody" in given:
        found["body"] = members(given["requestBody"]["properties"])
    return found


def from_models(given: Json, models: Json) -> Json:
    """An operation known only from the SDK's model classes; their comments state what is required."""

    def described(names: list[str]) -> Json:
        fields = models[given["request"]]
        return {name: from_comment(fields[name]) for name in names}

    found: Json = {"route": f"{given['method']} {given['path']}", "query": members(described(given["query"]))}
    return {**found, "body": members(described(given["body"]))} if given["body"] else found


def from_comment(field: Json) -> Json:
    types = {"int": "integer", "bool": "boolean", "str": "string"}
    values = re.findall(r"- (\w+)\b", field["doc"].partition("Valid values:")[2])
    found: Json = {"type": types.get(field["type"], field["type"]), "required": "is required" in field["doc"]}
    return {**found, "documentedValues": values} if values else found


def reachable(schemas: Json, roots: list[Json]) -> Json:
    """The schemas that requests refer to, directly or indirectly."""
    found: Json = {}
    waiting = re.findall(r'"#/schemas/(\w+)"', json.dumps(roots))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = rule(schemas[name])
            waiting += re.findall(r'"#/schemas/(\w+)"', json.dumps(found[name]))
    return found


def corrected(operations: Json, overrides: Json) -> Json:
    """Apply overrides: `Operation.query.Name`, `Operation.body.Name` or `Schema.Name` with keys to replace; null
    removes a key."""
    for path, change in overrides.items():
        *owner, name = path.split(".")
        place = operations
        for step in owner:
            place = place[step]
        target = place["properties"][name]
        changed = {**target, **{key: value for key, value in change.items() if key not in ("why", "required")}}
        place["properties"][name] = listed({key: value for key, value in changed.items() if value is not None})
        if "required" in change:
            names = set(place.get("required", [])) - {name}
            place["required"] = sorted(names | ({name} if change["required"] else set()))
    return operations


def listed(value: Json) -> Json:
    """A comma list: an array of the schema of one value."""
    if not value.get("x-comma"):
        return value
    one = {key: each for key, each in value.items() if key not in ("x-comma", "maxLength")}
    return {"type": "array", "items": one, "x-comma": True}


def generate(folder: Path) -> str:
    overrides: Json = json.loads((HERE / "overrides.json").read_text(encoding="utf-8"))
    products: Json = overrides["products"]
    operations: Json = {}
    schemas: Json = {}
    for source in [*sorted(folder.glob("*.json")), HERE / "overrides.json"]:
        described = json.loads(source.read_text(encoding="utf-8"))
        version = described.get("version")
        for name, given in described["operations"].items():
            made = operation(given) if "params" in given else from_models(given, described["schemas"])
            operations.setdefault(version or given["version"], {})[name] = made
        if described.get("auth"):
            schemas |= described["schemas"]
    flat = {name: value for group in operations.values() for name, value in group.items() if name != "ListQuotas"}
    for version, group in operations.items():
        if "ListQuotas" in group:  # two products have one
            flat[f"{products[version]}ListQuotas"] = group["ListQuotas"]
    needed = reachable(schemas, list(flat.values()))
    corrected({**flat, **needed}, overrides["corrections"])
    lines = [f'"{name}":{compact(value)}' for name, value in sorted(needed.items())]
    groups = [
        f'"{version}":{{\n' + ",\n".join(f'"{name}":{compact(value)}' for name, value in sorted(group.items())) + "\n}"
        for version, group in sorted(operations.items())
    ]
    return '{"operations":{\n' + ",\n".join(groups) + '\n},\n"schemas":{\n' + ",\n".join(lines) + "\n}}\n"


def compact(value: Json) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


if __name__ == "__main__":
    (HERE / "operations.json").write_text(generate(Path(sys.argv[1])), encoding="utf-8")
