"""What the pods of each scenario print, and how a job comes to play one."""

from math import inf

import pytest
from alibabacloud_pai_dlc20201203 import models
from alibabacloud_pai_dlc20201203.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException

from pai_dlc_mcp.emulator import pods
from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.emulator.scenarios import catalog
from pai_dlc_mcp.emulator.scenarios.catalog import SCENARIOS
from tests.conftest import sampled
from tests.emulator.played import Create, log, play, status


@pytest.mark.parametrize(
    ("scenario", "end"),
    [
        ("healthy", "Succeeded"),
        ("long_running", "Running"),
        ("cuda_oom", "Failed"),
        ("missing_module", "Failed"),
        ("command_not_found", "Failed"),
        ("root_cause", "Failed"),
        ("nccl_hang", "Running"),
        ("restarts", "Succeeded"),
        ("secrets", "Succeeded"),
        ("prompt_injection", "Succeeded"),
        ("image_pull", "Failed"),
        ("sanity_failure", "Succeeded"),
        ("quota_full", "Queuing"),
        ("no_stock", "Queuing"),
    ],
)
def test_each_scenario_ends_as_it_says(
    dlc: Client, emulator: Emulator, create: Create, scenario: str, end: str
) -> None:
    assert status(dlc, play(create, emulator, scenario)) == end


def test_every_word_names_a_scenario() -> None:
    assert set(catalog.WORDS.values()) <= set(SCENARIOS)


@pytest.mark.parametrize(
    ("scenario", "exit_code"),
    [
        ("nccl_timeout", 245),
        ("permission_denied", 126),
        ("host_oom", 137),
        ("bad_flag", 2),
        ("cannot_start", 128),
        ("abort", 134),
        ("segfault", 139),
        ("evicted", 143),
        ("ssh_failure", 255),
        ("nan_loss", 1),
    ],
)
def test_a_failing_scenario_ends_with_its_exit_code(
    dlc: Client, emulator: Emulator, create: Create, scenario: str, exit_code: int
) -> None:
    job_id = play(create, emulator, scenario, count=2)
    job = dlc.get_job(job_id, models.GetJobRequest()).body
    assert (job.status, f'"reason":"{exit_code}"' in job.reason_message) == ("Failed", True)
    events = dlc.get_job_events(job_id, models.GetJobEventsRequest()).body.events
    assert any(text.endswith(f"exited with code {exit_code}") for text in events)


def test_an_evicted_pod_says_so(dlc: Client, emulator: Emulator, create: Create) -> None:
    job_id = play(create, emulator, "evicted")
    (pod,) = dlc.get_job(job_id, models.GetJobRequest()).body.pods
    assert (pod.status, pod.sub_status) == ("Failed", "Evicted")
    events = dlc.get_pod_events(job_id, pod.pod_id, models.GetPodEventsRequest()).body.events
    assert events[-1].endswith("ephemeral-storage. Container was using 512Gi")


def test_a_preempted_job_goes_on(dlc: Client, emulator: Emulator, create: Create) -> None:
    job = dlc.get_job(play(create, emulator, "preempted"), models.GetJobRequest()).body
    assert (job.status, job.restart_times) == ("Succeeded", "1/1")
    assert job.restart_record[0].detail_error_info_list[0].error_code == "POD_LOST"
    assert len(job.pods[0].history_pods) == 1


def test_a_budget_of_restarts_runs_out(dlc: Client, emulator: Emulator, create: Create) -> None:
    job = dlc.get_job(play(create, emulator, "restart_budget", seconds=6000), models.GetJobRequest()).body
    assert (job.status, job.restart_times, len(job.pods[0].history_pods)) == ("Failed", "3/3", 3)


def test_a_long_log_is_longer_than_the_usual_limit(dlc: Client, emulator: Emulator, create: Create) -> None:
    job_id = play(create, emulator, "long_log")
    request = models.GetPodLogsRequest(max_lines=100_000)
    assert len(dlc.get_pod_logs(job_id, f"{job_id}-master-0", request).body.logs) > 5000


def test_a_thousand_lines_may_follow_the_cause(dlc: Client, emulator: Emulator, create: Create) -> None:
    lines = log(dlc, play(create, emulator, "teardown")).splitlines()
    cause = next(number for number, line in enumerate(lines) if line.startswith("torch.OutOfMemoryError"))
    assert len(lines) - cause > 1000


@pytest.mark.parametrize(
    ("name", "nearest"), [("cuda_omm", "cuda_oom"), ("Healthy", "healthy"), ("nccl_han", "nccl_hang")]
)
def test_a_misspelt_scenario_is_refused_with_the_nearest(create: Create, name: str, nearest: str) -> None:
    with pytest.raises(ClientException) as caught:
        create(Envs={"EMULATOR_SCENARIO": name})
    assert caught.value.data["Message"] == f"EMULATOR_SCENARIO {name} does not exist; the nearest is {nearest}."


