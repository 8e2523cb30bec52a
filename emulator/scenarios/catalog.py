"""The scenarios by name, the choice of one for a new job, and the list for users."""

import re
from collections.abc import Iterator, Mapping
from math import inf

from pai_dlc_mcp.emulator.scenarios import (
    distributed,
    failures,
    patterns,
    signs,
    styles,
    texts,
    training,
    untrusted,
    waiting,
)
from pai_dlc_mcp.emulator.scenarios.scenario import Line, Run, Scenario, Script, Stage


def success(script: Script, seconds: float = 1800.0) -> tuple[Stage, ...]:
    return (Stage(script, seconds),)


def failure(text: str, exit_code: int, seconds: float = 660.0, *, node_fault: bool = False) -> tuple[Stage, ...]:
    """A training that ends with this text."""
    return (Stage(patterns.ends_in(text), seconds, exit_code, node_fault=node_fault),)


def at_start(text: str, exit_code: int, seconds: float = 6.0) -> tuple[Stage, ...]:
    """Ends before training starts, in all pods alike."""
    return (Stage(patterns.ends_in(text, trains=False), seconds, exit_code, victims_exit_code=exit_code),)


def taken(event: str, substatus: str = "Normal") -> Stage:
    """The platform removes the first pod during a training."""
    return Stage(training.healthy, 900.0, 143, last_event=event, substatus=substatus, fault=("POD_LOST", event))


def reporting(style: str) -> Script:
    """A healthy training with the log format of a framework."""

    def script(run: Run) -> Iterator[Line]:
        yield from training.launch(run)
        yield from training.steps(run, run.seconds - 10, report=styles.REPORTS[style])

    return script


LOST_GPU = Stage(distributed.restarts, 600.0, 1, culprit=1, node_fault=True)
HUNG = (Stage(distributed.nccl_hang, inf),)
NO_STOCK = "Failed to create resource: resource type is not enough, retry later."
PREEMPTED = "Preempted by a job of a higher priority"
RECLAIMED = "Spot instance is reclaimed"
EVICTED = "The node was low on resource: ephemeral-storage. Container was using 512Gi"
OOM_KILLED = "Container was OOMKilled: memory limit exceeded"

