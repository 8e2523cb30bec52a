import pytest

from pai_dlc_mcp.server.budget.fence import fence
from pai_dlc_mcp.server.budget.limits import fit, tokens
from pai_dlc_mcp.server.budget.select import Choice, cut_line


def test_a_long_line_says_how_much_of_it_was_cut() -> None:
    assert cut_line(b"a" * 65536) == "a" * 1000 + " [64,536 chars cut]"


def test_what_a_long_line_is_shown_for_stays_in_sight() -> None:
    line = b"x" * 30000 + b"RuntimeError: here" + b"y" * 30000
    got = cut_line(line, 1000, focus=30000)
    assert got == f"[29,750 chars cut] {'x' * 250}RuntimeError: here{'y' * 732} [29,268 chars cut]"


def test_a_line_is_cut_in_characters_not_inside_one() -> None:
    assert cut_line("损失".encode() * 900, 1000) == "损失" * 500 + " [800 chars cut]"


def test_a_choice_never_costs_more_than_its_room() -> None:
    choice = Choice(lambda position: (10 * position, 1), 400)
    choice.take([9, 3, 30, 1])
    assert choice.chosen == {9, 3}
    choice.take_each([30, 1, 20, 2])
    assert choice.chosen == {9, 3, 1, 2}


def test_a_choice_never_has_more_than_its_lines() -> None:
    choice = Choice(lambda position: (1, position), 4000, most_lines=10)
    choice.take([3, 4, 5, 1])
    assert choice.chosen == {3, 4}
    choice.take_each([5, 1])
    assert choice.chosen == {3, 4, 1}


def test_a_text_that_fits_is_left_as_it_is() -> None:
    assert fit("abcd\n", 3, "page 2") == "abcd\n"


def test_a_text_that_does_not_fit_ends_on_a_whole_line_with_the_way_to_the_rest() -> None:
    text = "\n".join(f"row {i:03d}" for i in range(1000))
    assert fit(text, 100, "Pass page=2 for the rest.") == (
        "\n".join(f"row {i:03d}" for i in range(10)) + "\n[cut at 100 tokens of 4,000. Pass page=2 for the rest.]"
    )


def test_a_single_huge_line_is_cut_inside() -> None:
    assert fit("x" * 1000, 60, "Narrow it.") == "x" * 19 + "\n[cut at 60 tokens of 500. Narrow it.]"


def test_a_cut_inside_a_fence_closes_it_before_the_notice() -> None:
    got = fit("head\n" + fence(["payload"] * 500, "pod", "n0"), 300, "Narrow it.")
    assert got.split("\n")[-3:] == ["payload", '</untrusted-data id="n0">', "[cut at 300 tokens of 2,080. Narrow it.]"]


def test_a_cut_after_a_fence_does_not_close_it_twice() -> None:
    got = fit(fence(["payload"], "pod", "n0") + "\nrow" * 5000, 300, "Narrow it.")
    assert got.count("</untrusted-data") == 1


@pytest.mark.parametrize("budget", range(60))
def test_no_ceiling_is_too_low(budget: int) -> None:
    assert tokens(fit("损失\ud83d\n" * 500, budget, "Pass page=2.")) <= budget
