"""What is said about a job before it is created: totals and warnings."""

from typing import Any

import pytest

from pai_dlc_mcp.server.cloud.specs import EcsSpec
from pai_dlc_mcp.server.rules.advice import gpus, relative_path, shown, warnings
from pai_dlc_mcp.server.rules.job_spec import Draft

T4 = EcsSpec(instance_type="ecs.t4", gpus=1, available=True)
CPU = EcsSpec(instance_type="ecs.cpu", gpus=0, available=True)
GONE = EcsSpec(instance_type="ecs.gone", gpus=8, available=False)
BOUND = {"job_max_running_time_minutes": 60}
RESTARTS = {"enable_error_monitoring_in_aimaster": True, "error_monitoring_args": "--enable-job-restart=True"}
MONITORED = {"settings": RESTARTS}


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


@pytest.mark.parametrize(
    ("settings", "job_type", "said"),
    [
        ({"enable_error_monitoring_in_aimaster": True}, "PyTorchJob", "AIMaster restarts nothing without settings."),
        (RESTARTS, "PyTorchJob", None),
        ({**RESTARTS, "error_monitoring_args": "--enable-job-restart"}, "MPIJob", None),
        ({**RESTARTS, "error_monitoring_args": "--a=1 --enable-job-restart true"}, "TFJob", None),
        ({**RESTARTS, "error_monitoring_args": "--enable-job-restart=False"}, "TFJob", "AIMaster restarts nothing"),
        ({**RESTARTS, "error_monitoring_args": "--enable-job-restarts=True"}, "TFJob", "AIMaster restarts nothing"),
        ({**RESTARTS, "error_monitoring_args": "--enable-job-restart=True --enable-job-restart=False"},
         "ElasticBatchJob", "AIMaster restarts nothing"),
        (RESTARTS, "RayJob", "settings.enable_error_monitoring_in_aimaster does nothing: RayJob has no AIMaster"),
        (RESTARTS, "XGBoostJob", "settings.enable_error_monitoring_in_aimaster does nothing"),
        ({"error_monitoring_args": "--enable-job-restart=True"}, "PyTorchJob", "settings.error_monitoring_args does n"),
        ({}, "RayJob", None),
        ({}, "PyTorchJob", "one failing pod of 4 ends the job"),
    ],
)  # fmt: skip
def test_aimaster_restarts_only_what_it_can_and_is_told_to(settings, job_type, said) -> None:
    given = draft({"ecs_spec": "ecs.t4", "pod_count": 4}, job_type=job_type, settings=settings, **BOUND)
    assert [text[: len(said or "")] for text in warnings(given, [T4])] == ([said] if said else [])


BOTH = {"spot_strategy": "SpotWithPriceLimit", "spot_discount_limit": 0.5, "spot_price_limit": 0.1}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (draft({"ecs_spec": "ecs.t4"}, priority=5, **BOUND), "priority does nothing: a pay-as-you-go job has no queue"),
        (draft({"resource_config": {"gpu": "1"}}, resource_id="q", priority=5, **BOUND), None),
        (
            draft({"ecs_spec": "ecs.t4"}, settings={"enable_sanity_check": True}, **BOUND),
            "settings.enable_sanity_check does nothing: it checks jobs on a Lingjun quota",
        ),
        (
            draft({"resource_config": {"gpu": "8"}}, resource_id="q", job_type="TFJob",
                  settings={"enable_sanity_check": True}, **BOUND),
            "settings.enable_sanity_check does nothing: it checks PyTorch jobs, not a TFJob",
        ),
        (
            draft({"resource_config": {"gpu": "8"}}, resource_id="q", settings={"enable_sanity_check": True}, **BOUND),
            None,
        ),
        (draft({"ecs_spec": "ecs.t4", "spot_spec": BOTH}, **BOUND), "job_specs[0].spot_spec has both limits: give one"),
        (draft({"ecs_spec": "ecs.t4", "spot_spec": {**BOTH, "spot_price_limit": None}}, **BOUND), None),
        (draft({"ecs_spec": "ecs.t4"}, user_command="python train.py", **BOUND), "user_command names train.py"),
        (
            draft({"ecs_spec": "ecs.t4"}, user_command="python train.py", code_source={"code_source_id": "c"}, **BOUND),
            None,
        ),
    ],
)  # fmt: skip
def test_a_setting_that_would_do_nothing_is_said(given, said) -> None:
    assert [text[: len(said or "")] for text in warnings(given, [T4])] == ([said] if said else [])


@pytest.mark.parametrize(
    ("command", "path"),
    [
        ("python train.py", "train.py"),
        ("python scripts/train.py --lr 1", "scripts/train.py"),
        ("torchrun --nproc-per-node 8 ./train.py", "./train.py"),
        ("bash run.sh", "run.sh"),
        ("python /mnt/code/train.py", None),
        ("python ~/train.py", None),
        ("python $CODE/train.py", None),
        ("cd /mnt/code && python train.py", None),
        ("git clone https://x/y && python y/train.py", None),
        ("cat > train.py <<E\nprint(1)\nE\npython train.py", None),
        ("python -m torch.distributed.run train.py", "train.py"),
        ("python train.py && cd /x", "train.py"),
        ("python -m trainer.main", None),
        ("deepspeed --deepspeed_config=ds.json /opt/t.py", "ds.json"),
        ("python -c 'print(1)'", None),
        ("nvidia-smi", None),
        ("curl https://host/a.sh | bash", None),
        ("python train.python", None),
    ],
)
def test_a_relative_path_is_found_unless_something_may_have_put_it_there(command: str, path: str | None) -> None:
    assert relative_path(command) == path


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
