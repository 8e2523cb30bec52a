"""Lists of a service that sends fewer items than it announces, in smaller pages, or does not say how many there are:
none is lost, none shown twice, and what is missing is said."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pai_dlc_mcp.emulator.faults import Fault
from pai_dlc_mcp.server.cloud.model import CloudModel
from pai_dlc_mcp.server.cloud.paging import Page, each, page, whole


class Item(CloudModel):
    n: int = -1


Totals = st.sampled_from(["true", "text", "missing", "none", "nonsense"])


def service(there: int, cap: int, says: str) -> Any:
    """A list of `there` items in pages of at most `cap`."""

    async def ask(params: dict[str, Any]) -> dict[str, Any]:
        size = min(params["PageSize"], cap)
        start = (params["PageNumber"] - 1) * size
        total = {"true": there, "text": str(there), "none": None, "nonsense": {"x": 1}}.get(says)
        counted = {} if says == "missing" else {"TotalCount": total}
        return {"Items": [{"n": n} for n in range(there)[start : start + size]], **counted}

    return ask


def numbers(items: Sequence[Item]) -> list[int]:
    return [item.n for item in items]


@given(st.integers(0, 60), st.integers(1, 100), Totals, st.integers(0, 60), st.integers(1, 100))
async def test_a_window_holds_what_it_was_asked_for_and_next_continues_it(
    there: int, cap: int, says: str, offset: int, limit: int
) -> None:
    ask, read = service(there, cap, says), list[int]()
    expected, at = list(range(there))[offset:], offset
    for _ in range(there + 2):
        found = await page(ask, "Items", Item, at, limit)
        assert numbers(found.items) == expected[len(read) : len(read) + len(found.items)]
        read += numbers(found.items)
        if found.next_offset is None:
            break
        at = found.next_offset
    assert read == expected


@given(st.integers(0, 300), st.integers(1, 100), Totals)
async def test_all_items_are_read_once_in_pages_of_any_size(there: int, cap: int, says: str) -> None:
    ask = service(there, cap, says)
    found = await whole(lambda offset, limit: page(ask, "Items", Item, offset, limit), 10)
    assert (numbers(found.items), found.total, found.note) == (list(range(there)), there, None)


@pytest.mark.parametrize(("announced", "said"), [(8, True), ("8", True), (5, False), (3, False), (None, False)])
async def test_fewer_than_announced_is_said(announced: Any, said: bool) -> None:
    async def ask(params: dict[str, Any]) -> dict[str, Any]:
        return {"Items": [{"n": n} for n in range(5)] if params["PageNumber"] == 1 else [], "TotalCount": announced}

    def window(offset: int, limit: int) -> Any:
        return page(ask, "Items", Item, offset, limit)

    assert ("5 of the 8" in str((await whole(window, 10)).note)) is said
    assert ("5 of the 8" in str((await window(0, 20)).note)) is said
    assert [item.n async for item in each(window, 10)] == [0, 1, 2, 3, 4]


async def test_a_list_that_never_ends_is_read_as_far_as_it_was_asked() -> None:
    async def ask(params: dict[str, Any]) -> dict[str, Any]:
        return {"Items": [{"n": 1}] * params["PageSize"], "TotalCount": 2**40}

    found = await whole(lambda offset, limit: page(ask, "Items", Item, offset, limit), 3)
    assert (len(found.items), found.note) == (300, None)


def test_the_last_page_has_no_next() -> None:
    assert Page([1], 4, 5).next_offset is None
    assert Page([1], 3, 5).next_offset == 4
    assert Page([1], 4, 5, more=True).next_offset == 5
    assert Page([], 4, 5, more=True).next_offset is None


LISTS: dict[str, dict[str, Any]] = {
    "list_jobs": {"workspace_id": "123456", "show_own": False, "start_time": "1970-01-01T00:00:00Z"},
    "list_images": {},
    "list_ecs_specs": {},
    "list_workspaces": {},
    "list_datasets": {"workspace_id": "123456"},
    "list_quotas": {},
}


@pytest.mark.parametrize("tool", LISTS)
@pytest.mark.parametrize("kind", ["no_total", "string_total", "small_page", "short_page"])
async def test_a_tool_shows_every_item_or_says_that_it_did_not(connect, emulator, tool: str, kind: Any) -> None:
    agent = connect(toolsets="all")

    async def shown() -> tuple[list[str], str]:
        rows, notes, offset = list[str](), list[str](), 0
        while True:
            found = await agent.facts(tool, **LISTS[tool], offset=offset)
            (items,) = [value for value in found.values() if isinstance(value, list)] or [[]]
            rows += map(str, items)
            notes.append(found.get("note") or "")
            if not found.get("next"):
                return rows, " ".join(notes)
            offset = int(found["next"].removeprefix("offset="))

    before, _ = await shown()
    emulator.faults.add(Fault("*", kind, times=None, page_size=2))
    after, notes = await shown()
    if kind == "short_page":
        assert len(after) < len(before)
        assert "it announced" in notes
    else:
        assert after == before
