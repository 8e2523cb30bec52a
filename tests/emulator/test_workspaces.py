"""Workspaces and AIWorkSpace's small operations."""

from typing import Any

import pytest
from alibabacloud_aiworkspace20210204 import models
from alibabacloud_aiworkspace20210204.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException


def ids(workspace: Client, **query: Any) -> list[str]:
    found = workspace.list_workspaces(models.ListWorkspacesRequest(**query)).body.workspaces
    return [item.workspace_id for item in found]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["345678", "123456", "234567"]),
        ({"order": "DESC"}, ["234567", "123456", "345678"]),
        ({"workspace_name": "llm"}, ["123456"]),
        ({"status": "ENABLED"}, ["123456", "234567"]),
        ({"workspace_ids": "234567,999"}, ["234567"]),
        ({"page_size": 1, "page_number": 2}, ["123456"]),
    ],
    ids=str,
)
def test_workspaces_are_listed_oldest_first(workspace: Client, query: dict[str, Any], found: list[str]) -> None:
    assert ids(workspace, **query) == found


def test_a_workspace_tells_its_times_with_milliseconds(workspace: Client) -> None:
    body = workspace.get_workspace("123456", models.GetWorkspaceRequest()).body
    assert (body.workspace_name, body.is_default, body.gmt_create_time) == (
        "llm_team",
        True,
        "2025-06-01T03:04:05.123Z",
    )
    assert body.resource_group_id == "rg-acfmexample1234"


def test_the_default_workspace_is_known(workspace: Client) -> None:
    body = workspace.get_default_workspace(models.GetDefaultWorkspaceRequest()).body
    assert body.workspace_id == "123456"


def test_an_unknown_workspace_is_a_numeric_code(workspace: Client) -> None:
    with pytest.raises(ClientException) as caught:
        workspace.get_workspace("1", models.GetWorkspaceRequest())
    assert (caught.value.status_code, caught.value.code) == (404, "100400027")
    assert caught.value.data["Message"] == "Workspace not exists"


def test_permissions_products_and_old_quotas_are_there(workspace: Client) -> None:
    permissions = workspace.list_permissions("123456", models.ListPermissionsRequest()).body.permissions
    codes = [permission.permission_code for permission in permissions]
    one = workspace.get_permission("123456", codes[0], models.GetPermissionRequest()).body
    assert one.permission_code == codes[0]
    assert workspace.list_products(models.ListProductsRequest(product_codes="DLC_share")).body.products[0].is_purchased
    assert [quota.id for quota in workspace.list_quotas(models.ListQuotasRequest()).body.quotas] == ["1828233"]
