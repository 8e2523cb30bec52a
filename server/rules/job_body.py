"""The CreateJob body for a job as GetJob returns it, with changes applied, and the differences of two bodies.

GetJob returns more fields than CreateJob takes, "" for fields never set, and no registry password.
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

_PARTS: Mapping[str, type[BaseModel]] = {  # fields whose subfields are known here
    "": Draft,
    "JobSpecs": JobSpec,
    "ResourceConfig": ResourceConfig,
    "SpotSpec": SpotSpec,
    "DataSources": DataSource,
    "CodeSource": CodeSource,
    "Settings": JobSettings,
}
_OTHER = {"CredentialConfig", "CustomEnvs", "ElasticSpec", "SchedulingStrategy", "ThirdpartyLibs", "ThirdpartyLibDir"}
_BY = {"JobSpecs": "Type", "DataSources": "MountPath"}  # lists whose items are identified by a field
_FREE = ENVIRONMENTS | {"tags"}  # these have keys chosen by the user
_OFF = ("ElasticSpec", "AssignNodeSpec")  # GetJob returns these also when turned off
_BESIDE = 20  # characters shown before the first difference
_LONG = 100  # characters; of longer texts only the different part is shown


class Copied(NamedTuple):
    """A copied body. `left`: fields set by the user that CreateJob does not take."""

    body: dict[str, Any]
    left: tuple[str, ...]


class Difference(NamedTuple):
    """One field of two bodies under the API's name; `-` if a body does not have it. Values that may be secret are not
    shown."""

    field: str
    before: str
    after: str


def copied(raw: Mapping[str, Any]) -> Copied:
    """The body for CreateJob from GetJob's response: only fields of CreateJob, without those that were never set."""
    known = {name: raw[name] for name in (*_names(Draft), *sorted(_OTHER)) if name in raw}
    left: list[str] = []
    body = as_object(_kept(known, "", left))
    specs = [as_object(spec) for spec in as_list(body.get("JobSpecs"))]
    if not body.get("ResourceId"):
        body.pop("Priority", None)  # GetJob has a priority for every job; only quotas use it
    for spec in specs:
        spec.pop("ResourceConfig" if spec.get("EcsSpec") and not body.get("ResourceId") else "", None)
        login = as_object(spec.get("ImageConfig"))
        if login and not (login.get("Password") or login.get("Auth")):
            spec.pop("ImageConfig")
            left.append("JobSpecs.ImageConfig (the service tells no registry password)")
    for source in map(as_object, as_list(body.get("DataSources"))):
        if source.get("DataSourceId"):
            source.pop("Uri", None)  # the dataset's storage path; its id is enough
    if not as_object(body.get("CodeSource")).get("CodeSourceId"):
        body.pop("CodeSource", None)
    return Copied(body, tuple(dict.fromkeys(left)))


def changed(body: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The body with changes, in either spelling. Objects are merged, roles and mounts by their name; null removes a
    field; any other value replaces."""
    return as_object(_merged(dict(body), changes, ""))


def differences(before: Mapping[str, Any], after: Mapping[str, Any], redactor: Redactor) -> list[Difference]:
    """The differences, field by field; for environments the names only."""
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
    """The value without empty parts and unknown fields (`name`: the field it is in); None if nothing is left."""
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
    """Merge items of a list by role or mount path. A map in `new` has these names as keys; null removes the item. If
    both lists have one item, it is the same item. A list of mounts replaces the old list."""
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
    """An environment variable must be a string; other values become JSON text."""
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
    """Texts that say that a value exists or differs, without the value."""
    return ("-" if before == "-" else "(set)", "-" if after == "-" else "(set)" if before == "-" else "(differs)")


def _alike(before: str, after: str) -> int:
    """Length of the common prefix."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False)))


def _apart(before: str, after: str) -> tuple[str, str]:
    """Long texts, cut to the part around the first difference."""
    same = max(0, _alike(before, after) - _BESIDE)
    if max(len(before), len(after)) <= _LONG or not same:
        return before, after
    return f"…{before[same:]}", f"…{after[same:]}"
