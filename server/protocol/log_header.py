"""The lines above a pod's log: what was read, how many lines were shown, folded or left out, what failed, and notes on
the pod."""

from collections.abc import Iterator

from pai_dlc_mcp.server.budget.cursor import Page
from pai_dlc_mcp.server.budget.pipeline import View
from pai_dlc_mcp.server.cloud.jobs import Job, Pod
from pai_dlc_mcp.server.cloud.times import to_utc
from pai_dlc_mcp.server.insight.errors import Cause
from pai_dlc_mcp.server.rules import incarnations
from pai_dlc_mcp.server.rules.pods import by_importance


def header(pod: Pod, seen: View, show: str) -> Iterator[str]:
    """What was read, how its lines are counted, and the cause of a failure."""
    said = [f"log of {pod.pod_id} ({pod.status})"]
    if show == "summary":
        said.append(f"summary of {seen.lines:,} lines")
    elif seen.matched is not None:
        said.append(f"{seen.matched:,} of {seen.lines:,} lines match: {_counted(seen)}, {seen.others:,} others")
    else:
        said.append(f"{seen.lines:,} lines read: {_counted(seen)}")
    if seen.left_out and show == "tail":
        said.append("more: max_tokens, max_lines, show=errors, show=grep")
    if seen.redacted:
        said.append(f"{seen.redacted:,} secrets hidden")
    yield " · ".join(said)
    if seen.cause:
        yield " · ".join(_cause(seen.cause))


def _counted(seen: View) -> str:
    return f"{seen.printed:,} printed, {seen.folded:,} folded, {seen.left_out:,} left out"


def _cause(cause: Cause) -> Iterator[str]:
    yield f"cause: {cause.kind}" + (f" ({cause.category})" if cause.category else "")
    if cause.rank is not None:
        yield f"rank {cause.rank}"
    yield f"line {cause.line:,}"
    if cause.victim:
        yield "stopped from outside (a peer, an eviction, a person)"


def notes(job: Job, present: Pod, pod: Pod, read: Page, named: int) -> Iterator[str]:
    """Notes on the pod of this log and on other pods; `named`: how many of those are named."""
    if read.reset:
        yield "reset: the pod was restarted since the cursor; this is the log of its new incarnation."
    if read.gap:
        yield "The cursor's place was not found: lines between it and these are missing (since, until read them)."
    if read.unsure:
        yield "Lines repeat around the cursor's place: some of these may have been read before."
    if pod is not present:
        yield f"An earlier incarnation (uid {pod.uid}), {_ended(pod)}; now uid {present.uid} is {present.status}."
    elif lives := incarnations.earlier(pod):
        before = f"uid {lives[0].uid}, {_ended(lives[0])}"
        yield f"Restarted {_times(len(lives))}: previous=true reads the log before the last ({before})."
    first = by_importance(job)[0]
    if first.status == "Failed" and first.pod_id != pod.pod_id:
        yield f"{first.pod_id} failed first: its log is likelier to hold the cause."
    others = [f"{other.pod_id} {other.status}" for other in by_importance(job) if other.pod_id != pod.pod_id]
    if others:
        rest = [f"{len(others) - named} more"] if len(others) > named else []
        yield f"other pods: {', '.join([*others[:named], *rest])}"


def _ended(pod: Pod) -> str:
    return f"{pod.status} at {to_utc(pod.finished)}" if pod.finished else pod.status


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
