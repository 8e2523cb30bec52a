"""What is secret by its field in any request or response of the API, in whatever shape the field comes."""

import json
from typing import NamedTuple, cast

from pai_dlc_mcp.server.budget.redact import Redactor

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

    def __init__(self, own: Redactor | None = None) -> None:
        """`own` knows the secrets of this server, which no call may show either."""
        self._own = own or Redactor()
        self.secrets: list[tuple[str, str]] = []
        self.size = 0
        self._made = 0, self._own

    def note(self, body: object) -> None:
        self.secrets += secrets_of(body)
        self.size += _size(body)

    def redactor(self) -> Redactor:
        """Of all secrets until now."""
        known = len(self.secrets)
        if self._made[0] != known:
            self._made = known, self._own.also(self.secrets[:known])
        return self._made[1]


def _size(body: object) -> int:
    """Characters of the texts in it."""
    total, left = 0, [body]
    while left:
        value = left.pop()
        if isinstance(value, str):
            total += len(value)
        elif isinstance(value, dict):
            left += cast("dict[str, object]", value).values()
        elif isinstance(value, list):
            left += cast("list[object]", value)
    return total


class _Part(NamedTuple):
    """A value in a body. `kind`: "" outside of secrets, else what its name begins with."""

    name: str
    value: object
    secret: bool = False
    kind: str = ""


def secrets_of(body: object) -> list[tuple[str, str]]:
    """Name and value of every credential and environment variable in a body; empty values are left out. In a shape not
    known every text below such a field counts. A body may be nested as deep as JSON can be."""
    found: list[tuple[str, str]] = []
    left = [_Part("", body)]
    while left:
        part = left.pop()
        if isinstance(part.value, dict):
            left += reversed(_fields(part, cast("dict[str, object]", part.value)))
        elif isinstance(part.value, list):
            left += [part._replace(value=item) for item in reversed(cast("list[object]", part.value))]
        elif part.secret and part.value not in (None, "") and not isinstance(part.value, bool):
            found.append((f"{part.kind}{part.name}", str(part.value)))
            left.append(part._replace(value=_inside(part.value)))
    return found


def _fields(part: _Part, fields: dict[str, object]) -> list[_Part]:
    if not part.secret:
        return [_field(name, value) for name, value in fields.items()]
    own = next((str(fields[key]) for key in _NAME if fields.get(key)), "") if _VALUE in fields else ""
    return [part._replace(name=own or key, value=item) for key, item in fields.items() if not (own and key in _NAME)]


def _field(name: str, value: object) -> _Part:
    known = name.lower()
    kind = "credential." if known in CREDENTIALS - _USERS else ""
    return _Part(name, value, known in CREDENTIALS | ENVIRONMENTS, kind)


def _inside(value: object) -> object:
    """What JSON text holds; None for another text."""
    if not isinstance(value, str) or value.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None
