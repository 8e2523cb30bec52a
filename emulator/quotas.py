"""Quotas for DLC jobs: AIWorkSpace's ListResources, and PAI Studio's ListQuotas and GetQuota."""

from pai_dlc_mcp.emulator import ledger, listing
from pai_dlc_mcp.emulator.job import Resources
from pai_dlc_mcp.emulator.request import Json, Request
from pai_dlc_mcp.emulator.state import Account


def list_resources(account: Account, request: Request) -> Json:
    """The way to find a workspace's quota ids for DLC: Resources[].Quotas[].Id."""
    workspace_id = request.text("WorkspaceId")
    quota_ids = request.words("QuotaIds")
    found: list[Json] = [
        {
            "Id": "",
            "Name": quota["QuotaName"],
            "ResourceType": quota["ResourceType"],
            "ProductType": "PAI",
            "WorkspaceId": workspace["WorkspaceId"],
            "IsDefault": False,
            "GroupName": "",
            "GmtCreateTime": quota["GmtCreatedTime"].replace("Z", ".000Z"),
            "Quotas": [
                {
                    "Id": quota["QuotaId"],
                    "Name": quota["QuotaName"],
                    "DisplayName": quota["QuotaName"],
                    "QuotaType": quota["ResourceType"],
                    "ProductCode": "PAI_isolate",
                    "Mode": "isolate",
                    "CardType": "GPU",
                    "Specs": [],
                }
            ],
        }
        for quota in account.quotas
        for workspace in quota["Workspaces"]
        if workspace_id in ("", workspace["WorkspaceId"]) and (not quota_ids or quota["QuotaId"] in quota_ids)
    ]
    found = listing.select(
        found,
        request,
        among={"ProductTypes": "ProductType", "ResourceTypes": "ResourceType"},
        contains={"ResourceName": "Name"},
    )
    return {"Resources": listing.page(found, request, 20), "TotalCount": len(found)}


def list_quotas(account: Account, request: Request) -> Json:
    workspaces, name = set(request.words("WorkspaceIds")), request.text("WorkspaceName").lower()
    found = [
        view(account, quota)
        for quota in account.quotas
        if (not workspaces or workspaces & {workspace["WorkspaceId"] for workspace in quota["Workspaces"]})
        and any(name in workspace["WorkspaceName"].lower() for workspace in quota["Workspaces"])
    ]
    found = listing.select(
        found,
        request,
        exact={"GPUType": "GPUType", "ParentQuotaId": "ParentQuotaId", "ResourceType": "ResourceType"},
        among={"QuotaIds": "QuotaId", "Statuses": "Status", "Versions": "Version"},
        contains={"QuotaName": "QuotaName"},
    )
    found = listing.ordered(found, request, "GmtCreatedTime", "desc")
    return {"Quotas": listing.page(found, request, 20), "TotalCount": len(found)}


def get_quota(account: Account, request: Request) -> Json:
    return view(account, account.quota(request.ids["QuotaId"]))


def view(account: Account, quota: Json) -> Json:
    """A quota with the amounts in use. Requested amounts include the queue's."""
    now = account.now()
    taken = ledger.used(account, quota, now)
    asked = taken
    for job in ledger.waiting(account, quota, now):
        asked = ledger.plus(asked, ledger.total(job))
    details = {
        **quota["QuotaDetails"],
        "AllocatedQuota": amounts(quota, taken),
        "UsedQuota": amounts(quota, taken),
        "RequestedQuota": amounts(quota, asked),
    }
    return {**quota, "QuotaDetails": details}


def amounts(quota: Json, given: Resources) -> Json:
    return {
        "CPU": str(given.cpu),
        "GPU": str(given.gpu),
        "Memory": f"{given.memory}Gi",
        "GPUType": quota["GPUType"],
    }
