"""Every row of the tables names its example and not its look-alike."""

import pytest

from pai_dlc_mcp.server.insight.families.benign import BENIGN
from pai_dlc_mcp.server.insight.kinds import NOISE, STALL, Kind
from pai_dlc_mcp.server.insight.signatures import ANY, KINDS, kind_of


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind.name}-{kind.level}")
def test_a_kind_names_its_example_and_not_its_lookalike(kind: Kind) -> None:
    named = kind_of(kind.example.encode())
    assert named is not None
    assert (named.name, named.level) == (kind.name, kind.level)
    lookalike = kind_of(kind.lookalike.encode())
    assert lookalike is None or lookalike.name != kind.name


def test_the_pass_over_a_whole_log_finds_every_example() -> None:
    assert [kind.name for kind in KINDS if ANY.search(kind.example.encode()) is None] == []


def test_a_line_that_says_itself_that_it_is_no_failure_is_none() -> None:
    assert [example for _, example in BENIGN if kind_of(example.encode())] == []


@pytest.mark.parametrize(
    "line",
    [
        "2026-01-05 10:00:00 INFO cache: ValueError: stale entry dropped",
        "[W] could not import triton: ImportError: libtriton.so, falling back",
        "2026-01-05 10:00:00 WARNING could not import triton: ImportError: libtriton.so",
        "I0105 10:00:00.100   881 loader.cc:9] Failed to open the index",
        "epoch 3 KeyError: 0.25",
    ],
)
def test_what_is_said_below_the_level_of_an_error_is_none(line: str) -> None:
    assert kind_of(line.encode()) is None


def test_a_warning_of_a_known_failure_is_noise() -> None:
    kind = kind_of(b"2026-01-05 10:00:00 WARNING CUDA out of memory, batch halved")
    assert kind is not None
    assert (kind.name, kind.level) == ("out of memory", NOISE)


def test_what_is_not_expected_is_not_passed_over() -> None:
    assert kind_of(b"INFO exited: trainer (exit status 2; not expected)")
    assert kind_of(b"INFO exited: trainer (exit status 1; expected)") is None


def test_a_stall_is_one_at_the_level_of_a_warning_too_but_a_connection_is_tried_again() -> None:
    stall, connection = (
        kind_of(b"W0105 10:00:00.1 9 a.cc:1] " + said) for said in (b"NCCL timeout", b"cannot connect")
    )
    assert stall is not None
    assert stall.level == STALL
    assert connection is not None
    assert connection.level == NOISE


def test_an_exception_that_quotes_a_whole_number_is_one() -> None:
    assert kind_of(b"KeyError: 1")
