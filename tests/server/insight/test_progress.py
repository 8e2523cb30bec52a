"""How far a training is, from lines of the usual trainers."""

import pytest

from pai_dlc_mcp.server.insight import progress
from pai_dlc_mcp.server.insight.progress import Point

MEGATRON = (
    " [2026-01-05 02:17:24] iteration      391/     800 | consumed samples:       200192 | elapsed time per iteration"
    " (ms): 2216.4 | learning rate: 1.535581E-04 | lm loss: 2.131000E+00 | loss scale: 1.0 | grad norm: 1.003 |"
)


@pytest.mark.parametrize(
    ("line", "point"),
    [
        (MEGATRON, Point(1, 391, 800, None, 2.131, 2.2164)),
        ("{'loss': 2.1111, 'grad_norm': 1.0, 'epoch': 1.48}", Point(1, None, None, 1.48, 2.1111, None)),
        ("step 300/600 loss 2.5 step_time 3.00s", Point(1, 300, 600, None, 2.5, 3.0)),
        ("iter 100: loss 3.21, time 250.0ms, mfu 30.1%", Point(1, 100, None, None, 3.21, 0.25)),
        ("Epoch 3:  45%|##  | 450/1000 [02:31<03:05,  4.0it/s, loss=0.5]", Point(1, 450, 1000, 3.0, 0.5, 0.25)),
        ("  3%|3      | 30/1000 [00:31<13:05,  1.20s/it]", Point(1, 30, 1000, None, None, 1.2)),
        ("Epoch [3/10] Step [100/200] Loss: 0.33", Point(1, 100, 200, 3.0, 0.33, None)),
        ("[rank0]: global_step=12, train_loss=0.5, dt: 120.0ms", Point(1, 12, None, None, 0.5, 0.12)),
        ("step:1200 | loss: -inf | lr 1e-4", Point(1, 1200, None, None, float("-inf"), None)),
    ],
)
def test_a_line_of_a_known_form_is_read(line: str, point: Point) -> None:
    made = progress.read([line.encode()])
    assert made
    assert made.points == [point]


@pytest.mark.parametrize(
    "line",
    [
        "Tokenizing: 100%|#####| 128411/128411 [00:03<00:00, 31407.5it/s]",
        "INFO eval: loss 1.3482, step 3",
        "INFO rank 1: heartbeat, step 450",
        "loss scale: 1.0 at iteration 4",
        "stepping through 3 losses",
        "floss 3.1 step 4",
        "",
    ],
)
def test_what_is_no_training_is_not(line: str) -> None:
    assert progress.read([line.encode()]) is None


def lines(losses: list[str], seconds: list[float]) -> progress.Progress:
    told = [
        f"step {n}/100 loss {loss} step_time {s}s" for n, (loss, s) in enumerate(zip(losses, seconds, strict=True), 1)
    ]
    made = progress.read([line.encode() for line in told])
    assert made
    return made


def test_a_healthy_training_falls_and_has_time_to_go() -> None:
    made = lines([str(10 - n / 10) for n in range(50)], [2.0] * 50)
    said = "step 50 of 100, loss 10 to 5.1 (falling), 2 s a step (median), 2 s now, 1 min 40 s to go at this pace"
    assert progress.told(made) == said
    assert (made.broken, made.slower, made.stands) == (None, None, False)


def test_a_loss_that_is_no_number_to_the_end_is_broken_and_one_that_recovers_is_not() -> None:
    made = lines(["2.0"] * 10 + ["nan"] * 10, [1.0] * 20)
    assert made.broken
    assert made.broken.step == 11
    assert "loss is nan from step 11 on" in progress.told(made)
    assert lines(["2.0"] * 10 + ["nan"] + ["1.9"] * 9, [1.0] * 20).broken is None


def test_steps_that_take_much_longer_than_before_are_told_and_one_slow_step_is_not() -> None:
    assert lines(["2.0"] * 40, [1.0] * 30 + [3.0] * 10).slower == 3.0
    assert lines(["2.0"] * 40, [1.0] * 39 + [30.0]).slower is None


def test_lines_that_repeat_one_step_stand() -> None:
    made = progress.read([b"step 120 loss 2.3411 retrying shard 7"] * 20)
    assert made
    assert made.stands
    assert not lines([str(n) for n in range(40)], [1.0] * 40).stands


def test_a_rising_loss_and_a_level_one_are_told() -> None:
    assert "(rising)" in progress.told(lines([str(1 + n) for n in range(20)], [1.0] * 20))
    assert "(level)" in progress.told(lines(["2.0"] * 20, [1.0] * 20))
