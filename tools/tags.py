"""Tags of jobs, for search and billing."""

from typing import Annotated

from pydantic import Field

from pai_dlc_mcp.server.cloud.tags import MOST_JOBS, MOST_TAGS
from pai_dlc_mcp.server.deps import Cloud
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.protocol.reply import Facts
from pai_dlc_mcp.server.protocol.toolset import Toolset
from pai_dlc_mcp.server.workflows.create_once import ARGUMENTS_TAG, REQUEST_TAG
from pai_dlc_mcp.server.workflows.permit import Sender
from pai_dlc_mcp.tools.params import JobId, Region

tools = Toolset("dashboards")

JobIds = Annotated[list[JobId], Field(min_length=1, max_length=MOST_JOBS, description="From list_jobs.")]
_LONGEST_KEY = 128  # characters


class TagsReply(Facts):
    status: str
    job_ids: list[str] | None = None
    keys: list[str] | None = None


@tools.idempotent_write("Tag jobs")
async def tag_resources(
    job_ids: JobIds,
    tags: Annotated[dict[str, str], Field(min_length=1, max_length=MOST_TAGS, description="Keys and values.")],
    cloud: Cloud,
    sender: Sender,
    region: Region = None,
) -> TagsReply:
    """Put tags on jobs, all or none of them; a key that is there gets the new value."""
    _ours_to_change(tags)
    await sender.send(cloud.tags.add(job_ids, tags))
    return TagsReply(status="tagged", job_ids=job_ids, keys=list(tags))


@tools.idempotent_write("Remove tags of jobs")
async def untag_resources(
    job_ids: JobIds,
    tag_keys: Annotated[list[str], Field(min_length=1, max_length=MOST_TAGS, description="As get_job shows them.")],
    cloud: Cloud,
    sender: Sender,
    region: Region = None,
) -> TagsReply:
    """Remove the tags with these keys from jobs. tag_resources puts them back."""
    _ours_to_change(tag_keys)
    await sender.send(cloud.tags.remove(job_ids, tag_keys))
    return TagsReply(status="untagged", job_ids=job_ids, keys=tag_keys)


def _ours_to_change(keys: dict[str, str] | list[str]) -> None:
    """Raises Failure for keys of the platform, which the service refuses, and for this server's own, by which it
    recognizes a repeated create."""
    for key in keys:
        reserved = key.lower().startswith(("aliyun", "acs:")) or "://" in key or key in (REQUEST_TAG, ARGUMENTS_TAG)
        if reserved or not 0 < len(key) <= _LONGEST_KEY:
            raise Failure(
                f"{key[:_LONGEST_KEY]!r} cannot be a tag's key here.",
                fix=f"Use 1 to {_LONGEST_KEY} characters; not aliyun…, acs:…, an address, or this server's own keys.",
                code="InvalidTag",
            )
