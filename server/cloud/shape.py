"""Type checks of JSON from outside: the value if it has the type, else an empty one."""

from typing import Any, cast


def as_object(value: object) -> dict[str, Any]:
    """The value if it is a JSON object, else {}."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def as_list(value: object) -> list[Any]:
    """The value if it is a JSON array, else []."""
    return cast("list[Any]", value) if isinstance(value, list) else []


def as_texts(value: object) -> list[str]:
    """The strings in a JSON array; [] for any other value."""
    return [item for item in as_list(value) if isinstance(item, str)]
