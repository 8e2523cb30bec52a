"""Signals: Unix signals to the processes of a job's pods, behind the gate."""

from collections.abc import Sequence
from typing import Annotated, Any

from mcp.server.mcpserver import ElicitationResult, Resolve
from mcp.types import CallToolResult
from pydantic import BaseModel, Field

from pai_dlc_mcp.server.cloud import ids
from pai_dlc_mcp.server.cloud.signals import Signal
from pai_dlc_mcp.server.deps import Cloud, FreshJob, GateDep
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.protocol.reply import Facts, ForeignText, Listing, facts, listing
from pai_dlc_mcp.server.protocol.toolset import Toolset
from pai_dlc_mcp.server.rules.pods import pod_of
from pai_dlc_mcp.server.safety import questions
from pai_dlc_mcp.server.safety.types import Preview, Refusal, Yes
from pai_dlc_mcp.server.workflows.permit import Gated, asking
from pai_dlc_mcp.tools.params import ConfirmationToken, JobId, Offset, PodId, Region

tools = Toolset("dashboards")

_PODS_NAMED = 5

Name = Annotated[str, Field(pattern=r"^SIG[A-Z0-9]{2,10}$", description="e.g. SIGUSR1")]
Pods = Annotated[list[PodId], Field(min_length=1)]
Roles = Annotated[list[str], Field(min_length=1)]


class SignalRow(BaseModel):
    signal_id: str
    signal: str
    status: str
    to: str | None = None
    created: str | None = None


class SignalList(Listing):
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
    """`signal_status` is the service's."""

    job_id: str | None = None
    signal: str | None = None
    signal_id: str | None = None
    signal_status: str | None = None


async def _signal_preview(
    job: FreshJob, cloud: Cloud, signal: str, pod_names: list[str] | None, roles: list[str] | None
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
    return questions.send_signal(job, cloud.region, signal, [*(roles or []), *pods])


@tools.destroy("Send a signal to a job")
async def create_signal(
    job_id: JobId,
    signal: Name,
    job: FreshJob,
    cloud: Cloud,
    gate: GateDep,
    preview: Annotated[Preview, Resolve(_signal_preview)],
    answer: Annotated[ElicitationResult[Yes], Resolve(asking(_signal_preview))],
    pod_names: Pods | None = None,
    roles: Roles | None = None,
    confirmation_token: ConfirmationToken = None,
    region: Region = None,
) -> Annotated[CallToolResult, SentReply]:
    """Send a Unix signal to a running job's processes, e.g. one its program takes as "save a checkpoint". By default to
    all pods. The user is asked first. To end a job use stop_job."""
    if pod_names and roles:
        raise Failure("pod_names and roles exclude each other.", fix="Pass one of them.", code="InvalidArgument")
    about = {"job_id": job_id, "signal": signal}

    async def reread() -> Preview:
        return await _signal_preview(await cloud.jobs.get(job_id), cloud, signal, pod_names, roles)

    async def act() -> SentReply:
        sent = await cloud.send(cloud.signals.create(job_id, {"Signal": signal, "Target": _target(pod_names, roles)}))
        follow = "get_signal shows what came of it."
        return SentReply(status="sent", signal_id=sent.signal_id, signal_status=sent.status, next=follow, **about)

    done = await gate.pass_through(preview, answer, reread=reread, act=act)
    return facts(cloud, SentReply(**about, **dict(done)) if isinstance(done, Refusal) else done)


@tools.read("List a job's signals")
async def list_signals(
    job_id: JobId, cloud: Cloud, offset: Offset = 0, region: Region = None
) -> Annotated[CallToolResult, SignalList]:
    """List the signals that were sent to a job, and whether they arrived."""
    page = await cloud.signals.list(job_id, offset)
    rows = [
        SignalRow(
            signal_id=item.signal_id, signal=item.signal, status=item.status, to=_receivers(item), created=item.created
        )
        for item in page.items
    ]
    return listing(cloud, SignalList, rows, page, job_id=job_id)


@tools.read("Get a signal")
async def get_signal(
    job_id: JobId,
    signal_id: Annotated[str, Field(pattern=ids.SIGNAL_ID, description="From list_signals.")],
    cloud: Cloud,
    region: Region = None,
) -> Annotated[CallToolResult, SignalFacts]:
    """Get one signal: the pods it went to and what came of it."""
    signal = await cloud.signals.get(job_id, signal_id)
    fields = signal.model_dump(exclude={"roles", "pods"})
    return facts(
        cloud, SignalFacts(job_id=job_id, **fields, roles=list(signal.roles) or None, pods=list(signal.pods) or None)
    )


def _target(pod_names: list[str] | None, roles: list[str] | None) -> dict[str, Any] | None:
    if pod_names:
        return {"Scope": "pods", "PodNames": pod_names}
    return {"Scope": "roles", "Roles": roles} if roles else None


def _receivers(signal: Signal) -> str | None:
    """Roles, else pods: some by name, the rest by number."""
    names: Sequence[str] = signal.roles or signal.pods
    more = [f"and {len(names) - _PODS_NAMED} more"] if len(names) > _PODS_NAMED else []
    return ", ".join([*names[:_PODS_NAMED], *more]) or signal.scope
