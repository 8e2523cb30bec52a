"""The account behind the credentials, and whether each product answers it."""

import time
from dataclasses import dataclass
from typing import Any

from pai_dlc_mcp.server.cloud import endpoints
from pai_dlc_mcp.server.cloud.api import Regional
from pai_dlc_mcp.server.cloud.endpoints import Product
from pai_dlc_mcp.server.cloud.errors import CloudError

# A read of each product that costs nothing; PAI Studio is called by path.
_PROBES: dict[Product, tuple[str, str | None]] = {
    "pai-dlc": ("ListJobs", None),
    "aiworkspace": ("ListWorkspaces", None),
    "pai": ("ListQuotas", "/api/v1/quotas/"),
}
PRODUCTS: tuple[Product, ...] = tuple(_PROBES)


@dataclass(frozen=True)
class Probe:
    """What a harmless read of a product came to. `error` is None when it was answered."""

    product: Product
    host: str
    action: str
    milliseconds: int
    error: CloudError | None


class Account(Regional):
    """Operations on the account itself."""

    async def key_source(self) -> str:
        return await self.api.gateway.key_source()

    async def probe(self, product: Product) -> Probe:
        """One read of one item, timed."""
        action, pathname = _PROBES[product]
        host = endpoints.host(product, self.api.region, self.api.gateway.settings)
        params: dict[str, Any] = {"PageNumber": 1, "PageSize": 1}
        started, error = time.monotonic(), None
        try:
            await self.api.read(product, action, params=params, pathname=pathname)
        except CloudError as refused:
            error = refused
        return Probe(product, host, action, round((time.monotonic() - started) * 1000), error)

    async def identity(self) -> str | None:
        """The caller's ARN, from STS GetCallerIdentity; None where STS cannot be asked (the emulator, a closed net)."""
        if self.api.gateway.settings.endpoint:
            return None
        try:
            body = await self.api.read("sts", "GetCallerIdentity", pathname="/")
        except CloudError:
            return None
        return str(body.get("Arn") or "") or None
