import pytest

from pai_dlc_mcp.server.budget.limits import LINE_END, cost, room, tokens


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 0), ("a", 2), ("word", 2), ("a word", 3), ("CamelCase", 3), ("12345", 3), ("损失", 2), ("\ud83d", 1),
        ("😀", 1), ("\n", 1), (" " * 10, 4), ("antidisestablishment", 7), ("==", 1),
    ],
)  # fmt: skip
def test_letters_digits_signs_and_scripts_weigh_what_they_take(text: str, expected: int) -> None:
    assert tokens(text) == expected


def test_texts_joined_by_line_ends_cost_the_sum_of_theirs() -> None:
    texts = ["a1B2 c", "", "x", "损失 = 0.31", "Abc", "9"]
    assert cost("\n".join(texts)) == sum(map(cost, texts)) + LINE_END * (len(texts) - 1)


def test_a_run_costs_once_and_a_capital_begins_one() -> None:
    assert cost("ab") - cost("a") < cost("a") / 10
    assert cost("a1a1") == 2 * cost("a1")
    assert cost("aBaB") > cost("abab") + 2000


def test_the_room_of_a_budget_is_never_negative() -> None:
    assert (room(4000), room(0), room(-5)) == (4_000_000, 0, 0)
