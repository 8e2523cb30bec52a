"""Request bodies taken apart: each place a schema has in one, however deep, and a body with a value planted there."""

import copy
from collections.abc import Iterator
from typing import Any

from pai_dlc_mcp.emulator.schema.check import OPERATIONS, SOURCE

Path = tuple[str, ...]
DEPTH = 6
"""Schemas refer to themselves; deeper places are not visited."""


def resolved(rule: dict[str, Any]) -> dict[str, Any]:
    return SOURCE["schemas"][rule["$ref"].rpartition("/")[2]] if "$ref" in rule else rule


def places(rule: dict[str, Any], path: Path = ()) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Each property with its schema, outer ones first; the elements of a list share the list's path."""
    rule = resolved(rule)
    if rule.get("type") == "array":
        yield from places(rule.get("items", {}), path)
    for name, inner in rule.get("properties", {}).items():
        yield (*path, name), resolved(inner)
        if len(path) < DEPTH:
            yield from places(inner, (*path, name))


def of(version: str, action: str) -> list[tuple[Path, dict[str, Any]]]:
    return list(places(OPERATIONS[version][action].get("body", {})))


def planted(version: str, action: str, body: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    """A copy of the body with the value in that place. What is missing on the way is filled in with what it requires;
    in a list the first element is changed."""
    whole = copy.deepcopy(body)
    here, rule = whole, resolved(OPERATIONS[version][action]["body"])
    for name in path[:-1]:
        rule = resolved(rule["properties"][name])
        here = here.setdefault(name, sample(rule))
        while rule.get("type") == "array":
            rule = resolved(rule["items"])
            if not here:
                here.append(sample(rule))
            here = here[0]
    here[path[-1]] = value
    return whole


def sample(rule: dict[str, Any], apart_from: Any = None) -> Any:
    """A value the schema allows, other than the one given where there is a choice."""
    rule = resolved(rule)
    if "enum" in rule:
        return next((each for each in rule["enum"] if each != apart_from), rule["enum"][0])
    match rule.get("type"):
        case "integer" | "number":
            low = max(rule.get("minimum", 1), 1)
            return low + 1 if low == apart_from else low
        case "boolean":
            return not apart_from
        case "array":
            return [sample(rule["items"])] if rule.get("minItems") else []
        case "object":
            return {name: sample(rule["properties"][name]) for name in rule.get("required", ())}
        case _:
            return ("y" if apart_from == "x" else "x") * max(rule.get("minLength", 1), 1)
