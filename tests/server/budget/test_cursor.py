from functools import partial

import pytest

from pai_dlc_mcp.server.budget.cursor import Cursor, decode, encode
from pai_dlc_mcp.server.budget.cursor import read as read_with

SINCE = "2026-01-05T02:00:00Z"
LINES = [f"line {i}" for i in range(10)]

read = partial(read_with, key=b"k" * 32)


def test_without_a_cursor_everything_is_new() -> None:
    page = read(LINES, "uid", SINCE)
    assert (page.records, page.reset, page.gap) == (LINES, False, False)


def test_with_the_cursor_only_what_came_after_is_new() -> None:
    cursor = read(LINES[:6], "uid", SINCE).cursor
    assert read(LINES, "uid", SINCE, cursor).records == LINES[6:]
    assert read(LINES[:6], "uid", SINCE, cursor).records == []


def test_repeated_lines_are_counted_not_guessed() -> None:
    cursor = read(["same"] * 5, "uid", SINCE).cursor
    assert read(["same"] * 8, "uid", SINCE, cursor).records == ["same"] * 3


def test_lines_that_repeat_in_a_window_that_was_cut_come_twice_rather_than_never_and_that_is_said() -> None:
    cursor = read(["same"] * 20, "uid", SINCE).cursor
    page = read(["same"] * 20, "uid", SINCE, cursor, cut=True)
    assert (page.records, page.unsure, page.gap) == (["same"] * 17, True, False)
    cut = read(["same"] * 20, "uid", SINCE, cut=True).cursor
    assert len(read(["same"] * 21, "uid", SINCE, cut).records) >= 1


def test_of_places_that_look_alike_the_first_is_taken() -> None:
    turn = ["a", "b", "c", "d", "e", "f", "g", "h"]
    cursor = read([*turn, *turn], "uid", SINCE).cursor
    page = read([*turn, *turn, "new"], "uid", "2026-01-05T02:05:00Z", cursor)
    assert (page.records, page.unsure) == ([*turn, "new"], True)


def test_one_line_that_came_back_is_no_place() -> None:
    cursor = read([*LINES, "tick"], "uid", SINCE).cursor
    later = [*LINES[2:], "tick", "x", "tick", "y", "tick"]
    page = read(later, "uid", "2026-01-05T02:05:00Z", cursor)
    assert (page.records, page.unsure) == (["x", "tick", "y", "tick"], False)


def test_a_log_that_was_empty_and_is_cut_now_has_a_gap() -> None:
    cursor = read([], "uid", SINCE).cursor
    assert read(LINES, "uid", SINCE, cursor, cut=True).gap


def test_nothing_new_keeps_the_place() -> None:
    cursor = read(LINES, "uid", SINCE).cursor
    page = read([], "uid", SINCE, cursor)
    assert (page.records, page.cursor, page.gap) == ([], cursor, False)


def test_a_cursor_counts_from_its_own_window_only() -> None:
    lines = [*LINES, *LINES, "end"]
    cursor = read(LINES, "uid", SINCE).cursor
    assert read(lines, "uid", SINCE, cursor).records == [*LINES, "end"]
    moved = read(lines[4:], "uid", "2026-01-05T02:00:04Z", cursor)
    assert moved.records == [*LINES, "end"]
    assert moved.cursor.since == "2026-01-05T02:00:04Z"


def test_a_window_that_moved_or_lost_its_head_is_found_by_the_last_line() -> None:
    cursor = read(LINES[:6], "uid", SINCE).cursor
    assert read(LINES[3:], "uid", "2026-01-05T02:05:00Z", cursor).records == LINES[6:]
    assert read(LINES[3:], "uid", SINCE, cursor).records == LINES[6:]


def test_a_place_that_is_gone_is_a_gap() -> None:
    cursor = read(LINES[:2], "uid", SINCE).cursor
    page = read(LINES[5:], "uid", SINCE, cursor)
    assert (page.records, page.gap) == (LINES[5:], True)


def test_a_restarted_pod_answers_reset_with_its_new_log() -> None:
    cursor = read(LINES, "uid", SINCE).cursor
    page = read(["fresh"], "uid-2", SINCE, cursor)
    assert (page.records, page.reset, page.gap) == (["fresh"], True, False)


def test_a_log_that_was_empty_is_all_new_later() -> None:
    cursor = read([], "uid", SINCE).cursor
    assert read(LINES, "uid", SINCE, cursor).records == LINES


def test_a_cursor_survives_the_way_through_the_caller() -> None:
    cursor = read([*LINES, "\ud83d"], "0f7a1c02-3b1d-4c55-9a51-4d2f2a6f0001", SINCE).cursor
    assert decode(encode(cursor)) == cursor
    assert encode(cursor).replace("-", "").replace("_", "").isalnum()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "!!!!",
        "bnVsbA",
        encode(Cursor("a b", SINCE, 1, "")),
        encode(Cursor("u", "today", 1, "")),
        "W" * 5000,
        "é",
    ],
)
def test_what_is_no_cursor_is_refused_with_the_way_out(text: str) -> None:
    with pytest.raises(ValueError, match="fix: pass the cursor of the last answer unchanged"):
        decode(text)


def test_a_negative_or_false_offset_or_a_digest_of_another_length_is_no_cursor() -> None:
    for seen, last in ((-1, ""), (True, ""), (0, "0"), (0, "zzzz"), (0, "0123" * 9)):
        with pytest.raises(ValueError, match="not a cursor"):
            decode(encode(Cursor("u", SINCE, seen, last)))


def test_14_a_guess_at_the_last_line_cannot_be_checked_without_the_key() -> None:
    secret = encode(read(["the PIN is 4711"], "uid", SINCE).cursor)
    guesses = {encode(read_with(["the PIN is 4711"], "uid", SINCE, key=key).cursor) for key in (b"a", b"b" * 32, b"")}
    assert secret not in guesses
