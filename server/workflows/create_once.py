"""Creating a job at most once, on a service whose CreateJob takes no client token.

Each create carries a request id in Settings.Tags. When no clear answer comes, the job is looked for by that tag, then
by name; it is never sent again.
"""

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import anyio

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
    """`existing`: an earlier call with this client_request_id made it. `recovered`: made, without an answer."""

    status: Literal["created", "existing", "recovered", "not_created"]
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
    async with cloud.creating.setdefault(request_id, anyio.Lock()):
        arguments = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:16]
        if client_request_id and (earlier := await _by_tag(cloud, body, request_id)):
            return _same(earlier, request_id, arguments)
        if not allow_same_name:
            await refuse_same_name(cloud, body)
        settings = as_object(body.get("Settings"))
        tags = {**as_object(settings.get("Tags")), REQUEST_TAG: request_id, ARGUMENTS_TAG: arguments}
        try:
            job_id = await sender.send(cloud.jobs.create({**body, "Settings": {**settings, "Tags": tags}}))
            return Submitted("created", job_id, request_id)
        except CloudError as error:
            if not error.maybe_done:
                raise
        return await _look_for(cloud, body, request_id)


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


async def _look_for(cloud: CloudInRegion, body: dict[str, Any], request_id: str) -> Submitted:
    """What became of a create that nobody answered."""
    try:
        for seconds in _LOOKS:
            await anyio.sleep(seconds)
            found = await _by_tag(cloud, body, request_id) or await _by_name(cloud, body, request_id)
            if found:
                return Submitted("recovered", found.job_id, request_id)
    except CloudError as error:
        raise Failure(
            f"CreateJob was not answered, and whether the job exists could not be found out: {error.what}",
            fix=f"{error.fix} Then call create_job again with client_request_id={request_id}: no second job is made.",
            code="Unknown",
        ) from None
    return Submitted("not_created", None, request_id)


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
