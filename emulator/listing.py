"""Filters, sorting and paging shared by the lists of all products."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from pai_dlc_mcp.emulator.request import Json, Request

T = TypeVar("T")
Names = Mapping[str, str]
"""A query parameter, and the item's field to which it is compared."""


def select(
    items: Sequence[Json],
    request: Request,
    *,
    exact: Names | None = None,
    among: Names | None = None,
    contains: Names | None = None,
) -> list[Json]:
    """The items that match every filter: equal to a field, in a comma-separated list, or part of a field ignoring
    case."""
    tests: list[tuple[str, Callable[[str], Any]]] = []
    for parameter, field in (exact or {}).items():
        if wanted := request.text(parameter):
            tests.append((field, wanted.__eq__))
    for parameter, field in (among or {}).items():
        if words := request.words(parameter):
            tests.append((field, set(words).__contains__))
    for parameter, field in (contains or {}).items():
        if part := request.text(parameter).lower():
            tests.append((field, lambda text, part=part: part in text.lower()))
    return [item for item in items if all(test(str(item.get(field, ""))) for field, test in tests)]


def ordered(items: Sequence[Json], request: Request, field: str, direction: str) -> list[Json]:
    """Sorted by SortBy and Order (desc in DLC, DESC in AIWorkSpace); without them unchanged. A missing field sorts as
    ""."""
    key = request.text("SortBy", field)
    descending = request.text("Order", direction).lower() == "desc"
    return sorted(items, key=lambda item: str(item.get(key, "")).lower(), reverse=descending)


def sorted_by(items: Sequence[Json], request: Request, path: Sequence[str]) -> list[Json]:
    """Sorted by the number at the end of a path of keys, in descending order unless Order is asc."""

    def number(item: Json) -> int:
        value: Any = item
        for key in path:
            value = value.get(key, 0)
        return int(re.sub(r"\D.*", "", str(value)) or 0)

    return sorted(items, key=number, reverse=request.text("Order", "desc") == "desc")


def page(items: Sequence[T], request: Request, size: int, max_size: int | None = None) -> list[T]:
    number = request.number("PageNumber", 1, high=1000 if max_size else None)
    length = request.number("PageSize", size, high=max_size)
    return list(items[(number - 1) * length : number * length])
