"""A job's statuses with the duration of each, in one line."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

_ENDS = 4  # statuses told at each end of a long story


class Span(NamedTuple):
    """A status from `start` until `end`, None while it lasts."""

    status: str
    start: datetime | None
    end: datetime | None


def clock(moment: datetime | None) -> str:
    """`2026-01-05 02:14:02Z`; the moment is UTC."""
    return f"{moment:%Y-%m-%d %H:%M:%SZ}" if moment else "?"


def took(seconds: float) -> str:
    """`45 s`, `2 min 30 s`, `11 min`, `3 h 20 min`, `5 d 2 h`."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 600:
        minutes, rest = divmod(whole, 60)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    if whole < 3600:
        return f"{whole // 60} min"
    hours, rest = divmod(whole // 60, 60)
    if hours >= 48:
        return f"{hours // 24} d {hours % 24} h"
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def story(spans: Sequence[Span], now: datetime) -> str:
    """`Creating 5 s, Queuing 7 s, Running 11 min, Failed since 2026-01-05 02:14:02Z (1 h 3 min)`."""
    told = [_told(span, now, last=span is spans[-1]) for span in spans]
    if len(told) > 2 * _ENDS + 1:
        told[_ENDS:-_ENDS] = [f"… {len(told) - 2 * _ENDS} more …"]
    return ", ".join(told)


def _told(span: Span, now: datetime, *, last: bool) -> str:
    if span.start is None:
        return span.status
    if last:
        return f"{span.status} since {clock(span.start)} ({took((now - span.start).total_seconds())})"
    return f"{span.status} {took((span.end - span.start).total_seconds())}" if span.end else span.status
