"""Create, update, start, stop, share and delete tensorboards."""

from typing import Annotated, Any, Literal

from pydantic import Field
from pydantic.alias_generators import to_snake

from pai_dlc_mcp.server.budget.redact import Issued
from pai_dlc_mcp.server.cloud.errors import missing
from pai_dlc_mcp.server.cloud.tensorboards import Tensorboard
from pai_dlc_mcp.server.deps import Cloud
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.protocol.reply import Facts
from pai_dlc_mcp.server.protocol.toolset import Toolset
from pai_dlc_mcp.server.safety import questions
from pai_dlc_mcp.server.workflows.permit import Gated, Look, Permit, Plan, Sender, asking
from pai_dlc_mcp.tools.params import ConfirmationToken, DatasetId, JobId, QuotaId, Region, TensorboardId, WorkspaceId

tools = Toolset("tensorboards")

_ONCE = "Shown once: give it to the user, and to nobody else."

Accessibility = Literal["PUBLIC", "PRIVATE"]
Minutes = Annotated[int, Field(ge=1, description="Stops it then.")]


class TensorboardReply(Facts):
    """`status`: created, starting, started, stopping, stopped, nothing_to_start or nothing_to_stop.
    `tensorboard_status`: the service's, as last read."""

    status: str
    tensorboard_id: str
    tensorboard_status: str | None = None
    next: str | None = None


class UpdateReply(Gated):
    """`applied`: read back from the tensorboard. `pending`: accepted, not visible yet."""

    tensorboard_id: str
    tensorboard_status: str | None = None
    applied: list[str] | None = None
    pending: list[str] | None = None


class DeleteReply(Gated):
    tensorboard_id: str | None = None


class SharedReply(Gated):
    tensorboard_id: str | None = None
    expires_in: int | None = None
    shared_url: Annotated[str | None, Issued()] = None


@tools.write("Create a tensorboard")
async def create_tensorboard(
    workspace_id: WorkspaceId,
    display_name: Annotated[str, Field(description="What lists show.")],
    cloud: Cloud,
    sender: Sender,
    job_id: JobId | None = None,
    dataset_id: DatasetId | None = None,
    uri: Annotated[
        str | None, Field(pattern=r"^(oss|nas)://\S+$", description="Where the logs are, instead of a job or dataset.")
    ] = None,
    summary_path: Annotated[str | None, Field(description="Folder of the logs under the job, dataset or uri.")] = None,
    ecs_type: Annotated[str | None, Field(description="From list_ecs_specs.")] = None,
    quota_id: QuotaId | None = None,
    max_running_time_minutes: Minutes | None = None,
    region: Region = None,
) -> TensorboardReply:
    """Start a tensorboard on the summaries of a job, a dataset or a uri (one of the three). On ecs_type it costs money
    while it runs: bound it with max_running_time_minutes. Look for one with list_tensorboards first."""
    if [job_id, dataset_id, uri].count(None) != 2:
        raise Failure(
            "A tensorboard shows exactly one of job_id, dataset_id and uri.", fix="Pass one.", code="InvalidArgument"
        )
    body: dict[str, Any] = {
        "WorkspaceId": workspace_id,
        "DisplayName": display_name,
        "JobId": job_id,
        "DataSourceId": dataset_id,
        "Uri": uri,
        "DataSourceType": uri[:3].upper() if uri else None,
        "SummaryPath": summary_path,
        "TensorboardSpec": {"EcsType": ecs_type} if ecs_type else None,
        "QuotaId": quota_id,
        "MaxRunningTimeMinutes": max_running_time_minutes,
    }
    made = await sender.send(cloud.tensorboards.create(body))
    follow = "get_tensorboard shows its url once it is Running."
    return TensorboardReply(status="created", tensorboard_id=made, next=follow)


async def _update(
    tensorboard_id: str,
    cloud: Cloud,
    max_running_time_minutes: int | None,
    accessibility: str | None,
    priority: int | None,
) -> Look[None]:
    wanted = {
        "MaxRunningTimeMinutes": max_running_time_minutes,
        "Accessibility": accessibility,
        "Priority": str(priority) if priority else None,
    }
    changes = {name: value for name, value in wanted.items() if value is not None}
    if not changes:
        raise Failure(
            f"There is nothing to change in tensorboard {tensorboard_id}.",
            fix="Pass max_running_time_minutes, accessibility or priority.",
            code="NothingToChange",
        )

    async def look() -> Plan[None]:
        board = await cloud.tensorboards.get(tensorboard_id)
        public = accessibility == "PUBLIC" and board.accessibility != "PUBLIC"
        preview = questions.make_tensorboard_public(board, cloud.region) if public else None
        about = {"tensorboard_id": tensorboard_id}
        return Plan(preview, (cloud.tensorboards.update(tensorboard_id, changes),), UpdateReply, about)

    return look


