import pytest

from pai_dlc_mcp.server.budget.fold import fold, hides, line_of, shown
from pai_dlc_mcp.server.budget.spread import spread
from pai_dlc_mcp.server.insight import errors as blocks
from pai_dlc_mcp.server.insight.lines import Lines


def folded(lines: list[str]) -> list[str]:
    log = Lines("\n".join(lines).encode())
    parts = (shown(log.lines, entry) for entry in fold(log, blocks.find(log)))
    return [text.decode() + note for text, note in parts]


def test_identical_lines_are_one_with_their_number() -> None:
    assert folded(["a warning"] * 200 + ["then"]) == ["a warning [x200]", "then"]


def test_lines_alike_but_for_numbers_clocks_and_hosts_are_the_first_the_last_and_a_count() -> None:
    lines = [f"2026-01-05 10:00:{i:02d} node-{i}.10.2.3.{i} step {i} loss {9 - i / 10}" for i in range(50)]
    assert folded(lines) == [lines[0], f"{lines[49]} [x50 alike: step 0..49, loss 4.1..9.0]"]


def test_a_changed_word_is_not_folded_away() -> None:
    lines = ["loss 2.1", "loss 2.0", "loss 1.9", "loss 1.8", "loss nan", "loss nan"]
    assert folded(lines) == ["loss 2.1", "loss 1.8 [x4 alike: loss 1.8..2.1]", "loss nan [x2]"]


def test_two_or_three_lines_that_differ_stay_as_they_are() -> None:
    assert folded(["epoch 1 done", "epoch 2 done", "epoch 3 done"]) == ["epoch 1 done", "epoch 2 done", "epoch 3 done"]


def test_a_progress_bar_keeps_its_last_state() -> None:
    bars = [f"train:  {i}%|{'█' * (i // 10):10}| {i}/100 [00:{i % 60:02d}<01:00,  1.{i}it/s]" for i in range(100)]
    assert folded(bars) == [f"{bars[99]} [last of 100 states]"]


def test_bars_and_metrics_that_take_turns_fold_apart() -> None:
    lines = [line for i in range(100) for line in (f" {i}%|##| {i}/100", f"{{'loss': {i}}}")]
    assert folded(lines) == [
        "{'loss': 0}",
        " 99%|##| 99/100 [last of 100 states]",
        "{'loss': 99} [x100 alike: loss 0..99]",
    ]


def test_the_same_words_of_several_ranks_are_one_line_with_the_set_of_ranks() -> None:
    assert folded([f"[rank{who}]: world ready" for who in (0, 1, 2, 3, 5, 6)]) == ["[rank0-3,5-6]: world ready"]
    assert folded([f"{who}: world ready" for who in range(8)]) == ["0-7: world ready"]
    assert folded([f"[{who}] world ready" for who in range(8)] * 2) == ["[0-7] world ready [x16]"]
    assert folded([f"[default{who}]:world ready" for who in range(8)]) == ["[default0-7]:world ready"]
    assert folded([f"[1,{who}]<stdout>:world ready" for who in range(8)]) == ["[1,0-7]<stdout>:world ready"]


def test_tracebacks_of_ranks_that_interleave_become_one() -> None:
    said = [
        "Traceback (most recent call last):",
        '  File "a.py", line 1, in f',
        "    f()",
        '  File "a.py", line 1, in f',
        "ValueError: 3",
    ]
    interleaved = [f"[rank{who}]: {line}" for line in said for who in range(4)]
    in_turn = [f"[rank{who}]: {line}" for who in range(4) for line in said]
    expected = [f"[rank0-3]: {line}" for line in said]
    assert folded(interleaved) == expected
    assert folded(in_turn) == expected


def test_error_lines_that_differ_by_a_number_are_all_kept() -> None:
    lines = [f"ERROR worker {i} exited with code {i % 3}" for i in range(20)]
    assert folded(lines) == lines


def test_nothing_folds_across_an_error() -> None:
    lines = [f"step {i}" for i in range(5)] + ["ValueError: x"] + [f"step {i}" for i in range(5, 10)]
    assert folded(lines) == [
        "step 0",
        "step 4 [x5 alike: step 0..4]",
        "ValueError: x",
        "step 5",
        "step 9 [x5 alike: step 5..9]",
    ]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 9, 1000])
def test_every_line_is_printed_or_hidden_once_and_in_order(size: int) -> None:
    log = Lines(b"\n".join(b"%d: line of %d %s" % (i % 8, i, b"x" * (i % 3)) for i in range(size)))
    entries = fold(log, [], apart={5, 500, 501} & {*range(len(log.lines))})
    printed = [line_of(entry) for entry in entries]
    assert printed == sorted(set(printed))
    assert {5, 500, 501} & set(range(size)) <= set(printed)
    assert sum(1 + hides(entry) for entry in entries) == size


def test_a_log_that_ends_in_a_line_it_has_had_before_ends_in_it_again() -> None:
    assert folded(["a b", "x", "a b", "x", "end", "a b"]) == ["x [x2]", "end", "a b [x3]"]
    said = [f"[rank{who}]: {words}" for words in ("RuntimeError: boom", "RuntimeError: bang") for who in (0, 1)]
    assert folded([*said, "[rank2]: RuntimeError: boom"]) == [
        "[rank0-1]: RuntimeError: boom",
        "[rank0-1]: RuntimeError: bang",
        "[rank2]: RuntimeError: boom",
    ]


def test_lines_repeat_within_a_window_and_not_beyond_it() -> None:
    others = [f"{chr(97 + i) * 3} said" for i in range(7)]
    assert folded(["tick", *others, "tick", "end"]) == [*others, "tick [x2]", "end"]
    assert folded(["tick", *others, "more said", "tick", "end"]) == ["tick", *others, "more said", "tick", "end"]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (
            [f"2026-01-05 10:00:{i:02d} loss: -{i}.5 lr=1e-0{i}" for i in range(1, 8)],
            "loss -7.5..-1.5, lr 1e-07..1e-01",
        ),
        ([f"[rank{i}]: step {i}/100 in {i}ms" for i in range(4)], "step 0..3, in 0..3"),
        ([f"took {i}:30 on 10.0.0.{i}, v1.{i}.0" for i in range(5)], ""),
        ([f"{i} done" for i in range(5)], "0..4"),
        (["part 1 of 2", "part 2", "part 3 of 9"], "part 1..3, of 2..9"),
    ],
)
def test_what_varied_is_named_with_its_least_and_greatest_value(lines: list[str], said: str) -> None:
    assert spread([line.encode() for line in lines]) == said
