"""ListEcsSpecs: the pay-as-you-go instance types."""

from pai_dlc_mcp.emulator import errors, listing
from pai_dlc_mcp.emulator.request import Json, Request
from pai_dlc_mcp.emulator.state import Account


def list_ecs_specs(account: Account, request: Request) -> Json:
    """SortBy is documented, but the service rejects each of its values (Alibaba's job skill)."""
    if request.text("SortBy"):
        raise errors.invalid(f"SortBy {request.text('SortBy')} is invalid.")
    found = listing.select(
        account.specs,
        request,
        exact={"AcceleratorType": "AcceleratorType", "ResourceType": "ResourceType"},
        among={"InstanceTypes": "InstanceType"},
    )
    return {"EcsSpecs": listing.page(found, request, 10), "TotalCount": len(found)}


def find(account: Account, instance_type: str) -> Json | None:
    return next((spec for spec in account.specs if spec["InstanceType"] == instance_type), None)


def available(account: Account, instance_type: str) -> bool:
    spec = find(account, instance_type)
    return spec is not None and spec["IsAvailable"]
