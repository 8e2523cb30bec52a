"""Base of the operations of a noun: reads, sent at once, and writes, values that a permit sends. Whether an operation
writes is declared where it is called, never derived from its name: GetToken creates a token."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pai_dlc_mcp.server.cloud.endpoints import Product
from pai_dlc_mcp.server.cloud.gateway import Gateway

T = TypeVar("T")


def _nothing(_: dict[str, Any]) -> None:
    return None


@dataclass(frozen=True)
class Write(Generic[T]):
    """One request that changes something, exactly as it will be sent. `params` are the API's own names; `answer` reads
    the response; `shown_by` names the tool that shows whether it was carried out. `path` holds the ids. It is sent by a
    permit alone, and at most once."""

    product: Product
    action: str
    region: str
    path: tuple[str, ...]
    params: Mapping[str, Any]
    shown_by: str
    answer: Callable[[dict[str, Any]], T] = field(compare=False, repr=False)


@dataclass(frozen=True)
class Api:
    """The service as one tool call sees it: its region."""

    gateway: Gateway
    region: str

    async def read(
        self,
        product: Product,
        action: str,
        *path: str,
        params: Mapping[str, Any] | None = None,
        pathname: str | None = None,
    ) -> dict[str, Any]:
        """The response of a read, retried where that may help. Raises CloudError."""
        return await self.gateway.read(product, action, self.region, *path, params=params, pathname=pathname)

    def write(
        self,
        action: str,
        *path: str,
        params: Mapping[str, Any] | None = None,
        shown_by: str = "get_job",
        answer: Callable[[dict[str, Any]], T] = _nothing,
    ) -> Write[T]:
        """A write of PAI-DLC, not sent yet; None values are left out."""
        sent = {name: value for name, value in (params or {}).items() if value is not None}
        return Write("pai-dlc", action, self.region, path, sent, shown_by, answer)


@dataclass(frozen=True)
class Regional:
    """Base of one noun's operations in one region."""

    api: Api
