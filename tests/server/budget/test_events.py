from datetime import UTC, datetime

import pytest

from pai_dlc_mcp.server.budget.events import events, timeline
from pai_dlc_mcp.server.budget.limits import tokens
from pai_dlc_mcp.server.budget.redact import Redactor

NOBODY = Redactor([])
JOB = [
    "2026-01-05 10:00:05 PyTorchJob dlc0runexample01 is created.",
    "2026-01-05 10:00:12 Created pod: dlc0runexample01-master-0",
    "2026-01-05 10:03:40 PyTorchJob dlc0runexample01 failed because 1 Master replica(s) failed.",
]
POD = [
    "2026-01-05 10:00:12 Successfully assigned t1/dlc0runexample01-master-0 to cn-hangzhou.10.224.36.33",
    '2026-01-05 10:00:30 Failed to pull image "a:v9": manifest unknown',
    "2026-01-05 10:00:30 Error: ErrImagePull",
    '2026-01-05 10:00:45 Back-off pulling image "a:v9"',
]


def payload(text: str) -> list[str]:
    return text.split("\n")[2:-1]


def test_events_of_job_and_pods_stand_on_one_timeline_in_utc_and_say_so() -> None:
    got = events({"job": JOB, "master-0": POD}, max_tokens=1000, redactor=NOBODY, source="events", nonce="n0")
    assert payload(got.text) == [
        "2026-01-05 02:00:05Z job: PyTorchJob dlc0runexample01 is created.",
        "2026-01-05 02:00:12Z job: Created pod: dlc0runexample01-master-0",
        "2026-01-05 02:00:12Z master-0: Successfully assigned t1/dlc0runexample01-master-0 to cn-hangzhou.10.224.36.33",
        '2026-01-05 02:00:30Z master-0: Failed to pull image "a:v9": manifest unknown',
        "2026-01-05 02:00:30Z master-0: Error: ErrImagePull",
        '2026-01-05 02:00:45Z master-0: Back-off pulling image "a:v9"',
        "2026-01-05 02:03:40Z job: PyTorchJob dlc0runexample01 failed because 1 Master replica(s) failed.",
    ]
    assert (got.lines, got.printed, got.folded, got.left_out) == (7, 7, 0, 0)


def test_the_same_message_is_one_line_with_its_number_and_its_last_time() -> None:
    lines = [f"2026-01-05 10:00:{i:02d} Error: ErrImagePull" for i in range(30)]
    got = events({"": lines}, max_tokens=1000, redactor=NOBODY, source="events", nonce="n0")
    assert payload(got.text) == ["2026-01-05 02:00:00Z Error: ErrImagePull [x30, last 2026-01-05 02:00:29Z]"]
    assert (got.lines, got.printed, got.folded) == (30, 1, 29)


def test_messages_that_differ_by_numbers_are_first_last_and_count() -> None:
    lines = [f"2026-01-05 10:00:{i:02d} Created pod: dlc1-worker-{i}" for i in range(30)]
    got = events({"": lines}, max_tokens=1000, redactor=NOBODY, source="events", nonce="n0")
    assert payload(got.text) == [
        "2026-01-05 02:00:00Z Created pod: dlc1-worker-0",
        "2026-01-05 02:00:29Z Created pod: dlc1-worker-29 [x30 alike since 2026-01-05 02:00:00Z]",
    ]
    assert (got.lines, got.printed, got.folded) == (30, 2, 28)


