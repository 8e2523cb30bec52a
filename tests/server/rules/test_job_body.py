"""A job's answer as the body of a create, changed, and told apart from another."""

from typing import Any

import pytest

from pai_dlc_mcp.server.budget.redact import Redactor
from pai_dlc_mcp.server.rules.job_body import changed, copied, differences

ANSWER: dict[str, Any] = {
    "JobId": "dlc1",
    "Status": "Running",
    "DisplayName": "resnet50",
    "JobType": "PyTorchJob",
    "Priority": 1,
    "ResourceId": "",
    "Envs": {"EMPTY": "", "LR": "0.1"},
    "ElasticSpec": {"EnableElasticTraining": False, "MinParallelism": 0},
    "CodeSource": {"MountPath": "/root/code"},
    "DataSources": [
        {"DataSourceId": "d-1", "Uri": "oss://where/it/lies/", "MountPath": "/a"},
        {"DataSourceId": "", "Uri": "oss://bucket/", "MountPath": "/b"},
    ],
    "JobSpecs": [
        {
            "Type": "Worker",
            "Image": "an/image",
            "PodCount": 2,
            "EcsSpec": "ecs.t4",
            "ResourceConfig": {"CPU": "4", "GPU": "1"},
            "ImageConfig": {"Username": "u", "Password": ""},
            "AssignNodeSpec": {"EnableAssignNode": False},
            "NewerThanThis": "kept by nobody",
        }
    ],
    "Settings": {"Tags": {}, "EnableRDMA": False, "NewSwitch": False, "NewSetting": {"A": 1}},
}


def without(*names: str) -> dict[str, Any]:
    return {name: value for name, value in ANSWER.items() if name not in names}


def test_a_copy_has_what_a_create_takes_and_names_what_it_leaves() -> None:
    assert copied(ANSWER) == (
        {
            "DisplayName": "resnet50",
            "JobType": "PyTorchJob",
            "Envs": {"EMPTY": "", "LR": "0.1"},
            "DataSources": [{"DataSourceId": "d-1", "MountPath": "/a"}, {"Uri": "oss://bucket/", "MountPath": "/b"}],
            "JobSpecs": [{"Type": "Worker", "Image": "an/image", "PodCount": 2, "EcsSpec": "ecs.t4"}],
            "Settings": {"EnableRDMA": False},
        },
        (
            "JobSpecs.NewerThanThis",
            "Settings.NewSetting",
            "JobSpecs.ImageConfig (the service tells no registry password)",
        ),
    )


def test_a_job_of_a_quota_keeps_its_priority_and_what_it_asks_for() -> None:
    body, _ = copied({**ANSWER, "ResourceId": "quota1"})
    assert (body["Priority"], body["JobSpecs"][0]["ResourceConfig"]) == (1, {"CPU": "4", "GPU": "1"})
    asks = {"Type": "Worker", "ResourceConfig": {"CPU": "4"}}
    assert copied({"JobSpecs": [asks]}).body == {"JobSpecs": [asks]}


@pytest.mark.parametrize(
    "kept",
    [
        {"CodeSource": {"CodeSourceId": "code-1", "MountPath": "/root/code"}},
        {"ElasticSpec": {"EnableElasticTraining": True, "MinParallelism": 0}},
        {"JobSpecs": [{"Type": "Worker", "ImageConfig": {"Auth": "a"}}]},
        {"JobSpecs": [{"Type": "Worker", "ImageConfig": {"Username": "u", "Password": "p"}}]},
    ],
)
def test_what_a_create_takes_and_is_complete_stays(kept: dict[str, Any]) -> None:
    assert copied(kept) == (kept, ())


