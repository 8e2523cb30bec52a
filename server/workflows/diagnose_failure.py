"""Diagnoses a failed job: the pod that failed first and why, and the pods that failed because of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from pai_dlc_mcp.server.budget.cause import Found, PodLog
from pai_dlc_mcp.server.budget.events import Event
from pai_dlc_mcp.server.budget.fence import inert
from pai_dlc_mcp.server.cloud.jobs import Job, Pod
from pai_dlc_mcp.server.insight import categories, progress
from pai_dlc_mcp.server.insight.categories import Verdict
from pai_dlc_mcp.server.insight.kinds import DEATH, ERROR, ROOT
from pai_dlc_mcp.server.insight.timeline import clock, took
from pai_dlc_mcp.server.rules.pods import by_importance, node_rank
from pai_dlc_mcp.server.workflows.diagnose_sanity import sanity_facts
from pai_dlc_mcp.server.workflows.evidence import Evidence, Report, quote, quote_end, short
from pai_dlc_mcp.server.workflows.side_by_side import side_by_side

_AT_FIRST, _AT_MOST = 3, 6  # logs read at first, and at most until one shows the cause
_EVENTS = 3  # warning events quoted, the last ones
_NEAR = 40  # lines searched before a line that only points to an error


@dataclass(frozen=True)
class Read:
    """A failed pod and its log; None if the log could not be read."""

    pod: Pod
    log: PodLog | None

    @property
    def found(self) -> Found | None:
        return self.log.found if self.log else None

    @property
    def tells(self) -> bool:
        """Whether its log shows the cause or the end of the process, not only the effect of another pod's failure."""
        return self.found is not None and self.found.level <= DEATH


async def failure(evidence: Evidence) -> Report:
    """The report of a Failed job."""
    job = evidence.job
    suspects = _suspects(job)
    reads = await _read(evidence, suspects[:_AT_FIRST])
    if not any(read.tells for read in reads):
        reads += await _read(evidence, suspects[_AT_FIRST:_AT_MOST])
    root = _root(reads) or (Read(suspects[0], None) if suspects else None)
    happened = await evidence.events(root.pod if root else None)
    verdict = _verdict(evidence, root, happened)
    report = Report(
        verdict.category if verdict else "unknown", verdict.what if verdict else "no sign of the cause found"
    )
    if job.reason:
        report.quoted += [f"reason: {inert(evidence.redactor.text(job.reason))}"]
    await sanity_facts(evidence, report)
    if root and report.category != "sanity":  # in a failed sanity check no pod has run
        _tell(report, evidence, root)
        _victims(report, root, reads, suspects)
    _quote_events(report, happened, root)
    return report


async def _read(evidence: Evidence, pods: Sequence[Pod]) -> list[Read]:
    async def look(pod: Pod) -> Read:
        return Read(pod, await evidence.log(pod, failed=True) if pod.started else None)  # else it has no log

    return await side_by_side(look, pods)


def _suspects(job: Job) -> list[Pod]:
    """Failed pods: first those named in the job's reason, then by end time. All pods if none failed."""
    named = [pod_id for pods, _ in (job.failure.exits if job.failure else ()) for pod_id in pods]
    ordered = sorted(by_importance(job), key=lambda pod: pod.pod_id not in named)
    return [pod for pod in ordered if pod.status == "Failed"] or ordered


def _root(reads: Sequence[Read]) -> Read | None:
    """The pod whose log shows the cause best, the first among equals; else the first suspect. An error of a peer or
    an unfinished collective in a later pod's log is an effect."""
    telling = [read for read in reads if read.tells]
    return min(telling, key=lambda read: read.found.level if read.found else ERROR) if telling else (*reads, None)[0]


def _verdict(evidence: Evidence, root: Read | None, happened: Sequence[Event]) -> Verdict | None:
    """The cause, from the first source that has one: platform events (unless the log shows a root cause), a loss that
    is not finite, the log, the last restart, the exit code."""
    found = root.found if root else None
    started = root.pod.started if root else None  # earlier errors did not end the pod
    texts = [event.text for event in happened if not (started and event.at and event.at < started)]
    texts += [evidence.job.reason or "", (root.pod.sub_status or "") if root else ""]
    event = next(filter(None, map(categories.of_event, texts)), None)
    if event and not (found and found.level == ROOT):
        return event
    if broken := _broken(root):
        return broken
    if found and not found.victim and (of_log := _of_log(root, found)):
        return of_log
    if again := _as_before(evidence.job, root):
        return again
    if by_exit := categories.of_exit(exit_code(evidence.job, root.pod) if root else None):
        return by_exit
    return None


