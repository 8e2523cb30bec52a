"""The loss in a log, in the words of the usual trainers."""

import math

import pytest

from pai_dlc_mcp.server.insight.loss import losses, smooth


@pytest.mark.parametrize(
    ("line", "point"),
    [
        (" iteration      100/  5000 | consumed samples: 800 | elapsed time per iteration (ms): 512.3 | "
         "learning rate: 1.0E-04 | lm loss: 2.345678E+00 | loss scale: 1.0 |", (100, 2.345678)),
        ("{'loss': 1.234, 'grad_norm': 0.5, 'learning_rate': 1e-05, 'epoch': 0.1}", (1, 1.234)),
        ('{"step": 40, "loss": 0.5}', (40, 0.5)),
        ("step 12 loss 3.25", (12, 3.25)),
        ("iter 1200: loss 2.9012, time 145.31ms, mfu 38.20%", (1200, 2.9012)),
        ("step=7 train_loss=.75", (7, 0.75)),
        ("[rank0] global step 3, training loss: 1e-3", (3, 0.001)),
        ("step 9: train loss 2.5", (9, 2.5)),
    ],
)  # fmt: skip
def test_a_line_that_tells_a_loss_is_read(line: str, point: tuple[int, float]) -> None:
    assert losses([line]) == [point]


@pytest.mark.parametrize(
    "line",
    [
        "eval_loss: 2.3", "step 10 val loss 2.2", "{'eval_loss': 1.2, 'epoch': 1.0}", "using cross entropy loss",
        "loss function: mse", "packet loss: unknown", "lossless 5", "floss=3", "validation loss 0.1", "no numbers here",
    ],
)  # fmt: skip
def test_other_lines_tell_none(line: str) -> None:
    assert losses([line]) == []


def test_a_loss_that_is_no_number_any_more_is_kept_as_that() -> None:
    (first, second, third) = losses(["step 1 loss 2.0", "step 2 loss nan", "step 3 loss inf"])
    assert first == (1, 2.0)
    assert math.isnan(second[1])
    assert math.isinf(third[1])


def test_after_a_restart_the_steps_that_come_again_replace_the_old_ones() -> None:
    log = [*(f"step {n} loss {n}.0" for n in range(1, 6)), "step 3 loss 3.5", "step 4 loss 4.5"]
    assert losses(log) == [(1, 1.0), (2, 2.0), (3, 3.5), (4, 4.5)]


def test_the_mean_around_a_point_has_as_many_on_either_side() -> None:
    points = [(n, float(n)) for n in range(10)]
    assert smooth(points, 4) == points  # a straight line stays one, to its ends
    assert smooth([(0, 1.0), (1, math.nan), (2, 3.0)], 2) == [(0, 1.0), (1, 2.0), (2, 3.0)]
