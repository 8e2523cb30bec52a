"""Workspaces, and small operations of AIWorkSpace: permissions, products, its own quotas."""

from pai_dlc_mcp.emulator import errors, listing
from pai_dlc_mcp.emulator.request import Json, Request
from pai_dlc_mcp.emulator.state import OWNER_ID, USER_NAMES, Account

PERMISSIONS = ("PaiDLC:GetJob", "PaiDLC:ListJobs", "PaiDLC:CreateJob", "PaiDLC:StopJob", "PaiDLC:GetPodLogs")


def list_workspaces(account: Account, request: Request) -> Json:
    found = listing.select(
        account.workspaces,
        request,
        exact={"Status": "Status", "ResourceGroupId": "resourceGroupId"},
        among={"WorkspaceIds": "WorkspaceId"},
        contains={"WorkspaceName": "WorkspaceName"},
    )
    found = listing.ordered(found, request, "GmtCreateTime", "ASC")
    return {"Workspaces": listing.page(found, request, 20), "TotalCount": len(found)}


def get_workspace(account: Account, request: Request) -> Json:
    workspace = account.workspace(request.ids["WorkspaceId"])
    body = {key: value for key, value in workspace.items() if key != "resourceGroupId"}
    return {**body, "ResourceGroupId": workspace["resourceGroupId"], "Owner": owner()}


def get_default_workspace(account: Account, request: Request) -> Json:
    workspace = account.default_workspace()
    left_out = ("resourceGroupId", "AdminNames", "ExtraInfos", "IsDefault")
    body = {key: value for key, value in workspace.items() if key not in left_out}
    return {**body, "Owner": owner(), "Conditions": [{"Type": "ENABLED", "Code": 200, "Message": ""}]}


def owner() -> Json:
    return {"UserKp": OWNER_ID, "UserId": OWNER_ID, "UserName": USER_NAMES[OWNER_ID]}


def get_permission(account: Account, request: Request) -> Json:
    account.workspace(request.ids["WorkspaceId"])
    code = request.ids["PermissionCode"]
    if code not in PERMISSIONS:
        raise errors.not_found(f"Permission {code} not exists.")
    return permission(code)


def list_permissions(account: Account, request: Request) -> Json:
    account.workspace(request.ids["WorkspaceId"])
    return {"Permissions": [permission(code) for code in PERMISSIONS], "TotalCount": len(PERMISSIONS)}


def permission(code: str) -> Json:
    rules = [
        {"Accessibility": "PUBLIC", "EntityAccessType": "ANY"},
        {"Accessibility": "PRIVATE", "EntityAccessType": "CREATOR"},
    ]
    return {"PermissionCode": code, "PermissionRules": rules}


def list_products(account: Account, request: Request) -> Json:
    codes, services = request.words("ProductCodes"), request.words("ServiceCodes")
    products = [
        {
            "ProductCode": code,
            "ProductId": "",
            "IsPurchased": True,
            "HasPermissionToPurchase": False,
            "PurchaseUrl": "",
        }
        for code in ("PAI_share", "PAI_isolate", "DLC_share")
        if not codes or code in codes
    ]
    open_services = [{"ServiceCode": "oss", "IsOpen": True, "OpenUrl": ""}] if not services or "oss" in services else []
    return {"Products": products, "Services": open_services}


def list_quotas(account: Account, request: Request) -> Json:
    """AIWorkSpace's quotas are for MaxCompute: numeric ids, not usable for DLC jobs."""
    quota: Json = {
        "Id": "1828233",
        "Name": "pai-default",
        "DisplayName": "pai-default",
        "QuotaType": "PAI",
        "Mode": "share",
        "ProductCode": "PAI_share",
        "Specs": [{"Name": "cu", "Value": "500", "Type": "string"}],
    }
    found = listing.select([quota], request, contains={"Name": "Name"})
    return {"Quotas": found, "TotalCount": len(found)}
