"""Order and pages, as the lists of the three products share them."""

from collections.abc import Sequence
from typing import TypeVar

from pai_dlc_mcp.emulator.request import Json, Request

T = TypeVar("T")


def ordered(items: Sequence[Json], request: Request, field: str, direction: str) -> list[Json]:
    """Sorted by SortBy and Order (desc in DLC, DESC in AIWorkSpace), else as given; an absent field sorts as ""."""
    key = request.text("SortBy", field)
    descending = request.text("Order", direction).lower() == "desc"
    return sorted(items, key=lambda item: str(item.get(key, "")).lower(), reverse=descending)


def page(items: Sequence[T], request: Request, size: int, max_size: int | None = None) -> list[T]:
    number = request.number("PageNumber", 1, high=1000 if max_size else None)
    length = request.number("PageSize", size, high=max_size)
    return list(items[(number - 1) * length : number * length])


def matches(item: Json, request: Request, **fields: str) -> bool:
    """True if each query parameter, where sent, is part of the item's field, whatever the case."""
    return all(
        request.text(parameter).lower() in str(item.get(field, "")).lower() for parameter, field in fields.items()
    )
