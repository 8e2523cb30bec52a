"""Unix signals sent to the processes of a job's pods."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from pai_dlc_mcp.server.cloud.api import Regional, Write
from pai_dlc_mcp.server.cloud.model import CloudModel, Told
from pai_dlc_mcp.server.cloud.paging import Page, page


class Signal(CloudModel):
    """A signal that was sent, and its result. `scope`: roles, pods, or nothing for the whole job."""

    signal_id: str = Field(default="", alias="SignalId")
    signal: str = Field(default="", alias="Signal")
    status: str = Field(default="Unknown", alias="Status")
    scope: str | None = Field(default=None, alias="Scope")
    roles: tuple[str, ...] = Field(default=(), alias="Roles")
    pods: tuple[str, ...] = Field(default=(), alias="PodNames")
    reason: Told | None = Field(default=None, alias="Reason")
    message: Told | None = Field(default=None, alias="Message")
    created: str | None = Field(default=None, alias="GmtCreated")


class Signals(Regional):
    """Operations on signals in one region."""

    def create(self, job_id: str, body: Mapping[str, Any]) -> Write[Signal]:
        """CreateSignal. Without a Target it is sent to the whole job."""
        return self.api.write(
            "CreateSignal", job_id, params=body, shown_by="list_signals", answer=Signal.model_validate
        )

    async def get(self, job_id: str, signal_id: str) -> Signal:
        """GetSignal; the response does not contain the id, so it is added. Raises CloudError."""
        body = await self.api.read("pai-dlc", "GetSignal", job_id, signal_id, params={})
        return Signal.model_validate({**body, "SignalId": signal_id})

    async def list(self, job_id: str, offset: int = 0, limit: int = 20) -> Page[Signal]:
        """ListSignals, whose page parameters are strings. Raises CloudError."""

        def ask(paging: dict[str, Any]) -> Any:
            params = {key: str(value) for key, value in paging.items()}
            return self.api.read("pai-dlc", "ListSignals", job_id, params=params)

        return await page(ask, "Signals", Signal, offset, limit)