BODY: dict[str, Any] = {
    "DisplayName": "resnet50",
    "Envs": {"LR": "0.1", "lower_case": "1"},
    "JobSpecs": [{"Type": "Master", "PodCount": 1}, {"Type": "Worker", "PodCount": 2, "Image": "i"}],
    "DataSources": [{"Uri": "oss://a/", "MountPath": "/a"}, {"Uri": "oss://b/", "MountPath": "/b"}],
    "Settings": {"EnableRDMA": True},
}


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"display_name": "other"}, {"DisplayName": "other"}),
        ({"display_name": None, "JobType": None}, {"DisplayName": None}),
        (
            {"envs": {"LR": 1, "DEBUG": True, "NAME": "x", "lower_case": None}},
            {"Envs": {"LR": "1", "DEBUG": "true", "NAME": "x"}},
        ),
        ({"settings": {"enable_rdma": None, "tags": {"snake_case": 3}}}, {"Settings": {"Tags": {"snake_case": "3"}}}),
        (
            {"job_specs": {"Worker": {"pod_count": 4}, "Master": None, "PS": {"image": "p"}}},
            {"JobSpecs": [{"Type": "Worker", "PodCount": 4, "Image": "i"}, {"Type": "PS", "Image": "p"}]},
        ),
        (
            {"job_specs": [{"type": "Worker", "resource_config": {"gpu_type": "T4"}}]},
            {
                "JobSpecs": [
                    {"Type": "Master", "PodCount": 1},
                    {"Type": "Worker", "PodCount": 2, "Image": "i", "ResourceConfig": {"GPUType": "T4"}},
                ]
            },
        ),
        ({"job_specs": []}, {"JobSpecs": []}),
        ({"data_sources": [{"uri": "oss://c/"}]}, {"DataSources": [{"Uri": "oss://c/"}]}),
        (
            {"data_sources": {"/b": None, "/a": {"mount_access": "RO"}}},
            {"DataSources": [{"MountPath": "/a", "Uri": "oss://a/", "MountAccess": "RO"}]},
        ),
        ({"priority": 3}, {"Priority": 3}),
    ],
)
def test_changes_are_merged_by_name_and_null_removes(changes: dict[str, Any], fields: dict[str, Any]) -> None:
    expected = {name: value for name, value in {**BODY, **fields}.items() if value is not None}
    assert changed(BODY, changes) == expected


def test_a_change_without_a_name_is_of_the_one_there_is() -> None:
    one = {"JobSpecs": [{"Type": "Worker", "PodCount": 2}]}
    assert changed(one, {"job_specs": [{"pod_count": 3}]}) == {"JobSpecs": [{"Type": "Worker", "PodCount": 3}]}
    assert changed(BODY, {"job_specs": [{"pod_count": 3}]})["JobSpecs"][2:] == [{"Type": "", "PodCount": 3}]


def told(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [tuple(each) for each in differences(before, after, Redactor())]


def test_two_bodies_differ_field_by_field_and_no_secret_is_told() -> None:
    after: dict[str, Any] = {
        **BODY,
        "DisplayName": None,
        "Envs": {"LR": "0.2", "NEW": "x"},
        "JobSpecs": [{"Type": "Worker", "PodCount": 3, "Image": "i", "ImageConfig": {"Password": "p"}}],
        "DataSources": [],
        "Settings": {"EnableRDMA": True, "Tags": {"team": "llm"}},
    }
    assert told(BODY, after) == [
        ("DisplayName", "resnet50", "-"),
        ("Envs.LR", "(set)", "(differs)"),
        ("Envs.lower_case", "(set)", "-"),
        ("JobSpecs.Master.Type", "Master", "-"),
        ("JobSpecs.Master.PodCount", "1", "-"),
        ("JobSpecs.Worker.PodCount", "2", "3"),
        ("DataSources./a.Uri", "oss://a/", "-"),
        ("DataSources./a.MountPath", "/a", "-"),
        ("DataSources./b.Uri", "oss://b/", "-"),
        ("DataSources./b.MountPath", "/b", "-"),
        ("Envs.NEW", "-", "(set)"),
        ("JobSpecs.Worker.ImageConfig.Password", "-", "(set)"),
        ("DataSources", "-", "[]"),
        ("Settings.Tags.team", "-", "llm"),
    ]
    assert told(BODY, BODY) == []


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("x" * 99 + "a", "x" * 99 + "b", ("x" * 99 + "a", "x" * 99 + "b")),  # 100 characters are not long
        ("x" * 99 + "aa", "x" * 99 + "b", ("…" + "x" * 20 + "aa", "…" + "x" * 20 + "b")),
        ("a" * 200, "b" * 200, ("a" * 200, "b" * 200)),  # they differ from the first on
        ("x" * 20 + "a" * 90, "x" * 20 + "b", ("x" * 20 + "a" * 90, "x" * 20 + "b")),
        ("x" * 21 + "a" * 90, "x" * 21, ("…" + "x" * 20 + "a" * 90, "…" + "x" * 20)),
    ],
)
def test_of_long_texts_the_part_that_differs_is_shown(before: str, after: str, shown: tuple[str, str]) -> None:
    assert told({"UserCommand": before}, {"UserCommand": after}) == [("UserCommand", *shown)]
