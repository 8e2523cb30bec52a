"""create_job: check all rules, then send one request."""

from typing import Annotated, Any, Literal

from mcp.server.mcpserver import Context, Resolve
from pydantic import Field

from pai_dlc_mcp.server.deps import App, Cloud
from pai_dlc_mcp.server.protocol.toolset import Toolset
from pai_dlc_mcp.server.rules import advice, job_spec
from pai_dlc_mcp.server.rules.job_spec import CodeSource, DataSource, Draft, JobSettings, JobSpec
from pai_dlc_mcp.server.safety.caller import caller_of
from pai_dlc_mcp.server.workflows import creation
from pai_dlc_mcp.server.workflows.creation import CreateReply
from pai_dlc_mcp.server.workflows.permit import Look, Permit, Plan, Sender, asking
from pai_dlc_mcp.tools.params import ConfirmationToken, JobType, QuotaId, Region, WorkspaceId

tools = Toolset("core")


async def _draft(
    workspace_id: str,
    display_name: str,
    job_type: JobType,
    job_specs: list[JobSpec],
    user_command: str,
    resource_id: str | None,
    data_sources: list[DataSource] | None,
    code_source: CodeSource | None,
    envs: dict[str, str] | None,
    settings: JobSettings | None,
    priority: int | None,
    job_max_running_time_minutes: int | None,
    description: str | None,
    accessibility: str | None,
    user_vpc: dict[str, Any] | None,
    other: dict[str, Any] | None,
) -> Draft:
    return Draft(
        workspace_id=workspace_id,
        display_name=display_name,
        job_type=job_type,
        job_specs=job_specs,
        user_command=user_command,
        resource_id=resource_id,
        data_sources=data_sources,
        code_source=code_source,
        envs=envs,
        settings=settings,
        priority=priority,
        job_max_running_time_minutes=job_max_running_time_minutes,
        description=description,
        accessibility=accessibility,
        user_vpc=user_vpc,
        other=other or {},
    )


DraftDep = Annotated[Draft, Resolve(_draft)]


async def _asked(
    draft: DraftDep,
    client_request_id: str | None,
    send_again: bool,
    dry_run: bool,
    cloud: Cloud,
    ctx: Context[App],
) -> Look[None]:
    """A create needs a confirmation if an unresolved one is to be sent again, or if it comes close to the operator's
    limits."""

    async def look() -> Plan[None]:
        about: dict[str, Any] = {"workspace_id": draft.workspace_id, "client_request_id": client_request_id}
        if dry_run:
            return Plan(None, (), CreateReply, about)
        jobs = [await creation.check(cloud, draft)] if cloud.settings.limits else []
        preview, sent = await creation.asks(cloud, caller_of(ctx), jobs, client_request_id, send_again=send_again)
        return Plan(preview, (), CreateReply, {**about, "sent": sent})

    return look


@tools.write("Create a training job")
async def create_job(
    workspace_id: WorkspaceId,
    display_name: job_spec.DisplayName,
    job_type: JobType,
    job_specs: Annotated[list[JobSpec], Field(min_length=1, description="One a role.")],
    user_command: Annotated[str, Field(min_length=1, description="Shell command each pod runs.")],
    cloud: Cloud,
    sender: Sender,
    draft: DraftDep,
    permit: Annotated[Permit[None], asking(_asked)],
    resource_id: QuotaId | None = None,
    data_sources: Annotated[list[DataSource] | None, Field(description="What is mounted.")] = None,
    code_source: Annotated[CodeSource | None, Field(description="Git repository.")] = None,
    envs: Annotated[dict[str, str] | None, Field(description="Of all pods.")] = None,
    settings: Annotated[JobSettings | None, Field(description="Optional features.")] = None,
    priority: Annotated[int | None, Field(ge=1, le=9, description="Quota jobs; 9 is first.")] = None,
    job_max_running_time_minutes: Annotated[int | None, Field(ge=1, description="Stops the job then.")] = None,
    description: Annotated[str | None, Field(description="Free text.")] = None,
    accessibility: Annotated[Literal["PUBLIC", "PRIVATE"] | None, Field(description="In the workspace.")] = None,
    user_vpc: Annotated[dict[str, Any] | None, Field(description="As in the API: VpcId, SwitchId…")] = None,
    other: Annotated[dict[str, Any] | None, Field(description="Further CreateJob fields, as in the API.")] = None,
    dry_run: Annotated[bool, Field(description="Check everything, create nothing.")] = False,
    client_request_id: Annotated[
        str | None, Field(pattern=r"^[A-Za-z0-9_-]{8,64}$", description="Same id, same job: safe to repeat.")
    ] = None,
    allow_same_name: Annotated[bool, Field(description="Although a live job has it.")] = False,
    send_again: Annotated[bool, Field(description="After unknown; asks the user.")] = False,
    confirmation_token: ConfirmationToken = None,
    region: Region = None,
) -> CreateReply:
    """Create a distributed training job. Confirm workspace, image, spec and command with the user first; dry_run=true
    checks all of it and says whether it would start now and what it can cost at most. Each job_spec takes ecs_spec
    (pay-as-you-go) or resource_config with resource_id (quota). Fields take snake_case or the API's names. Use
    job_max_running_time_minutes to bound the cost."""
    checked = await creation.check(cloud, draft)
    if dry_run:
        found = await creation.dry_run(cloud, checked, allow_same_name=allow_same_name)
        return CreateReply(**found, body=advice.shown(draft))
    made = await creation.create(
        cloud,
        sender,
        checked,
        client_request_id=client_request_id,
        allow_same_name=allow_same_name,
        again=permit.about.get("sent"),
        asked=permit.asked,
    )
    return CreateReply(**made)
