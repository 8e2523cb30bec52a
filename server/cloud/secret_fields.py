"""What is secret by its field in any request or response of the API, in whatever shape the field comes."""

import json
from typing import NamedTuple, cast

# Compared without case. The whole value is access to something.
CREDENTIALS = frozenset(
    {
        *("password", "auth", "username", "credentialconfig", "coderepoaccesstoken", "coderepousername", "rolechain"),
        *("token", "accesstoken", "securitytoken", "accesskeyid", "accesskeysecret"),
    }
)
# Environment variables: a map, a list of {Name, Value}, or either as JSON text.
ENVIRONMENTS = frozenset({"envs", "systemenvs", "rolesystemenvs", "customenvs", "env"})
_USERS = frozenset({"username", "coderepousername"})  # not shown, but no secret where a text repeats them
_SECRET = CREDENTIALS | ENVIRONMENTS
_KINDS = dict.fromkeys(CREDENTIALS - _USERS, "credential.")
_NAME, _VALUE = ("Name", "Key"), "Value"


class _Part(NamedTuple):
    """A value in a field that holds secrets. `kind`: what its name begins with."""

    name: str
    value: object
    kind: str = ""


def secrets_of(body: object) -> list[tuple[str, str]]:
    """Name and value of every credential and environment variable in a body; empty values are left out. In a shape not
    known every text below such a field counts. A body may be nested as deep as JSON can be."""
    return met(body)[0]


def met(body: object) -> tuple[list[tuple[str, str]], int]:
    """The secrets of a body, and how many characters its texts have."""
    found: list[tuple[str, str]] = []
    size, left = 0, [body]
    while left:
        value = left.pop()
        if isinstance(value, str):
            size += len(value)
        elif isinstance(value, dict):
            fields = cast("dict[str, object]", value)
            left += [
                item if (known := name.lower()) not in _SECRET else _Part(name, item, _KINDS.get(known, ""))
                for name, item in reversed(fields.items())
            ]
        elif isinstance(value, list):
            left += reversed(cast("list[object]", value))
        elif isinstance(value, _Part):
            secrets = _secrets(value)
            size += sum(len(text) for _, text in secrets)
            found += secrets
    return found, size


def _secrets(part: _Part) -> list[tuple[str, str]]:
    """Every text below a field that holds secrets."""
    found: list[tuple[str, str]] = []
    left = [part]
    while left:
        part = left.pop()
        if isinstance(part.value, dict):
            left += reversed(_fields(part, cast("dict[str, object]", part.value)))
        elif isinstance(part.value, list):
            left += [part._replace(value=item) for item in reversed(cast("list[object]", part.value))]
        elif part.value not in (None, "") and not isinstance(part.value, bool):
            found.append((f"{part.kind}{part.name}", str(part.value)))
            left.append(part._replace(value=_inside(part.value)))
    return found


def _fields(part: _Part, fields: dict[str, object]) -> list[_Part]:
    own = next((str(fields[key]) for key in _NAME if fields.get(key)), "") if _VALUE in fields else ""
    return [part._replace(name=own or key, value=item) for key, item in fields.items() if not (own and key in _NAME)]


def _inside(value: object) -> object:
    """What JSON text holds; None for another text."""
    if not isinstance(value, str) or value.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None
