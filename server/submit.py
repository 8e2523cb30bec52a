"""Creating a job at most once, on a service whose CreateJob takes no client token.

Each create carries a request id in Settings.Tags. When no clear answer comes, the job is looked for by that tag, then
by name; it is never sent again.
"""

import hashlib
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import anyio

from pai_dlc_mcp.server.cloud.errors import CloudError
from pai_dlc_mcp.server.cloud.jobs import JobSummary
from pai_dlc_mcp.server.cloud.shape import as_object
from pai_dlc_mcp.server.deps import CloudInRegion
from pai_dlc_mcp.server.errors import Failure

REQUEST_TAG, ARGUMENTS_TAG = "mcp-request-id", "mcp-arguments"
_LOOKS = (0.5, 1.5, 3.0)  # seconds before each look for a job that may have been created
_EVER = "1970-01-01T00:00:00Z"  # the service looks back 7 days by default


@dataclass(frozen=True)
class Submitted:
    """`existing`: an earlier call with this client_request_id made it. `recovered`: made, without an answer."""

    status: Literal["created", "existing", "recovered", "not_created"]
    job_id: str | None
    request_id: str


async def submit(
    cloud: CloudInRegion, body: dict[str, Any], *, client_request_id: str | None, allow_same_name: bool
) -> Submitted:
    """Create the job this body describes.

    Raises Failure for a live job of the same name, or a request id used with other arguments; CloudError when the
    service refused, or when it can neither be reached nor asked what happened.
    """
    arguments = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:16]
    request_id = client_request_id or uuid.uuid4().hex
    if client_request_id and (earlier := await _by_tag(cloud, body, request_id)):
        return _same(earlier[0], request_id, arguments)
    if not allow_same_name:
        await _refuse_same_name(cloud, body)
    settings = as_object(body.get("Settings"))
    tags = {**as_object(settings.get("Tags")), REQUEST_TAG: request_id, ARGUMENTS_TAG: arguments}
    tagged = {**body, "Settings": {**settings, "Tags": tags}}
    try:
        return Submitted("created", await cloud.jobs.create(tagged), request_id)
    except CloudError as error:
        if not error.maybe_done:
            raise
    for seconds in _LOOKS:
        await anyio.sleep(seconds)
        if found := await _by_tag(cloud, body, request_id) or await _by_name(cloud, body, request_id):
            return Submitted("recovered", found[0].job_id, request_id)
    return Submitted("not_created", None, request_id)


async def _by_tag(cloud: CloudInRegion, body: dict[str, Any], request_id: str) -> Sequence[JobSummary]:
    """Jobs that carry the request id; the answer is checked here too, should the service ignore the filter."""
    tag = {REQUEST_TAG: request_id}
    filters = {"WorkspaceId": body["WorkspaceId"], "Tags": tag, "StartTime": _EVER}
    return [job for job in (await cloud.jobs.list(filters)).items if job.settings.tags.get(REQUEST_TAG) == request_id]


async def _by_name(cloud: CloudInRegion, body: dict[str, Any], request_id: str) -> Sequence[JobSummary]:
    filters = {"WorkspaceId": body["WorkspaceId"], "DisplayName": body["DisplayName"]}
    return [job for job in (await cloud.jobs.list(filters)).items if job.settings.tags.get(REQUEST_TAG) == request_id]


def _same(job: JobSummary, request_id: str, arguments: str) -> Submitted:
    if job.settings.tags.get(ARGUMENTS_TAG) == arguments:
        return Submitted("existing", job.job_id, request_id)
    raise Failure(
        f"client_request_id {request_id!r} already made job {job.job_id}, with other arguments.",
        fix="Use get_job on that job, or pass a new client_request_id for a new job.",
        code="RequestIdReused",
    )


async def _refuse_same_name(cloud: CloudInRegion, body: dict[str, Any]) -> None:
    name = body["DisplayName"]
    filters = {"WorkspaceId": body["WorkspaceId"], "DisplayName": name, "ShowOwn": False}
    alike = (await cloud.jobs.list(filters, limit=100)).items
    if live := next((job for job in alike if job.display_name == name and not job.terminal), None):
        raise Failure(
            f"Job {live.job_id} in workspace {live.workspace_id} already has the name {name!r} and is {live.status}.",
            fix="Use that job, choose another display_name, or pass allow_same_name=true.",
            code="SameName",
        )
