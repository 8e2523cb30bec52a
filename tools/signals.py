"""Unix signals to the processes of a job's pods; sending needs a confirmation."""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field

from pai_dlc_mcp.server.cloud import ids
from pai_dlc_mcp.server.cloud.jobs import Job
from pai_dlc_mcp.server.cloud.signals import Signal
from pai_dlc_mcp.server.deps import Cloud
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.protocol.reply import Facts, ForeignText, Listing, Row
from pai_dlc_mcp.server.protocol.toolset import Toolset
from pai_dlc_mcp.server.rules.pods import pod_of
from pai_dlc_mcp.server.safety import questions
from pai_dlc_mcp.server.safety.types import Preview
from pai_dlc_mcp.server.workflows.permit import Gated, Look, Permit, Plan, asking
from pai_dlc_mcp.tools.params import ConfirmationToken, JobId, Offset, PodId, Region

tools = Toolset("dashboards")

_PODS_NAMED = 5

Name = Annotated[str, Field(pattern=r"^SIG[A-Z0-9]{2,10}$", description="e.g. SIGUSR1")]
Pods = Annotated[list[PodId], Field(min_length=1, description="Only these, from get_job. Default: every pod.")]
Roles = Annotated[
    list[str], Field(min_length=1, description="Only the pods of these, e.g. Worker. Default: every pod.")
]


class SignalRow(Row):
    signal_id: str
    signal: str
    status: str
    to: str | None = None
    created: str | None = None


class SignalList(Listing):
    rows = "signals"

    job_id: str | None = None
    signals: list[SignalRow]


class SignalFacts(Facts):
    job_id: str | None = None
    signal_id: str | None = None
    signal: str
    status: str
    scope: str | None = None
    roles: list[str] | None = None
    pods: list[str] | None = None
    reason: ForeignText | None = None
    message: ForeignText | None = None
    created: str | None = None


class SentReply(Gated):
    """`signal_status`: the service's."""

    job_id: str | None = None
    signal: str | None = None
    signal_id: str | None = None
    signal_status: str | None = None


def _preview(
    job: Job, region: str, signal: str, pod_names: Sequence[str] | None, roles: Sequence[str] | None
) -> Preview:
    if job.status != "Running":
        raise Failure(
            f"Job {job.job_id} is {job.status}: only a Running job takes signals.",
            fix="Look at it with get_job.",
            code="NotRunning",
        )
    known = [spec.type for spec in job.specs]
    if unknown := [role for role in roles or [] if role not in known]:
        raise Failure(
            f"Job {job.job_id} has no role {', '.join(unknown)}.",
            fix=f"Its roles: {', '.join(known)}.",
            code="NoSuchRole",
        )
    pods = [pod_of(job, name).pod_id for name in pod_names or []]
    return questions.send_signal(job, region, signal, [*(roles or []), *pods])


async def _signal(
    job_id: str, signal: str, cloud: Cloud, pod_names: list[str] | None, roles: list[str] | None
) -> Look[Signal]:
    if pod_names and roles:
        raise Failure("pod_names and roles exclude each other.", fix="Pass one of them.", code="InvalidArgument")

    async def look() -> Plan[Signal]:
        job = await cloud.jobs.get(job_id)
        write = cloud.signals.create(job_id, {"Signal": signal, "Target": _target(pod_names, roles)})
        about = {"job_id": job_id, "signal": signal}
        return Plan(_preview(job, cloud.region, signal, pod_names, roles), (write,), SentReply, about)

    return look


@tools.destroy("Send a signal to a job")
async def create_signal(
    job_id: JobId,
    signal: Name,
    permit: Annotated[Permit[Signal], asking(_signal)],
    pod_names: Pods | None = None,
    roles: Roles | None = None,
    confirmation_token: ConfirmationToken = None,
    region: Region = None,
) -> SentReply:
    """Send a Unix signal to a running job's processes, e.g. one its program takes as "save a checkpoint". By default to
    all pods. The user is asked first. To end a job use stop_job."""
    sent = await permit.send()
    follow = "get_signal shows what came of it."
    return SentReply(**permit.about, status="sent", signal_id=sent.signal_id, signal_status=sent.status, next=follow)


@tools.read("List a job's signals")
async def list_signals(job_id: JobId, cloud: Cloud, offset: Offset = 0, region: Region = None) -> SignalList:
    """List the signals that were sent to a job, and whether they arrived."""
    page = await cloud.signals.list(job_id, offset)
    rows = [
        SignalRow(
            signal_id=item.signal_id, signal=item.signal, status=item.status, to=_receivers(item), created=item.created
        )
        for item in page.items
    ]
    return SignalList.of(page, signals=rows, job_id=job_id)


@tools.read("Get a signal")
async def get_signal(
    job_id: JobId,
    signal_id: Annotated[str, Field(pattern=ids.SIGNAL_ID, description="From list_signals.")],
    cloud: Cloud,
    region: Region = None,
) -> SignalFacts:
    """Get one signal: the pods it went to and what came of it."""
    signal = await cloud.signals.get(job_id, signal_id)
    fields = signal.model_dump(exclude={"roles", "pods"})
    return SignalFacts(job_id=job_id, **fields, roles=list(signal.roles) or None, pods=list(signal.pods) or None)


def _target(pod_names: list[str] | None, roles: list[str] | None) -> dict[str, Any] | None:
    if pod_names:
        return {"Scope": "pods", "PodNames": pod_names}
    return {"Scope": "roles", "Roles": roles} if roles else None


def _receivers(signal: Signal) -> str | None:
    """Roles, or pods: the first by name, the others as a number."""
    names: Sequence[str] = signal.roles or signal.pods
    more = [f"and {len(names) - _PODS_NAMED} more"] if len(names) > _PODS_NAMED else []
    return ", ".join([*names[:_PODS_NAMED], *more]) or signal.scope
