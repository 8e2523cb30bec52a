"""Creates a job like an existing one, with listed changes. Read, changed and sent inside the server: env values reach
no result."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from pai_dlc_mcp.server.budget.redact import of_call
from pai_dlc_mcp.server.cloud.errors import CloudError, or_none
from pai_dlc_mcp.server.cloud.jobs import Job
from pai_dlc_mcp.server.cloud.secret_fields import secrets_of
from pai_dlc_mcp.server.cloud.shape import as_list, as_object
from pai_dlc_mcp.server.deps import CloudInRegion
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.protocol.schemas import explain
from pai_dlc_mcp.server.rules import job_body
from pai_dlc_mcp.server.rules.job_body import Difference
from pai_dlc_mcp.server.rules.job_spec import Draft
from pai_dlc_mcp.server.workflows.create_once import ARGUMENTS_TAG, REQUEST_TAG

CLONED_TAG = "mcp-cloned-from"
_EVER = "1970-01-01T00:00:00Z"  # without it ListJobs shows the last 7 days
_NAME = re.compile(r"[0-9A-Za-z_.-]{1,240}")


@dataclass(frozen=True)
class Original:
    """A job as a draft that could be created again. `notes` name what could not be copied."""

    job: Job
    body: dict[str, Any]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Clone:
    """The draft of a similar job, and its differences from the original."""

    draft: Draft
    differences: tuple[Difference, ...]


async def read(cloud: CloudInRegion, job_id: str) -> Original:
    """Read a job's configuration. Raises Failure if the service no longer has it."""
    job = await or_none(cloud.jobs.get(job_id))
    if job is None:
        raise Failure(
            f"Job {job_id} cannot be read in {cloud.region}: it was deleted, it is too old for the service to keep, "
            "or it is of another region or account.",
            fix="Look with list_jobs (start_time reaches back further than 7 days), or describe the job to create_job.",
            code="NotReadable",
        )
    body, left = job_body.copied(job.raw)
    if lacks := [name for name in ("WorkspaceId", "JobType", "JobSpecs", "UserCommand") if not body.get(name)]:
        raise Failure(
            f"The service tells no {', '.join(lacks)} of job {job_id} any more: it is too old to be cloned.",
            fix="Describe the job to create_job.",
            code="NotReadable",
        )
    tags = as_object(as_object(body.get("Settings")).get("Tags"))
    for tag in (REQUEST_TAG, ARGUMENTS_TAG):
        tags.pop(tag, None)
    notes = [f"not copied: {', '.join(left)}"] if left else []
    minutes, said = await _most_minutes(cloud, job)
    if minutes:
        body["JobMaxRunningTimeMinutes"] = minutes
    return Original(job, body, (*notes, *said))


def changed(original: Original, changes: Mapping[str, Any]) -> Clone:
    """Apply changes to a draft. Raises Failure for changes that give no valid job."""
    name = original.job.display_name
    renamed = {"DisplayName": f"{name}-clone" if _NAME.fullmatch(name) else f"clone-of-{original.job.job_id}"}
    body = job_body.changed({**original.body, **renamed}, changes)
    differences = job_body.differences(original.body, body, of_call().also(secrets_of(body)))
    settings = as_object(body.get("Settings"))
    tags = {**as_object(settings.get("Tags")), CLONED_TAG: original.job.job_id}
    return Clone(_draft({**body, "Settings": {**settings, "Tags": tags}}), tuple(differences))


def gone(original: Original, failure: Failure) -> Failure:
    """The failure of a clone whose image, dataset or the like no longer exists; for a dataset with its storage path."""
    offers: list[str] = []
    for source in map(as_object, as_list(original.job.raw.get("DataSources"))):
        dataset, uri = str(source.get("DataSourceId") or ""), str(source.get("Uri") or "")
        if dataset and dataset in failure.what and uri:
            offers.append(f"{dataset} was {uri}: mount that uri instead")
    fix = f"Pass the replacements in `changes`, as create_job takes them{': ' if offers else ''}{'; '.join(offers)}."
    return Failure(f"A job like {original.job.job_id}: {failure.what}", fix=fix, code=failure.code)


def _draft(body: Mapping[str, Any]) -> Draft:
    known = {field.alias for name, field in Draft.model_fields.items() if name != "other"}
    named = {name: value for name, value in body.items() if name in known}
    other = {name: value for name, value in body.items() if name not in known}
    try:
        return Draft.model_validate({**named, "other": other})
    except ValidationError as error:
        failure = explain(error)
        raise Failure(
            f"The changed job is none: {failure.what}",
            fix="Give `changes` the fields of create_job: only what differs; null removes.",
            code=failure.code,
        ) from None


async def _most_minutes(cloud: CloudInRegion, job: Job) -> tuple[int | None, tuple[str, ...]]:
    """JobMaxRunningTimeMinutes (in ListJobs only, not in GetJob), and notes."""
    filters = {"WorkspaceId": job.workspace_id, "JobId": job.job_id, "StartTime": _EVER, "ShowOwn": False}
    try:
        page = await cloud.jobs.list(filters, 0, 20)
    except CloudError as error:
        return None, (f"job_max_running_time_minutes of the original is not known ({error.code}): pass it",)
    listed = next((item for item in page.items if item.job_id == job.job_id), None)
    if listed is None:
        return None, ("job_max_running_time_minutes of the original is not known: pass it in changes",)
    return listed.max_minutes or None, ()


def named(clone: Clone, display_name: str) -> Clone:
    """The same clone with another display name."""
    return replace(clone, draft=clone.draft.model_copy(update={"display_name": display_name}))
