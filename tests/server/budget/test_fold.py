from pai_dlc_mcp.server.budget.fold import fold, shown
from pai_dlc_mcp.server.insight import errors as blocks
from pai_dlc_mcp.server.insight.lines import Lines


def folded(lines: list[str]) -> list[str]:
    log = Lines("\n".join(lines).encode())
    return [text.decode() + note for group in fold(log, blocks.find(log)) for text, note in shown(log.lines, group)]


def test_identical_lines_are_one_with_their_number() -> None:
    assert folded(["a warning"] * 200 + ["then"]) == ["a warning [x200]", "then"]


def test_lines_alike_but_for_numbers_clocks_and_hosts_are_the_first_the_last_and_a_count() -> None:
    lines = [f"2026-01-05 10:00:{i:02d} node-{i}.10.2.3.{i} step {i} loss {9 - i / 10}" for i in range(50)]
    assert folded(lines) == [lines[0], f"{lines[49]} [x50 alike, first above]"]


def test_a_changed_word_is_not_folded_away() -> None:
    lines = ["loss 2.1", "loss 2.0", "loss 1.9", "loss 1.8", "loss nan", "loss nan"]
    assert folded(lines) == ["loss 2.1", "loss 1.8 [x4 alike, first above]", "loss nan [x2]"]


def test_two_or_three_lines_that_differ_stay_as_they_are() -> None:
    assert folded(["epoch 1 done", "epoch 2 done", "epoch 3 done"]) == ["epoch 1 done", "epoch 2 done", "epoch 3 done"]


def test_a_progress_bar_keeps_its_last_state() -> None:
    bars = [f"train:  {i}%|{'█' * (i // 10):10}| {i}/100 [00:{i % 60:02d}<01:00,  1.{i}it/s]" for i in range(100)]
    assert folded(bars) == [f"{bars[99]} [last of 100 states]"]


def test_bars_and_metrics_that_take_turns_fold_apart() -> None:
    lines = [line for i in range(100) for line in (f" {i}%|##| {i}/100", f"{{'loss': {i}}}")]
    assert folded(lines) == [
        " 99%|##| 99/100 [last of 100 states]",
        "{'loss': 0}",
        "{'loss': 99} [x100 alike, first above]",
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
        "step 4 [x5 alike, first above]",
        "ValueError: x",
        "step 5",
        "step 9 [x5 alike, first above]",
    ]


def test_every_line_is_in_exactly_one_group() -> None:
    log = Lines(b"\n".join(b"%d: line of %d %s" % (i % 8, i, b"x" * (i % 3)) for i in range(1000)))
    groups = fold(log, [], breaks=[100, 500, 501])
    assert sorted(index for group in groups for index in group) == list(range(1000))
    assert not [group for group in groups for end in (100, 500, 501) if group[0] < end <= group[-1]]
