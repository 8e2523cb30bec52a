"""Web terminals and sharing tokens of a job; both need a confirmation, because the result gives access to the job."""

from typing import Annotated, Literal

from pydantic import Field

from pai_dlc_mcp.server.budget.redact import Issued
from pai_dlc_mcp.server.cloud import ids
from pai_dlc_mcp.server.deps import Cloud, CloudInRegion
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.protocol.toolset import Toolset
from pai_dlc_mcp.server.rules.pods import first_pod, pod_of
from pai_dlc_mcp.server.safety import questions
from pai_dlc_mcp.server.workflows.permit import Gated, Look, Permit, Plan, asking
from pai_dlc_mcp.tools.jobs.read import console
from pai_dlc_mcp.tools.params import ConfirmationToken, JobId, PodId, Region

tools = Toolset("core")

_ONCE = "Shown once: give it to the user, and to nobody else."
_TERMINAL = (
    f"{_ONCE} A wss:// address is for a WebSocket client (websocat, a terminal page), not for a browser's address bar; "
    "without one, the user opens the terminal of the pod on the console page."
)
Seconds = Annotated[int, Field(ge=60, le=604_800, description="Until it expires.")]


class TerminalReply(Gated):
    job_id: str
    pod_id: str
    console: str
    web_terminal_url: Annotated[str | None, Issued()] = None


class TokenReply(Gated):
    target_id: str
    expires_in: int
    token: Annotated[str | None, Issued()] = None


async def _terminal(job_id: str, cloud: Cloud, is_shared: bool, pod_id: str | None = None) -> Look[str]:
    """The service opens a terminal only in a running pod."""

    async def look() -> Plan[str]:
        job = await cloud.jobs.get(job_id)
        pod = pod_of(job, pod_id) if pod_id else first_pod(job)
        if job.status != "Running" or pod.status != "Running":
            raise Failure(
                f"Pod {pod.pod_id} is {pod.status} and job {job_id} is {job.status}: it needs both Running.",
                fix="Read its log with get_pod_logs instead, or wait until it runs.",
                code="NotRunning",
            )
        preview = questions.share_terminal(job, cloud.region, pod.pod_id, is_shared)
        write = cloud.access.web_terminal(job_id, pod.pod_id, shared=is_shared)
        about = {"job_id": job_id, "pod_id": pod.pod_id, "console": console(cloud.region, job)}
        return Plan(preview, (write,), TerminalReply, about)

    return look


@tools.write("Open a web terminal")
async def get_web_terminal(
    job_id: JobId,
    permit: Annotated[Permit[str], asking(_terminal)],
    pod_id: Annotated[PodId | None, Field(description="Default: the master.")] = None,
    is_shared: Annotated[bool, Field(description="A link that works once for anyone.")] = False,
    confirmation_token: ConfirmationToken = None,
    region: Region = None,
) -> TerminalReply:
    """Get the address of a web terminal into a running pod. It opens a shell to whoever holds it for 30 s, so the user
    is asked first. To only read output use get_pod_logs."""
    url = await permit.send()
    return TerminalReply(**permit.about, status="issued", web_terminal_url=url, next=_TERMINAL)


async def _token(
    cloud: Cloud, target_id: str, target_type: Literal["job", "tensorboard"], expire_time: int
) -> Look[str]:
    async def look() -> Plan[str]:
        about, state = await _target(cloud, target_type, target_id)
        preview = questions.share_token(target_type, target_id, cloud.region, expire_time, about, state)
        write = cloud.access.token(target_type, target_id, expire_time)
        return Plan(preview, (write,), TokenReply, {"target_id": target_id, "expires_in": expire_time})

    return look


@tools.write("Issue a sharing token")
async def get_token(
    target_id: Annotated[str, Field(pattern=ids.TARGET_ID, description="Job or tensorboard id.")],
    permit: Annotated[Permit[str], asking(_token)],
    target_type: Annotated[Literal["job", "tensorboard"], Field(description="What the id is of.")] = "job",
    expire_time: Seconds = 604_800,
    confirmation_token: ConfirmationToken = None,
    region: Region = None,
) -> TokenReply:
    """Issue a token with which anyone can read a job or tensorboard until it expires. It cannot be revoked, so the user
    is asked first."""
    token = await permit.send()
    return TokenReply(**permit.about, status="issued", token=token, next=_ONCE)


async def _target(cloud: CloudInRegion, target_type: str, target_id: str) -> tuple[str, str]:
    """A description of the token's target and its fingerprint. For a tensorboard the description is its id."""
    if target_type == "tensorboard":
        return "", target_id
    job = await cloud.jobs.get(target_id)
    return questions.named(job), job.user_id
