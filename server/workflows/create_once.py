"""Creating a job at most once, on a service whose CreateJob takes no client token.

Each create carries a request id in Settings.Tags. When no clear answer comes (also one without a job id), the job is
looked for by that tag, then by name. The same create is not sent again while it is unanswered: this holds as long as
this process runs, and with a client_request_id also wherever the service shows the job.
"""

import hashlib
import json
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import anyio

from pai_dlc_mcp.server.cloud import ids
from pai_dlc_mcp.server.cloud.errors import CloudError
from pai_dlc_mcp.server.cloud.jobs import JobSummary
from pai_dlc_mcp.server.cloud.paging import each
from pai_dlc_mcp.server.cloud.shape import as_object
from pai_dlc_mcp.server.deps import CloudInRegion
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.workflows.permit import Sender

REQUEST_TAG, ARGUMENTS_TAG = "mcp-request-id", "mcp-arguments"
_LOOKS = (0.5, 1.5, 3.0)  # seconds before each look for a job that may have been created
_EVER = "1970-01-01T00:00:00Z"  # the service looks back 7 days by default
_MOST = 10  # pages that a look-up by name reads
_LOOK = 100  # jobs of one look by tag


@dataclass(frozen=True)
class Submitted:
    """`existing`: an earlier call with this client_request_id made it. `recovered`: made, without an answer. `unknown`:
    sent, not answered, and no job shows it (yet)."""

    status: Literal["created", "existing", "recovered", "unknown"]
    job_id: str | None
    request_id: str


async def submit(
    cloud: CloudInRegion, sender: Sender, body: dict[str, Any], *, client_request_id: str | None, allow_same_name: bool
) -> Submitted:
    """Create the job this body describes.

    Raises Failure for a live job of the same name, or a request id used with other arguments; CloudError when the
    service refused; Failure with the request id when it can neither answer nor be asked what happened.
    """
    request_id = client_request_id or uuid.uuid4().hex
    arguments = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:16]
    known_by = client_request_id or f"{cloud.region} {arguments}"
    async with cloud.creating.setdefault(known_by, anyio.Lock()):
        if client_request_id and (earlier := await _by_tag(cloud, body, request_id)):
            return _same(earlier, request_id, arguments)
        if unanswered := cloud.unanswered.get(known_by):
            return await _looked_for(cloud, body, known_by, unanswered, looks=(0,))
        if not allow_same_name:
            await refuse_same_name(cloud, body)
        settings = as_object(body.get("Settings"))
        tags = {**as_object(settings.get("Tags")), REQUEST_TAG: request_id, ARGUMENTS_TAG: arguments}
        cloud.unanswered[known_by] = request_id  # before it goes out: a cancelled call leaves it there
        try:
            job_id = await sender.send(cloud.jobs.create({**body, "Settings": {**settings, "Tags": tags}}))
        except Failure as failure:
            if not (isinstance(failure, CloudError) and failure.maybe_done):
                del cloud.unanswered[known_by]
                raise
            job_id = ""
        if re.fullmatch(ids.JOB_ID, job_id):
            del cloud.unanswered[known_by]
            return Submitted("created", job_id, request_id)
        return await _looked_for(cloud, body, known_by, request_id, looks=_LOOKS)


async def refuse_same_name(cloud: CloudInRegion, body: Mapping[str, Any]) -> None:
    """Raises Failure when a live job of the workspace, whoever's and however old, has this name."""
    name = body["DisplayName"]
    filters = {"WorkspaceId": body["WorkspaceId"], "DisplayName": name, "ShowOwn": False, "StartTime": _EVER}
    async for job in each(lambda offset, limit: cloud.jobs.list(filters, offset, limit), _MOST):
        if job.display_name == name and not job.terminal:
            raise Failure(
                f"Job {job.job_id} in workspace {job.workspace_id} already has the name {name!r} and is {job.status}.",
                fix="Use that job, choose another display_name, or pass allow_same_name=true.",
                code="SameName",
            )


async def _looked_for(
    cloud: CloudInRegion, body: dict[str, Any], known_by: str, request_id: str, looks: Sequence[float]
) -> Submitted:
    """What became of a create that nobody answered. While no job shows it, it is not sent again: the service may show
    a job only later."""
    try:
        for seconds in looks:
            await anyio.sleep(seconds)
            found = await _by_tag(cloud, body, request_id) or await _by_name(cloud, body, request_id)
            if found:
                del cloud.unanswered[known_by]
                return Submitted("recovered", found.job_id, request_id)
    except CloudError as error:
        raise Failure(
            f"CreateJob was not answered, and whether the job exists could not be found out: {error.what}",
            fix=f"{error.fix} Then call create_job again with client_request_id={request_id}: no second job is made.",
            code="Unknown",
        ) from None
    return Submitted("unknown", None, request_id)


async def _by_tag(cloud: CloudInRegion, body: Mapping[str, Any], request_id: str) -> JobSummary | None:
    """The job that carries the request id; the answer is checked, should the service ignore the filter."""
    return await _tagged(cloud, body, request_id, {"Tags": {REQUEST_TAG: request_id}})


async def _by_name(cloud: CloudInRegion, body: Mapping[str, Any], request_id: str) -> JobSummary | None:
    return await _tagged(cloud, body, request_id, {"DisplayName": body["DisplayName"]})


async def _tagged(
    cloud: CloudInRegion, body: Mapping[str, Any], request_id: str, filters: Mapping[str, Any]
) -> JobSummary | None:
    everywhere = {"WorkspaceId": body["WorkspaceId"], "StartTime": _EVER, **filters}
    page = await cloud.jobs.list(everywhere, 0, _LOOK)
    return next((job for job in page.items if job.settings.tags.get(REQUEST_TAG) == request_id), None)


def _same(job: JobSummary, request_id: str, arguments: str) -> Submitted:
    if job.settings.tags.get(ARGUMENTS_TAG) == arguments:
        return Submitted("existing", job.job_id, request_id)
    raise Failure(
        f"client_request_id {request_id!r} already made job {job.job_id}, with other arguments.",
        fix="Use get_job on that job, or pass a new client_request_id for a new job.",
        code="RequestIdReused",
    )
