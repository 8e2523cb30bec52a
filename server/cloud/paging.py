"""Paging of the service's lists: one window whatever the page size, or all items page after page.

The service may send fewer items than it announces, in pages smaller than asked for, and may leave TotalCount out or
write it as text. Nothing is skipped then, and what is missing is said.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from pai_dlc_mcp.server.cloud.model import CloudModel
from pai_dlc_mcp.server.cloud.shape import as_list, as_object

T = TypeVar("T")
M = TypeVar("M", bound=CloudModel)

_FULL_PAGE = 100  # items; the most a list operation gives at once
_UNCOUNTED = "the service did not say how many there are in all: total counts those up to here"


class Page(NamedTuple, Generic[T]):
    """Some items of a list, starting at `offset`, and how many there are in all. `more`: others may follow although
    `total` does not count them. `note`: what the service did not send, or did not say."""

    items: Sequence[T]
    offset: int
    total: int
    more: bool = False
    note: str | None = None

    @property
    def next_offset(self) -> int | None:
        after = self.offset + len(self.items)
        return after if self.items and (self.more or after < self.total) else None


Ask = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]
"""Sends one request of a list operation; it gets PageNumber and PageSize."""
AskPage = Callable[[int, int], Awaitable[Page[T]]]
"""Gets offset and limit."""


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


class _Answer(NamedTuple):
    """One page as it came: its items, and TotalCount; None where the service does not say it."""

    items: Sequence[Any]
    total: int | None


async def page(ask: Ask, key: str, model: type[M], offset: int, limit: int) -> Page[M]:
    """Ask for one window of a list; `key` names the items in the body. Sends a second request where the service makes
    its pages smaller than asked for."""
    wanted = window(offset, limit)
    answer = await _asked(ask, key, wanted)
    if _misplaced(wanted, answer):
        wanted = window(offset, limit, len(answer.items))
        answer = await _asked(ask, key, wanted)
    kept = [model.model_validate(item) for item in answer.items[wanted.skip : wanted.skip + wanted.keep]]
    seen = offset + len(kept)
    if answer.total is None or (kept and answer.total < seen):
        return Page(kept, offset, seen, more=bool(kept), note=_UNCOUNTED if kept else None)
    missing = min(limit, answer.total - offset) - len(kept)
    note = f"the service sent {len(kept)} of the {len(kept) + missing} it announced here" if missing > 0 else None
    return Page(kept, offset, answer.total, note=note)


def _misplaced(wanted: Window, answer: _Answer) -> bool:
    """Whether the items stand at other places of the list than those asked for: the service counts in smaller pages."""
    before, came = (wanted.number - 1) * wanted.size, len(answer.items)
    due = wanted.size if answer.total is None else min(wanted.size, max(0, answer.total - before))
    return 0 < came != due and came < wanted.size and (wanted.number > 1 or came <= wanted.skip)


async def _asked(ask: Ask, key: str, wanted: Window) -> _Answer:
    body = await ask({"PageNumber": wanted.number, "PageSize": wanted.size})
    return _Answer([item for item in map(as_object, as_list(body.get(key))) if item], _count(body.get("TotalCount")))


def _count(value: object) -> int | None:
    """A TotalCount that is a number, or the text of one."""
    text = str(value)
    return int(text) if isinstance(value, int | str) and text.isdecimal() and len(text) < 19 else None


async def each(ask: AskPage[T], most_pages: int) -> AsyncGenerator[T]:
    """The items of a list, page after page, as far as they are read: `most_pages` full ones, or as many items."""
    async for found in _pages(ask, most_pages):
        for item in found.items:
            yield item


async def whole(ask: AskPage[T], most_pages: int) -> Page[T]:
    """All that `each` gives, as one page."""
    items, announced = list[T](), 0
    async for found in _pages(ask, most_pages):
        items += found.items
        announced = max(announced, found.total)
    short = len(items) < min(announced, most_pages * _FULL_PAGE)
    note = f"the service sent {len(items)} of the {announced} it announced" if short else None
    return Page(items, 0, max(announced, len(items)), note=note)


async def _pages(ask: AskPage[T], most_pages: int) -> AsyncGenerator[Page[T]]:
    """An empty page is the last one, whatever the total: a service that makes smaller pages is asked for those."""
    offset, size = 0, _FULL_PAGE
    while offset < most_pages * _FULL_PAGE:
        found = await ask(offset, size)
        yield found
        if found.next_offset is None:
            return
        offset, size = found.next_offset, len(found.items)
