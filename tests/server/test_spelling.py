"""Names that are not known are refused, with the one that was probably meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, ValidationError

from pai_dlc_mcp.server.spelling import StrictModel, nearest


class Parcel(StrictModel):
    weight: int = 0
    sent_from: str = Field("", alias="SentFrom")


def refused(**given: object) -> str:
    with pytest.raises(ValidationError) as caught:
        Parcel.model_validate(given)
    (error,) = caught.value.errors()
    return error["msg"].removeprefix("Value error, ")


def test_both_spellings_are_the_same_field() -> None:
    assert Parcel.model_validate({"SentFrom": "Mars"}) == Parcel.model_validate({"sent_from": "Mars"})


@pytest.mark.parametrize("name", ["wieght", "Weight", "WEIGHT", "weigth_"])
def test_an_unknown_name_is_refused_with_the_nearest_known_one(name) -> None:
    assert refused(**{name: 1}) == f"unknown field {name!r}: did you mean 'weight'?"


def test_a_name_like_none_other_is_answered_with_all_of_them() -> None:
    assert refused(colour="red") == "unknown field 'colour': known are weight, sent_from"


def test_every_unknown_name_is_told_at_once() -> None:
    assert refused(colour=1, wieght=2).count("unknown field") == 2


def test_one_field_in_two_spellings_is_refused() -> None:
    assert refused(SentFrom="a", sent_from="b") == "sent_from is given twice, also as SentFrom"


@given(st.text())
def test_no_other_name_is_taken_in_silence(name) -> None:
    if name in ("weight", "sent_from", "SentFrom"):
        return
    assert repr(name) in refused(**{name: 1})


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("listJobs", "list_jobs"),
        ("list-jobs", "list_jobs"),
        ("LIST_JOBS", "list_jobs"),
        ("list_job", "list_jobs"),
        ("lst_jobs", "list_jobs"),
        ("stop", None),
        ("", None),
    ],
)
def test_the_nearest_word_is_alike_but_for_case_and_dashes_or_close_in_spelling(word, meant) -> None:
    assert nearest(word, ["list_jobs", "create_job", "get_image"]) == meant
