"""Paging of the service's lists: one window whatever the page size, or all items page after page."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from pai_dlc_mcp.server.cloud.model import CloudModel
from pai_dlc_mcp.server.cloud.shape import as_list, as_object

T = TypeVar("T")
M = TypeVar("M", bound=CloudModel)

_FULL_PAGE = 100  # items; the most a list operation gives at once


class Page(NamedTuple, Generic[T]):
    """Some items of a list, starting at `offset`, and how many there are in all."""

    items: Sequence[T]
    offset: int
    total: int

    @property
    def next_offset(self) -> int | None:
        after = self.offset + len(self.items)
        return after if self.items and after < self.total else None


class Window(NamedTuple):
    """The page to ask for, and how many of its items to skip and to keep."""

    number: int
    size: int
    skip: int
    keep: int


def window(offset: int, limit: int, max_size: int = _FULL_PAGE) -> Window:
    """The page that holds items offset .. offset+limit-1, so that any offset works on a service that pages by number.

    Where no page size up to `max_size` holds them all, `keep` is smaller than `limit`.
    """
    for size in range(limit, max_size + 1):
        if offset // size == (offset + limit - 1) // size:
            return Window(offset // size + 1, size, offset % size, limit)
    return Window(offset // max_size + 1, max_size, offset % max_size, max_size - offset % max_size)


async def page(
    ask: Callable[[dict[str, Any]], Awaitable[dict[str, Any]]],
    key: str,
    model: type[M],
    offset: int,
    limit: int,
) -> Page[M]:
    """Ask for one window of a list; `ask` gets PageNumber and PageSize, `key` names the items in the body."""
    wanted = window(offset, limit)
    body = await ask({"PageNumber": wanted.number, "PageSize": wanted.size})
    items = [item for item in map(as_object, as_list(body.get(key))) if item]
    kept = [model.model_validate(item) for item in items[wanted.skip : wanted.skip + wanted.keep]]
    total = body.get("TotalCount")
    return Page(kept, offset, total if isinstance(total, int) else offset + len(kept))


async def each(ask: Callable[[int, int], Awaitable[Page[T]]], most_pages: int) -> AsyncGenerator[T]:
    """The items of a list, page after page, as far as they are read; `ask` gets offset and limit.

    A page that is not full is the last one: the total alone is not trusted.
    """
    for number in range(most_pages):
        found = await ask(number * _FULL_PAGE, _FULL_PAGE)
        for item in found.items:
            yield item
        if found.next_offset is None or len(found.items) < _FULL_PAGE:
            return
