"""Confirmation tokens: what each is good for, and that it is good for nothing else."""

import base64
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pai_dlc_mcp.server.safety.confirmation import Confirmations, Subject, fingerprint

SUBJECT = Subject("stop_running", ("dlc1", "dlc2"), "cn-hangzhou", "alice", "state-1")
OLD, NEW = b"o" * 32, b"n" * 32


class Clock:
    """A clock that only a test moves."""

    def __init__(self) -> None:
        self.time = 1_000_000.0

    def __call__(self) -> float:
        return self.time


def confirmations(*keys: bytes, clock: Clock | None = None) -> Confirmations:
    return Confirmations(keys, 300, clock or Clock())


def test_a_token_is_redeemed_once() -> None:
    ours = confirmations()
    token = ours.issue(SUBJECT).token
    assert [ours.redeem(token, SUBJECT) for _ in range(3)] == ["valid", "used", "used"]


def test_the_order_of_ids_does_not_matter() -> None:
    ours = confirmations()
    assert ours.redeem(ours.issue(SUBJECT).token, replace(SUBJECT, ids=("dlc2", "dlc1"))) == "valid"


@pytest.mark.parametrize(
    "other",
    [
        {"effect": "delete"},
        {"ids": ("dlc1",)},
        {"ids": ("dlc1", "dlc2", "dlc3")},
        {"ids": ("dlc1,dlc2",)},
        {"region": "cn-beijing"},
        {"principal": "bob"},
    ],
)
def test_a_token_is_for_one_call_of_one_caller(other) -> None:
    ours = confirmations()
    token = ours.issue(SUBJECT).token
    assert ours.redeem(token, replace(SUBJECT, **other)) == "mismatch"
    assert ours.redeem(token, SUBJECT) == "valid"


def test_a_token_is_for_the_state_that_was_shown() -> None:
    ours = confirmations()
    assert ours.redeem(ours.issue(SUBJECT).token, replace(SUBJECT, state="state-2")) == "changed"


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0, "valid"), (299, "valid"), (300, "expired"), (301, "expired"), (10**9, "expired")]
)
def test_a_token_lives_five_minutes(seconds, expected) -> None:
    clock = Clock()
    ours = confirmations(clock=clock)
    ticket = ours.issue(SUBJECT)
    assert ticket.expires == 1_000_300
    clock.time += seconds
    assert ours.redeem(ticket.token, SUBJECT) == expected


def test_a_used_token_stays_used_until_it_expires_however_many_others_are_redeemed() -> None:
    clock = Clock()
    ours = confirmations(clock=clock)
    token = ours.issue(SUBJECT).token
    assert ours.redeem(token, SUBJECT) == "valid"
    for _ in range(50):
        clock.time += 5
        assert ours.redeem(ours.issue(SUBJECT).token, SUBJECT) == "valid"
    assert ours.redeem(token, SUBJECT) == "used"
    clock.time += 50
    assert ours.redeem(token, SUBJECT) == "expired"


def test_two_tokens_for_one_subject_differ() -> None:
    ours = confirmations()
    assert ours.issue(SUBJECT).token != ours.issue(SUBJECT).token


@pytest.mark.parametrize("text", ["", "confirm-", "yes", "confirm-yes", "=", "confirm-====", "\0", "名", "A" * 79])
def test_text_that_is_no_token_is_invalid(text) -> None:
    assert confirmations().redeem(text, SUBJECT) == "invalid"


@given(st.text())
def test_no_text_is_a_token_by_chance(text) -> None:
    assert confirmations().redeem(text, SUBJECT) == "invalid"
    assert confirmations().redeem(f"confirm-{text}", SUBJECT) == "invalid"


@given(st.binary(max_size=200))
def test_nothing_signed_by_nobody_is_a_token(data) -> None:
    assert confirmations().redeem(base64.urlsafe_b64encode(data).decode(), SUBJECT) == "invalid"


@given(data=st.data())
def test_a_token_with_any_character_changed_added_or_lost_is_invalid(data) -> None:
    ours = confirmations(OLD)
    token = ours.issue(SUBJECT).token
    at = data.draw(st.integers(len("confirm-"), len(token) - 1))
    character = data.draw(st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=. \n!+/"))
    how = data.draw(st.sampled_from(["changed", "added", "lost"]))
    tampered = token[:at] + ("" if how == "lost" else character) + token[at + (how != "added") :]
    assume(tampered != token)
    assert ours.redeem(tampered, SUBJECT) == "invalid"
    assert ours.redeem(token, SUBJECT) == "valid"


def test_a_token_has_one_spelling() -> None:
    ours = confirmations(OLD)
    token = ours.issue(SUBJECT).token
    last = [token[:-1] + character for character in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"]
    assert [text for text in last if text != token and ours.redeem(text, SUBJECT) != "invalid"] == []


def test_instances_that_share_a_key_redeem_each_others_tokens() -> None:
    token = confirmations(OLD).issue(SUBJECT).token
    assert confirmations(OLD).redeem(token, SUBJECT) == "valid"


def test_an_old_key_still_redeems_after_a_new_one_signs() -> None:
    before, after = confirmations(OLD), confirmations(NEW, OLD)
    assert after.redeem(before.issue(SUBJECT).token, SUBJECT) == "valid"
    assert before.redeem(after.issue(SUBJECT).token, SUBJECT) == "invalid"
    assert confirmations(NEW).redeem(after.issue(SUBJECT).token, SUBJECT) == "valid"


@pytest.mark.parametrize(("issuer", "redeemer"), [((OLD,), (NEW,)), ((), ()), ((OLD,), ()), ((), (OLD,))])
def test_instances_that_share_no_key_refuse_each_others_tokens(issuer, redeemer) -> None:
    token = confirmations(*issuer).issue(SUBJECT).token
    assert confirmations(*redeemer).redeem(token, SUBJECT) == "invalid"


def test_a_token_shows_nothing_of_what_it_is_for() -> None:
    token = confirmations().issue(SUBJECT).token
    assert len(token) < 100
    assert "dlc1" not in token


def test_a_fingerprint_is_the_same_for_the_same_facts_only() -> None:
    assert fingerprint("a", 1, None) == fingerprint("a", 1, None)
    assert len({fingerprint("a", "b"), fingerprint("ab"), fingerprint(["a", "b"]), fingerprint("b", "a")}) == 4
