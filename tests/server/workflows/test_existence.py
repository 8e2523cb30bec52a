"""Does what a job names exist? Looked up before a create."""

from typing import Any

import pytest

from pai_dlc_mcp.emulator.faults import Fault
from pai_dlc_mcp.server.cloud.errors import CloudError
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.rules.job_spec import Draft
from pai_dlc_mcp.server.workflows import existence

URI = "dsw-registry-vpc.cn-hangzhou.cr.aliyuncs.com/pai/pytorch:2.6.0-gpu-py311-cu124-ubuntu22.04"
CUSTOM = "registry-vpc.cn-hangzhou.aliyuncs.com/example-team/llm-trainer:v12"
DATASET, CODE = "d-llmcorpus000000001", "code-20250911103721-85qz78ia96lu"


def draft(image: str = URI, spec: str = "ecs.gn6i-c4g1.xlarge", workspace: str = "123456", **changes: Any) -> Draft:
    return Draft.model_validate(
        {
            "workspace_id": workspace,
            "display_name": "job",
            "job_type": "PyTorchJob",
            "job_specs": [{"type": "Worker", "image": image, "ecs_spec": spec}],
            "user_command": "ls",
            **changes,
        }
    )


async def refused(cloud: Any, given: Draft) -> str:
    with pytest.raises(Failure) as caught:
        await existence.check(cloud, given)
    assert caught.value.code == "NotInCatalog"
    return caught.value.what


@pytest.mark.parametrize("image", [URI, CUSTOM])
async def test_what_exists_passes_and_the_specs_come_back(cloud, image) -> None:
    given = draft(image, data_sources=[{"data_source_id": DATASET}], code_source={"code_source_id": CODE})
    (spec,) = await existence.check(cloud, given)
    assert (spec.instance_type, spec.gpus) == ("ecs.gn6i-c4g1.xlarge", 1)


@pytest.mark.parametrize(
    ("image", "meant"),
    [
        ("pytorch:2.6.0-gpu-py311-cu124-ubuntu22.04", URI),
        ("image-4pytorch26gpu001", URI),
        ("registry.example.com/other/pytorch:2.6.0-gpu-py311-cu124-ubuntu22.04", URI),
        ("llm-trainer", CUSTOM),
        ("image-7llmtrainer00001", CUSTOM),
    ],
)
async def test_a_name_or_an_id_is_answered_with_the_image_uri(cloud, image, meant) -> None:
    assert await refused(cloud, draft(image)) == (
        f"The job cannot be created in cn-hangzhou: image {image!r} is not an ImageUri of this region's catalogue "
        f"(its ImageUri is {meant})."
    )


@pytest.mark.parametrize("image", ["no-such-image", "image-0nosuchimage000", URI[:-1] + "x", URI.upper(), URI + " "])
async def test_an_unknown_image_is_answered_with_where_to_look(cloud, image) -> None:
    said = await refused(cloud, draft(image))
    assert "list_images" in said or f"its ImageUri is {URI})" in said


async def test_another_workspaces_image_is_not_offered_because_it_would_be_refused_too(cloud) -> None:
    assert "its ImageUri is" not in await refused(cloud, draft("image-7detector0000003"))


async def test_everything_that_is_missing_is_named_at_once(cloud) -> None:
    given = draft(
        "no-such-image",
        "ecs.gn6i-c4g1",
        data_sources=[{"data_source_id": "d-nosuchdataset00001"}, {"data_source_id": DATASET}, {"uri": "oss://b/"}],
        code_source={"code_source_id": "code-nosuch"},
    )
    said = await refused(cloud, given)
    for part in (
        "image 'no-such-image' is not an ImageUri",
        "ecs_spec 'ecs.gn6i-c4g1' does not exist (there is ecs.gn6i-c4g1.xlarge)",
        "dataset d-nosuchdataset00001 does not exist in cn-hangzhou (list_datasets)",
        "code source code-nosuch does not exist in cn-hangzhou (list_code_sources)",
    ):
        assert part in said
    assert DATASET not in said


async def test_a_missing_workspace_is_named_with_what_else_is_missing(cloud) -> None:
    said = await refused(cloud, draft("no-such-image", "ecs.nosuch", workspace="999999"))
    assert "workspace 999999 does not exist in cn-hangzhou (list_workspaces shows yours)" in said
    assert "ecs_spec 'ecs.nosuch' does not exist" in said
    assert "no-such-image" in said


@pytest.mark.parametrize(
    ("given", "offer"),
    [
        ("ecs.gn7i-c32g1", "(there is ecs.gn7i-c32g1.8xlarge, ecs.gn7i-c32g1.32xlarge)"),
        ("ecs.g6.lagre", "(there is ecs.g6.large)"),
        ("quantum", "(list_ecs_specs shows them)"),
    ],
)
async def test_an_unknown_spec_is_answered_with_those_meant(cloud, given, offer) -> None:
    assert f"ecs_spec {given!r} does not exist {offer}" in await refused(cloud, draft(spec=given))


async def test_each_thing_is_looked_up_once_however_often_it_is_named(cloud, emulator) -> None:
    spec = {"image": URI, "ecs_spec": "ecs.g6.large"}
    await existence.check(cloud, draft(job_specs=[{"type": "Worker", **spec}, {"type": "Master", **spec}]))
    assert sorted(emulator.requests.actions()) == ["GetWorkspace", "ListEcsSpecs", "ListImages"]


async def test_a_quota_job_asks_for_no_specs(cloud, emulator) -> None:
    spec = {"type": "Worker", "image": URI, "resource_config": {"gpu": "1"}}
    assert await existence.check(cloud, draft(job_specs=[spec], resource_id="quota1llmteam001")) == []
    assert "ListEcsSpecs" not in emulator.requests.actions()


async def test_an_operator_may_relax_the_rule_on_images(cloud_for, emulator) -> None:
    await existence.check(cloud_for(image_policy="any"), draft("registry.example.com/mine:1"))
    assert "ListImages" not in emulator.requests.actions()


async def test_a_lookup_that_fails_fails_the_check_with_its_own_error(cloud, emulator) -> None:
    emulator.faults.add(Fault("GetDataset", "no_permission"))
    with pytest.raises(CloudError) as caught:
        await existence.check(cloud, draft(data_sources=[{"data_source_id": DATASET}]))
    assert (caught.value.kind, caught.value.ram[0]) == ("permission", "paidataset:GetDataset")


async def test_only_reads_are_sent(cloud, emulator) -> None:
    await existence.check(cloud, draft())
    assert {request.method for request in emulator.requests} == {"GET"}
