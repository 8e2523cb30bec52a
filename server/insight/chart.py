"""Charts as PNG, 800 pixels wide. matplotlib (the extra `charts`) is imported when the first one is drawn."""

import importlib
import io
import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import Any, NamedTuple

HOW_TO_INSTALL = "no chart: it needs matplotlib (pip install 'pai-dlc-mcp[charts]' where this server runs)"

_DPI, _WIDTH, _PANEL, _HEAD = 100, 8.0, 3.2, 0.5  # inches
FEW = 8  # lines that have a colour each; of more, only those that are loud
_MOST_NAME, _MOST_LABEL = 120, 40  # characters
_QUIET = "#b8bfc9"
_COLOURS = ("#1f5fbf", "#d1495b", "#2e933c", "#e08e00", "#7b4ea3", "#008b8b", "#8c564b", "#5a6472")
_INK = "#22262b"


class Line(NamedTuple):
    """`points` are (x, y); x in epoch seconds where the axis is of time. A loud line is named among many."""

    name: str
    points: Sequence[tuple[float, float]]
    loud: bool = False


class Panel(NamedTuple):
    """One set of axes. `most` is the highest that values can be, for percentages."""

    title: str
    y: str
    lines: Sequence[Line]
    x: str = "UTC"
    most: float | None = None
    least: float | None = None


def available() -> bool:
    return find_spec("matplotlib") is not None


def png(heading: str, panels: Sequence[Panel]) -> bytes:
    """The panels one under another."""
    figures: Any = importlib.import_module("matplotlib.figure")
    figure = figures.Figure(figsize=(_WIDTH, _PANEL * len(panels) + _HEAD), dpi=_DPI, layout="constrained")
    figure.suptitle(_plain(heading), fontsize=12, fontweight="bold", color=_INK)
    for axes, panel in zip(figure.subplots(len(panels), squeeze=False)[:, 0], panels, strict=True):
        _draw(axes, panel)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", facecolor="white")
    return buffer.getvalue()


def _draw(axes: Any, panel: Panel) -> None:
    few = len(panel.lines) <= FEW
    colours = iter(_COLOURS)
    quiet = [] if few else [line for line in panel.lines if not line.loud]
    for number, line in enumerate(quiet):
        label = "each pod" if number == 0 else None
        axes.plot(*_xy(line, panel), color=_QUIET, linewidth=0.8, zorder=1, label=label)
    named = [line for line in panel.lines if few or line.loud][:FEW]
    for line in named:
        axes.plot(
            *_xy(line, panel), color=next(colours), linewidth=1.6, label=_plain(line.name)[:_MOST_LABEL], zorder=2
        )
    axes.set_title(_plain(panel.title), fontsize=11, loc="left", color=_INK)
    axes.set_ylabel(panel.y, fontsize=10)
    axes.set_xlabel(panel.x, fontsize=10)
    axes.tick_params(labelsize=9)
    axes.grid(visible=True, color="#e6e8eb", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_ylim(bottom=panel.least, top=panel.most and panel.most * 1.03)
    if panel.x == "UTC":
        dates: Any = importlib.import_module("matplotlib.dates")
        locator = dates.AutoDateLocator(minticks=3, maxticks=8)
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator))
    if named and (len(panel.lines) > 1):
        axes.legend(fontsize=9, loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)


def _plain(name: str) -> str:
    """A name as matplotlib shows it: it takes dollars for mathematics, of which a part is an error, and a label with a
    leading underscore for none."""
    return f"{' ' * name.startswith('_')}{name[:_MOST_NAME]}".replace("$", r"\$")


def _xy(line: Line, panel: Panel) -> tuple[list[Any], list[float]]:
    """What is no number leaves a gap."""
    place: Callable[[float], Any] = _moment if panel.x == "UTC" else lambda x: x
    return [place(x) for x, _ in line.points], [y if math.isfinite(y) else math.nan for _, y in line.points]


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
