"""The CreateJob body that a job's own answer describes, changed as somebody asks, and what differs between two bodies.

GetJob answers with more than CreateJob takes, with "" for what was never set, and without a registry's password.
"""

import json
from collections.abc import Iterator, Mapping
from itertools import takewhile
from typing import Any, NamedTuple, cast

from pydantic import BaseModel
from pydantic.alias_generators import to_pascal

from pai_dlc_mcp.server.budget.redact import Redactor
from pai_dlc_mcp.server.cloud.secret_fields import CREDENTIALS, ENVIRONMENTS
from pai_dlc_mcp.server.cloud.shape import as_list, as_object
from pai_dlc_mcp.server.rules.job_spec import (
    API_NAMES,
    CodeSource,
    DataSource,
    Draft,
    JobSettings,
    JobSpec,
    ResourceConfig,
    SpotSpec,
)

_PARTS: Mapping[str, type[BaseModel]] = {  # fields whose own fields are known here
    "": Draft,
    "JobSpecs": JobSpec,
    "ResourceConfig": ResourceConfig,
    "SpotSpec": SpotSpec,
    "DataSources": DataSource,
    "CodeSource": CodeSource,
    "Settings": JobSettings,
}
_OTHER = {"CredentialConfig", "CustomEnvs", "ElasticSpec", "SchedulingStrategy", "ThirdpartyLibs", "ThirdpartyLibDir"}
_BY = {"JobSpecs": "Type", "DataSources": "MountPath"}  # lists whose items are told apart by a field
_FREE = ENVIRONMENTS | {"tags"}  # names in these are the user's
_OFF = ("ElasticSpec", "AssignNodeSpec")  # blocks that GetJob shows with every switch off
_BESIDE = 20  # characters shown before the first that differ
_LONG = 100  # characters: of longer texts the part that differs is shown


class Copied(NamedTuple):
    """`left` names fields of the job that no create takes and that hold something of the user's."""

    body: dict[str, Any]
    left: tuple[str, ...]


class Difference(NamedTuple):
    """One field of two bodies, in the API's names; `-` where there is none. Values that may be secret are not told."""

    field: str
    before: str
    after: str


def copied(raw: Mapping[str, Any]) -> Copied:
    """From GetJob's answer: fields of CreateJob alone, without those that were never set."""
    known = {name: raw[name] for name in (*_names(Draft), *sorted(_OTHER)) if name in raw}
    left: list[str] = []
    body = as_object(_kept(known, "", left))
    specs = [as_object(spec) for spec in as_list(body.get("JobSpecs"))]
    if not body.get("ResourceId"):
        body.pop("Priority", None)  # GetJob shows one for every job; only a queue uses it
    for spec in specs:
        spec.pop("ResourceConfig" if spec.get("EcsSpec") and not body.get("ResourceId") else "", None)
        login = as_object(spec.get("ImageConfig"))
        if login and not (login.get("Password") or login.get("Auth")):
            spec.pop("ImageConfig")
            left.append("JobSpecs.ImageConfig (the service tells no registry password)")
    for source in map(as_object, as_list(body.get("DataSources"))):
        if source.get("DataSourceId"):
            source.pop("Uri", None)  # where the dataset lies: the id names it
    if not as_object(body.get("CodeSource")).get("CodeSourceId"):
        body.pop("CodeSource", None)
    return Copied(body, tuple(dict.fromkeys(left)))