SCENARIOS: dict[str, Scenario] = {
    "healthy": Scenario("succeeds", "trains for half an hour and succeeds", success(training.healthy)),
    "long_running": Scenario("succeeds", "trains for six hours", success(training.healthy, 21600.0)),
    "pip_timeout": Scenario("network", "pip cannot reach its index", at_start(texts.PIP_TIMEOUT, 1, 120.0)),
    "dns_failure": Scenario("network", "the master's name is not resolved", at_start(texts.DNS_FAILURE, 1, 60.0)),
    "nccl_timeout": Scenario("network, exit 245", "the NCCL watchdog ends it", failure(texts.NCCL_TIMEOUT, 245)),
    "image_pull": Scenario(
        "image",
        "the image is not found, the kubelet tries for five minutes",
        (Stage(training.healthy, 0.0, 128, victims_exit_code=128),),
        prepare=300.0,
        pulls_image=False,
    ),
    "missing_module": Scenario(
        "program, exit 1",
        "an import fails at once",
        (Stage(failures.missing_module, 6.0, 1, victims_exit_code=1),),
    ),
    "command_not_found": Scenario(
        "program, exit 127",
        "the command does not exist",
        (Stage(failures.command_not_found, 2.0, 127, victims_exit_code=127),),
    ),
    "permission_denied": Scenario(
        "program, exit 126", "the script is not executable", at_start(texts.PERMISSION_DENIED, 126)
    ),
    "root_cause": Scenario(
        "program", "one worker of many fails first", (Stage(distributed.root_cause, 900.0, 1, culprit=2),)
    ),
    "cuda_oom": Scenario("memory", "CUDA out of memory in the backward pass", (Stage(failures.cuda_oom, 660.0, 1),)),
    "host_oom": Scenario(
        "memory, exit 137",
        "the kernel kills the container for its memory",
        (Stage(patterns.ends_in(texts.HOST_OOM), 660.0, 137, last_event=OOM_KILLED),),
    ),
    "cannot_allocate": Scenario("memory", "pinned memory cannot be had", failure(texts.CANNOT_ALLOCATE, 1)),
    "no_stock": Scenario(
        "resources",
        "pay-as-you-go has no such machine",
        success(training.healthy),
        stuck="Queuing",
        events=((20.0, NO_STOCK),),
    ),
    "quota_full": Scenario(
        "queue: SelfQuotaLimit", "waits for a quota for ever", success(training.healthy), stuck="Queuing"
    ),
    "fragmentation": Scenario(
        "queue: NotEnoughGPU",
        "the quota has GPUs enough, no node has",
        success(training.healthy),
        stuck="Queuing",
        unschedulable="NotEnoughGPU",
    ),
    "evicted": Scenario("resources, exit 143", "a node short of disk evicts the pod", (taken(EVICTED, "Evicted"),)),
    "preempted": Scenario(
        "resources, restarts", "preempted, then goes on", (taken(PREEMPTED, "Evicted"), Stage(training.healthy))
    ),
    "spot_reclaimed": Scenario("resources", "the spot instance is taken back", (taken(RECLAIMED, "Evicted"),)),
    "bad_flag": Scenario("configuration, exit 2", "an argument nobody knows", at_start(texts.BAD_FLAG, 2)),
    "missing_file": Scenario("configuration", "a file is missing in a mount", at_start(texts.MISSING_FILE, 1)),
    "cannot_start": Scenario(
        "configuration, exit 128",
        "the container cannot be started",
        (
            Stage(
                training.healthy, 0.0, 128, victims_exit_code=128, last_event="Error: failed to create containerd task"
            ),
        ),
        starts=False,
    ),
    "restarts": Scenario(
        "platform, restarts", "a GPU is lost, the job restarts", (LOST_GPU, Stage(distributed.restarts))
    ),
    "ecc": Scenario("platform", "an uncorrectable ECC error", failure(texts.ECC, 1, node_fault=True)),
    "nvlink": Scenario("platform", "an NVLink breaks", failure(texts.NVLINK, 1, node_fault=True)),
    "driver_mismatch": Scenario("platform", "driver and library differ", at_start(texts.DRIVER, 1)),
    "abort": Scenario("exit 134", "a device-side assertion aborts it", failure(texts.ABORT, 134)),
    "segfault": Scenario("exit 139", "a native extension crashes", failure(texts.SEGFAULT, 139)),
    "ssh_failure": Scenario("exit 255", "mpirun cannot reach a worker", at_start(texts.SSH_FAILURE, 255, 40.0)),
    "nccl_hang": Scenario("hang: silence", "one collective never returns", HUNG, idle_after=distributed.HANG_SECONDS),
    "nccl_init_hang": Scenario(
        "hang: NCCL init", "the communicator is never complete", (Stage(patterns.nccl_init_hang, inf),), idle_after=5.0
    ),
    "rendezvous_wait": Scenario(
        "hang: rendezvous", "a worker never joins", (Stage(patterns.rendezvous_wait, inf),), idle_after=1.0
    ),
    "stalled": Scenario("hang: stalled output", "output flows, the step stands", (Stage(patterns.stalled, inf),)),
    "nan_loss": Scenario("progress: NaN", "the loss becomes nan", (Stage(patterns.diverges, 420.0, 1),)),
    "slow_down": Scenario(
        "progress: slow-down", "steps take three times as long", success(patterns.slows_down, 1300.0)
    ),
    "restart_budget": Scenario(
        "restarts: budget exhausted",
        "fails once more than it may be restarted",
        (LOST_GPU, LOST_GPU, LOST_GPU, Stage(distributed.restarts, 600.0, 1, culprit=1)),
    ),
    "restart_edge": Scenario(
        "restarts: budget used",
        "runs on after its last restart: the next failure is final",
        (LOST_GPU, LOST_GPU, LOST_GPU, Stage(distributed.restarts, 21600.0)),
    ),
    "restart_after_exit": Scenario(
        "restarts: explicit exit code",
        "a program's own failure restarts it",
        (
            Stage(failures.cuda_oom, 600.0, 1, culprit=1, fault=("EXIT_CODE_1", "Container exited with code 1")),
            Stage(training.healthy),
        ),
    ),
    "restart_after_hang": Scenario(
        "restarts: hang detected",
        "AIMaster ends a silent job and starts it again",
        (
            Stage(
                distributed.nccl_hang,
                2400.0,
                143,
                exit_event=False,
                fault=("JOB_HANG", "No log for 1800 s: the job hangs"),
            ),
            Stage(training.healthy),
        ),
    ),
    "restart_after_check": Scenario(
        "restarts: hardware check failed",
        "a node fails its check and is left",
        (
            Stage(
                training.healthy, 300.0, 143, node_fault=True, fault=("SANITY_CHECK_FAILED", "A node failed its check")
            ),
            Stage(training.healthy),
        ),
    ),
    "sanity_failure": Scenario(
        "sanity: failed", "a node fails the check", success(training.healthy), sanity="Failed", slow_node=0.113
    ),
    "sanity_outlier": Scenario(
        "sanity: > 5 %", "a node is 7 % below the others", success(training.healthy), slow_node=0.07
    ),
    "sanity_significant": Scenario(
        "sanity: > 10 %", "a node is 12 % below the others", success(training.healthy), slow_node=0.12
    ),
    "long_log": Scenario("log: > 5,000 records", "more than 5,000 records", success(patterns.talkative, 900.0)),
    "teardown": Scenario("log: teardown", "1,000 lines after the cause", (Stage(patterns.long_teardown, 900.0, 1),)),
    **{name: told.scenario() for name, told in signs.SIGNS.items()},
    **waiting.WAITING,
    **{
        f"healthy_{name}": Scenario(
            f"progress: {name}", f"succeeds, reporting as {name} does", success(reporting(name))
        )
        for name in styles.REPORTS
    },
    "secrets": Scenario("log", "prints secrets", success(untrusted.secrets)),
    "prompt_injection": Scenario("log", "prints orders to its reader", success(untrusted.prompt_injection)),
}

