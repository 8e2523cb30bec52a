"""Creates a job at most once, although CreateJob has no client token.

Each create is entered in the journal before it is sent, and carries a request id in Settings.Tags. Without a clear
answer (an answer without a job id included) the job is searched by that tag, then by its name. While no job is found,
no server that shares the store sends the same create again; a user can allow it (effect create_again).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

import anyio

from pai_dlc_mcp.server.cloud import ids
from pai_dlc_mcp.server.cloud.api import Write
from pai_dlc_mcp.server.cloud.errors import CloudError, or_none
from pai_dlc_mcp.server.cloud.jobs import JobSummary
from pai_dlc_mcp.server.cloud.paging import each
from pai_dlc_mcp.server.cloud.shape import as_object
from pai_dlc_mcp.server.deps import CloudInRegion
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.safety.caller import Caller
from pai_dlc_mcp.server.safety.confirmation import keyed
from pai_dlc_mcp.server.safety.questions import Unanswered
from pai_dlc_mcp.server.safety.store import kept
from pai_dlc_mcp.server.workflows.create_journal import Entry, Journal
from pai_dlc_mcp.server.workflows.permit import SentFailure

REQUEST_TAG, ARGUMENTS_TAG = "mcp-request-id", "mcp-arguments"
_LOOKS = (0.5, 1.5, 3.0)  # seconds before each search for a job that may have been created
_EVER = "1970-01-01T00:00:00Z"  # by default the service looks back 7 days
_MOST = 10  # pages of a search by name
_LOOK = 100  # jobs of one search by tag


class Creator(Protocol):
    """Sends a CreateJob once: a Permit or a Sender."""

    @property
    def caller(self) -> Caller: ...
    async def send(self, write: Write[str]) -> str: ...


@dataclass(frozen=True)
class Submitted:
    """The result of a create. `existing`: an earlier call created the job. `recovered`: created, but the answer was
    lost. `unknown`: sent or about to be sent, not answered, and no job found yet."""

    status: Literal["created", "existing", "recovered", "unknown"]
    job_id: str | None
    request_id: str


async def submit(
    cloud: CloudInRegion,
    sender: Creator,
    body: dict[str, Any],
    *,
    client_request_id: str | None,
    allow_same_name: bool,
    again: str | None = None,
) -> Submitted:
    """Create the job that `body` describes. `again`: when the unresolved request was sent that the user agreed to send
    a second time.

    Raises Failure for a live job of the same name, and for a request id used with other arguments; CloudError if the
    service refused; Failure with the request id if the result of the create cannot be found out.
    """
    journal = Journal(cloud.store)
    wanted = await _entry(cloud, journal, sender.caller, body, client_request_id, allow_same_name)
    known = await journal.get(wanted.principal, wanted.request_id)
    if known and wanted.body and await _is_over(cloud, known):
        wanted = replace(wanted, request_id=await journal.request_id(wanted.body, instead=known.request_id))
        known = await journal.get(wanted.principal, wanted.request_id)
    if known and (submitted := await _known(cloud, journal, known, wanted, again)):
        return submitted
    if client_request_id and not known and (earlier := await _by_tag(cloud, wanted)):
        return _same(earlier, wanted)
    if not allow_same_name:
        await refuse_same_name(cloud, body, made_as=wanted.request_id)
    entry = await journal.intend(wanted, known)
    if entry is None:  # an equal call came first
        return await _other(cloud, journal, wanted)
    return await _sent(cloud, sender, journal, entry, body)


async def unresolved(cloud: CloudInRegion, caller: Caller, client_request_id: str) -> Unanswered | None:
    """The unresolved create with this request id, after one more search for its job; None if there is none."""
    journal = Journal(cloud.store)
    entry = await journal.get(caller.principal, client_request_id)
    if entry is None or entry.job_id or entry.region != cloud.region:
        return None
    if await _found(cloud, entry):
        return None
    return Unanswered(entry.request_id, entry.display_name, entry.workspace_id, entry.sent)


async def _sent(
    cloud: CloudInRegion, sender: Creator, journal: Journal, entry: Entry, body: dict[str, Any]
) -> Submitted:
    settings = as_object(body.get("Settings"))
    tags = {**as_object(settings.get("Tags")), REQUEST_TAG: entry.request_id, ARGUMENTS_TAG: entry.arguments}
    try:
        job_id = await sender.send(cloud.jobs.create({**body, "Settings": {**settings, "Tags": tags}}))
    except Failure as failure:
        if not (isinstance(failure, CloudError) and failure.maybe_done):
            await journal.forget(entry)
            raise
        job_id = ""
    if re.fullmatch(ids.JOB_ID, job_id):
        await journal.resolve(entry, job_id)
        return Submitted("created", job_id, entry.request_id)
    return await _looked_for(cloud, journal, entry)


async def refuse_same_name(cloud: CloudInRegion, body: Mapping[str, Any], made_as: str | None = None) -> None:
    """Raises Failure if a live job of the workspace has this name, whoever created it and however old it is. The job of
    this same request does not count (an equal call may have created it)."""
    name = body["DisplayName"]
    filters = {"WorkspaceId": body["WorkspaceId"], "DisplayName": name, "ShowOwn": False, "StartTime": _EVER}
    async for job in each(lambda offset, limit: cloud.jobs.list(filters, offset, limit), _MOST):
        ours = made_as is not None and job.settings.tags.get(REQUEST_TAG) == made_as
        if job.display_name == name and not job.terminal and not ours:
            raise Failure(
                f"Job {job.job_id} in workspace {job.workspace_id} already has the name {name!r} and is {job.status}.",
                fix="Use that job, choose another display_name, or pass allow_same_name=true.",
                code="SameName",
            )


async def _entry(
    cloud: CloudInRegion,
    journal: Journal,
    caller: Caller,
    body: dict[str, Any],
    client_request_id: str | None,
    allow_same_name: bool,
) -> Entry:
    key: bytes = await kept(cloud.store.secret)
    by_body = None if client_request_id else keyed(key, caller.principal, cloud.region, body, allow_same_name)
    return Entry(
        principal=caller.principal,
        request_id=await journal.request_id(by_body) if by_body else str(client_request_id),
        arguments=f"{keyed(key)[:8]}-{keyed(key, body)[:16]}",  # first the id of the key: see _differ
        region=cloud.region,
        workspace_id=str(body["WorkspaceId"]),
        display_name=str(body["DisplayName"]),
        body=by_body,
    )


async def _is_over(cloud: CloudInRegion, known: Entry) -> bool:
    """Whether the job of a create has ended; the same create without a request id then means a new job."""
    job = await or_none(cloud.jobs.get(known.job_id)) if known.job_id else None
    return job is not None and job.terminal


async def _known(
    cloud: CloudInRegion, journal: Journal, known: Entry, wanted: Entry, again: str | None
) -> Submitted | None:
    """The result of a create that the journal knows; None if it may be sent. Raises Failure for other arguments."""
    if known.region != wanted.region or _differ(known.arguments, wanted.arguments):
        raise _reused(known.request_id, known.job_id)
    if known.job_id:
        return Submitted("existing", known.job_id, known.request_id)
    return None if known.sent == again else await _looked_for(cloud, journal, known)


async def _other(cloud: CloudInRegion, journal: Journal, wanted: Entry) -> Submitted:
    """The result of an equal create that another call entered first."""
    if known := await journal.get(wanted.principal, wanted.request_id):
        return await _known(cloud, journal, known, wanted, None) or Submitted("unknown", None, known.request_id)
    raise Failure(
        "Nothing was sent: an equal create at the same time was refused by the service.",
        fix="Call again, to hear its reason.",
        code="Conflict",
    )


async def _looked_for(cloud: CloudInRegion, journal: Journal, entry: Entry) -> Submitted:
    """Search for the job of an unanswered create. If none is found it is not sent again: the service may list the job
    later."""
    try:
        for seconds in _LOOKS if entry.is_recent else (0,):
            await anyio.sleep(seconds)
            known = await journal.get(
                entry.principal, entry.request_id
            )  # the call that sent it may have got an answer meanwhile
            if known and known.job_id:
                return Submitted("existing", known.job_id, known.request_id)
            if job := await _found(cloud, entry):
                await journal.resolve(entry, job.job_id)
                return Submitted("recovered", job.job_id, entry.request_id)
    except Failure as error:
        raise SentFailure(
            f"CreateJob was not answered, and whether the job exists could not be found out: {error.what}",
            fix=f"{error.fix} Then call again with client_request_id={entry.request_id}: no second job is made.",
            code="Unknown",
        ) from None
    return Submitted("unknown", None, entry.request_id)


async def _found(cloud: CloudInRegion, entry: Entry) -> JobSummary | None:
    return await _by_tag(cloud, entry) or await _tagged(cloud, entry, {"DisplayName": entry.display_name})


async def _by_tag(cloud: CloudInRegion, entry: Entry) -> JobSummary | None:
    """The job with the request id as its tag; checked here as well, in case the service ignores the filter."""
    return await _tagged(cloud, entry, {"Tags": {REQUEST_TAG: entry.request_id}})


async def _tagged(cloud: CloudInRegion, entry: Entry, filters: Mapping[str, Any]) -> JobSummary | None:
    everywhere = {"WorkspaceId": entry.workspace_id, "StartTime": _EVER, **filters}
    page = await cloud.jobs.list(everywhere, 0, _LOOK)
    return next((job for job in page.items if job.settings.tags.get(REQUEST_TAG) == entry.request_id), None)


def _same(job: JobSummary, wanted: Entry) -> Submitted:
    if _differ(job.settings.tags.get(ARGUMENTS_TAG, ""), wanted.arguments):
        raise _reused(wanted.request_id, job.job_id)
    return Submitted("existing", job.job_id, wanted.request_id)


def _differ(one: str, other: str) -> bool:
    """Whether two digests of arguments differ. Digests made with two different keys cannot be compared: False."""
    return one.partition("-")[0] == other.partition("-")[0] and one != other


def _reused(request_id: str, job_id: str | None) -> Failure:
    made = f"already made job {job_id}" if job_id else "was already sent and is not answered yet"
    return Failure(
        f"client_request_id {request_id!r} {made}, with other arguments.",
        fix="Use get_job on that job, or pass a new client_request_id for a new job.",
        code="RequestIdReused",
    )