@tools.idempotent_write("Update a tensorboard")
async def update_tensorboard(
    tensorboard_id: TensorboardId,
    cloud: Cloud,
    permit: Annotated[Permit[None], asking(_update)],
    max_running_time_minutes: Minutes | None = None,
    accessibility: Annotated[
        Accessibility | None, Field(description="Seen by its owner, or by the whole workspace.")
    ] = None,
    priority: Annotated[int | None, Field(ge=1, le=9, description="In its quota; 9 goes first.")] = None,
    confirmation_token: ConfirmationToken = None,
    region: Region = None,
) -> UpdateReply:
    """Change how long a tensorboard may run, who in the workspace sees it, or its priority on a quota. Making it PUBLIC
    asks the user first."""
    (write,) = permit.writes
    await permit.send()
    seen = await cloud.tensorboards.get(tensorboard_id)
    shown = {
        "MaxRunningTimeMinutes": seen.max_running_time_minutes,
        "Accessibility": seen.accessibility,
        "Priority": seen.priority,
    }
    applied = [to_snake(name) for name, value in write.params.items() if shown[name] == value]
    pending = [to_snake(name) for name in write.params if to_snake(name) not in applied]
    return UpdateReply(
        **permit.about,
        status="updated",
        tensorboard_status=seen.status,
        applied=applied,
        pending=pending or None,
    )


@tools.idempotent_write("Start a tensorboard")
async def start_tensorboard(
    tensorboard_id: TensorboardId, cloud: Cloud, sender: Sender, region: Region = None
) -> TensorboardReply:
    """Start a stopped tensorboard again. Its compute is paid for while it runs."""
    board = await cloud.tensorboards.get(tensorboard_id)
    if board.is_in("Running", "Creating", "Pending"):
        return _reply(board, "nothing_to_start")
    await sender.send(cloud.tensorboards.start(tensorboard_id))
    seen = await cloud.tensorboards.get(tensorboard_id)
    return _reply(seen, "started" if seen.is_in("Running") else "starting")


@tools.idempotent_write("Stop a tensorboard")
async def stop_tensorboard(
    tensorboard_id: TensorboardId, cloud: Cloud, sender: Sender, region: Region = None
) -> TensorboardReply:
    """Stop a tensorboard, so that it costs nothing more. The summaries stay, and start_tensorboard brings it back."""
    board = await cloud.tensorboards.get(tensorboard_id)
    if board.is_in("Stopped", "Stopping", "Succeeded", "Failed"):
        return _reply(board, "nothing_to_stop")
    await sender.send(cloud.tensorboards.stop(tensorboard_id))
    seen = await cloud.tensorboards.get(tensorboard_id)
    return _reply(seen, "stopped" if seen.is_in("Stopped") else "stopping")


async def _delete(tensorboard_id: str, cloud: Cloud) -> Look[None]:
    async def look() -> Plan[None]:
        preview = questions.delete_tensorboard(await cloud.tensorboards.get(tensorboard_id), cloud.region)
        write = cloud.tensorboards.delete(tensorboard_id)
        return Plan(preview, (write,), DeleteReply, {"tensorboard_id": tensorboard_id})

    return look


@tools.destroy("Delete a tensorboard")
async def delete_tensorboard(
    tensorboard_id: TensorboardId,
    cloud: Cloud,
    permit: Annotated[Permit[None], asking(_delete)],
    confirmation_token: ConfirmationToken = None,
    region: Region = None,
) -> DeleteReply:
    """Delete a tensorboard for good, after asking the user; the summaries stay. To only save its cost use
    stop_tensorboard."""
    await permit.send()
    gone = await missing(cloud.tensorboards.get(tensorboard_id))
    return DeleteReply(**permit.about, status="deleted" if gone else "delete_requested")


async def _share(tensorboard_id: str, cloud: Cloud, expire_time_seconds: int) -> Look[str]:
    """The service shares only running tensorboards."""

    async def look() -> Plan[str]:
        board = await cloud.tensorboards.get(tensorboard_id)
        if not board.is_in("Running"):
            raise Failure(
                f"Tensorboard {tensorboard_id} is {board.status}: only a Running one can be shared.",
                fix="Start it with start_tensorboard, and wait until get_tensorboard shows it Running.",
                code="NotRunning",
            )
        preview = questions.share_url(board, cloud.region, expire_time_seconds)
        write = cloud.tensorboards.shared_url(tensorboard_id, expire_time_seconds)
        about = {"tensorboard_id": tensorboard_id, "expires_in": expire_time_seconds}
        return Plan(preview, (write,), SharedReply, about)

    return look


@tools.write("Share a tensorboard")
async def get_tensorboard_shared_url(
    tensorboard_id: TensorboardId,
    permit: Annotated[Permit[str], asking(_share)],
    expire_time_seconds: Annotated[int, Field(ge=60, le=604_800, description="Until the link ends.")] = 86_400,
    confirmation_token: ConfirmationToken = None,
    region: Region = None,
) -> SharedReply:
    """Create a link with which anyone can see a running tensorboard until it expires, without an account. The user is
    asked first."""
    return SharedReply(**permit.about, status="issued", shared_url=await permit.send(), next=_ONCE)


def _reply(seen: Tensorboard, status: str) -> TensorboardReply:
    return TensorboardReply(status=status, tensorboard_id=seen.tensorboard_id, tensorboard_status=seen.status)
