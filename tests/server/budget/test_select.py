import re

import pytest

from pai_dlc_mcp.server.budget.fence import fence
from pai_dlc_mcp.server.budget.limits import fit, tokens
from pai_dlc_mcp.server.budget.select import GAP, Choice, cut_line


def test_a_long_line_keeps_its_head_and_its_last_fifth() -> None:
    line = b"h" * 800 + b"m" * 60000 + b"t" * 200
    assert cut_line(line) == "h" * 800 + " [60,000 chars cut] " + "t" * 200


def test_what_a_long_line_is_shown_for_stays_in_sight() -> None:
    line = b"h" * 400 + b"x" * 29600 + b"RuntimeError: here" + b"y" * 29882 + b"t" * 200
    got = cut_line(line, 1000, focus=30000)
    sign = f"{'x' * 100}RuntimeError: here{'y' * 282}"
    assert got == f"{'h' * 400} [29,500 chars cut] {sign} [29,600 chars cut] {'t' * 200}"


@pytest.mark.parametrize("focus", [0, 1, 399, 599, 600, 799, 800, 1000, 5000, 9799, 9800, 9999])
def test_a_cut_line_has_as_many_characters_as_it_says(focus: int) -> None:
    line = bytes(97 + at % 26 for at in range(10_000))
    got = cut_line(line, 1000, focus=focus)
    cut = [int(count.replace(",", "")) for count in re.findall(r" \[([\d,]+) chars cut\] ", got)]
    kept = re.sub(r" \[[\d,]+ chars cut\] ", "", got)
    assert len(kept) + sum(cut) == 10_000
    assert len(kept) <= 1000
    assert line[focus : focus + 20].decode() in got or focus > 9990


def test_a_line_is_cut_in_characters_not_inside_one() -> None:
    assert cut_line("损失".encode() * 900, 1000) == "损失" * 400 + " [800 chars cut] " + "损失" * 100


def test_a_choice_never_costs_more_than_its_room() -> None:
    choice = Choice(lambda position: (10 * position, 1), 7 * GAP)
    choice.take([9, 3, GAP, 1])
    assert choice.chosen == {9, 3}
    choice.take_each([GAP, 1, 20, 2])
    assert choice.chosen == {9, 3, 1, 2, 20}


def test_a_choice_never_has_more_than_its_lines() -> None:
    choice = Choice(lambda position: (1, position), 99 * GAP, most_lines=10)
    choice.take([3, 4, 5, 1])
    assert choice.chosen == {3, 4}
    choice.take_each([5, 1])
    assert choice.chosen == {3, 4, 1}


def test_a_text_that_fits_is_left_as_it_is() -> None:
    assert fit("abcd\n", 3, "page 2") == "abcd\n"


def test_a_text_that_does_not_fit_ends_on_a_whole_line_with_the_way_to_the_rest() -> None:
    text = "\n".join(f"row {i:03d}" for i in range(1000))
    assert fit(text, 100, "Pass page=2 for the rest.") == (
        "\n".join(f"row {i:03d}" for i in range(10)) + "\n[cut at 100 tokens of 4,769. Pass page=2 for the rest.]"
    )


def test_a_single_huge_line_is_cut_inside() -> None:
    assert fit("x" * 1000, 60, "Narrow it.") == "x" * 55 + "\n[cut at 60 tokens of 334. Narrow it.]"


def test_a_cut_inside_a_fence_closes_it_before_the_notice() -> None:
    got = fit("head\n" + fence(["payload"] * 500, "pod", "n0"), 300, "Narrow it.")
    assert got.split("\n")[-3:] == ["payload", '</untrusted-data id="n0">', "[cut at 300 tokens of 1,126. Narrow it.]"]


def test_a_cut_after_a_fence_does_not_close_it_twice() -> None:
    got = fit(fence(["payload"], "pod", "n0") + "\nrow" * 5000, 300, "Narrow it.")
    assert got.count("</untrusted-data") == 1


def test_no_ceiling_is_too_low() -> None:
    cost = {budget: tokens(fit("损失\ud83d\n" * 500, budget, "Pass page=2.")) for budget in range(60)}
    assert [budget for budget, found in cost.items() if found > budget] == []
