"""Operations on datasets and code sources."""

from pai_dlc_mcp.server.cloud.sources import CodeSource

DATASET, CODE = "d-llmcorpus000000001", "code-20250911103721-85qz78ia96lu"
PAGING = {"SortBy": "GmtCreateTime", "Order": "DESC", "PageNumber": "1", "PageSize": "20"}


async def test_datasets_of_a_workspace_are_listed_newest_first(cloud, emulator) -> None:
    page = await cloud.sources.datasets({"WorkspaceId": "123456"})
    (request,) = emulator.requests
    assert (request.action, request.query) == ("ListDatasets", {"WorkspaceId": "123456", **PAGING})
    assert [dataset.name for dataset in page.items] == ["sft-dialogs", "llm-corpus", "shared-output"]


async def test_one_dataset_is_read(cloud, emulator) -> None:
    dataset = await cloud.sources.dataset(DATASET)
    assert emulator.requests[0].path == f"/api/v1/datasets/{DATASET}"
    assert (dataset.dataset_id, dataset.source_type, dataset.mount_access) == (DATASET, "OSS", "RO")
    assert dataset.uri == "oss://example-llm.oss-cn-hangzhou-internal.aliyuncs.com/corpus/"


async def test_code_sources_of_a_workspace_are_listed_newest_first(cloud, emulator) -> None:
    page = await cloud.sources.code_sources({"WorkspaceId": "123456"})
    (request,) = emulator.requests
    assert (request.action, request.query) == ("ListCodeSources", {"WorkspaceId": "123456", **PAGING})
    assert [source.name for source in page.items] == ["eval-harness", "llm-train"]


async def test_one_code_source_is_read_without_its_access_token(cloud, emulator) -> None:
    source = await cloud.sources.code_source(CODE)
    assert emulator.requests[0].path == f"/api/v1/codesources/{CODE}"
    assert source == CodeSource(
        code_source_id=CODE,
        name="llm-train",
        repo="https://code.example.com/llm/train.git",
        branch="main",
        commit="44da109b59f8596152987eaa8f3b2487bb72ea63",
        mount_path="/mnt/code/",
        description="Training scripts",
        accessibility="PUBLIC",
        workspace_id="123456",
        created="2025-09-11T02:37:21Z",
    )
    assert "EXAMPLE-TOKEN" not in repr(source)
