"""ECS specs: the instance types for pay-as-you-go jobs."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from pai_dlc_mcp.server.cloud.api import Regional
from pai_dlc_mcp.server.cloud.model import CloudModel
from pai_dlc_mcp.server.cloud.paging import Page, page, whole

_MOST = 20  # pages


class EcsSpec(CloudModel):
    """`instance_type` is the value for a job's EcsSpec. Memory in GiB. `spot_discount` is a factor: 0.1 means a tenth
    of the price."""

    instance_type: str = Field(default="", alias="InstanceType")
    accelerator: str = Field(default="", alias="AcceleratorType")
    gpus: int = Field(default=0, alias="Gpu")
    gpu_type: str | None = Field(default=None, alias="GpuType")
    gpu_memory: int | None = Field(default=None, alias="GpuMemory")
    cpus: int = Field(default=0, alias="Cpu")
    memory: int = Field(default=0, alias="Memory")
    available: bool = Field(default=False, alias="IsAvailable")
    spot_stock: str | None = Field(default=None, alias="SpotStockStatus")
    spot_discount: float | None = Field(default=None, alias="NonProtectSpotDiscount")
    driver: str | None = Field(default=None, alias="DefaultGPUDriver")
    drivers: tuple[str, ...] = Field(default=(), alias="SupportedGPUDrivers")
    resource_type: str | None = Field(default=None, alias="ResourceType")


class Specs(Regional):
    """Operations on instance types in one region."""

    async def list(self, filters: Mapping[str, Any]) -> Page[EcsSpec]:
        """ListEcsSpecs, all pages, unsorted: the service rejects every documented value of SortBy."""

        def ask(paging: dict[str, Any]) -> Any:
            return self.api.read("pai-dlc", "ListEcsSpecs", params={**filters, **paging})

        return await whole(lambda offset, limit: page(ask, "EcsSpecs", EcsSpec, offset, limit), _MOST)
