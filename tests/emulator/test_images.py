"""ListImages, GetImage, ListImageLabels."""

from typing import Any

import pytest
from alibabacloud_aiworkspace20210204 import models
from alibabacloud_aiworkspace20210204.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException


def names(workspace: Client, **query: Any) -> list[str]:
    found = workspace.list_images(models.ListImagesRequest(**query)).body.images
    return [image.name for image in found]


def test_official_images_are_listed_only_without_a_workspace(workspace: Client) -> None:
    official = workspace.list_images(models.ListImagesRequest(page_size=100)).body
    assert {image.workspace_id for image in official.images} == {""}
    assert official.total_count == 12
    assert sorted(names(workspace, workspace_id="123456")) == ["data-prep", "llm-trainer"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (
            {"labels": "system.framework.PyTorch=2.6.0,system.chipType=CPU"},
            ["pytorch:2.6.0-cpu-py311-ubuntu22.04"],
        ),
        (
            {"labels": "system.framework.DeepSpeed=*"},
            ["deepspeed-training:0.16.4-gpu-py311-cu124-ubuntu22.04"],
        ),
        ({"labels": "system.chipType=TPU"}, []),
        ({"name": "RAY"}, ["ray:2.40.0-gpu-py311-cu124-ubuntu22.04"]),
        ({"query": "vllm"}, ["vllm:0.7.2-gpu-py312-cu124-ubuntu22.04"]),
        (
            {"image_uri": "registry-vpc.cn-hangzhou.aliyuncs.com/example-team/detector:r50", "workspace_id": "234567"},
            ["detector"],
        ),
    ],
    ids=str,
)
def test_images_are_filtered_by_all_of_the_labels(workspace: Client, query: dict[str, Any], found: list[str]) -> None:
    assert names(workspace, **query) == found


def test_labels_are_shown_only_when_asked_for(workspace: Client) -> None:
    plain = workspace.list_images(models.ListImagesRequest()).body.images[0]
    verbose = workspace.list_images(models.ListImagesRequest(verbose=True)).body.images[0]
    assert not plain.labels
    assert "system.official" in [label.key for label in verbose.labels]


def test_an_image_is_found_by_its_id(workspace: Client) -> None:
    image = workspace.get_image("image-4pytorch26gpu001", models.GetImageRequest(verbose=True)).body
    uri = "dsw-registry-vpc.cn-hangzhou.cr.aliyuncs.com/pai/pytorch:2.6.0-gpu-py311-cu124-ubuntu22.04"
    assert image.image_uri == uri
    with pytest.raises(ClientException) as caught:
        workspace.get_image("image-none", models.GetImageRequest())
    assert caught.value.status_code == 404


def test_the_labels_in_use_are_listed_once(workspace: Client) -> None:
    request = models.ListImageLabelsRequest(label_keys="system.chipType,system.framework.PyTorch")
    labels = workspace.list_image_labels(request).body.labels
    assert [(label.key, label.value) for label in labels] == [
        ("system.chipType", "CPU"),
        ("system.chipType", "GPU"),
        ("system.framework.PyTorch", "2.3.0"),
        ("system.framework.PyTorch", "2.5.1"),
        ("system.framework.PyTorch", "2.6.0"),
    ]
