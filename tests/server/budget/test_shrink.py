"""Structured content under any ceiling."""

import json

from pai_dlc_mcp.server.budget.limits import shrink, tokens


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
