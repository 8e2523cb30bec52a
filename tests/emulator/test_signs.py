"""A scenario for each row of the rules for reading a sick job, and each shows what it is for."""

from collections.abc import Callable
from typing import Any

import pytest
from alibabacloud_pai_dlc20201203 import models
from alibabacloud_pai_dlc20201203.client import Client

from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.emulator.scenarios import catalog, noise, signs, styles, waiting
from pai_dlc_mcp.emulator.scenarios.catalog import SCENARIOS
from tests.emulator.played import Create, log, play

ROWS = {
    "status": ("queue", "resources", "status: EnvPreparing", "sanity: failed", "hang: silence", "restarts", "succeeds"),
    "categories": ("network", "image", "program", "memory", "resources", "configuration", "platform"),
    "network": ("network: socket timeout", "network: connection timed out", "network: image pull", "network, exit 245"),
    "image": ("image: pull access denied",),
    "configuration": ("configuration: unset variable", "configuration: invalid argument", "configuration, exit 2"),
    "platform": ("platform: 5xx", "platform: node not ready", "platform, restarts"),
    "exit codes": tuple(f"exit {code}" for code in (1, 2, 126, 127, 128, 134, 137, 139, 143, 245, 255)),
    "hang": ("hang: silence", "hang: NCCL init", "hang: rendezvous", "hang: stalled output"),
    "progress": (
        *("progress: NaN", "progress: slow-down", "progress: megatron", "progress: hugging_face"),
        *("progress: step_loss", "progress: epochs", "progress: lightning", "progress: nanogpt"),
    ),
    "restarts": (
        *("restarts: explicit exit code", "restarts: hang detected", "restarts: hardware check failed"),
        *("resources, restarts", "restarts: budget used", "restarts: budget exhausted"),
    ),
    "queue": tuple(
        f"queue: {reason}"
        for reason in (
            *("AncestorQuotaLimit", "UserLimit", "OutOfGPU", "NotEnoughGPU", "NodeUnschedulable", "AIMasterBlackList"),
            *("GPUUnhealthy", "DriverVersionMismatch", "NetworkTopologyNotSatisfied", "SelfQuotaLimit"),
            "QueueStrategyLimit",
        )
    ),
    "sanity": ("sanity: failed", "sanity: > 5 %", "sanity: > 10 %"),
    "missed": tuple(
        f"missed sign: {sign}"
        for sign in (
            *("disk full", "mpirun signal 9", "bar and Killed", "return code = -9", "RESOURCE_EXHAUSTED", "mount.nfs"),
            *("Chinese shell", "Ascend EE1002", "HCCL", "dotted exception", "device-side assertion", "nvcc fatal"),
            *("panicked at", "Triton OutOfResources", "GPU is lost", "MPI_ABORT", "Loss is nan"),
        )
    ),
    "taken for the cause": (
        *("trap: caught ModuleNotFoundError", "trap: words like errors", "trap: a retried download", "trap: wrappers"),
        "log: teardown",
    ),
}
"""What reading a sick job has to tell apart, by the sections of the rules for it."""


@pytest.mark.parametrize("section", ROWS)
def test_the_table_has_a_line_for_each_row_of_the_diagnosis(section: str) -> None:
    table = catalog.table()
    assert len(table.splitlines()) == len(SCENARIOS)
    assert [row for row in ROWS[section] if row not in table] == []


TOLD = sorted(signs.SIGNS)


@pytest.mark.parametrize("name", TOLD)
def test_a_sign_is_the_first_pods_and_comes_after_what_was_survived(
    dlc: Client, emulator: Emulator, create: Create, name: str
) -> None:
    """In a job of four pods: one of them ends in the sign's words and its code, the others are victims."""
    told = signs.SIGNS[name]
    job_id = play(create, emulator, name, count=4)
    job = dlc.get_job(job_id, models.GetJobRequest()).body
    assert (job.status, f'"reason":"{told.exit_code}"' in job.reason_message) == ("Failed", True)
    pods_ = ["master-0", "worker-0", "worker-1", "worker-2"]
    logs = {pod: log(dlc, job_id, pod) for pod in pods_}
    sign = told.text.splitlines()[-1].partition("{")[0]
    shown = [pod for pod in pods_ if sign in logs[pod]]
    assert shown == ([pods_[told.culprit]] if told.trains else pods_)
    text = logs[shown[0]]
    assert text.count("\n") - text[: text.rindex(sign)].count("\n") >= told.teardown
    for each in told.survives:
        words = noise.SURVIVED[each][1].splitlines()[-1]
        assert 0 <= text.index(words) < text.rindex(sign)
        assert all(words in logs[pod] for pod in pods_)
    if told.trains:
        assert all("SIGTERM" in logs[pod] for pod in set(pods_) - set(shown))


