"""The scenarios by name, and which one a new job plays."""

import re
from collections.abc import Mapping
from math import inf

from pai_dlc_mcp.emulator.scenarios import distributed, failures, training, untrusted
from pai_dlc_mcp.emulator.scenarios.scenario import Scenario

SCENARIOS: dict[str, Scenario] = {
    "healthy": Scenario(training.healthy),
    "long_running": Scenario(training.healthy, runs=(21600.0,)),
    "cuda_oom": Scenario(failures.cuda_oom, runs=(660.0,), exit_code=1),
    "missing_module": Scenario(failures.missing_module, runs=(6.0,), exit_code=1, victims_exit_code=1),
    "command_not_found": Scenario(failures.command_not_found, runs=(2.0,), exit_code=127, victims_exit_code=127),
    "root_cause": Scenario(distributed.root_cause, runs=(900.0,), exit_code=1, culprit=2),
    "nccl_hang": Scenario(distributed.nccl_hang, runs=(inf,), idle_after=distributed.HANG_SECONDS),
    "restarts": Scenario(distributed.restarts, runs=(600.0, 1800.0), culprit=1),
    "secrets": Scenario(untrusted.secrets),
    "prompt_injection": Scenario(untrusted.prompt_injection),
    "image_pull": Scenario(training.healthy, prepare=300.0, pulls_image=False, exit_code=128, victims_exit_code=128),
    "sanity_failure": Scenario(training.healthy, sanity="Failed"),
    "quota_full": Scenario(training.healthy, stuck="Queuing"),
    "no_stock": Scenario(
        training.healthy,
        stuck="Queuing",
        events=((20.0, "Failed to create resource: resource type is not enough, retry later."),),
    ),
}

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
"""A word of the command or the name, with - read as _, and the scenario it asks for."""


def named(envs: Mapping[str, str]) -> str | None:
    """What EMULATOR_SCENARIO asks for; an unknown name asks for nothing."""
    name = envs.get("EMULATOR_SCENARIO", "")
    return name if name in SCENARIOS else None


def hinted(text: str) -> str:
    text = text.lower().replace("-", "_")
    return next((WORDS[word] for word in WORDS if re.search(rf"(?<![a-z]){word}s?(?![a-z])", text)), "healthy")