@pytest.mark.parametrize(
    "warning",
    [
        "Error: ErrImagePull",
        'Back-off pulling image "a:v9"',
        'Failed to pull image "a:v9"',
        "PyTorchJob dlc1 failed because 1 Worker replica(s) failed.",
        "resource type is not enough",
        "The node was low on memory, pod Evicted",
    ],
)
@pytest.mark.parametrize("at", [0, 1000, 1999])
def test_a_failure_stays_when_events_are_cut(warning: str, at: int) -> None:
    words = [chr(97 + i % 26) + chr(97 + i // 26 % 26) + chr(97 + i // 676) for i in range(2000)]
    lines = [f"2026-01-05 10:00:12 pod sub status changed to {word}" for word in words]
    lines[at] = f"2026-01-05 10:00:12 {warning}"
    got = events({"": lines}, max_tokens=500, redactor=NOBODY, source="events", nonce="n0")
    assert warning in got.text
    assert lines[-1][-3:] in got.text
    assert "events left out ...]" in got.text
    assert tokens(got.text) <= 500
    assert got.lines == 2000
    assert got.left_out == 2000 - got.printed - got.folded > 0


def test_of_many_failures_the_first_and_the_last_stay() -> None:
    words = [chr(97 + i % 26) + chr(97 + i // 26 % 26) + chr(97 + i // 676) for i in range(2000)]
    lines = [f"2026-01-05 10:00:12 Failed to mount volume {word}" for word in words]
    got = events({"": lines}, max_tokens=500, redactor=NOBODY, source="events", nonce="n0")
    assert "volume aaa" in got.text
    assert f"volume {words[-1]}" in got.text


def test_failures_stay_before_ordinary_events() -> None:
    words = [chr(97 + i % 26) + chr(97 + i // 26 % 26) + chr(97 + i // 676) for i in range(2000)]
    lines = [f"2026-01-05 10:00:12 {'Failed' if i % 100 == 50 else 'done'} {word}" for i, word in enumerate(words)]
    got = events({"": lines}, max_tokens=1200, redactor=NOBODY, source="events", nonce="n0")
    assert got.text.count("Failed") == 20


def test_what_came_between_events_alike_stands_between_them() -> None:
    lines = [f"2026-01-05 10:00:{i:02d} {'Evicted' if i == 15 else f'Created pod: dlc1-worker-{i}'}" for i in range(30)]
    got = events({"": lines}, max_tokens=1000, redactor=NOBODY, source="events", nonce="n0")
    clocks = [line[:20] for line in payload(got.text)]
    assert clocks == ["2026-01-05 02:00:00Z", "2026-01-05 02:00:15Z", "2026-01-05 02:00:29Z"]
    assert (got.printed, got.folded, got.left_out) == (3, 27, 0)


def test_secrets_are_taken_out_and_a_message_cannot_break_the_line() -> None:
    got = events(
        {"": ["2026-01-05 10:00:12 a\nb password=hunter22"]}, max_tokens=500, redactor=NOBODY, source="e", nonce="n0"
    )
    assert payload(got.text) == ["2026-01-05 02:00:12Z a b password=[redacted]"]
    assert got.redacted == 1


def test_an_event_without_a_clock_keeps_its_place() -> None:
    got, _ = timeline(
        {"": ["2026-01-05 10:00:12 a", "no clock", "2026-13-45 10:00:12 b", "0001-01-01 00:00:00 c"]}, NOBODY
    )
    assert [(event.clock, event.text) for event in got] == [
        ("2026-01-05 02:00:12Z", "a"),
        ("(no time)", "no clock"),
        ("(no time)", "2026-13-45 10:00:12 b"),
        ("(no time)", "0001-01-01 00:00:00 c"),
    ]
    assert got[0].at == datetime(2026, 1, 5, 2, 0, 12, tzinfo=UTC)


@pytest.mark.parametrize("budget", [0, 1, 10, 50, 120, 200])
def test_no_budget_is_too_small(budget: int) -> None:
    got = events({"job": JOB * 50}, max_tokens=budget, redactor=NOBODY, source="events", nonce="n0")
    assert tokens(got.text) <= budget


def test_no_events_are_said_to_be_none() -> None:
    assert events({"": []}, max_tokens=50, redactor=NOBODY, source="events").text == "[no events]"


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("FailedScheduling", True), ("BackoffLimitExceeded", True), ("OOMKilled", True), ("SystemOOM", True),
        ("NodeNotReady", True), ("ImagePullBackOff", True), ("TaintManagerEviction", True), ("oom-killer ran", True),
        ("context deadline exceeded", True), ("time out", True), ("Killing container pytorch", True),
        ("Pulling image bloom-7b", False), ("Created pod: skill-runner", False), ("entering failover mode", False),
        ("mounted mushroom at terror/default", False), ("assigned to broomkill-node", False),
    ],
)  # fmt: skip
def test_a_failure_is_a_word_or_a_part_of_a_reason_and_never_inside_a_word(text: str, warning: bool) -> None:
    (event,), _ = timeline({"": [f"2026-01-05 10:00:12 {text}"]}, NOBODY)
    assert event.warning is warning
