"""Signals: Unix signals sent to the processes of a job's pods."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from pai_dlc_mcp.server.cloud.errors import sent_once
from pai_dlc_mcp.server.cloud.model import CloudModel
from pai_dlc_mcp.server.cloud.paging import Page, page
from pai_dlc_mcp.server.cloud.regional import Regional


class Signal(CloudModel):
    signal_id: str = Field(default="", alias="SignalId")
    signal: str = Field(default="", alias="Signal")
    status: str = Field(default="Unknown", alias="Status")
    scope: str | None = Field(default=None, alias="Scope")
    roles: tuple[str, ...] = Field(default=(), alias="Roles")
    pods: tuple[str, ...] = Field(default=(), alias="PodNames")
    reason: str | None = Field(default=None, alias="Reason")
    message: str | None = Field(default=None, alias="Message")
    created: str | None = Field(default=None, alias="GmtCreated")


class Signals(Regional):
    """Operations on signals in one region."""

    async def create(self, job_id: str, body: Mapping[str, Any]) -> Signal:
        """CreateSignal, sent once. Without a Target it goes to the whole job."""
        with sent_once("list_signals"):
            answer = await self.gateway.call("pai-dlc", "CreateSignal", self.region, job_id, params=body)
        return Signal.model_validate(answer)

    async def get(self, job_id: str, signal_id: str) -> Signal:
        body = await self.gateway.call("pai-dlc", "GetSignal", self.region, job_id, signal_id, params={})
        return Signal.model_validate({**body, "SignalId": signal_id})

    async def list(self, job_id: str, offset: int = 0, limit: int = 20) -> Page[Signal]:
        """ListSignals. Its page parameters are strings."""

        def ask(paging: dict[str, Any]) -> Any:
            params = {key: str(value) for key, value in paging.items()}
            return self.gateway.call("pai-dlc", "ListSignals", self.region, job_id, params=params)

        return await page(ask, "Signals", Signal, offset, limit)
