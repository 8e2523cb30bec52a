"""create_sweep: many jobs that differ in listed fields, with one confirmation."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from mcp.server.mcpserver import Context, Resolve
from pydantic import Field

from pai_dlc_mcp.server.cloud.errors import or_none
from pai_dlc_mcp.server.cloud.jobs import Job
from pai_dlc_mcp.server.deps import App, Cloud
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.protocol.reply import ForeignText, Row
from pai_dlc_mcp.server.protocol.toolset import Toolset
from pai_dlc_mcp.server.rules import preflight
from pai_dlc_mcp.server.safety import questions
from pai_dlc_mcp.server.safety.caller import caller_of
from pai_dlc_mcp.server.workflows import creation, sweep
from pai_dlc_mcp.server.workflows.permit import Gated, Look, Permit, Plan, Sender, UnaskedSender, asking
from pai_dlc_mcp.server.workflows.sweep import Sweep
from pai_dlc_mcp.tools.params import ConfirmationToken, JobId, Region

tools = Toolset("runs")


class PointRow(Row):
    display_name: str
    job_id: str | None = None
    status: str
    differs: str | None = None


class SweepReply(Gated):
    """`status`: going_on, done, or the status of the confirmation. `points`: the fields in which each differs. `best`:
    the best succeeded job by the metric, with its log line."""

    template: str
    total: int
    pods: int | None = None
    gpus: float | None = None
    most_gpu_hours: str | None = None
    most_cost: str | None = None
    created_now: int = 0
    running: int = 0
    ended: int = 0
    points: list[PointRow] | None = None
    best_job_id: str | None = None
    best_value: float | None = None
    best_line: ForeignText | None = None
    stopped_by: str | None = None
    sent_again: dict[str, str] | None = Field(default=None, exclude=True)  # request id -> time of the first request


async def _planned(
    job_id: str, grid: dict[str, Any] | None, points: list[dict[str, Any]] | None, cloud: Cloud
) -> Sweep:
    return await sweep.plan(cloud, job_id, sweep.points(grid, points))


PlannedDep = Annotated[Sweep, Resolve(_planned)]


def _totals(cloud: Cloud, planned: Sweep) -> dict[str, Any]:
    jobs = [point.checked for point in planned.points]
    each = [preflight.payg(job.draft, job.specs, cloud.settings.prices, cloud.region) for job in jobs]
    hours = [one.most_gpu_hours for one in each]
    gpus = [job.size["gpus"] for job in jobs]
    bound = [job.draft.job_max_running_time_minutes for job in jobs]
    quota = any(job.draft.resource_id for job in jobs)
    told = dict.fromkeys(one.most_cost or "" for one in each)
    costs = [cost if cost.startswith("unknown") else f"each job {cost}" for cost in told]
    return {
        "total": len(jobs),
        "pods": sum(job.size["pods"] for job in jobs),
        "gpus": None if None in gpus else sum(gpus),
        "most_gpu_hours": f"{sum(hour or 0 for hour in hours):g}" if all(bound) else "unbounded: no running time limit",
        "most_cost": "none of its own: on a quota" if quota else "; ".join(costs[:3]),
    }


async def _asked(
    job_id: str, planned: PlannedDep, at_once: int, send_again: bool, dry_run: bool, cloud: Cloud, ctx: Context[App]
) -> Look[None]:
    async def look() -> Plan[None]:
        totals = _totals(cloud, planned)
        about = {"template": job_id, **totals}
        if dry_run:
            return Plan(None, (), SweepReply, about)
        if await sweep.agreed(cloud, planned, caller_of(ctx).principal, at_once):
            lost = await sweep.unanswered(cloud, caller_of(ctx), planned) if send_again else []
            preview = questions.create_again(lost, cloud.region) if lost else None
            return Plan(preview, (), SweepReply, {**about, "sent_again": {one.request_id: one.sent for one in lost}})
        fields = dict.fromkeys(field.partition("=")[0] for point in planned.points for field in point.fields)
        jobs = f"{totals['total']} job" + "s" * (totals["total"] > 1)
        gpus = "unknown" if totals["gpus"] is None else f"{totals['gpus']:g}"
        facts = (
            f"A sweep of {jobs} like {job_id}, {at_once} at once, over {', '.join(fields)}: {totals['pods']} pods and "
            f"{gpus} GPUs in all; most GPU-hours: {totals['most_gpu_hours']}; cost: {totals['most_cost']}."
        )
        return Plan(questions.sweep(job_id, facts, cloud.region, f"{planned.key} {at_once}"), (), SweepReply, about)

    return look


@tools.write("Create a sweep of training jobs")
async def create_sweep(
    job_id: Annotated[JobId, Field(description="The job all are like.")],
    cloud: Cloud,
    sender: Sender,
    planned: PlannedDep,
    permit: Annotated[Permit[None], asking(_asked)],
    ctx: Context[App],
    grid: Annotated[dict[str, Any] | None, Field(description='Every combination: {"envs.LR": [0.1, 0.01]}.')] = None,
    points: Annotated[list[dict[str, Any]] | None, Field(description="Or `changes` of clone_job, one a job.")] = None,
    at_once: Annotated[int, Field(ge=1, le=50, description="Most that live at a time.")] = 3,
    metric: Annotated[str | None, Field(max_length=80, description="As its log names it, e.g. eval_loss.")] = None,
    goal: Annotated[Literal["lowest", "highest"], Field(description="Of the metric, is best.")] = "lowest",
    dry_run: Annotated[bool, Field(description="Check everything, create nothing.")] = False,
    send_again: Annotated[bool, Field(description="Points sent and not seen; asks the user.")] = False,
    confirmation_token: ConfirmationToken = None,
    region: Region = None,
) -> SweepReply:
    """Create up to 50 jobs like one, over a grid or a list of points, at_once at a time. The user is asked once, with
    the totals. It creates what may live now and returns: wait with wait_for_jobs, then call again with the same
    arguments until status is done; no job is made twice. metric names the best at the end."""
    principal = caller_of(ctx).principal
    about: dict[str, Any] = {"template": job_id, **_totals(cloud, planned)}
    if dry_run:
        rows = [_row(point, None, sent=False) for point in planned.points]
        return SweepReply(**about, status="checked", points=rows)
    await sweep.agree(cloud, planned, principal, at_once)
    found = await sweep.sent(cloud, principal, planned)
    again: dict[str, str] = permit.about.get("sent_again") or {}
    made, stopped = await _go_on(cloud, sender, planned, found, at_once, again)
    return await _told(cloud, planned, found, {**about, "created_now": made, "stopped_by": stopped}, metric, goal)


async def _go_on(
    cloud: Cloud,
    sender: UnaskedSender,
    planned: Sweep,
    found: dict[str, Job | None],
    at_once: int,
    again: Mapping[str, str],
) -> tuple[int, str | None]:
    """Create jobs in order up to the limit, and search for unresolved ones. No create is sent twice, except those in
    `again`. Returns how many were created, and what stopped it."""
    made, live = 0, sum(job is not None and not job.terminal for job in found.values())
    for point in planned.points:
        if found.get(point.request_id) or (live >= at_once and point.request_id not in found):
            continue
        try:
            done = await creation.create(
                cloud,
                sender,
                point.checked,
                client_request_id=point.request_id,
                allow_same_name=False,
                again=again.get(point.request_id),
                asked=True,
            )
        except Failure as failure:
            if not made:
                raise
            return made, failure.what
        job_id = done["job_id"]
        found[point.request_id] = await or_none(cloud.jobs.get(job_id)) if job_id else None
        made, live = made + (done["status"] == "created"), live + 1
    return made, None


async def _told(
    cloud: Cloud,
    planned: Sweep,
    found: dict[str, Job | None],
    about: dict[str, Any],
    metric: str | None,
    goal: str,
) -> SweepReply:
    jobs: Sequence[Job] = [job for job in found.values() if job]
    ended = sum(job.terminal for job in jobs)
    done = ended == len(planned.points)
    best = await sweep.best(cloud, jobs, metric, highest=goal == "highest") if metric else None
    waits = ", ".join(job.job_id for job in jobs if not job.terminal)
    unseen = len(found) > len(jobs)
    return SweepReply(
        **about,
        status="done" if done else "going_on",
        running=len(found) - ended,
        ended=ended,
        points=[_row(point, found.get(point.request_id), sent=point.request_id in found) for point in planned.points],
        best_job_id=best.job_id if best else None,
        best_value=best.value if best else None,
        best_line=best.line if best else None,
        next=None if done else f"wait_for_jobs for {waits or 'a while'}; {_AGAIN}{unseen * _UNSEEN}",
    )


_AGAIN = "then call again with the same arguments."
_UNSEEN = " For points not seen for some minutes ask the user whether to send them again; only then send_again=true."


def _row(point: sweep.Point, job: Job | None, *, sent: bool) -> PointRow:
    status = job.status if job else "sent, not seen yet" if sent else "not created yet"
    return PointRow(
        display_name=point.name,
        job_id=job.job_id if job else None,
        status=status,
        differs=", ".join(point.fields) or None,
    )