def changed(body: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The body with these fields, in either spelling: objects are merged, roles and mounts by their name, null removes,
    anything else replaces."""
    return as_object(_merged(dict(body), changes, ""))


def differences(before: Mapping[str, Any], after: Mapping[str, Any], redactor: Redactor) -> list[Difference]:
    """Field by field; an environment by its names."""
    one, other = dict(_leaves(before, ())), dict(_leaves(after, ()))
    found: list[Difference] = []
    for path in dict.fromkeys([*one, *other]):
        if one.get(path) != other.get(path):
            told = _hidden if _is_secret(path) else _apart
            texts = [_text(body.get(path), redactor) for body in (one, other)]
            found.append(Difference(".".join(path), *told(*texts)))
    return found


def _names(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items() if not field.exclude]


def _kept(value: object, name: str, left: list[str]) -> object:
    """The value without what is empty, or unknown to the part of a body that `name` is; None for nothing."""
    if isinstance(value, list):
        items = [_kept(item, name, left) for item in cast("list[object]", value)]
        return [item for item in items if item is not None] or None
    if not isinstance(value, dict):
        return None if value == "" else value
    fields = cast("dict[str, object]", value)
    if name.lower() in _FREE:
        return dict(fields) or None
    part = _PARTS.get(name)
    known = {*_names(part), *(_OTHER if part is Draft else ())} if part else fields.keys()
    kept = {key: _kept(item, key, left) for key, item in fields.items()}
    found = {key: item for key, item in kept.items() if item is not None}
    left += [f"{name}.{key}".lstrip(".") for key in found if key not in known and found[key]]
    found = {key: item for key, item in found.items() if key in known}
    return None if not found or (name in _OFF and not any(found.values())) else found


def _merged(old: object, new: object, name: str) -> object:
    if name in _BY and new and isinstance(new, dict | list):
        return _by_name(as_list(old), cast("dict[str, Any] | list[Any]", new), name)
    if not isinstance(new, Mapping):
        return new
    result = dict(as_object(old))
    free = name.lower() in _FREE
    for given, value in cast("Mapping[str, object]", new).items():
        key = given if free else _api_name(given)
        if value is None:
            result.pop(key, None)
        else:
            result[key] = _string(value) if free else _merged(result.get(key), value, key)
    return result


def _by_name(old: list[Any], new: dict[str, Any] | list[Any], name: str) -> object:
    """Items of `new` over those of `old` of the same role or mount; a map is by that name, and null removes one. Where
    both have one item, it is that one. A list of mounts replaces: to mount elsewhere is to mount another."""
    by = _BY[name]
    if isinstance(new, list) and name != "JobSpecs":
        return [_merged({}, item, "") for item in new]
    items = {str(as_object(item).get(by)): item for item in old}
    given = new.items() if isinstance(new, dict) else [(_named(item, by, list(items)), item) for item in new]
    for key, item in given:
        if item is None:
            items.pop(key, None)
        else:
            items[key] = _merged({by: key, **as_object(items.get(key))}, item, "")
    return list(items.values())


def _named(item: object, by: str, known: list[str]) -> str:
    fields = as_object(item)
    return str(fields.get(by) or fields.get(by.lower()) or (known[0] if len(known) == 1 else ""))


def _api_name(given: str) -> str:
    return API_NAMES.get(given) or (given if given[:1].isupper() else to_pascal(given))


def _string(value: object) -> str:
    """An environment variable is text: a number is written as JSON has it."""
    return value if isinstance(value, str) else json.dumps(value)


def _leaves(value: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], object]]:
    by = _BY.get(path[-1]) if path else None
    if by and value and isinstance(value, list):
        value = {str(as_object(item).get(by)): item for item in cast("list[object]", value)}
    if isinstance(value, dict) and value:
        for name, item in cast("dict[str, object]", value).items():
            yield from _leaves(item, (*path, name))
    else:
        yield path, value


def _is_secret(path: tuple[str, ...]) -> bool:
    return any(name.lower() in ENVIRONMENTS | CREDENTIALS for name in path)


def _text(value: object, redactor: Redactor) -> str:
    if value is None:
        return "-"
    return redactor.text(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _hidden(before: str, after: str) -> tuple[str, str]:
    """That there is a value, and that it is another one; never the value."""
    return ("-" if before == "-" else "(set)", "-" if after == "-" else "(set)" if before == "-" else "(differs)")


def _alike(before: str, after: str) -> int:
    """Characters that both begin with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False)))


def _apart(before: str, after: str) -> tuple[str, str]:
    """Long texts from shortly before the first character that differs."""
    same = max(0, _alike(before, after) - _BESIDE)
    if max(len(before), len(after)) <= _LONG or not same:
        return before, after
    return f"…{before[same:]}", f"…{after[same:]}"
