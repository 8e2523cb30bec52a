"""ECS specs: the instance types of pay-as-you-go jobs."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from pai_dlc_mcp.server.cloud import ids
from pai_dlc_mcp.server.cloud.paging import Page
from pai_dlc_mcp.server.cloud.specs import EcsSpec
from pai_dlc_mcp.server.deps import Cloud
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.prices import PriceTable
from pai_dlc_mcp.server.protocol.reply import Listing, Row
from pai_dlc_mcp.server.protocol.toolset import Toolset
from pai_dlc_mcp.server.rules.spec_choice import card_memory, of_type
from pai_dlc_mcp.tools.params import Limit, Offset, Region

tools = Toolset("core")

SortBy = Literal["gpus", "gpu_memory", "cpus", "memory", "price"]


class SpecRow(Row):
    """Memory in GiB; `card_memory` for one card. `price` for an hour, from the operator's table. `spot_discount` is a
    factor: 0.1 means a tenth of the price. The first of `drivers` is the default."""

    instance_type: str
    gpus: int
    gpu_type: str | None = None
    gpu_memory: int | None = None
    card_memory: int | None = None
    cpus: int
    memory: int
    available: bool
    spot_stock: str | None = None
    spot_discount: float | None = None
    price: float | None = None
    drivers: str | None = None


class SpecList(Listing):
    rows = "specs"

    specs: list[SpecRow]


@tools.read("List ECS specs")
async def list_ecs_specs(
    cloud: Cloud,
    accelerator: Annotated[Literal["GPU", "CPU"] | None, Field(description="Kind of chip.")] = None,
    gpus: Annotated[int | None, Field(ge=0, le=64, description="Exactly this many GPUs.")] = None,
    min_gpus: Annotated[int, Field(ge=0, le=64, description="At least.")] = 0,
    gpu_type: Annotated[str | None, Field(max_length=60, description="e.g. A100")] = None,
    prefix: Annotated[str | None, Field(pattern=ids.INSTANCE_TYPE, description="e.g. ecs.gn6i")] = None,
    available_only: Annotated[bool, Field(description="Hide what is sold out.")] = True,
    resource_type: Annotated[Literal["ECS", "Lingjun"] | None, Field(description="Only of this kind.")] = None,
    sort_by: Annotated[SortBy, Field(description="Size compared.")] = "gpus",
    order: Annotated[Literal["asc", "desc"], Field(description="Smallest or largest first.")] = "asc",
    limit: Limit = 20,
    offset: Offset = 0,
    region: Region = None,
) -> SpecList:
    """List instance types for pay-as-you-go jobs, with GPUs, memory (GiB), stock, drivers and spot discount. The
    instance_type goes verbatim into create_job's job_specs[].ecs_spec; quota jobs use resource_config instead."""
    prices = cloud.settings.prices
    if sort_by == "price" and not prices:
        raise Failure(
            "There are no prices to sort by: the API has none, and this server has no table of them.",
            fix="Sort by gpus or gpu_memory; the operator can give a table of prices (PAI_DLC_PRICES).",
            code="NoPrices",
        )
    known = await cloud.specs.list({"AcceleratorType": accelerator, "ResourceType": resource_type})
    found = of_type(known.items, gpu_type) if gpu_type else known.items
    sized = [s for s in found if s.gpus >= min_gpus and (gpus is None or s.gpus == gpus)]
    alike = [s for s in sized if s.instance_type.startswith(prefix or "")]
    rows = [_row(spec, prices, cloud.region) for spec in alike if spec.available or not available_only]
    rows.sort(key=lambda row: _size(row, sort_by), reverse=order == "desc")
    if sort_by == "price":
        rows.sort(key=lambda row: row.price is None)  # stable sort: by price, rows without a price last
    page = Page(rows[offset : offset + limit], offset, len(rows), note=known.note)
    return SpecList.of(page, note=_note(known.items, gpu_type if not found else None, len(alike) - len(rows)))


def _note(known: Sequence[EcsSpec], unknown_type: str | None, hidden: int) -> str | None:
    """What the list leaves out, or why it is empty."""
    if unknown_type:
        types = ", ".join(sorted({spec.gpu_type for spec in known if spec.gpu_type}))
        return f"no GPU type {unknown_type!r} here; there is {types or 'none'}"
    return f"{hidden} specs without stock are hidden (available_only=false shows them)" if hidden else None


def _row(spec: EcsSpec, prices: PriceTable | None, region: str) -> SpecRow:
    others = [driver for driver in spec.drivers if driver != spec.driver]
    return SpecRow.model_validate(
        {
            **dict(spec),
            "card_memory": card_memory(spec),
            "spot_discount": spec.spot_discount or None,
            "price": prices.hourly(region, spec.instance_type) if prices else None,
            "drivers": " ".join([*([spec.driver] if spec.driver else []), *others]) or None,
        }
    )


def _size(row: SpecRow, sort_by: SortBy) -> tuple[float, ...]:
    return (getattr(row, sort_by) or 0, row.gpus, row.cpus, row.memory)
