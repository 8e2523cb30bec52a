"""Confirmations: what each handle is good for, once, and that it is good for nothing else."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pai_dlc_mcp.server.safety.confirmation import Confirmations, Subject, fingerprint, keyed
from pai_dlc_mcp.server.safety.folder_store import FolderStore
from pai_dlc_mcp.server.safety.store import MemoryStore, Store

SUBJECT = Subject(("stop_running",), ("dlc1", "dlc2"), "cn-hangzhou", "alice", "request-1", "state-1")


class Clock:
    """A clock that only a test moves."""

    def __init__(self) -> None:
        self.time = 1_000_000.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


def confirmations(clock: Clock | None = None, store: Store | None = None) -> Confirmations:
    clock = clock or Clock()
    return Confirmations(store or MemoryStore(clock), 300, clock)


def test_a_token_is_taken_once() -> None:
    ours = confirmations()
    token = ours.issue(SUBJECT).token
    assert [ours.look(token, SUBJECT) for _ in range(3)] == ["valid"] * 3  # looking burns nothing
    assert [ours.take(token, SUBJECT) for _ in range(3)] == [True, False, False]
    assert ours.look(token, SUBJECT) == "used"


def test_the_order_of_ids_does_not_matter() -> None:
    ours = confirmations()
    assert ours.take(ours.issue(SUBJECT).token, replace(SUBJECT, ids=("dlc2", "dlc1")))


@pytest.mark.parametrize(
    ("other", "word"),
    [
        ({"effects": ("delete",)}, "mismatch"),
        ({"effects": ("stop_running", "make_public")}, "mismatch"),
        ({"ids": ("dlc1",)}, "mismatch"),
        ({"ids": ("dlc1", "dlc2", "dlc3")}, "mismatch"),
        ({"ids": ("dlc1,dlc2",)}, "mismatch"),
        ({"region": "cn-beijing"}, "mismatch"),
        ({"principal": "bob"}, "mismatch"),
        ({"principal": ""}, "mismatch"),
        ({"request": "request-2"}, "changed"),
        ({"state": "state-2"}, "changed"),
    ],
)
def test_a_token_is_for_one_call_of_one_caller_in_one_state(other: Any, word: str) -> None:
    ours = confirmations()
    token = ours.issue(SUBJECT).token
    assert ours.look(token, replace(SUBJECT, **other)) == word
    assert not ours.take(token, replace(SUBJECT, **other))
    assert ours.take(token, SUBJECT)


@pytest.mark.parametrize(("seconds", "lives"), [(0, True), (299, True), (300, False), (301, False), (1e9, False)])
def test_a_token_lives_five_minutes(seconds: float, lives: bool, clock: Clock) -> None:
    ours = confirmations(clock)
    ticket = ours.issue(SUBJECT)
    assert ticket.expires == 1_000_300
    clock.time += seconds
    assert ours.look(ticket.token, SUBJECT) == ("valid" if lives else "unknown")
    assert ours.take(ticket.token, SUBJECT) is lives


@given(steps=st.lists(st.sampled_from(["look", "take", -1000.0, -200.0, -4.0, 4.0, 200.0, 1000.0, 1e5]), max_size=12))
def test_no_step_of_the_clock_revives_a_token(steps: list[str | float]) -> None:
    clock, real = Clock(), Clock()
    ours = Confirmations(MemoryStore(clock, real), 300, clock)
    token, dead, taken = ours.issue(SUBJECT).token, False, 0
    for step in steps:
        if step == "take":
            took = ours.take(token, SUBJECT)
            assert not (took and dead)
            taken += took
            dead = True  # taken, or found dead
        elif step == "look":
            alive = ours.look(token, SUBJECT) == "valid"
            assert not (alive and dead)
            dead = not alive
        else:
            clock.time += float(step)
            real.time += max(float(step), 0)
    assert taken <= 1
    assert real.time < 1_000_300 or ours.look(token, SUBJECT) != "valid"


def test_a_person_s_yes_makes_a_code_valid_and_a_no_ends_it(clock: Clock) -> None:
    ours = confirmations(clock)
    for yes in (True, False):
        code = ours.issue(SUBJECT, "Stop it?").token
        assert (ours.look(code, SUBJECT), ours.take(code, SUBJECT)) == ("waiting", False)
        record = ours.waiting(code)
        assert record is not None
        assert record["question"] == "Stop it?"
        assert ours.answer(code, record, yes=yes)
        assert ours.waiting(code) is None
        assert ours.take(code, SUBJECT) is yes


def test_a_yes_that_comes_late_or_twice_revives_no_code(clock: Clock) -> None:
    ours = confirmations(clock)
    code = ours.issue(SUBJECT, "Stop it?").token
    record = ours.waiting(code) or {}
    assert ours.answer(code, record, yes=True)
    assert ours.take(code, SUBJECT)
    assert not ours.answer(code, record, yes=True)  # a second terminal that showed the same question
    assert not ours.take(code, SUBJECT)
    late = ours.issue(SUBJECT, "Stop it?").token
    record = ours.waiting(late) or {}
    clock.time += 300
    assert not ours.answer(late, record, yes=True)


def test_a_yes_keeps_a_code_s_end(clock: Clock) -> None:
    ours = confirmations(clock)
    code = ours.issue(SUBJECT, "Stop it?").token
    clock.time += 299
    assert ours.answer(code, ours.waiting(code) or {}, yes=True)
    clock.time += 1
    assert not ours.take(code, SUBJECT)


def test_who_shares_the_folder_shares_its_confirmations(tmp_path: Path, clock: Clock) -> None:
    one, other = (confirmations(clock, FolderStore(tmp_path / "state", clock)) for _ in range(2))
    token = one.issue(SUBJECT).token
    assert [other.take(token, SUBJECT), one.take(token, SUBJECT)] == [True, False]
    assert confirmations(clock).look(one.issue(SUBJECT).token, SUBJECT) == "unknown"


def test_the_folder_does_not_hold_what_redeems(tmp_path: Path, clock: Clock) -> None:
    ours = confirmations(clock, FolderStore(tmp_path / "state", clock))
    handles = [ours.issue(SUBJECT).token, ours.issue(SUBJECT, "Stop it?").token]
    kept = "".join(path.read_text() + path.name for path in (tmp_path / "state").rglob("*") if path.is_file())
    assert not any(handle in kept for handle in handles)


@pytest.mark.parametrize("text", ["", "confirm-", "yes", "confirm-yes", "\0", "名", "A" * 79, "../../x", "AAAA-AAAA"])
def test_text_that_is_no_handle_opens_nothing(text: str) -> None:
    ours = confirmations()
    assert (ours.look(text, SUBJECT), ours.take(text, SUBJECT), ours.waiting(text)) == ("unknown", False, None)


@given(st.text(), st.sampled_from(["", "confirm-"]))
def test_no_text_is_a_handle_by_chance(text: str, prefix: str) -> None:
    ours = confirmations()
    ours.issue(SUBJECT)
    assert ours.look(prefix + text, SUBJECT) == "unknown"


def test_a_handle_shows_nothing_of_what_it_is_for() -> None:
    ours = confirmations()
    first, second = ours.issue(SUBJECT).token, ours.issue(SUBJECT).token
    assert first != second
    assert len(first) < 100
    assert "dlc1" not in first


@pytest.mark.parametrize("digest", [fingerprint, lambda *facts: keyed(b"k" * 32, *facts)])
def test_a_digest_is_the_same_for_the_same_facts_only(digest: Callable[..., str]) -> None:
    assert digest("a", 1, None) == digest("a", 1, None)
    assert len({digest("a", "b"), digest("ab"), digest(["a", "b"]), digest("b", "a")}) == 4
    assert digest("\ud800")


def test_a_keyed_digest_is_another_with_another_key() -> None:
    assert keyed(b"a" * 32, "x") != keyed(b"b" * 32, "x")
