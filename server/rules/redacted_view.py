"""The parts of a job's raw JSON that can be shown: everything except secrets; and a projection to named fields."""

from collections.abc import Sequence
from typing import cast

from pai_dlc_mcp.server.budget.redact import Redactor
from pai_dlc_mcp.server.cloud.secret_fields import CREDENTIALS, ENVIRONMENTS
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.spelling import nearest

_STARS = "***"


def showable(raw: object, redactor: Redactor) -> object:
    """A copy without empty fields, secret fields and environment values; all other texts are redacted."""
    if isinstance(raw, dict):
        pairs = ((name, _field(name, value, redactor)) for name, value in cast("dict[str, object]", raw).items())
        return {name: value for name, value in pairs if value not in (None, "", [], {})}
    if isinstance(raw, list):
        return [showable(item, redactor) for item in cast("list[object]", raw)]
    return redactor.text(raw) if isinstance(raw, str) else raw


def project(value: object, fields: Sequence[str]) -> dict[str, object]:
    """Only these fields, by dotted API names; for a list, of each item (`Pods.PodId`).

    Raises Failure for an unknown top-level name, with the nearest known one.
    """
    source = cast("dict[str, object]", value)
    found: dict[str, object] = {}
    for field in fields:
        name, *rest = field.split(".")
        if name not in source:
            near = nearest(name, source)
            hint = f"Did you mean {near}?" if near else f"It has {', '.join(source)}."
            raise Failure(f"The job has no field {name!r}, or it is empty.", fix=hint, code="NoSuchField")
        found[field] = _at(source[name], rest)
    return found


def _at(value: object, path: Sequence[str]) -> object:
    if not path:
        return value
    if isinstance(value, list):
        return [_at(item, path) for item in cast("list[object]", value)]
    return _at(cast("dict[str, object]", value).get(path[0]), path[1:]) if isinstance(value, dict) else None


def _field(name: str, value: object, redactor: Redactor) -> object:
    if name.lower() in CREDENTIALS:
        return _STARS if value else None
    return _starred(value) if name.lower() in ENVIRONMENTS else showable(value, redactor)


def _starred(value: object) -> object:
    """An environment's names without values. A string (it may be JSON) is hidden as a whole."""
    if isinstance(value, list):
        return [_starred(item) for item in cast("list[object]", value) if item]
    if isinstance(value, dict):
        entry = cast("dict[str, object]", value)
        named = ("Name", "Key") if "Value" in entry else ()
        return {key: item if key in named else _starred(item) for key, item in entry.items()}
    return None if value is None else _STARS
