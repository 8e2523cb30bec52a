"""Transitions as data: laid out, read off, cut short."""

from math import inf

from pai_dlc_mcp.emulator import lifecycle
from pai_dlc_mcp.emulator.lifecycle import Phase, Transition

LIFE = lifecycle.life([Phase("Creating", 5), Phase("Running", 10), Phase("Succeeded", inf), Phase("Never", 1)])


def test_phases_follow_each_other_up_to_an_endless_one() -> None:
    assert [(t.at, t.status) for t in LIFE] == [(0, "Creating"), (5, "Running"), (15, "Succeeded")]


def test_the_present_is_the_last_thing_that_happened() -> None:
    assert [lifecycle.so_far(LIFE, elapsed)[-1].status for elapsed in (-1, 0, 4.9, 5, 15, 1e9)] == [
        "Creating",
        "Creating",
        "Creating",
        "Running",
        "Succeeded",
        "Succeeded",
    ]


def test_a_stop_replaces_the_future() -> None:
    assert lifecycle.stopped(LIFE, 7, "code", "why") == (
        *LIFE[:2],
        Transition(7, "Stopping"),
        Transition(22, "Stopped", "code", "why"),
    )


def test_each_span_ends_where_the_next_begins() -> None:
    assert [(t.status, end) for t, end in lifecycle.spans(LIFE)] == [
        ("Creating", 5),
        ("Running", 15),
        ("Succeeded", None),
    ]
