"""Inputs of jobs: datasets with their versions, and code sources."""

from pai_dlc_mcp.emulator import errors, listing
from pai_dlc_mcp.emulator.request import Json, Request
from pai_dlc_mcp.emulator.state import Account


def list_datasets(account: Account, request: Request) -> Json:
    """Of the default workspace if none is given (API documentation)."""
    workspace_id = request.text("WorkspaceId", account.default_workspace()["WorkspaceId"])
    account.workspace(workspace_id)
    found = listing.select(
        [dataset for dataset in account.datasets if dataset["WorkspaceId"] == workspace_id],
        request,
        exact={
            "Accessibility": "Accessibility",
            "Edition": "Edition",
            "SourceDatasetId": "SourceDatasetId",
            "SourceId": "SourceId",
        },
        among={
            "DataSourceTypes": "DataSourceType",
            "DataTypes": "DataType",
            "DatasetIds": "DatasetId",
            "Properties": "Property",
            "SourceTypes": "SourceType",
        },
        contains={"Name": "Name"},
    )
    found = listing.ordered(found, request, "GmtCreateTime", "ASC")
    datasets = [view(dataset) for dataset in listing.page(found, request, 10)]
    return {"Datasets": datasets, "TotalCount": len(found)}


def get_dataset(account: Account, request: Request) -> Json:
    return view(dataset_of(account, request))


def dataset_of(account: Account, request: Request) -> Json:
    dataset_id = request.ids["DatasetId"]
    for dataset in account.datasets:
        if dataset["DatasetId"] == dataset_id:
            return dataset
    raise errors.not_found(f"Dataset {dataset_id} not exists.")


def view(dataset: Json) -> Json:
    body = {key: value for key, value in dataset.items() if key != "Versions"}
    return {**body, "LatestVersion": dataset["Versions"][-1]}


def list_dataset_versions(account: Account, request: Request) -> Json:
    found = listing.select(
        dataset_of(account, request)["Versions"],
        request,
        exact={"SourceId": "SourceId"},
        among={"Properties": "Property", "SourceTypes": "SourceType"},
    )
    found = listing.ordered(found, request, "GmtCreateTime", "ASC")
    return {
        "DatasetVersions": listing.page(found, request, 10),
        "PageNumber": request.number("PageNumber", 1),
        "PageSize": request.number("PageSize", 10),
        "TotalCount": len(found),
    }


def get_dataset_version(account: Account, request: Request) -> Json:
    name = request.ids["VersionName"]
    dataset = dataset_of(account, request)
    version = next((version for version in dataset["Versions"] if version["VersionName"] == name), None)
    if not version:
        raise errors.not_found(f"Dataset version {name} not exists.")
    return {"DatasetId": dataset["DatasetId"], **version}


def list_code_sources(account: Account, request: Request) -> Json:
    """WorkspaceId is required; tokens are returned empty."""
    account.workspace(request.text("WorkspaceId"))
    found = listing.select(
        [{**source, "CodeRepoAccessToken": ""} for source in account.code_sources],
        request,
        exact={"WorkspaceId": "WorkspaceId"},
        contains={"DisplayName": "DisplayName"},
    )
    found = listing.ordered(found, request, "GmtCreateTime", "ASC")
    return {"CodeSources": listing.page(found, request, 10), "TotalCount": len(found)}


def get_code_source(account: Account, request: Request) -> Json:
    source_id = request.ids["CodeSourceId"]
    for source in account.code_sources:
        if source["CodeSourceId"] == source_id:
            return source
    raise errors.not_found(f"Code source {source_id} not exists.")
