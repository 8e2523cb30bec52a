"""How many pods ended, in a few lines."""

from datetime import UTC, datetime, timedelta

from pai_dlc_mcp.server.insight.errors import Cause
from pai_dlc_mcp.server.insight.kinds import ROOT, STALL, VICTIM
from pai_dlc_mcp.server.insight.pods import Ending, grouped, leader
from pai_dlc_mcp.server.insight.signatures import SILENCE

START = datetime(2026, 1, 5, 8, 14, 2, tzinfo=UTC)


def ending(number: int, kind: str, text: str, *, victim: bool = False, after: int = 0) -> Ending:
    finished = START + timedelta(seconds=after)
    return Ending(f"dlc1-worker-{number}", "Failed", finished, Cause(kind, VICTIM if victim else ROOT, 1, text))


def test_pods_that_ended_alike_are_one_line_whatever_their_ranks_and_numbers() -> None:
    pods = [ending(n, "NCCL", f"[rank{n}] watchdog timeout after {600 + n} s", after=n) for n in range(29)]
    assert grouped(pods) == [
        "29 of 29 pods Failed: NCCL; first dlc1-worker-0 at 2026-01-05 08:14:02Z, line 1; "
        "also worker-1, worker-2, worker-3 and 25 more",
        "  [rank0] watchdog timeout after 600 s",
    ]


def test_a_cause_stands_before_its_victims_although_it_ended_later() -> None:
    victims = [ending(n, "stopped by a signal", "SIGTERM", victim=True, after=0) for n in range(3)]
    lines = grouped([*victims, ending(7, "Python", "KeyError: 'x'", after=9)])
    assert lines[0] == "1 of 4 pods Failed: Python; first dlc1-worker-7 at 2026-01-05 08:14:11Z, line 1"
    assert lines[2].startswith("3 of 4 pods Failed: stopped by a signal")


def test_a_pod_without_an_error_is_said_to_have_none_and_comes_last() -> None:
    lines = grouped([Ending("dlc1-master-0", "Running", None, None), ending(1, "Python", "ValueError")])
    assert lines[-1] == "1 of 2 pods Running: no error in its log; first dlc1-master-0"


def test_the_rank_and_the_line_are_named_and_an_end_without_a_sign_comes_before_victims() -> None:
    silent = Ending("dlc1-worker-3", "Failed", START, Cause(SILENCE.name, SILENCE.level, 9, "step 9"))
    victim = ending(2, "stopped by a signal", "SIGTERM", victim=True, after=5)
    cause = Ending("dlc1-worker-1", "Failed", START, Cause("exception", ROOT, 1312, "KeyError", rank=7))
    lines = grouped([silent, victim, cause])
    assert lines[0] == (
        "1 of 3 pods Failed: exception; first dlc1-worker-1 at 2026-01-05 08:14:02Z, rank 7, line 1,312"
    )
    assert lines[2].startswith("1 of 3 pods Failed: no error sign; the output stops here")
    assert lines[4].startswith("1 of 3 pods Failed: stopped by a signal")
    assert leader([silent, victim, cause]) is cause
    assert leader([Ending("dlc1-master-0", "Running", None, None)]) is leader([]) is None


def test_pods_whose_collective_did_not_end_come_after_what_they_waited_for() -> None:
    stalled = [Ending(f"dlc1-worker-{n}", "Failed", START, Cause("collective timeout", STALL, 9, "x")) for n in (2, 3)]
    silent = Ending("dlc1-worker-4", "Failed", START + timedelta(seconds=3), Cause(SILENCE.name, SILENCE.level, 9, "y"))
    cause = ending(1, "exception", "KeyError", after=9)
    assert leader([*stalled, silent, cause]) is cause
    assert leader([*stalled, silent]) is silent
