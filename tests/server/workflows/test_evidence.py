"""How a diagnosis quotes a log."""

import pytest

from pai_dlc_mcp.server.cloud.jobs import Pod
from pai_dlc_mcp.server.workflows.evidence import quote_end, short

POD = Pod.model_validate({"PodId": "dlc1-worker-0"})


@pytest.mark.parametrize(
    ("pod_id", "told"),
    [("dlc1-worker-0", "worker-0"), ("dlc1-worker-a-0", "worker-a-0"), ("dlc1", ""), ("", "")],  # a Ray job's group
)
def test_a_pods_short_name_is_its_id_without_the_jobs(pod_id: str, told: str) -> None:
    assert short(pod_id) == told


def test_of_a_log_that_says_no_more_the_last_three_lines_are_quoted() -> None:
    assert quote_end(POD, [b"one", b"two", b"", b"three", b"  ", b"x" * 300]) == [
        "end of worker-0's log, 6 lines:",
        "  two",
        "  three",
        f"  {'x' * 240}",
    ]
    assert quote_end(POD, []) == ["end of worker-0's log, 0 lines:"]