def _of_log(root: Read | None, found: Found) -> Verdict | None:
    """The kind of the error line. If any program can print it, or it only points to an error, the lines before it
    decide."""
    if found.kind == "numbers":
        return Verdict("progress", "the loss is no number")
    lines: Sequence[bytes] = root.log.lines if root and root.log and not found.category else ()
    near = [line.decode(errors="replace") for line in lines[max(0, found.line - _NEAR) : found.line]]
    texts = [found.text, *found.shown, *near]
    special = categories.of_block(texts) if found.category in (None, "program") else None
    return special or (Verdict(found.category, found.kind) if found.category else None)


def _broken(root: Read | None) -> Verdict | None:
    """A loss that was not finite at the end, if the log shows no other cause than a program error."""
    made = progress.read(root.log.lines) if root and root.log else None
    if made and made.broken and (root is None or root.found is None or root.found.category in (None, "program")):
        return Verdict("progress", f"the loss is {made.broken.loss}")
    return None


def _as_before(job: Job, root: Read | None) -> Verdict | None:
    """The cause of the last restart, if this pod caused that one."""
    errors = job.restart_record[-1].errors if job.restart_record else ()
    found = [
        categories.of_event(f"{each.code} {each.message}") for each in errors if root and each.pod_id == root.pod.pod_id
    ]
    last = next(filter(None, found), None)
    return Verdict(last.category, f"as before its last restart: {last.what}") if last else None


def exit_code(job: Job, pod: Pod) -> int | None:
    for pods, code in job.failure.exits if job.failure else ():
        if pod.pod_id in pods and code.isdecimal():
            return int(code)
    return None


def _tell(report: Report, evidence: Evidence, root: Read) -> None:
    pod, found, job = root.pod, root.found, evidence.job
    rank = node_rank(job, pod)
    names = [f"node rank {rank}"] if rank is not None else []
    names += [f"rank {found.rank}"] if found and found.rank is not None else []
    where = pod.pod_id + (f" ({', '.join(names)})" if names else "") + (f" on {pod.node}" if pod.node else "")
    ended = f"ended {clock(pod.finished)}" if pod.finished else pod.status
    report.facts.append(f"failed first: {where}, {ended}")
    if (code := exit_code(job, pod)) is not None:
        report.facts.append(f"exit code: {categories.exit_words(code)}")
    report.meta |= {"pod_id": pod.pod_id, "node_rank": rank, "exit_code": code, "node": pod.node}
    if found is None or found.silent:
        said = "it never started, so it has no log" if not pod.started else "its log has no line that says why"
        report.facts.append(f"log: {said}")
        report.quoted += quote_end(pod, root.log.lines) if root.log else []
        return
    at = f", {found.when}" if found.when else ""
    report.facts.append(f"cause: log line {found.line:,}{at}, quoted below")
    report.meta |= {"rank": found.rank, "line": found.line, "at": found.at}
    report.quoted += quote(pod, found)
    if root.log and (made := progress.read(root.log.lines)):
        report.facts.append(f"before that: {progress.told(made)}")


def _victims(report: Report, root: Read, reads: Sequence[Read], suspects: Sequence[Pod]) -> None:
    others = [pod for pod in suspects if pod.pod_id != root.pod.pod_id and pod.status == "Failed"]
    if not others:
        return
    known = [read for read in reads if read.pod in others and read.found]
    kinds = ", ".join(dict.fromkeys(read.found.kind for read in known if read.found))
    names = ", ".join(short(read.pod.pod_id) for read in known)
    after = [(pod.finished - root.pod.finished).total_seconds() for pod in others if pod.finished and root.pod.finished]
    later = f", {' to '.join(dict.fromkeys((took(min(after)), took(max(after)))))} after it" if after else ""
    report.facts.append(
        f"fell with it: {len(others)} other pod{'s' * (len(others) > 1)}{later}"
        + (f"; read: {names} ({kinds})" if known else "")
    )
    report.meta |= {"victims": len(others)}


def _quote_events(report: Report, happened: Sequence[Event], root: Read | None) -> None:
    warnings = [event for event in happened if event.warning or categories.of_event(event.text)][-_EVENTS:]
    if warnings:
        report.quoted.append(f"last warnings of {short(root.pod.pod_id) if root else 'the job'}:")
        report.quoted += [f"  {event.clock} {inert(event.text[:240])}" for event in warnings]
