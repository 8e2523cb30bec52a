"""Type checks of JSON from outside: the value if it has the type, else an empty one."""

from typing import Any, cast


def as_object(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def as_list(value: object) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []


def as_texts(value: object) -> list[str]:
    return [item for item in as_list(value) if isinstance(item, str)]
