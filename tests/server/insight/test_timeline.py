"""A job's story in a line."""

from datetime import UTC, datetime, timedelta

import pytest

from pai_dlc_mcp.server.insight.timeline import Span, story, took

START = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (59.4, "59 s"),
        (60, "1 min"),
        (150, "2 min 30 s"),
        (660, "11 min"),
        (12000, "3 h 20 min"),
        (7200, "2 h"),
    ],
)
def test_how_long_something_took(seconds: float, said: str) -> None:
    assert took(seconds) == said


def spans(*seconds: float) -> list[Span]:
    at, found = START, list[Span]()
    for number, each in enumerate(seconds):
        found.append(Span(f"S{number}", at, at + timedelta(seconds=each)))
        at += timedelta(seconds=each)
    return [*found, Span("Failed", at, None)]


def test_each_status_with_its_time_and_the_last_since_when() -> None:
    told = story(spans(5, 660), START + timedelta(seconds=725))
    assert told == "S0 5 s, S1 11 min, Failed since 2026-01-05 02:11:05Z (1 min)"


def test_a_long_story_keeps_both_ends() -> None:
    told = story(spans(*[10] * 30), START + timedelta(hours=1))
    assert told.startswith("S0 10 s, S1 10 s, S2 10 s, S3 10 s, … 23 more …, S27")
    assert told.count(",") == 8


def test_what_has_no_time_is_still_named() -> None:
    assert story([Span("Creating", None, None)], START) == "Creating"
    assert story([], START) == ""
