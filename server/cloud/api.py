"""Base of the operations of each noun: reads, which are sent at once, and Write values, which a Permit or Sender sends.

Whether an operation writes is stated at its call and not derived from its name: GetToken creates a token.
"""

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
    """One request that changes something, exactly as it will be sent, at most once.

    `path`: the ids. `params`: under the API's names. `answer`: reads the response. `shown_by`: the tool that shows
    whether the request was carried out.
    """

    product: Product
    action: str
    region: str
    path: tuple[str, ...]
    params: Mapping[str, Any]
    shown_by: str
    answer: Callable[[dict[str, Any]], T] = field(compare=False, repr=False)


@dataclass(frozen=True)
class Api:
    """The service in the region of one tool call."""

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
        """The response of a read; temporary errors are retried. Raises CloudError."""
        return await self.gateway.read(product, action, self.region, *path, params=params, pathname=pathname)

    def write(
        self,
        action: str,
        *path: str,
        params: Mapping[str, Any] | None = None,
        shown_by: str = "get_job",
        answer: Callable[[dict[str, Any]], T] = _nothing,
    ) -> Write[T]:
        """A write of PAI-DLC, not sent yet. Parameters that are None are left out."""
        sent = {name: value for name, value in (params or {}).items() if value is not None}
        return Write("pai-dlc", action, self.region, path, sent, shown_by, answer)


@dataclass(frozen=True)
class Regional:
    """Base of the operations of one noun in one region."""

    api: Api
