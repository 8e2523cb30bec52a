"""The account of the credentials, and whether each product can be reached with them."""

import re
import time
from dataclasses import dataclass
from typing import Any

import anyio

from pai_dlc_mcp.server.cloud import endpoints
from pai_dlc_mcp.server.cloud.api import Api, Regional
from pai_dlc_mcp.server.cloud.endpoints import Product
from pai_dlc_mcp.server.cloud.errors import CloudError
from pai_dlc_mcp.server.cloud.gateway import Gateway

# A read of each product, free of charge; PAI Studio is called by path.
_PROBES: dict[Product, tuple[str, str | None]] = {
    "pai-dlc": ("ListJobs", None),
    "aiworkspace": ("ListWorkspaces", None),
    "pai": ("ListQuotas", "/api/v1/quotas/"),
}
PRODUCTS: tuple[Product, ...] = tuple(_PROBES)


@dataclass(frozen=True)
class Probe:
    """The result of reading one item of a product. `error` is None if the read succeeded."""

    product: Product
    host: str
    action: str
    milliseconds: int
    error: CloudError | None


class Account(Regional):
    """Operations on the account itself."""

    async def probe(self, product: Product) -> Probe:
        """Read one item of a product and measure the time."""
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
        """The caller's ARN: of the role's session, else from STS GetCallerIdentity; None where STS cannot be reached
        (the emulator, a network without it)."""
        if assumed := self.api.gateway.assumed():
            return assumed
        if self.api.gateway.settings.endpoint:
            return None
        try:
            body = await self.api.read("sts", "GetCallerIdentity", pathname="/")
        except CloudError:
            return None
        return str(body.get("Arn") or "") or None


class Identity:
    """The caller's ARN: of the role's session, else from STS, once a process. None if STS does not answer within
    `_PATIENCE` seconds; it is called again after `_AGAIN` seconds."""

    _PATIENCE, _AGAIN = 3.0, 600.0  # seconds

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._arn: str | None = None
        self._asked = float("-inf")
        self._lock = anyio.Lock()

    async def arn(self, region: str) -> str | None:
        """The caller's ARN; None if it is not known."""
        if assumed := self._gateway.assumed():
            return assumed
        async with self._lock:
            if not self._arn and time.monotonic() - self._asked > self._AGAIN:
                self._asked = time.monotonic()
                with anyio.move_on_after(self._PATIENCE):
                    self._arn = await Account(Api(self._gateway, region)).identity()
            return self._arn


def account_in(arn: str | None) -> str | None:
    """The account id in an ARN such as acs:ram::1234567890123456:user/alice; None if there is none."""
    found = re.match(r"acs:[a-z]+::(\d+):", arn or "")
    return found[1] if found else None
