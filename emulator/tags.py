"""TagResources and UntagResources: tags of jobs (Settings.Tags)."""

from collections.abc import Iterable

from pai_dlc_mcp.emulator import errors
from pai_dlc_mcp.emulator.request import Json, Request
from pai_dlc_mcp.emulator.state import Account


def tag_resources(account: Account, request: Request) -> Json:
    sent = request.sent()
    added = {tag["Key"]: tag.get("Value", "") for tag in sent.get("Tag", [])}
    for tags in tags_of(account, request.action, sent.get("ResourceType", ""), sent.get("ResourceId", [])):
        tags |= added
    return {}


def untag_resources(account: Account, request: Request) -> Json:
    """ResourceId and TagKey are JSON lists in the query. All removes every tag if no key is given."""
    keys: list[str] = request.json("TagKey") or []
    ids: list[str] = request.json("ResourceId") or []
    for tags in tags_of(account, request.action, request.text("ResourceType"), ids):
        for key in list(tags) if request.flag("All") and not keys else keys:
            tags.pop(key, None)
    return {}


def tags_of(account: Account, action: str, kind: str, ids: list[str]) -> Iterable[dict[str, str]]:
    """The tags of each job; all jobs are looked up before any is changed."""
    if kind.lower() != "job" or not 1 <= len(ids) <= 50:
        raise errors.invalid("ResourceType must be Job, with 1 to 50 values of ResourceId.")
    found = [account.job(job_id, action, own=True) for job_id in ids]
    return [job.body.setdefault("Settings", {}).setdefault("Tags", {}) for job in found]
