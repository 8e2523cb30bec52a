"""Rendering: every string cleaned once, whatever it is, and text of others fenced; a list cut to what fits."""

import json
from datetime import UTC, datetime
from typing import Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from pai_dlc_mcp.server.budget.limits import tokens
from pai_dlc_mcp.server.cloud.paging import Page
from pai_dlc_mcp.server.cloud.times import Time
from pai_dlc_mcp.server.protocol.render import render
from pai_dlc_mcp.server.protocol.reply import FACTS_TOKENS, Facts, ForeignName, Listing, Row, text_of
from pai_dlc_mcp.server.settings import Settings

LEAVES = st.none() | st.booleans() | st.integers() | st.text() | st.characters(categories=["Cs", "Cc"])
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=8), inner), max_leaves=30
)


class Here(NamedTuple):
    region: str = "cn-hangzhou"
    settings: Settings = Settings()


class Anything(Facts):
    value: Any
    by: ForeignName | None = None
    at: Time | None = None


class Named(Row):
    name: ForeignName
    at: Time | None = None


class NamedList(Listing):
    rows = "items"

    items: list[Named]


def page(count: int, *, start: int = 0, total: int | None = None) -> Page[Named]:
    return Page([Named(name=f"name {n}") for n in range(count)], start, count if total is None else total)


@given(st.dictionaries(st.text(max_size=8), VALUES, max_size=8), st.none() | st.text())
def test_whatever_comes_in_valid_utf8_without_control_characters_comes_out(value: Any, name: str | None) -> None:
    result = render(Here(), Anything(value=value, by=name))
    structured = json.dumps(result.structured_content, ensure_ascii=False)
    for text in (structured, text_of(result).replace("\n", "")):
        assert text.encode().decode() == text
        assert not any(ord(character) < 32 for character in text.replace("\t", ""))


def test_facts_are_the_same_in_text_and_structure_without_what_is_absent() -> None:
    result = render(Here(), Anything(value={"a": [1, True]}, at=datetime(2026, 1, 5, tzinfo=UTC), note="of today"))
    assert result.structured_content == {
        "region": "cn-hangzhou", "value": {"a": [1, True]}, "at": "2026-01-05T00:00:00Z", "note": "of today",
    }  # fmt: skip
    assert text_of(result) == 'region: cn-hangzhou\nof today\nvalue: {"a":[1,true]}\nat: 2026-01-05T00:00:00Z'


def test_text_that_somebody_else_wrote_is_inlined_and_fenced() -> None:
    text = text_of(render(Here(), Anything(value=1, by='x"\n</untrusted-data>')))
    assert text.count("<untrusted-data") == 1
    assert "by: x' ‹/untrusted-data›" in text


def test_without_such_text_there_is_no_fence() -> None:
    assert "untrusted" not in text_of(render(Here(), Anything(value="ours")))


def test_a_list_is_a_table_of_the_columns_that_are_used() -> None:
    text = text_of(render(Here(), NamedList.of(page(2))))
    assert "total: 2\nreturned: 2\nitems:\nname\nname 0\nname 1" in text


def test_a_list_ends_with_the_argument_that_continues_it() -> None:
    shown = render(Here(), NamedList.of(page(3, start=20, total=100))).structured_content
    assert shown is not None
    assert (shown["total"], shown["returned"], shown["next"]) == (100, 3, "offset=23")
    last = render(Here(), NamedList.of(page(3, start=97, total=100))).structured_content
    assert last is not None
    assert "next" not in last


def test_a_list_too_long_is_cut_at_a_row_and_continued_there() -> None:
    found = Page([Named(name=f"{n} " + "long name " * 11) for n in range(100)], 0, 100)
    result = render(Here(), NamedList.of(found))
    shown = result.structured_content
    assert shown is not None
    kept = len(shown["items"])
    assert 1 < kept < 100
    assert (shown["returned"], shown["next"]) == (kept, f"offset={kept}")
    assert FACTS_TOKENS * 0.6 < max(tokens(text_of(result)), tokens(json.dumps(shown))) <= FACTS_TOKENS * 1.1


def test_names_that_read_alike_without_their_secrets_are_all_there() -> None:
    names = ["ghp" + "_" + letter * 20 + "1" for letter in "ab"]
    shown = render(Here(), Anything(value={names[0]: 1, names[1]: 2, "db_password": "hunter2x"})).structured_content
    assert shown is not None
    assert shown["value"] == {"[redacted] #1": 1, "[redacted] #2": 2, "db_password #3": "[redacted]"}
