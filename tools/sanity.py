"""Sanity checks: tests of the GPUs and links of a job's nodes before training."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from pai_dlc_mcp.server.budget.clean import clean
from pai_dlc_mcp.server.budget.select import cut_line
from pai_dlc_mcp.server.cloud.jobs import Job
from pai_dlc_mcp.server.cloud.sanity import Phase
from pai_dlc_mcp.server.cloud.shape import as_object
from pai_dlc_mcp.server.cloud.times import Time
from pai_dlc_mcp.server.deps import Cloud, FreshJob
from pai_dlc_mcp.server.protocol.reply import Facts, ForeignName, Row, Verbatim
from pai_dlc_mcp.server.protocol.toolset import Toolset
from pai_dlc_mcp.tools.params import JobId, Region

tools = Toolset("core")

PhaseName = Literal["CheckInit", "DeviceCheck", "SingleNodeCommCheck", "TwoNodeCommCheck", "AllNodeCommCheck"]

_CHECKS_SHOWN = 10
# Characters of a phase's message, which can have a figure for each node: in a list, and for one phase.
_MESSAGE, _WHOLE_MESSAGE = 500, 3000


class CheckRow(Row):
    """`phase`: the failed or running one, and its message."""

    number: int
    status: str
    phase: str | None = None
    message: ForeignName | None = None
    started: Time | None = None
    finished: Time | None = None


class CheckList(Facts):
    """`empty`: why there are no checks."""

    job_id: str | None = None
    job_status: str | None = None
    total: int
    empty: str | None = None
    checks: list[CheckRow]


class PhaseRow(Row):
    phase: str
    status: str
    started: Time | None = None
    finished: Time | None = None
    message: Verbatim | None = None


class CheckFacts(Facts):
    job_id: str | None = None
    number: int | None = None
    phases: list[PhaseRow]
    next: str | None = None


@tools.read("List a job's sanity checks")
async def list_job_sanity_check_results(job_id: JobId, job: FreshJob, cloud: Cloud, region: Region = None) -> CheckList:
    """List the GPU and link checks of a job's nodes, newest first, with the phase that failed. For a job that is in
    SanityChecking, or failed there."""
    found = await cloud.sanity.checks(job_id)
    rows = [check_row(phases) for phases in found[:_CHECKS_SHOWN]]
    empty = None if found else _why_empty(job)
    note = f"the last {len(rows)} of {len(found)}" if len(rows) < len(found) else None
    return CheckList(job_id=job_id, job_status=job.status, total=len(found), empty=empty, checks=rows, note=note)


@tools.read("Get a sanity check")
async def get_job_sanity_check_result(
    job_id: JobId,
    sanity_check_number: Annotated[int, Field(ge=1, description="1 is the first.")],
    cloud: Cloud,
    sanity_check_phase: Annotated[PhaseName | None, Field(description="Only it, whole.")] = None,
    region: Region = None,
) -> CheckFacts:
    """Get the phases of one check of list_job_sanity_check_results: figures by node, and the slow or broken one."""
    found = await cloud.sanity.check(job_id, sanity_check_number, sanity_check_phase)
    most = _WHOLE_MESSAGE if sanity_check_phase else _MESSAGE
    cut = any(len(phase.message or "") > most for phase in found)
    return CheckFacts(
        job_id=job_id,
        number=sanity_check_number,
        phases=[_phase_row(phase, most) for phase in found],
        next="sanity_check_phase gives the whole message of a phase" if cut and not sanity_check_phase else None,
    )


def _why_empty(job: Job) -> str:
    if as_object(job.raw.get("Settings")).get("EnableSanityCheck") is not True:
        return "The job was created without settings.enable_sanity_check, so its nodes are not checked."
    if job.running_since or job.terminal:
        return "Asked for, but not done: only PyTorchJobs on whole nodes of a Lingjun quota are checked."
    return f"The job is {job.status}: the check comes before it runs."


def check_row(phases: Sequence[Phase]) -> CheckRow:
    """The status of a check: Failed or Running if any phase is, Pending if some have passed and others wait, else that
    of the last phase."""
    order = ("Failed", "Running", "Pending")
    telling = min(phases, key=lambda phase: order.index(phase.status) if phase.status in order else len(order))
    ended = [phase.finished for phase in phases if phase.finished]
    begun = [phase.started for phase in phases if phase.started]
    over = telling.status not in ("Running", "Pending")
    return CheckRow(
        number=telling.number,
        status=telling.status,
        phase=telling.phase if telling.status in order else None,
        message=telling.message if telling.status in order else None,
        started=min(begun, default=None),
        finished=max(ended, default=None) if over else None,
    )


def _phase_row(phase: Phase, most: int) -> PhaseRow:
    return PhaseRow(
        phase=phase.phase,
        status=phase.status,
        started=phase.started,
        finished=phase.finished,
        message=cut_line(clean([" ".join(phase.message.split())]), most) if phase.message else None,
    )
