"""Rules that tell a sick job from a healthy one."""

import json
from typing import Any

import pytest

from pai_dlc_mcp.server.insight import health

INIT = [b"pod:71:71 [0] NCCL INFO NET/IB : Using [0]mlx5_bond_0:1/RoCE"]
WAITS = [b"INFO rendezvous: waiting for worker-3 to join the rendezvous (25 min)"]
STEPS = [b"step 1 loss 2.0", b"step 2 loss 1.9"]


@pytest.mark.parametrize(
    ("silent", "last", "more", "said"),
    [
        (0, STEPS, {}, None),
        (0, STEPS, {"stands": True}, "stalled: output flows, step and loss do not move"),
        (0, WAITS, {}, "a peer is missing: worker-3"),
        (0, [b"Waiting for all workers"], {}, "waits for peers that do not join"),
        (0, WAITS, {"ran": 60}, None),
        (0, [*STEPS, *WAITS], {}, None),  # it went by: most of the last lines are of the training
        (300, INIT, {}, None),
        (600, INIT, {}, "suspected hang while NCCL sets up its communicator"),
        (600, STEPS, {"gpu_percent": 95}, None),
        (600, STEPS, {"gpu_percent": 0}, "suspected hang: no line for 10 min and no GPU use"),
        (1800, STEPS, {}, "suspected hang: no line for 30 min"),
        (1800, STEPS, {"gpu_percent": 80}, "suspected hang: no line for 30 min"),
        (1800, STEPS, {"gpu_percent": 0}, "hang highly likely: no line for 30 min and no GPU use"),
        (1800, [], {}, "suspected hang: no line for 30 min"),
    ],
)
def test_a_hang_by_its_evidence(silent: float, last: list[bytes], more: dict[str, Any], said: str | None) -> None:
    given: dict[str, Any] = {"ran": 3600, "stands": False, "gpu_percent": None, **more}
    found = health.hang(silent, given.pop("ran"), last, **given)
    assert (found.what if found else None) == said


PULL = "image pull failed"
ON = "--enable-job-restart=True"


@pytest.mark.parametrize(
    ("used", "aimaster", "arguments", "verdict"),
    [
        (1, True, ON, (3, "partly used")),
        (3, True, f"{ON} --max-num-of-job-restart=3", (3, "used up: the next failure is final")),
        (9, True, f"{ON} --max-num-of-job-restart 10", (10, "critical")),
        (1, True, f"{ON} --max-num-of-job-restart=10", (10, "healthy")),
        (0, True, "--enable-job-restart True", (3, "healthy")),
        (1, True, "--enable-job-restart=False", None),
        (1, True, "--max-num-of-job-restart=3", None),
        (1, False, ON, None),
    ],
)
def test_a_restart_budget_is_there_only_where_restart_is_on(
    used: int, aimaster: bool, arguments: str, verdict: Any
) -> None:
    found = health.restart_budget(used, aimaster=aimaster, arguments=arguments)
    assert (found and (found.limit, found.verdict)) == verdict


@pytest.mark.parametrize(
    ("figures", "found"),
    [
        ({"gemm": {"a": 610, "b": 611, "c": 567}, "unit": "TFLOP/s"}, [("c", False)]),
        ({"gemm": {"a": 610, "b": 540}, "unit": "TFLOP/s"}, [("b", True)]),
        ({"gemm": {"a": 610, "b": 611, "c": 700}, "unit": "TFLOP/s"}, []),  # better is no fault
        ({"latency": {"a": 10, "b": 10.1, "c": 11.5}, "unit": "ms"}, [("c", True)]),
        ({"gemm": {"a": 610, "b": 600}}, []),
        ({"gemm": {"a": 610}}, []),
        ({"gemm": {"a": 0, "b": 0}}, []),
        ([1, 2], []),
        ("text", []),
    ],
)
def test_a_node_that_does_worse_than_the_others_is_an_outlier(figures: Any, found: list[tuple[str, bool]]) -> None:
    assert [(one.node, one.significant) for one in health.outliers(json.dumps(figures))] == found


def test_a_message_that_is_no_json_has_no_outliers() -> None:
    assert health.outliers("all_reduce bus bandwidth below baseline on node-3") == []


@pytest.mark.parametrize(
    ("events", "said"),
    [
        (["Failed to pull image x", "Error: ErrImagePull"] * 3, f"{PULL} 3 times: Failed to pull image x"),
        (["Error: ErrImagePull"], f"{PULL} 1 time: Error: ErrImagePull"),
        (["Failed to pull image x", "Successfully pulled image x in 2s"], None),
        (["resource type is not enough", "Created pod: dlc1-master-0"], None),
        (["Created container pytorch", "Started container pytorch"], None),
        (["job bloom-7b-skill-runner is created"], None),
    ],
)  # fmt: skip
def test_what_a_job_is_stuck_on_is_counted(events: list[str], said: str | None) -> None:
    found = health.trouble(events)
    assert (str(found) if found else None) == said
