"""What is secret by its field in any request or response of the API, in whatever shape the field comes."""

import json
from collections.abc import Iterator
from typing import cast

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
_NAME, _VALUE = ("Name", "Key"), "Value"


class Seen:
    """What one call sent and got: the secrets in it, and its size in characters."""

    def __init__(self) -> None:
        self.secrets: list[tuple[str, str]] = []
        self.size = 0

    def note(self, body: object) -> None:
        self.secrets += secrets_of(body)
        self.size += _size(body)


def _size(value: object) -> int:
    if isinstance(value, dict):
        return sum(map(_size, cast("dict[str, object]", value).values()))
    if isinstance(value, list):
        return sum(map(_size, cast("list[object]", value)))
    return len(value) if isinstance(value, str) else 1


def secrets_of(body: object) -> list[tuple[str, str]]:
    """Name and value of every credential and environment variable in a body; empty values are left out."""
    return [(name, value) for name, value in _walk(body) if value]


def _walk(body: object) -> Iterator[tuple[str, str]]:
    if isinstance(body, list):
        for item in cast("list[object]", body):
            yield from _walk(item)
    elif isinstance(body, dict):
        for name, value in cast("dict[str, object]", body).items():
            if name.lower() in ENVIRONMENTS | _USERS:
                yield from _leaves(name, value)
            elif name.lower() in CREDENTIALS:
                yield from ((f"credential.{own}", found) for own, found in _leaves(name, value))
            else:
                yield from _walk(value)


def _leaves(name: str, value: object) -> Iterator[tuple[str, str]]:
    """Every leaf below `name`, under the nearest name there is; of JSON text, the text too."""
    if isinstance(value, dict):
        entry = cast("dict[str, object]", value)
        own = next((str(entry[key]) for key in _NAME if entry.get(key)), "") if _VALUE in entry else ""
        for key, item in entry.items():
            if not (own and key in _NAME):
                yield from _leaves(own or key, item)
    elif isinstance(value, list):
        for item in cast("list[object]", value):
            yield from _leaves(name, item)
    elif isinstance(value, str):
        yield name, value
        yield from _inside(name, value)
    elif value is not None and not isinstance(value, bool):
        yield name, str(value)


def _inside(name: str, text: str) -> Iterator[tuple[str, str]]:
    if text.lstrip()[:1] not in ("{", "["):
        return
    try:
        parsed: object = json.loads(text)
    except (ValueError, RecursionError):
        return
    yield from _leaves(name, parsed)
