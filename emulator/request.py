"""A request as passed to the operations, and the record of all requests."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pai_dlc_mcp.emulator import clock, errors

Json = dict[str, Any]
MAX_RECORD = 20_000


@dataclass(frozen=True)
class Request:
    """One API call. `headers` without credentials; `ids`: the decoded path parameters."""

    action: str
    version: str
    """API version of the product."""
    method: str
    path: str
    query: dict[str, str]
    body: Json | None
    user_agent: str
    headers: dict[str, str]
    ids: dict[str, str] = field(default_factory=dict[str, str])
    session: str = ""
    """Claimed name of the role's session."""
    repeated: tuple[str, ...] = ()
    """Parameters sent more than once; the last value is used."""

    def text(self, name: str, default: str = "") -> str:
        return self.query.get(name) or default

    def words(self, name: str) -> list[str]:
        """A comma-separated list; empty if absent."""
        return [word.strip() for word in self.text(name).split(",") if word.strip()]

    def flag(self, name: str, default: bool = False) -> bool:
        """A boolean: the SDK sends True and False, the CLI true and false."""
        return self.text(name, str(default)).lower() == "true"

    def number(self, name: str, default: int, low: int = 1, high: int | None = None) -> int:
        try:
            value = int(self.text(name, str(default)))
        except ValueError:
            raise errors.invalid(f"{name} is not a number.") from None
        if value < low or (high is not None and value > high):
            raise errors.invalid(f"{name} must be between {low} and {high or 'any'}.")
        return value

    def time(self, name: str, default: datetime) -> datetime:
        if not (text := self.text(name)):
            return default
        try:
            return clock.parse(text)
        except ValueError:
            raise errors.invalid(f"{name} is not a UTC time like 2026-01-05T08:00:00Z.") from None

    def json(self, name: str) -> Any:
        """A query value that is JSON (the SDK sends Tags and ResourceId so); None if absent."""
        if not (text := self.text(name)):
            return None
        try:
            return json.loads(text)
        except ValueError:
            raise errors.invalid(f"{name} is not JSON.") from None

    def sent(self) -> Json:
        """The body without null and []: the SDK's models send [] for lists that were not set."""
        return prune(self.body or {})


def prune(value: Any) -> Any:
    """Removes null and [] everywhere in a JSON value."""
    if isinstance(value, dict):
        items: Json = value  # pyright: ignore[reportUnknownVariableType]
        return {key: prune(item) for key, item in items.items() if item is not None and item != []}
    if isinstance(value, list):
        elements: list[Any] = value  # pyright: ignore[reportUnknownVariableType]
        return [prune(item) for item in elements]
    return value


class Record(list[Request]):
    """The requests received, oldest first; of many only the last ones."""

    def add(self, request: Request) -> None:
        if len(self) >= MAX_RECORD:
            del self[: MAX_RECORD // 2]
        self.append(request)

    def actions(self) -> list[str]:
        return [request.action for request in self]
