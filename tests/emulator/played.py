"""Jobs that play a scenario, and what is seen of them."""

from collections.abc import Callable

from alibabacloud_pai_dlc20201203 import models
from alibabacloud_pai_dlc20201203.client import Client

from pai_dlc_mcp.emulator.embedded import Emulator

Create = Callable[..., str]


def log(dlc: Client, job_id: str, pod: str = "master-0") -> str:
    return "\n".join(dlc.get_pod_logs(job_id, f"{job_id}-{pod}", models.GetPodLogsRequest()).body.logs)


def status(dlc: Client, job_id: str) -> str:
    return dlc.get_job(job_id, models.GetJobRequest()).body.status


def play(create: Create, emulator: Emulator, scenario: str, seconds: float = 4000, count: int = 1) -> str:
    """The id of a job that has played this scenario for so many virtual seconds."""
    job_id = create({"PodCount": count}, Envs={"EMULATOR_SCENARIO": scenario, "API_TOKEN": "EXAMPLE-value-1"})
    emulator.clock.advance(seconds)
    return job_id