@pytest.mark.parametrize("style", styles.REPORTS)
def test_each_framework_reports_in_its_manner(dlc: Client, emulator: Emulator, create: Create, style: str) -> None:
    job_id = play(create, emulator, f"healthy_{style}")
    marks = {
        "hugging_face": "{'loss': ",
        "megatron": " | lm loss: ",
        "step_loss": "step 400 loss ",
        "nanogpt": "iter 400: loss ",
        "lightning": "it/s, v_num=0, loss=",
        "epochs": "Epoch 7/",
        "keras": "=>] - ETA: ",
        "deepspeed": "global_step=400",
    }
    assert log(dlc, job_id).count(marks[style]) >= (1 if "400" in marks[style] else 30)


@pytest.mark.parametrize(
    ("scenario", "codes", "error"),
    [
        ("restart_after_exit", "1/", "EXIT_CODE_1"),
        ("restart_after_hang", "1/", "JOB_HANG"),
        ("restart_after_check", "1/", "SANITY_CHECK_FAILED"),
        ("restart_edge", "3/3", "XID_79"),
    ],
)
def test_a_restart_has_its_reason(
    dlc: Client, emulator: Emulator, create: Create, scenario: str, codes: str, error: str
) -> None:
    job = dlc.get_job(play(create, emulator, scenario, count=2, seconds=3600), models.GetJobRequest()).body
    assert (job.status in ("Running", "Succeeded"), job.restart_times.startswith(codes)) == (True, True)
    events = dlc.get_job_events(job.job_id, models.GetJobEventsRequest()).body.events
    assert any("exited with code" in event for event in events) == (scenario != "restart_after_hang")
    assert job.restart_record[-1].detail_error_info_list[0].error_code == error


@pytest.mark.parametrize(
    ("scenario", "words"), [("registry_unreachable", "i/o timeout"), ("pull_denied", "pull access denied")]
)
def test_an_image_that_is_not_pulled_says_why(
    dlc: Client, emulator: Emulator, create: Create, scenario: str, words: str
) -> None:
    job_id = play(create, emulator, scenario)
    events = dlc.get_pod_events(job_id, f"{job_id}-master-0", models.GetPodEventsRequest()).body.events
    assert any(words in event for event in events)


@pytest.mark.parametrize(
    "scenario", ["ancestor_limit", "user_limit", "strategy_limit", "fragmentation", *waiting.NODE_REASONS]
)
def test_the_diagnosis_of_a_queue_names_the_limit_or_the_nodes_reason(
    emulator: Emulator, create: Create, call: Callable[..., Any], scenario: str
) -> None:
    spec = {"EcsSpec": None, "ResourceConfig": {"CPU": "8", "GPU": "1", "Memory": "64Gi"}}
    job_id = create(spec, ResourceId="quota1llmteam001", Envs={"EMULATOR_SCENARIO": scenario})
    emulator.clock.advance(60)
    path = f"GET /api/v1/quotas/quota1llmteam001/workloads/{job_id}/diagnosis"
    found = call("2022-01-12", "GetQuotaWorkloadDiagnosis", path)["Diagnosis"]
    played = SCENARIOS[scenario]
    failed = [name for name, each in found["ResourceDiagnosis"].items() if each["Status"] == "Failed"]
    assert failed == ([played.limit] if played.limit else [])
    reasons = [each["Reason"] for each in found["SchedulingDiagnosis"]["UnschedulableNodes"]]
    assert (played.unschedulable in reasons) == bool(played.unschedulable)
