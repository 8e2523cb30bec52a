"""Checks a request against operations.json, and names its parts without effect.

Invalid values are refused with InvalidParameter, as by the service. Unknown parameters are ignored, as by the service;
the response's x-emulator-ignored header names these and the known ones that the emulator does not support
(unhonoured.py).
"""

import json
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, relevance

from pai_dlc_mcp.emulator import errors
from pai_dlc_mcp.emulator.request import Json, Request
from pai_dlc_mcp.emulator.schema.unhonoured import UNHONOURED

MAX_NAMES = 50
BOOLEANS = {"true": True, "false": False}
NUMBERS = {"integer": int, "number": float}
SOURCE: Json = json.loads((Path(__file__).parent / "operations.json").read_text(encoding="utf-8"))
OPERATIONS: dict[str, dict[str, Json]] = SOURCE["operations"]
"""By API version, then by action: route, query and (if any) body."""


@cache
def validator(version: str, action: str, part: str) -> Draft202012Validator:
    return Draft202012Validator({**SOURCE, "$ref": f"#/operations/{version}/{action}/{part}"})


def check(request: Request) -> list[str]:
    """The names of parameters without effect. Raises ServiceError for invalid values."""
    version = request.version
    described = OPERATIONS[version][request.action]
    query = typed(described["query"]["properties"], request.query)
    refuse_invalid(version, request.action, "query", query)
    body = request.sent()
    if "body" in described:
        check_body(version, request.action, body)
    unhonoured = UNHONOURED.get(request.action, {})
    found = list(unknown({"query": described["query"], "body": described.get("body", {})}, query, body))
    sent = {*query, *paths(body)}
    return [*found, *(name for name in unhonoured if name in sent), *request.repeated]


def check_body(version: str, action: str, body: Json) -> None:
    """A body that names a template is checked again after the template was applied."""
    refuse_invalid(version, action, "body", body, ignore_missing=bool(body.get("TemplateId")))


def refuse_invalid(version: str, action: str, part: str, value: Json, *, ignore_missing: bool = False) -> None:
    found: Iterable[ValidationError] = validator(version, action, part).iter_errors(value)  # pyright: ignore[reportUnknownMemberType]
    if ignore_missing:
        found = (error for error in found if error.validator != "required" or error.absolute_path)
    if wrong := list(found):
        raise errors.invalid(explained(max(wrong, key=relevance)))


def explained(error: ValidationError) -> str:
    """One sentence in the service's style; the value is not quoted, as it may be a secret."""
    name = ".".join(step for step in error.absolute_path if isinstance(step, str))
    limit: Any = error.validator_value
    match error.validator:
        case "required":
            missing = next(each for each in limit if each not in error.instance)
            return f"{'.'.join(filter(None, (name, missing)))} is required."
        case "enum":
            return f"{name} must be one of {', '.join(map(str, limit))}."
        case "type":
            return f"{name} must be of type {limit}."
        case "minimum" | "minLength" | "minItems":
            return f"{name} is below its minimum of {limit}."
        case "maximum" | "maxLength" | "maxItems":
            return f"{name} is above its maximum of {limit}."
        case _:
            return f"{name} is invalid: it must match {limit}."


def typed(properties: Json, query: dict[str, str]) -> Json:
    """The query as JSON: numbers, booleans, comma lists, JSON values and flattened objects parsed from text. An empty
    value counts as absent: the SDKs send parameters that were set to ""."""
    found: Json = {}
    for name, text in query.items():
        owner, dot, member = name.partition(".")
        if dot and properties.get(owner, {}).get("x-flat"):
            found.setdefault(owner, {})[member] = BOOLEANS.get(text.lower(), text)
        elif text:
            found[name] = value_of(properties.get(name, {}), name, text)
    return found


def value_of(described: Json, name: str, text: str) -> Any:
    kind = described.get("type", "")
    if described.get("x-json"):
        return parsed(name, text)
    if described.get("x-comma"):
        return [word.strip() for word in text.split(",") if word.strip()]
    if kind == "boolean":
        return BOOLEANS.get(text.lower(), text)
    if kind in NUMBERS:
        try:
            return NUMBERS[kind](text)
        except ValueError:
            return text
    return text


def parsed(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise errors.invalid(f"{name} is not JSON.") from None


def unknown(described: Json, query: Json, body: Json) -> Iterator[str]:
    """Names that the schema does not have; names in the body with their path."""
    yield from (name for name in query if name not in described["query"]["properties"])
    yield from strangers(described["body"], body)


def strangers(schema: Json, value: Any, path: str = "") -> Iterator[str]:
    schema = SOURCE["schemas"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    if isinstance(value, dict):
        members: Json = value  # pyright: ignore[reportUnknownVariableType]
        if "additionalProperties" in schema:
            return
        known = schema.get("properties", {})
        for name, inner in members.items():
            if name in known:
                yield from strangers(known[name], inner, f"{path}{name}.")
            else:
                yield f"{path}{name}"
    elif isinstance(value, list):
        elements: list[Any] = value  # pyright: ignore[reportUnknownVariableType]
        for element in elements:
            yield from strangers(schema.get("items", {}), element, path)


def paths(value: Any, path: str = "") -> Iterator[str]:
    """The path of everything in a body; the elements of a list have the same path."""
    if isinstance(value, dict):
        members: Json = value  # pyright: ignore[reportUnknownVariableType]
        for name, inner in members.items():
            yield f"{path}{name}"
            yield from paths(inner, f"{path}{name}.")
    elif isinstance(value, list):
        elements: list[Any] = value  # pyright: ignore[reportUnknownVariableType]
        for element in elements:
            yield from paths(element, path)


def known(schema: str) -> tuple[str, ...]:
    """The property names of a schema."""
    return tuple(SOURCE["schemas"][schema]["properties"])


def header(names: Iterable[str]) -> dict[str, str]:
    """x-emulator-ignored: comma-separated, percent-encoded where a header cannot contain a name."""
    listed = list(dict.fromkeys(quote(name[:200], safe=".:") for name in names))
    return {"x-emulator-ignored": ",".join(listed[:MAX_NAMES])} if listed else {}