EXECUTED = Scenario("", "the command itself", (Stage(training.nothing, inf),), prepare=1.0)
"""The scenario of a job whose command really runs."""

WORDS: dict[str, str] = {
    "oom": "cuda_oom",
    "import_error": "missing_module",
    "missing_module": "missing_module",
    "not_found": "command_not_found",
    "root_cause": "root_cause",
    "hang": "nccl_hang",
    "restart": "restarts",
    "secret": "secrets",
    "injection": "prompt_injection",
    "image_pull": "image_pull",
    "bad_node": "sanity_failure",
    "queue": "quota_full",
    "no_stock": "no_stock",
    "long_run": "long_running",
}
"""A word in the command or the name (with - read as _), and its scenario."""


def named(envs: Mapping[str, str]) -> str:
    """The value of EMULATOR_SCENARIO; CreateJob has refused unknown names."""
    return envs.get("EMULATOR_SCENARIO", "")


def hinted(text: str) -> str:
    text = text.lower().replace("-", "_")
    return next((WORDS[word] for word in WORDS if re.search(rf"(?<![a-z]){word}s?(?![a-z])", text)), "healthy")


def table() -> str:
    """One line for each scenario: name, the diagnosis it is for, and a description."""
    return "\n".join(f"{name:22}{scenario.row:38}{scenario.shows}" for name, scenario in SCENARIOS.items())
