import pytest

from pai_dlc_mcp.server.budget.limits import room, tokens


@pytest.mark.parametrize(
    ("text", "expected"), [("", 0), ("a", 1), ("ab", 1), ("abc", 2), ("损失", 3), ("\ud83d", 2), ("😀", 2)]
)
def test_two_bytes_are_a_token_and_a_rest_counts_whole(text: str, expected: int) -> None:
    assert tokens(text) == expected


def test_the_room_of_a_budget_is_never_negative() -> None:
    assert (room(4000), room(0), room(-5)) == (8000, 0, 0)
