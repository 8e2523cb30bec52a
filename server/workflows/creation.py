"""The steps of every tool that creates a job: rules, existence checks, dry run, and one create."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pai_dlc_mcp.server.cloud.specs import EcsSpec
from pai_dlc_mcp.server.deps import CloudInRegion
from pai_dlc_mcp.server.rules import advice, job_spec
from pai_dlc_mcp.server.rules.job_spec import Draft
from pai_dlc_mcp.server.rules.preflight import Preflight
from pai_dlc_mcp.server.safety import questions
from pai_dlc_mcp.server.safety.caller import Caller
from pai_dlc_mcp.server.safety.types import IN_MEMORY, Preview
from pai_dlc_mcp.server.workflows import existence, preflight, spend
from pai_dlc_mcp.server.workflows.create_once import Creator, refuse_same_name, submit, unresolved
from pai_dlc_mcp.server.workflows.permit import Gated
from pai_dlc_mcp.server.workflows.watched import watch


class CreateReply(Gated, Preflight):
    """`status`: created, existing, recovered, unknown, or checked for a dry run. `sent` is when an unanswered request
    went out."""

    job_id: str | None = None
    workspace_id: str
    pods: int | None = None
    gpus: int | None = None
    client_request_id: str | None = None
    sent: str | None = None
    warnings: list[str] | None = None
    body: dict[str, Any] | None = None


@dataclass(frozen=True)
class Checked:
    """A draft that passed the rules and of which everything exists. `specs`: its instance types."""

    draft: Draft
    specs: Sequence[EcsSpec]

    @property
    def size(self) -> dict[str, Any]:
        """The fields of a CreateReply that state the job's size."""
        return {
            "workspace_id": self.draft.workspace_id,
            "pods": sum(spec.pod_count for spec in self.draft.job_specs),
            "gpus": advice.gpus(self.draft, self.specs),
        }


async def check(cloud: CloudInRegion, draft: Draft) -> Checked:
    """Check a draft. Raises Failure for a broken rule, a field that CreateJob does not have, or something that does not
    exist."""
    job_spec.check(draft)
    await cloud.jobs.check(draft.body())
    return Checked(draft, await existence.check(cloud, draft))


async def dry_run(cloud: CloudInRegion, checked: Checked, *, allow_same_name: bool) -> dict[str, Any]:
    """The fields of a CreateReply for a dry run. Raises Failure for a live job of the same name."""
    if not allow_same_name:
        await refuse_same_name(cloud, checked.draft.body())
    found = await preflight.look(cloud, checked.draft, checked.specs)
    limits = await spend.figures(cloud, [spend.size(cloud, checked.draft, checked.specs)])
    part = cloud.settings.limits.ask_from if cloud.settings.limits else 1
    said = [f"spend limit {figure}{': refused' * figure.refuses}" for figure in limits if figure.asks(part)]
    return {**checked.size, "status": "checked", **found, "warnings": [*(found["warnings"] or []), *said] or None}


async def near_limits(cloud: CloudInRegion, jobs: Sequence[Checked]) -> Preview | None:
    """The question about creates close to the operator's limits; None if there is none. Raises Failure at a limit."""
    if cloud.settings.limits is None:
        return None
    wanted = [spend.size(cloud, job.draft, job.specs) for job in jobs]
    near = spend.held(cloud, await spend.figures(cloud, wanted))
    if not near:
        return None
    gpus = sum(one.gpus for one in wanted)
    size = f"{sum(job.size['pods'] for job in jobs)} pods, {gpus:g} GPUs"
    names, bodies = [job.draft.display_name for job in jobs], [job.draft.body() for job in jobs]
    return questions.spend(names, size, list(map(str, near)), cloud.region, json.dumps(bodies, sort_keys=True))


async def asks(
    cloud: CloudInRegion, caller: Caller, jobs: Sequence[Checked], client_request_id: str | None, *, send_again: bool
) -> tuple[Preview | None, str | None]:
    """The question of a create, for a limit that is close and for sending an unresolved create again; and when that one
    was sent."""
    near = await near_limits(cloud, jobs)
    lost = await unresolved(cloud, caller, client_request_id) if send_again and client_request_id else None
    if lost is None:
        return near, None
    return questions.both(questions.create_again([lost], cloud.region), near), lost.sent


async def create(
    cloud: CloudInRegion,
    sender: Creator,
    checked: Checked,
    *,
    client_request_id: str | None,
    allow_same_name: bool,
    again: str | None = None,
    asked: bool = False,
) -> dict[str, Any]:
    """Send the create; returns the fields of a CreateReply. `asked`: the user said yes. Raises as create_once.submit
    does, and Failure at one of the operator's spend limits."""
    said = preflight.unsaid(cloud, checked.draft, checked.specs)
    made = await submit(
        cloud,
        spend.Limited(cloud, sender, spend.size(cloud, checked.draft, checked.specs), asked),
        checked.draft.body(),
        client_request_id=client_request_id,
        allow_same_name=allow_same_name,
        again=again,
    )
    await watch(cloud, [made.job_id] if made.job_id else [])
    forgets = made.status == "unknown" and not cloud.store.durable
    return {
        **checked.size,
        "status": made.status,
        "job_id": made.job_id,
        "client_request_id": made.request_id,
        "warnings": said,
        "next": _AFTER_CREATE[made.status] + IN_MEMORY * forgets,
    }


_AFTER_CREATE = {
    "created": "get_job shows its status; get_pod_logs its log once it is Running.",
    "existing": "An earlier call made this job; nothing was created now. For another one pass a new client_request_id.",
    "recovered": "No answer came to the create, but the job exists: use this one, do not create it again.",
    "unknown": "The create was sent, or was about to be, and not answered, and no job shows it yet. It is not sent "
    "again: call again with this client_request_id to look for it. If list_jobs still shows none after some minutes, "
    "ask the user whether to send it again, and only then pass send_again=true as well.",
}
