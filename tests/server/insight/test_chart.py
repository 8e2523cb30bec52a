"""Charts: a picture of 800 pixels whatever is drawn, and no pyplot state."""

import math
import struct
import sys

import pytest

from pai_dlc_mcp.server.insight import chart
from pai_dlc_mcp.server.insight.chart import Line, Panel
from tests.conftest import sampled

DAY = [(1_767_578_400 + 60.0 * n, 90.0 + n % 5) for n in range(60)]


def size(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", png[16:24])
    return width, height


@pytest.mark.parametrize(
    "lines",
    sampled(
        [
            [Line("gaps", [(x, math.nan if y > 92 else y) for x, y in DAY])],
            [Line("master-0", DAY)],
            [Line("one point", DAY[:1])],
            [Line("never a number", [(x, math.inf) for x, _ in DAY])],
            [Line(f"worker-{n}", DAY, loud=n == 7) for n in range(64)],
        ],
        3,
    ),
    ids=lambda lines: lines[0].name,
)
def test_a_panel_is_as_wide_as_it_is_said(lines: list[Line]) -> None:
    assert size(chart.png("job dlc1", [Panel("GpuCoreUsage by pod", "%", lines, most=100, least=0)])) == (800, 370)


def test_panels_stand_one_under_another() -> None:
    panels = [Panel("loss", "loss", [Line("loss", [(float(n), 1.0) for n in range(9)])], x="step")] * 3
    assert size(chart.png("job dlc1", panels)) == (800, 1010)


def test_nothing_draws_through_the_global_state_of_pyplot() -> None:
    chart.png("job dlc1", [Panel("x", "y", [Line("a", DAY)])])
    assert "matplotlib.pyplot" not in sys.modules


@pytest.mark.parametrize("name", sampled([r"$\frac$", "$x", "_hidden", r"\$a$", "a" * 5000], 2))
def test_a_name_is_drawn_as_it_stands_and_is_no_formula(name: str) -> None:
    lines = [Line(name, DAY), Line("master-0", DAY)]
    assert size(chart.png(f"job {name}", [Panel(name, "%", lines, most=100)])) == (800, 370)
