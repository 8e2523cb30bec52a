"""What a chart shows, before it is drawn."""

import math

import pytest

from pai_dlc_mcp.server.cloud.jobs import Job
from pai_dlc_mcp.server.cloud.metrics import Series
from pai_dlc_mcp.server.insight.chart import Line, Panel
from pai_dlc_mcp.server.workflows.charts import Losses, loss_panel, panel

JOB = Job.of({"JobId": "dlc1"})


def pods(*values: float) -> list[Series]:
    return [
        Series(f"dlc1-worker-{n}", [(60_000, value), (120_000, value + 2)])
        for n, value in reversed([*enumerate(values)])
    ]


def test_a_panel_has_a_line_for_each_pod_in_the_unit_of_its_figures() -> None:
    assert panel(JOB, "GpuCoreUsage", pods(90.0, 80.0)) == Panel(
        "GpuCoreUsage by pod",
        "%",
        [Line("worker-0", [(60.0, 90.0), (120.0, 92.0)]), Line("worker-1", [(60.0, 80.0), (120.0, 82.0)])],
        most=100,
        least=0,
    )
    rate = panel(JOB, "DiskReadRate", pods(2e6))
    assert (rate.y, rate.most, rate.least) == ("MB/s", None, 0)
    assert rate.lines == [Line("worker-0", [(60.0, 2.0), (120.0, 2.000002)])]


def test_of_many_pods_those_unlike_the_others_and_the_median_are_loud() -> None:
    drawn = panel(JOB, "GpuCoreUsage", pods(*[90.0] * 7, 10.0))
    assert [line.name for line in drawn.lines if line.loud] == ["worker-7"]
    assert len(drawn.lines) == 8
    drawn = panel(JOB, "GpuCoreUsage", pods(*[90.0] * 20, *range(10, 17)))
    loud = [line for line in drawn.lines if line.loud]
    assert [line.name for line in loud] == [*(f"worker-{n}" for n in range(20, 25)), "median of 27"]
    assert loud[-1].points == [(60.0, 90.0), (120.0, 92.0)]


def test_the_median_is_in_the_unit_of_the_figures() -> None:
    drawn = panel(JOB, "DiskReadRate", pods(*[2e6] * 9))
    assert drawn.lines[-1] == Line("median of 9", [(60.0, 2.0), (120.0, 2.000002)], loud=True)


@pytest.mark.parametrize(("losses", "lines"), [(40, ["loss"]), (41, ["loss", "mean of 40"])])
def test_of_many_losses_a_mean_is_drawn_as_well(losses: int, lines: list[str]) -> None:
    told = Losses("dlc1-master-0", [(step, 2.0) for step in range(losses)])
    drawn = loss_panel(JOB, told)
    assert ([line.name for line in drawn.lines], drawn.x, drawn.y) == (lines, "step", "loss")
    assert drawn.title == f"{losses} losses of master-0, step 0 to {losses - 1}: first 2, least 2, last 2"


def test_losses_are_summed_up_with_those_that_are_no_number() -> None:
    points = [(10, 10.25), (20, math.inf), (30, 1.3149), (40, math.nan), (50, 1.5)]
    said = "5 losses of dlc1-master-0, step 10 to 50: first 10.25, least 1.315, last 1.5; 2 not finite"
    assert Losses("dlc1-master-0", points).summary == said
    assert Losses("dlc1-master-0", points[1:2]).summary == "no finite loss in the log of dlc1-master-0"
