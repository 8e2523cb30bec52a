"""Paging of the service's lists: one window for any page size, or all items page by page.

The service may return fewer items than TotalCount, use smaller pages than requested, and omit TotalCount or send it as
text. No item is skipped then, and the result says what is missing.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from pai_dlc_mcp.server.cloud.model import CloudModel
from pai_dlc_mcp.server.cloud.shape import as_list, as_object

T = TypeVar("T")
M = TypeVar("M", bound=CloudModel)

_FULL_PAGE = 100  # items; the largest page of a list operation
_UNCOUNTED = "the service did not say how many there are in all: total counts those up to here"


class Page(NamedTuple, Generic[T]):
    """Items of a list from `offset` on, and the total. `more`: more items may follow although `total` does not count
    them. `note`: what the service left out."""

    items: Sequence[T]
    offset: int
    total: int
    more: bool = False
    note: str | None = None

    @property
    def next_offset(self) -> int | None:
        """Offset of the first item after this page; None if no items are left."""
        after = self.offset + len(self.items)
        return after if self.items and (self.more or after < self.total) else None


Ask = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]
"""Sends one request of a list operation, with PageNumber and PageSize."""
AskPage = Callable[[int, int], Awaitable[Page[T]]]
"""Takes offset and limit."""


class Window(NamedTuple):
    """The page to request, and how many of its items to skip and to keep."""

    number: int
    size: int
    skip: int
    keep: int


def window(offset: int, limit: int, max_size: int = _FULL_PAGE) -> Window:
    """The page that contains items offset .. offset+limit-1, on a service with numbered pages.

    If no page size up to `max_size` holds all of them, `keep` is smaller than `limit`.
    """
    for size in range(limit, max_size + 1):
        if offset // size == (offset + limit - 1) // size:
            return Window(offset // size + 1, size, offset % size, limit)
    return Window(offset // max_size + 1, max_size, offset % max_size, max_size - offset % max_size)


class _Answer(NamedTuple):
    """One page as received: items and TotalCount, None if missing."""

    items: Sequence[Any]
    total: int | None


async def page(ask: Ask, key: str, model: type[M], offset: int, limit: int) -> Page[M]:
    """Request one window of a list; `key` names the items in the body. Sends a second request if the service uses
    smaller pages than requested. Raises CloudError."""
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
    """Whether the items are not those of the requested positions, because the service uses smaller pages."""
    before, came = (wanted.number - 1) * wanted.size, len(answer.items)
    due = wanted.size if answer.total is None else min(wanted.size, max(0, answer.total - before))
    return 0 < came != due and came < wanted.size and (wanted.number > 1 or came <= wanted.skip)


async def _asked(ask: Ask, key: str, wanted: Window) -> _Answer:
    body = await ask({"PageNumber": wanted.number, "PageSize": wanted.size})
    return _Answer([item for item in map(as_object, as_list(body.get(key))) if item], _count(body.get("TotalCount")))


def _count(value: object) -> int | None:
    """TotalCount as a number, also from text; None for anything else."""
    text = str(value)
    return int(text) if isinstance(value, int | str) and text.isdecimal() and len(text) < 19 else None


async def each(ask: AskPage[T], most_pages: int) -> AsyncGenerator[T]:
    """The items of a list, page by page, up to the number in `most_pages` full pages."""
    async for found in _pages(ask, most_pages):
        for item in found.items:
            yield item


async def whole(ask: AskPage[T], most_pages: int) -> Page[T]:
    """All items of `each` as one page."""
    items, announced = list[T](), 0
    async for found in _pages(ask, most_pages):
        items += found.items
        announced = max(announced, found.total)
    short = len(items) < min(announced, most_pages * _FULL_PAGE)
    note = f"the service sent {len(items)} of the {announced} it announced" if short else None
    return Page(items, 0, max(announced, len(items)), note=note)


async def _pages(ask: AskPage[T], most_pages: int) -> AsyncGenerator[Page[T]]:
    """Pages until an empty one, whatever the total says: the service may use smaller pages."""
    offset, size = 0, _FULL_PAGE
    while offset < most_pages * _FULL_PAGE:
        found = await ask(offset, size)
        yield found
        if found.next_offset is None:
            return
        offset, size = found.next_offset, len(found.items)