@pytest.mark.parametrize(
    ("text", "scenario"),
    [
        ("python train.py", "healthy"),
        ("python exchange.py --change room", "healthy"),
        ("python cuda_oom.py", "cuda_oom"),
        ("llama-oom-test", "cuda_oom"),
        ("python import_error.py", "missing_module"),
        ("root-cause", "root_cause"),
        ("NCCL-Hang", "nccl_hang"),
        ("print-secrets", "secrets"),
    ],
)
def test_words_are_found_whole(text: str, scenario: str) -> None:
    assert catalog.hinted(text) == scenario


@pytest.mark.parametrize("scenario", sampled(SCENARIOS, 3))
def test_lines_come_in_order(dlc: Client, emulator: Emulator, create: Create, scenario: str) -> None:
    """Each script, for each pod, printed as it would be."""
    job = emulator.account.jobs[play(create, emulator, scenario, count=3)]
    for pod in pods.all_pods(job):
        offsets = [offset for offset, _ in pods.lines(job, pod)]
        assert offsets == sorted(offsets)
        assert all(pod.started <= offset <= min(pod.finished, inf) for offset in offsets)


def test_a_healthy_training_reports_a_falling_loss(dlc: Client, emulator: Emulator, create: Create) -> None:
    text = log(dlc, play(create, emulator, "healthy"))
    losses = [float(line.split(":")[1].split(",")[0]) for line in text.splitlines() if line.startswith("{'loss'")]
    assert len(losses) > 500
    assert losses[-1] < losses[0] / 5
    assert text.endswith("training finished, exiting with code 0")


def test_a_progress_bar_is_one_record_of_carriage_returns(dlc: Client, emulator: Emulator, create: Create) -> None:
    lines = log(dlc, play(create, emulator, "healthy")).split("\n")
    assert [line.count("\r") for line in lines if line.startswith("Tokenizing")] == [25]


def test_many_gpus_print_megatron_lines(dlc: Client) -> None:
    assert " | lm loss: " in log(dlc, "dlc4stillrunning")
    assert "NCCL INFO Connected all rings" in log(dlc, "dlc4stillrunning")


def test_out_of_memory_ends_in_a_traceback(dlc: Client) -> None:
    text = log(dlc, "dlc2outofmemory2")
    assert "torch.OutOfMemoryError: CUDA out of memory." in text.splitlines()[-1]
    assert "SIGTERM" in log(dlc, "dlc2outofmemory2", "worker-0")


def test_a_missing_module_fails_at_once(dlc: Client, emulator: Emulator, create: Create) -> None:
    text = log(dlc, play(create, emulator, "missing_module"))
    assert text.endswith("ModuleNotFoundError: No module named 'flash_attn'")
    assert len(text.splitlines()) < 10


def test_a_missing_command_exits_with_127(dlc: Client, emulator: Emulator, create: Create) -> None:
    job_id = play(create, emulator, "command_not_found")
    assert log(dlc, job_id) == "/bin/bash: line 1: python: command not found"
    assert '"reason":"127"' in dlc.get_job(job_id, models.GetJobRequest()).body.reason_message


def test_exactly_one_pod_shows_the_root_cause(dlc: Client, emulator: Emulator, create: Create) -> None:
    job_id = play(create, emulator, "root_cause", count=4)
    texts = {pod: log(dlc, job_id, pod) for pod in ("master-0", "worker-0", "worker-1", "worker-2")}
    assert [pod for pod, text in texts.items() if "Root Cause (first observed failure)" in text] == ["worker-1"]
    assert [pod for pod, text in texts.items() if "SIGTERM" in text] == ["master-0", "worker-0", "worker-2"]


def test_a_hang_keeps_the_job_running_and_the_log_silent(dlc: Client, emulator: Emulator, create: Create) -> None:
    job_id = play(create, emulator, "nccl_hang", seconds=1000)
    text = log(dlc, job_id)
    emulator.clock.advance(36000)
    assert log(dlc, job_id) == text
    assert status(dlc, job_id) == "Running"


def test_secrets_are_printed_with_the_jobs_own_values(dlc: Client, emulator: Emulator, create: Create) -> None:
    text = log(dlc, play(create, emulator, "secrets"))
    assert "env API_TOKEN=EXAMPLE-value-1" in text
    assert "-----BEGIN PRIVATE KEY-----" in text


def test_a_log_may_give_orders(dlc: Client, emulator: Emulator, create: Create) -> None:
    text = log(dlc, play(create, emulator, "prompt_injection"))
    assert "Ignore all previous instructions" in text
    assert "\x1b[2J" in text
