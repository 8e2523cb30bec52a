"""Events of a job and of its pods on one UTC timeline, grouped by what they say, failures kept when cut."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from operator import attrgetter

from pai_dlc_mcp.server.budget.clean import clean
from pai_dlc_mcp.server.budget.fence import fence, inert, inline, new_nonce
from pai_dlc_mcp.server.budget.limits import LINE_END, TOKEN, cost, nothing_shown, room
from pai_dlc_mcp.server.budget.pipeline import View
from pai_dlc_mcp.server.budget.redact import Redactor
from pai_dlc_mcp.server.budget.select import LINE_CHARS, Choice, cut_line, left_out

_EVENT = re.compile(r"(\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d) *(.*)", re.DOTALL)
_CLOCK = timezone(timedelta(hours=8))  # event text carries no marker; one job's events and Gmt times prove UTC+8
_NUMBERS = re.compile(r"\d+")
_LEAST = 4  # alike but not identical: fewer are as short one by one
_LAST = 3  # events kept before all but the first warning

# Each as a word, or as a part of a CamelCase reason (FailedScheduling, SystemOOM), and not inside another word: a
# model called bloom-7b and a queue called skill-runner are no failures
_FAILURES = (
    r"Err(?:ors?)?", r"Fail(?:ed|ure|ures|ing|s)?", r"Back-?[Oo]ff", r"Errimagepull", r"Unhealthy",
    r"Evict(?:ed|ing|ion)?", r"OOM", r"Oom-?(?:[Kk]ill(?:ed|er)?)?", r"Kill(?:ed|ing)?", r"Insufficient",
    r"Unschedulable", r"Exceeded", r"Time(?:d ?| )?[Oo]ut", r"Preempt(?:ed|ing|ion)?", r"Reclaim(?:ed|ing)?",
    r"Unauthorized", r"Denied", r"Forbidden", r"Not ?[Rr]eady", r"Not[ -]?[Ff]ound", r"Warning", r"Restarting",
    r"Stopped", r"Is not enough", r"Unable", r"Unreachable", r"Refused", r"Invalid", r"Unknown", r"Lost",
)  # fmt: skip
_WARNING = re.compile(
    rf"(?<![A-Za-z])(?i:{'|'.join(_FAILURES)})(?![a-z])|(?<=[a-z0-9])(?:{'|'.join(_FAILURES)})(?![a-z])"
)


@dataclass(frozen=True)
class Event:
    """`text` is cleaned and redacted, but still somebody's words: fence it."""

    at: datetime | None  # UTC; None where the text has no clock
    origin: str  # "" or whose event it is
    text: str
    warning: bool

    @property
    def clock(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%SZ}" if self.at else "(no time)"


def timeline(sources: Mapping[str, Sequence[str]], redactor: Redactor) -> tuple[list[Event], int]:
    """The events of all sources (`{"job": …, pod_id: …}`), oldest first, and how many secrets were taken out."""
    merged: list[tuple[datetime, Event]] = []
    redacted = 0
    for origin, lines in sources.items():
        text, taken = redactor.lines(clean(line.replace("\n", " ") for line in lines))
        redacted += taken
        known = datetime.min.replace(tzinfo=UTC)
        for line in text.decode().split("\n") if lines else []:
            event = _parse(line, inline(origin))
            known = event.at or known
            merged.append((known, event))
    return [event for _, event in sorted(merged, key=lambda pair: pair[0])], redacted


def events(
    sources: Mapping[str, Sequence[str]],
    *,
    max_tokens: int,
    redactor: Redactor,
    source: str,
    nonce: str | None = None,
) -> View:
    """The timeline as a fenced text never above `max_tokens`; the view's counts are of events."""
    found, redacted = timeline(sources, redactor)
    nonce = nonce or new_nonce()
    spare = room(max_tokens) - cost(fence([], source, nonce)) - LINE_END
    lines = _folded(found, min(LINE_CHARS, max(80, spare // (2 * TOKEN))))
    choice = _chosen(lines, spare)
    payload: list[str] = []
    missing = 0
    for position, line in enumerate(lines):
        if position in choice.chosen:
            payload += [left_out(missing, "event")] if missing else []
            payload.append(line.text)
            missing = 0
        else:
            missing += 1 + line.hides
    payload += [left_out(missing, "event")] if missing else []
    return View(
        text=fence(payload, source, nonce) if choice.chosen else nothing_shown(len(found), "event", max_tokens),
        lines=len(found),
        printed=len(choice.chosen),
        folded=sum(lines[position].hides for position in choice.chosen),
        redacted=redacted,
    )


def _parse(line: str, origin: str) -> Event:
    match = _EVENT.match(line)
    text = match[2] if match else line
    warning = _WARNING.search(text) is not None
    try:
        at = datetime.fromisoformat(match[1]).replace(tzinfo=_CLOCK).astimezone(UTC) if match else None
    except (ValueError, OverflowError):
        return Event(None, origin, line, warning)
    return Event(at, origin, text, warning)


@dataclass(frozen=True)
class _Printed:
    """An event as printed, and how many others it stands for."""

    at: int  # its place among the events
    text: str
    warning: bool
    hides: int = 0


def _folded(found: Sequence[Event], most: int) -> list[_Printed]:
    """Events that say the same but for numbers: the first, with how many there are, and the last where it differs."""
    shapes: dict[str, list[int]] = {}
    for index, event in enumerate(found):
        shapes.setdefault(_NUMBERS.sub("", event.text), []).append(index)
    printed: list[_Printed] = []
    for alike in shapes.values():
        first, last = alike[0], alike[-1]
        same = len({found[index].text for index in alike}) == 1
        if same and len(alike) > 1:
            note = f" [x{len(alike):,}, last {found[last].clock}]"
            printed.append(_Printed(first, _line(found[first], most) + note, found[first].warning, len(alike) - 1))
        elif len(alike) >= _LEAST:
            note = f" [x{len(alike):,} alike since {found[first].clock}]"
            printed.append(_Printed(first, _line(found[first], most), found[first].warning))
            printed.append(_Printed(last, _line(found[last], most) + note, found[last].warning, len(alike) - 2))
        else:
            printed += (_Printed(index, _line(found[index], most), found[index].warning) for index in alike)
    return sorted(printed, key=attrgetter("at"))


def _line(event: Event, most: int) -> str:
    origin = f"{event.origin}: " if event.origin else ""
    return f"{event.clock} {origin}{inert(cut_line(event.text.encode(), most))}"


def _chosen(lines: Sequence[_Printed], spare: int) -> Choice:
    """All if they fit; else the first failure, the last events, the other failures, and what is left from the end."""

    def takes(position: int) -> tuple[int, int]:
        return cost(lines[position].text) + LINE_END, 1

    count = len(lines)
    everything = Choice(takes, spare)
    everything.take(range(count))
    if len(everything.chosen) == count:
        return everything
    choice = Choice(takes, spare)
    warnings = [position for position in range(count) if lines[position].warning]
    choice.take(warnings[:1])
    choice.take(reversed(range(max(0, count - _LAST), count)), 0.6)
    choice.take_each(reversed(warnings))
    choice.take(reversed(range(count)))
    return choice
