"""Amounts as the service writes them, as numbers."""

import pytest

from pai_dlc_mcp.server.rules.resources import Resources, gib, limit, number, resources


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1000Gi", 1000),
        ("1000", 1000),
        ("1024Mi", 1),
        ("2T", 2048),
        ("1Ti", 1024),
        ("8GB", 8),
        ("", 0),
        (None, 0),
        ("many", 0),
    ],
)
def test_memory_is_told_in_gib(text: str | None, expected: float) -> None:
    assert gib(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("8", 8), ("0.5", 0.5), ("96000m", 96), (" 4 ", 4), ("", 0), (None, 0), ("all", 0)]
)
def test_what_is_no_number_is_nothing(text: str | None, expected: float) -> None:
    assert number(text) == expected


def test_amounts_are_added_taken_and_compared_each_kind_for_itself() -> None:
    node, pod = Resources(8, 96, 1000), resources("4", "100", "10Gi")
    assert node.plus(pod) == Resources(12, 196, 1010)
    assert node.minus(pod) == Resources(4, 0, 990)
    assert not pod.within(node)
    assert node.least(pod) == Resources(4, 96, 10)
    assert str(pod.times(2)) == "8 GPU 200 CPU 20 GiB"
    assert str(Resources(0, 4, 0)) == "4 CPU"
    assert str(Resources()) == "nothing"


def test_what_is_not_told_does_not_bound() -> None:
    assert limit("8", None, "") == Resources(8, float("inf"), float("inf"))
    assert str(limit("8", None, "")) == "8 GPU"
    assert Resources(4, 1e9, 1e9).within(limit("8", None, None))
    assert limit("0", "0", "0") == Resources()


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1000000", 1_000_000), ("1073741824000", 1000), ("2097152Ki", 2), ("4G", 4), ("1.5Ti", 1536)],
)
def test_memory_without_a_unit_is_bytes_where_it_can_only_be_bytes(text: str, expected: float) -> None:
    assert gib(text) == expected
