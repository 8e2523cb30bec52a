"""Structured content under any ceiling."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pai_dlc_mcp.server.budget.limits import shrink, tokens

LEAVES = st.none() | st.booleans() | st.integers() | st.text() | st.characters(categories=["Cs", "Cc"])
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=8), inner), max_leaves=30
)


@given(st.dictionaries(st.text(max_size=8), VALUES, max_size=8))
def test_whatever_comes_in_valid_utf8_without_control_characters_comes_out(value: Any) -> None:
    shrunk, _ = shrink(value, 20_000)
    text = json.dumps(shrunk, ensure_ascii=False)
    assert text.encode().decode() == text
    assert not any(ord(character) < 32 for character in text)


def test_a_list_too_long_and_a_string_too_long_are_cut_to_the_ceiling() -> None:
    value = {"rows": [{"name": "x" * 5_000, "n": n} for n in range(5_000)], "whole": "kept"}
    shrunk, cut = shrink(value, 2_000)
    assert cut
    assert tokens(json.dumps(shrunk, ensure_ascii=False, separators=(",", ":"))) <= 2_000
    assert shrunk["whole"] == "kept"
    assert "characters cut" in json.dumps(shrunk)


def test_what_fits_is_left_as_it_is() -> None:
    value = {"a": [1, {"b": "c"}], "d": None}
    assert shrink(value, 100) == (value, False)
