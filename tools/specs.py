"""ECS specs: the instance types of pay-as-you-go jobs."""

from typing import Annotated, Literal

from pydantic import Field

from pai_dlc_mcp.server.cloud import ids
from pai_dlc_mcp.server.cloud.paging import Page
from pai_dlc_mcp.server.cloud.specs import EcsSpec
from pai_dlc_mcp.server.deps import Cloud
from pai_dlc_mcp.server.protocol.reply import Listing, Row
from pai_dlc_mcp.server.protocol.toolset import Toolset
from pai_dlc_mcp.tools.params import Limit, Offset, Region

tools = Toolset("core")

SortBy = Literal["gpus", "gpu_memory", "cpus", "memory"]


class SpecRow(Row):
    """Memory in GiB."""

    instance_type: str
    gpus: int
    gpu_type: str | None = None
    gpu_memory: int | None = None
    cpus: int
    memory: int
    available: bool
    spot_stock: str | None = None


class SpecList(Listing):
    rows = "specs"

    specs: list[SpecRow]


@tools.read("List ECS specs")
async def list_ecs_specs(
    cloud: Cloud,
    accelerator: Annotated[Literal["GPU", "CPU"] | None, Field(description="Kind of chip.")] = None,
    gpus: Annotated[int | None, Field(ge=0, le=64, description="Exactly this many GPUs.")] = None,
    prefix: Annotated[str | None, Field(pattern=ids.INSTANCE_TYPE, description="e.g. ecs.gn6i")] = None,
    available_only: Annotated[bool, Field(description="Hide what is sold out.")] = True,
    resource_type: Annotated[Literal["ECS", "Lingjun"] | None, Field(description="Only of this kind.")] = None,
    sort_by: Annotated[SortBy, Field(description="Size compared.")] = "gpus",
    order: Annotated[Literal["asc", "desc"], Field(description="Smallest or largest first.")] = "asc",
    limit: Limit = 20,
    offset: Offset = 0,
    region: Region = None,
) -> SpecList:
    """List instance types for pay-as-you-go jobs, with GPUs, memory (GiB) and stock. The instance_type goes verbatim
    into create_job's job_specs[].ecs_spec; quota jobs use resource_config instead."""
    found = await cloud.specs.list({"AcceleratorType": accelerator, "ResourceType": resource_type})
    alike = [s for s in found if (gpus is None or s.gpus == gpus) and s.instance_type.startswith(prefix or "")]
    kept = [spec for spec in alike if spec.available or not available_only]
    kept.sort(key=lambda spec: _size(spec, sort_by), reverse=order == "desc")
    page = Page(kept[offset : offset + limit], offset, len(kept))
    hidden = len(alike) - len(kept)
    note = f"{hidden} specs without stock are hidden (available_only=false shows them)" if hidden else None
    return SpecList.of(page, note=note)


def _size(spec: EcsSpec, sort_by: SortBy) -> tuple[int, ...]:
    sizes = {"gpus": spec.gpus, "gpu_memory": spec.gpu_memory or 0, "cpus": spec.cpus, "memory": spec.memory}
    return (sizes[sort_by], spec.gpus, spec.cpus, spec.memory)
