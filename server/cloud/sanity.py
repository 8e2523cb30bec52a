"""Sanity checks: tests of the GPUs and links of a job's nodes before training."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from pai_dlc_mcp.server.cloud.api import Regional
from pai_dlc_mcp.server.cloud.model import CloudModel, Told
from pai_dlc_mcp.server.cloud.shape import as_list
from pai_dlc_mcp.server.cloud.times import Time


def _unquoted(value: object) -> object:
    return value.strip("\"'“”") if isinstance(value, str) else value


When = Annotated[Time | None, BeforeValidator(_unquoted)]  # values in the official examples have extra quotation marks


class Phase(CloudModel):
    """One phase of a check. `number` counts the checks of the job, one for each start or restart."""

    number: int = Field(default=0, alias="CheckNumber")
    phase: str = Field(default="", alias="Phase")
    status: str = Field(default="Unknown", alias="Status")
    message: Told | None = Field(default=None, alias="Message")
    started: When = Field(default=None, alias="StartedAt")
    finished: When = Field(default=None, alias="FinishedAt")


class Sanity(Regional):
    """Operations on sanity checks in one region."""

    async def checks(self, job_id: str) -> Sequence[Sequence[Phase]]:
        """ListJobSanityCheckResults, newest first; empty for a job without checks. Raises CloudError."""
        params = {"Order": "desc"}
        body = await self.api.read("pai-dlc", "ListJobSanityCheckResults", job_id, params=params)
        return by_check(body.get("SanityCheckResults"))

    async def check(self, job_id: str, number: int, phase: str | None) -> Sequence[Phase]:
        """GetJobSanityCheckResult: the phases of check `number` (from 1), or only `phase`. Raises CloudError."""
        params = {"SanityCheckNumber": number, "SanityCheckPhase": phase}
        body = await self.api.read("pai-dlc", "GetJobSanityCheckResult", job_id, params=params)
        return _phases(body.get("SanityCheckResult"))


def by_check(value: object) -> Sequence[Sequence[Phase]]:
    """The list of lists in a response, one for each check, newest first."""
    found: dict[int, list[Phase]] = {}
    for phase in (phase for check in as_list(value) for phase in _phases(check)):
        found.setdefault(phase.number, []).append(phase)
    return [found[number] for number in sorted(found, reverse=True)]


def _phases(value: object) -> Sequence[Phase]:
    items: Iterable[Any] = as_list(value)
    return [Phase.model_validate(item) for item in items if isinstance(item, dict)]
