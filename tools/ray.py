"""Ray history servers: dashboards of ended Ray jobs."""

from typing import Annotated, Any

from pydantic import Field

from pai_dlc_mcp.server.cloud import ids
from pai_dlc_mcp.server.cloud.errors import missing
from pai_dlc_mcp.server.cloud.ray import RayHistoryServer
from pai_dlc_mcp.server.deps import Cloud
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.protocol.reply import Facts, ForeignName, ForeignText, Listing, Row, Verbatim
from pai_dlc_mcp.server.protocol.toolset import Toolset
from pai_dlc_mcp.server.safety import questions
from pai_dlc_mcp.server.workflows.permit import Gated, Look, Permit, Plan, Sender, asking
from pai_dlc_mcp.tools.params import ConfirmationToken, Offset, QuotaId, Region, WorkspaceId

tools = Toolset("ray")

ServerId = Annotated[str, Field(pattern=ids.RAY_HISTORY_SERVER_ID, description="From list_ray_history_servers.")]
_LIVE = ("Creating", "Queuing", "Running")


class ServerRow(Row):
    server_id: str
    display_name: ForeignName
    status: str
    created: str | None = None


class ServerList(Listing):
    rows = "ray_history_servers"

    workspace_id: str | None = None
    ray_history_servers: list[ServerRow]


class ServerFacts(Facts):
    """`url` needs a login with access to the workspace."""

    server_id: str | None = None
    display_name: ForeignName
    status: str
    reason_code: str | None = None
    reason: ForeignText | None = None
    url: str | None = None
    workspace_id: str | None = None
    storage_path: Verbatim | None = None
    ecs_spec: str | None = None
    quota_id: str | None = None
    max_runtime_minutes: int | None = None
    accessibility: str | None = None
    created: str | None = None
    finished: str | None = None


class ServerReply(Facts):
    """`status`: created, starting, started, stopping, stopped, nothing_to_start or nothing_to_stop. `server_status`:
    the service's, as last read."""

    status: str
    server_id: str
    server_status: str | None = None
    next: str | None = None


class DeleteReply(Gated):
    server_id: str | None = None


@tools.read("Get a Ray history server")
async def get_ray_history_server(server_id: ServerId, cloud: Cloud, region: Region = None) -> ServerFacts:
    """Get a Ray history server's status and, once it is Running, the url of the dashboard it shows."""
    return ServerFacts.model_validate(dict(await cloud.ray.get(server_id)))


@tools.read("List Ray history servers")
async def list_ray_history_servers(
    workspace_id: WorkspaceId,
    cloud: Cloud,
    name: Annotated[str | None, Field(description="Part of the name.")] = None,
    storage_path: Annotated[str | None, Field(description="Exactly as it was created.")] = None,
    show_own: Annotated[bool, Field(description="false: the team's.")] = True,
    offset: Offset = 0,
    region: Region = None,
) -> ServerList:
    """List a workspace's Ray history servers, newest first; by default only your own. Look here before creating one."""
    filters = {"WorkspaceId": workspace_id, "DisplayName": name, "StoragePath": storage_path, "ShowOwn": show_own}
    page = await cloud.ray.list(filters, offset)
    note = "your own servers (show_own=false shows the team's)" if show_own else None
    return ServerList.of(page, workspace_id=workspace_id, note=note)


@tools.write("Create a Ray history server")
async def create_ray_history_server(
    workspace_id: WorkspaceId,
    display_name: Annotated[str, Field(min_length=1, max_length=256, description="Free text.")],
    storage_path: Annotated[str, Field(min_length=1, description="Where the Ray jobs wrote their logs, e.g. oss://….")],
    cloud: Cloud,
    sender: Sender,
    ecs_spec: Annotated[str | None, Field(description="From list_ecs_specs.")] = None,
    quota_id: QuotaId | None = None,
    max_runtime_minutes: Annotated[int | None, Field(ge=1, description="Stops it then.")] = None,
    region: Region = None,
) -> ServerReply:
    """Start a server that shows the dashboards of finished Ray jobs from their logs in storage; a running RayJob has
    its own, see get_ray_dashboard. On ecs_spec it costs money while it runs: bound it with max_runtime_minutes."""
    if ecs_spec and quota_id:
        raise Failure(
            "ecs_spec is pay-as-you-go and cannot go with quota_id.", fix="Keep one of them.", code="InvalidArgument"
        )
    body: dict[str, Any] = {
        "WorkspaceId": workspace_id,
        "DisplayName": display_name,
        "StoragePath": storage_path,
        "EcsSpec": ecs_spec,
        "ResourceId": quota_id,
        "MaxRuntimeMinutes": max_runtime_minutes,
    }
    made = await sender.send(cloud.ray.create(body))
    return ServerReply(
        status="created", server_id=made, next="get_ray_history_server shows its url once it is Running."
    )


@tools.idempotent_write("Start a Ray history server")
async def start_ray_history_server(
    server_id: ServerId, cloud: Cloud, sender: Sender, region: Region = None
) -> ServerReply:
    """Start a stopped Ray history server again. Its compute is paid for while it runs."""
    server = await cloud.ray.get(server_id)
    if server.status in _LIVE:
        return _reply(server, "nothing_to_start")
    await sender.send(cloud.ray.start(server_id))
    seen = await cloud.ray.get(server_id)
    return _reply(seen, "started" if seen.status == "Running" else "starting")


@tools.idempotent_write("Stop a Ray history server")
async def stop_ray_history_server(
    server_id: ServerId, cloud: Cloud, sender: Sender, region: Region = None
) -> ServerReply:
    """Stop a Ray history server, so that it costs nothing more. The logs stay, and start_ray_history_server brings it
    back."""
    server = await cloud.ray.get(server_id)
    if server.status not in (*_LIVE, "Unknown"):
        return _reply(server, "nothing_to_stop")
    await sender.send(cloud.ray.stop(server_id))
    seen = await cloud.ray.get(server_id)
    return _reply(seen, "stopped" if seen.status == "Stopped" else "stopping")


async def _delete(server_id: str, cloud: Cloud) -> Look[None]:
    async def look() -> Plan[None]:
        preview = questions.delete_ray_history_server(await cloud.ray.get(server_id), cloud.region)
        return Plan(preview, (cloud.ray.delete(server_id),), DeleteReply, {"server_id": server_id})

    return look


@tools.destroy("Delete a Ray history server")
async def delete_ray_history_server(
    server_id: ServerId,
    cloud: Cloud,
    permit: Annotated[Permit[None], asking(_delete)],
    confirmation_token: ConfirmationToken = None,
    region: Region = None,
) -> DeleteReply:
    """Delete a Ray history server for good, after asking the user; the logs in storage stay. To only save its cost use
    stop_ray_history_server."""
    await permit.send()
    gone = await missing(cloud.ray.get(server_id))
    return DeleteReply(**permit.about, status="deleted" if gone else "delete_requested")


def _reply(seen: RayHistoryServer, status: str) -> ServerReply:
    return ServerReply(status=status, server_id=seen.server_id, server_status=seen.status)
