"""Pydantic models that refuse unknown field names and suggest the nearest known one."""

import difflib
from collections.abc import Iterable
from typing import Any, cast

from pydantic import BaseModel, ConfigDict, model_validator


class StrictModel(BaseModel):
    """Refuses unknown fields and suggests the nearest known name. Accepts the API's spelling (JobId) as well as ours
    (job_id)."""

    model_config = ConfigDict(
        extra="forbid", populate_by_name=True, loc_by_alias=False, frozen=True, protected_namespaces=()
    )

    @model_validator(mode="before")
    @classmethod
    def _known_names(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        given = cast("dict[str, Any]", value)
        spellings = {name: field.alias or name for name, field in cls.model_fields.items()}
        known = {*spellings, *spellings.values()}
        if unknown := [key for key in given if key not in known]:
            raise ValueError("; ".join(_unknown(key, spellings) for key in unknown))
        if twice := [name for name, alias in spellings.items() if name != alias and {name, alias} <= given.keys()]:
            raise ValueError(f"{twice[0]} is given twice, also as {spellings[twice[0]]}")
        return given


# Field names that Alibaba's job skill uses and the API does not have.
_NOT_IN_THE_API = {
    "enablegangscheduling": "CreateJob of SDK 1.11.6 has no gang scheduling switch: leave it out",
    "quotaid": "a quota's id goes into resource_id, where there is one; ListEcsSpecs of SDK 1.11.6 does not take it",
}


def _unknown(key: str, names: Iterable[str]) -> str:
    near = nearest(key, names)  # compares without case and underscores, so the API's spelling matches ours
    if (answer := not_in_the_api(key)) and not (near and _plain(near) == _plain(key)):
        return answer
    hint = f"did you mean {near!r}?" if near else f"known are {', '.join(names)}"
    return f"unknown field {key!r}: {hint}"


def not_in_the_api(key: str) -> str | None:
    """One sentence about a field of the skill that the API does not have; None for any other key."""
    answer = _NOT_IN_THE_API.get(_plain(key))
    return f"{key}: {answer}" if answer else None


def nearest(value: str, known: Iterable[str]) -> str | None:
    """The known word nearest to `value`: equal without case, dashes and underscores, else similar in spelling."""
    plain = {_plain(word): word for word in known}
    if word := plain.get(_plain(value)):
        return word
    close = difflib.get_close_matches(_plain(value), plain, n=1, cutoff=0.7)
    return plain[close[0]] if close else None


def _plain(word: str) -> str:
    return word.lower().replace("_", "").replace("-", "")
