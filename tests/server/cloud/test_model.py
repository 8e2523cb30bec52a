"""How an answer becomes a model: nothing unexpected breaks a read, and a list has exactly the items asked for."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pai_dlc_mcp.server.cloud.images import Image
from pai_dlc_mcp.server.cloud.jobs import Job, JobSummary, Pod
from pai_dlc_mcp.server.cloud.model import CloudModel
from pai_dlc_mcp.server.cloud.paging import window
from pai_dlc_mcp.server.cloud.sources import CodeSource, Dataset
from pai_dlc_mcp.server.cloud.specs import EcsSpec
from pai_dlc_mcp.server.cloud.workspaces import Workspace

MODELS = [Job, JobSummary, Pod, Image, Dataset, CodeSource, EcsSpec, Workspace]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize("model", MODELS)
@given(data=st.data())
def test_any_value_in_any_documented_field_is_read_without_an_error(model: type[CloudModel], data) -> None:
    names = [field.alias or name for name, field in model.model_fields.items()]
    body = data.draw(st.dictionaries(st.sampled_from(names), JSON))
    assert isinstance(model.model_validate(body), model)


@pytest.mark.parametrize("nothing", ["", None])
@pytest.mark.parametrize("model", MODELS)
def test_empty_strings_and_nulls_are_the_defaults(model: type[CloudModel], nothing) -> None:
    body = {field.alias or name: nothing for name, field in model.model_fields.items()}
    assert model.model_validate(body) == model.model_validate({})


def test_a_value_of_the_wrong_type_loses_only_its_own_field() -> None:
    pod = Pod.model_validate({"PodId": "dlc1-master-0", "Status": ["Running"], "GmtCreateTime": "yesterday"})
    assert pod == Pod(pod_id="dlc1-master-0")


def test_a_bad_part_of_a_list_loses_only_its_own_field() -> None:
    job = Job.of({"JobId": "dlc1", "Pods": [{"PodId": "a", "GmtFinishTime": "?"}, "", None, {"PodId": "b"}]})
    assert [pod.pod_id for pod in job.pods] == ["a", "b"]


@pytest.mark.parametrize(
    "body",
    [
        {"JobReplicaStatuses": [""], "Pods": [""], "JobSpecs": [""]},  # the reference's own ListJobs example
        {"Pods": "none", "JobSpecs": {}, "Settings": "", "Envs": []},
        {"Settings": {"Tags": None}, "Envs": None, "CustomEnvs": [""]},
        {"JobSpecs": [{"ExtraPodSpec": "", "ResourceConfig": []}]},
    ],
)
def test_the_oddities_of_the_official_examples_are_read(body) -> None:
    job = Job.of({"JobId": "dlc1", "Status": "Running", **body})
    assert (job.job_id, job.status, job.pods, job.settings.tags) == ("dlc1", "Running", (), {})


def test_numbers_may_be_strings_and_ids_numbers() -> None:
    job = JobSummary.model_validate({"WorkspaceId": 123456, "RequestGPU": "16", "Priority": "5", "Duration": "3600"})
    assert (job.workspace_id, job.gpus, job.priority, job.duration) == ("123456", 16, 5, 3600)


def test_unknown_fields_are_left_out_of_the_model_and_kept_in_the_raw_answer() -> None:
    job = Job.of({"JobId": "dlc1", "Planet": {"Name": "Mars"}})
    assert not hasattr(job, "planet")
    assert job.raw == {"JobId": "dlc1", "Planet": {"Name": "Mars"}}


def test_times_are_read_as_utc_whether_the_zone_is_written_or_not() -> None:
    written = [
        Pod.model_validate({"GmtCreateTime": text}).created for text in ("2026-01-05T02:00:00Z", "2026-01-05T02:00:00")
    ]
    assert written == [datetime(2026, 1, 5, 2, tzinfo=UTC)] * 2


@given(offset=st.integers(0, 100_000), limit=st.integers(1, 100), total=st.integers(0, 100_500))
def test_a_window_keeps_the_items_from_the_offset_on_and_no_others(offset, limit, total) -> None:
    found = window(offset, limit)
    assert found.number >= 1
    assert 1 <= found.size <= 100
    first = (found.number - 1) * found.size
    page = list(range(first, min(first + found.size, total)))
    kept = page[found.skip : found.skip + found.keep]
    assert 1 <= found.keep <= limit
    assert kept == list(range(offset, min(offset + found.keep, total)))


@given(limit=st.integers(1, 100), total=st.integers(0, 700))
def test_walking_from_window_to_window_sees_every_item_once(limit, total) -> None:
    seen: list[int] = []
    while len(seen) < total:
        number, size, skip, keep = window(len(seen), limit)
        first = (number - 1) * size
        seen += range(min(first + skip, total), min(first + skip + keep, first + size, total))
    assert seen == list(range(total))


async def test_a_list_pages_by_offset_and_names_the_next_one(cloud, emulator) -> None:
    everything: dict[str, Any] = {"StartTime": "1970-01-01T00:00:00Z"}
    whole = await cloud.jobs.list(everything, 0, 100)
    first = await cloud.jobs.list(everything, 0, 3)
    second = await cloud.jobs.list(everything, 3, 2)
    last = await cloud.jobs.list(everything, 5, 100)
    assert [job.job_id for page in (first, second, last) for job in page.items] == [job.job_id for job in whole.items]
    assert (whole.total, whole.next_offset, first.next_offset, second.next_offset, last.next_offset) == (
        7,
        None,
        3,
        5,
        None,
    )


async def test_beyond_the_end_there_is_nothing_and_no_next_offset(cloud) -> None:
    page = await cloud.workspaces.list(offset=50, limit=10)
    assert (list(page.items), page.total, page.next_offset) == ([], 3, None)
