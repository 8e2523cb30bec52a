"""Fields of API requests and responses whose values are secret, in any form in which the field occurs."""

import json
from typing import NamedTuple, cast

# Compared without case. The whole value gives access to something.
CREDENTIALS = frozenset(
    {
        *("password", "auth", "username", "credentialconfig", "coderepoaccesstoken", "coderepousername", "rolechain"),
        *("token", "accesstoken", "securitytoken", "accesskeyid", "accesskeysecret"),
    }
)
# Environment variables: a map, a list of {Name, Value}, or JSON text of either.
ENVIRONMENTS = frozenset({"envs", "systemenvs", "rolesystemenvs", "customenvs", "env"})
_USERS = frozenset({"username", "coderepousername"})  # not shown, but not redacted in other texts
_SECRET = CREDENTIALS | ENVIRONMENTS
_KINDS = dict.fromkeys(CREDENTIALS - _USERS, "credential.")
_NAME, _VALUE = ("Name", "Key"), "Value"


class _Part(NamedTuple):
    """A value inside a secret field. `kind`: prefix of its name."""

    name: str
    value: object
    kind: str = ""


def secrets_of(body: object) -> list[tuple[str, str]]:
    """(name, value) of each credential and environment variable in a body; empty values are left out. In an unknown
    form all texts below the field are taken. The depth of the body is not limited."""
    return met(body)[0]


def met(body: object) -> tuple[list[tuple[str, str]], int]:
    """The secrets in a body, and the number of characters in its texts."""
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
    """All texts below a secret field."""
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
    """The parsed value of JSON text; None for other text."""
    if not isinstance(value, str) or value.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None
