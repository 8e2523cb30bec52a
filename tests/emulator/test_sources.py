"""Datasets and code sources."""

import pytest
from alibabacloud_aiworkspace20210204 import models
from alibabacloud_aiworkspace20210204.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException


def test_datasets_are_those_of_the_default_workspace_if_none_is_given(workspace: Client) -> None:
    here = workspace.list_datasets(models.ListDatasetsRequest()).body.datasets
    there = workspace.list_datasets(models.ListDatasetsRequest(workspace_id="234567")).body.datasets
    assert [dataset.name for dataset in here] == ["shared-output", "llm-corpus", "sft-dialogs"]
    assert [dataset.name for dataset in there] == ["coco-images"]


def test_datasets_are_filtered_by_name_and_kind(workspace: Client) -> None:
    request = models.ListDatasetsRequest(name="OUT", data_source_types="NAS,CPFS")
    assert [dataset.dataset_id for dataset in workspace.list_datasets(request).body.datasets] == [
        "d-sharedoutput000003"
    ]


def test_a_dataset_has_versions(workspace: Client) -> None:
    dataset_id = "d-llmcorpus000000001"
    assert workspace.get_dataset(dataset_id, models.GetDatasetRequest()).body.latest_version.version_name == "v2"
    request = models.ListDatasetVersionsRequest(page_number=1, page_size=10)
    versions = workspace.list_dataset_versions(dataset_id, request).body.dataset_versions
    assert [version.version_name for version in versions] == ["v1", "v2"]
    assert workspace.get_dataset_version(dataset_id, "v1", models.GetDatasetVersionRequest()).body.data_count == 128411


def test_what_is_not_there_is_not_found(workspace: Client) -> None:
    for ask in (
        lambda: workspace.get_dataset("d-none", models.GetDatasetRequest()),
        lambda: workspace.get_dataset_version("d-llmcorpus000000001", "v9", models.GetDatasetVersionRequest()),
        lambda: workspace.get_code_source("code-none", models.GetCodeSourceRequest()),
    ):
        with pytest.raises(ClientException) as caught:
            ask()
        assert caught.value.status_code == 404


def test_code_sources_need_a_workspace(workspace: Client) -> None:
    with pytest.raises(ClientException) as caught:
        workspace.list_code_sources(models.ListCodeSourcesRequest())
    assert (caught.value.status_code, caught.value.code) == (400, "InvalidParameter")


def test_a_list_of_code_sources_shows_no_tokens(workspace: Client) -> None:
    found = workspace.list_code_sources(models.ListCodeSourcesRequest(workspace_id="123456")).body.code_sources
    assert [(source.display_name, source.code_repo_access_token) for source in found] == [
        ("llm-train", ""),
        ("eval-harness", ""),
    ]
    assert (
        workspace.get_code_source(found[0].code_source_id, models.GetCodeSourceRequest()).body.code_repo_access_token
        == "EXAMPLE-TOKEN"
    )
