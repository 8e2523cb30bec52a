"""Events of a job and of its pods on one UTC timeline, grouped by what they say, failures kept when cut."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

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
    """The timeline as a fenced text never above `max_tokens`; `returned` and `available` count events."""
    found, redacted = timeline(sources, redactor)
    nonce = nonce or new_nonce()
    spare = room(max_tokens) - cost(fence([], source, nonce)) - LINE_END
    groups = _grouped(found)
    lines = [_rendered(group, min(LINE_CHARS, max(80, spare // (2 * TOKEN)))) for group in groups]
    choice = _chosen(groups, lines, spare)
    payload: list[str] = []
    missing = 0
    for position, group in enumerate(groups):
        if position in choice.chosen:
            payload += [left_out(missing, "event")] if missing else []
            payload += lines[position]
            missing = 0
        else:
            missing += len(group)
    payload += [left_out(missing, "event")] if missing else []
    shown = sum(len(groups[position]) for position in choice.chosen)
    printed = sum(min(len(groups[position]), len(lines[position])) for position in choice.chosen)
    return View(
        text=fence(payload, source, nonce) if choice.chosen else nothing_shown(len(found), "event", max_tokens),
        lines=len(found),
        printed=printed,
        folded=shown - printed,
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


def _grouped(found: Sequence[Event]) -> list[list[Event]]:
    """Events that say the same but for numbers, in order of the first of each."""
    shapes: dict[str, list[int]] = {}
    for index, event in enumerate(found):
        shapes.setdefault(_NUMBERS.sub("", event.text), []).append(index)
    groups: list[list[int]] = []
    for alike in shapes.values():
        same = len({found[index].text for index in alike}) == 1
        groups += [alike] if same or len(alike) >= _LEAST else [[index] for index in alike]
    return [[found[index] for index in group] for group in sorted(groups)]


def _rendered(group: Sequence[Event], most: int) -> list[str]:
    first, last = group[0], group[-1]
    line = _line(first, most)
    if len(group) == 1:
        return [line]
    times = f"[x{len(group):,}"
    if first.text == last.text and len({event.text for event in group}) == 1:
        return [f"{line} {times}, last {last.clock}]"]
    return [line, f"{_line(last, most)} {times} alike, first above]"]


def _line(event: Event, most: int) -> str:
    origin = f"{event.origin}: " if event.origin else ""
    return f"{event.clock} {origin}{inert(cut_line(event.text.encode(), most))}"


def _chosen(groups: Sequence[Sequence[Event]], lines: Sequence[Sequence[str]], spare: int) -> Choice:
    """All if they fit; else the first failure, the last events, the other failures, and what is left from the end."""

    def takes(position: int) -> tuple[int, int]:
        return sum(cost(line) + LINE_END for line in lines[position]), len(lines[position])

    count = len(groups)
    everything = Choice(takes, spare)
    everything.take(range(count))
    if len(everything.chosen) == count:
        return everything
    choice = Choice(takes, spare)
    warnings = [position for position in range(count) if groups[position][0].warning]
    choice.take(warnings[:1])
    choice.take(reversed(range(max(0, count - _LAST), count)), 0.6)
    choice.take_each(reversed(warnings))
    choice.take(reversed(range(count)))
    return choice
