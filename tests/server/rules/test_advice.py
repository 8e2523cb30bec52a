"""What is said about a job before it is created: totals and warnings."""

from typing import Any

import pytest

from pai_dlc_mcp.server.cloud.specs import EcsSpec
from pai_dlc_mcp.server.rules.advice import gpus, shown, warnings
from pai_dlc_mcp.server.rules.job_spec import Draft

T4 = EcsSpec(instance_type="ecs.t4", gpus=1, available=True)
CPU = EcsSpec(instance_type="ecs.cpu", gpus=0, available=True)
GONE = EcsSpec(instance_type="ecs.gone", gpus=8, available=False)
BOUND = {"job_max_running_time_minutes": 60}
MONITORED = {"settings": {"enable_error_monitoring_in_aimaster": True}}


def draft(*specs: dict[str, Any], **changes: Any) -> Draft:
    return Draft.model_validate(
        {
            "workspace_id": "1",
            "display_name": "job",
            "job_type": "PyTorchJob",
            "job_specs": [{"type": "Worker", "image": "x", **spec} for spec in specs],
            "user_command": "ls",
            **changes,
        }
    )


@pytest.mark.parametrize(
    ("specs", "total"),
    [
        ([{"ecs_spec": "ecs.t4"}], 1),
        ([{"ecs_spec": "ecs.t4", "pod_count": 4}], 4),
        ([{"ecs_spec": "ecs.cpu", "pod_count": 4}], 0),
        ([{"ecs_spec": "ecs.cpu"}, {"ecs_spec": "ecs.t4", "pod_count": 2}], 2),
        ([{"resource_config": {"gpu": "8"}, "pod_count": 2}], 16),
        ([{"resource_config": {"cpu": "8"}}], 0),
        ([{"ecs_spec": "ecs.unknown"}], None),
        ([{"resource_config": {"gpu": "all"}}], None),
    ],
)
def test_the_gpus_of_all_pods_are_counted(specs, total) -> None:
    assert gpus(draft(*specs), [T4, CPU]) == total


@pytest.mark.parametrize(
    ("given", "specs", "said"),
    [
        (draft({"ecs_spec": "ecs.t4"}, **BOUND), [T4], []),
        (draft({"ecs_spec": "ecs.gone"}, **BOUND), [GONE], ["ecs.gone has no stock now"]),
        (draft({"ecs_spec": "ecs.t4"}), [T4], ["no job_max_running_time_minutes"]),
        (
            draft({"ecs_spec": "ecs.t4", "pod_count": 4}, **BOUND),
            [T4],
            ["one failing pod of 4 ends the job: settings.enable_error_monitoring_in_aimaster"],
        ),
        (draft({"ecs_spec": "ecs.t4", "pod_count": 4}, **BOUND, **MONITORED), [T4], []),
        (
            draft({"resource_config": {"gpu": "8"}, "pod_count": 2}, resource_id="quota1", **BOUND, **MONITORED),
            [],
            ["multi-node GPU job without settings.enable_sanity_check"],
        ),
        (draft({"resource_config": {"cpu": "8"}, "pod_count": 2}, resource_id="quota1", **BOUND, **MONITORED), [], []),
        (draft({"resource_config": {"gpu": "8"}}, resource_id="quota1", **BOUND), [], []),
    ],
)
def test_each_warning_names_the_field_that_answers_it(given, specs, said) -> None:
    found = warnings(given, specs)
    assert len(found) == len(said)
    assert all(text.startswith(start) for text, start in zip(found, said, strict=True))


def test_the_body_is_shown_without_the_values_of_the_environment() -> None:
    given = draft({"ecs_spec": "ecs.t4"}, envs={"TOKEN": "s3cret", "EMPTY": ""})
    assert shown(given)["Envs"] == {"TOKEN": "***", "EMPTY": "***"}
    assert given.body()["Envs"]["TOKEN"] == "s3cret"


def test_nor_those_of_a_containers_or_a_roles_environment() -> None:
    containers = {"SideCarContainers": [{"Name": "log", "Env": [{"Name": "TOKEN", "Value": "s3cret-1"}]}]}
    given = draft(
        {"ecs_spec": "ecs.t4", "extra_pod_spec": containers},
        other={"CustomEnvs": [{"Key": "TOKEN", "Value": "s3cret-2", "Visible": "private"}]},
    )
    assert "s3cret" not in str(shown(given))
    assert "TOKEN" in str(shown(given))
