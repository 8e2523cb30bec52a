"""Job types, their roles, and statuses (skill rule 7, API reference). Exact and case-sensitive; no aliases."""

from collections.abc import Iterator, Mapping
from typing import Literal, get_args

JobType = Literal[
    "TFJob",
    "PyTorchJob",
    "MPIJob",
    "XGBoostJob",
    "OneFlowJob",
    "ElasticBatchJob",
    "SlurmJob",
    "RayJob",
    "DataJuicerJob",
]
JOB_TYPES: tuple[str, ...] = get_args(JobType)

Status = Literal[
    "Creating", "Queuing", "Bidding", "EnvPreparing", "SanityChecking", "Running", "Restarting", "Stopping",
    "SucceededReserving", "FailedReserving", "Succeeded", "Failed", "Stopped",
]  # fmt: skip
STATUSES: tuple[str, ...] = get_args(Status)

# None: the API reference names no roles, so none is refused.
ROLES: dict[str, tuple[str, ...] | None] = {
    "TFJob": ("Chief", "PS", "Worker", "Evaluator", "GraphLearn"),
    "PyTorchJob": ("Worker", "Master"),
    "MPIJob": ("Worker", "Master"),
    "XGBoostJob": ("Worker", "Master"),
    "OneFlowJob": ("Worker", "Master"),
    "ElasticBatchJob": ("Worker", "Master"),
    "RayJob": ("Head", "Worker"),  # also worker groups, Worker-<name>
    "SlurmJob": None,
    "DataJuicerJob": None,
}

# These need a Worker; the Master is optional and at most one pod.
ONE_MASTER = ("PyTorchJob", "XGBoostJob", "OneFlowJob", "ElasticBatchJob")
# The job types for which AIMaster exists, which watches and restarts jobs (PAI guide, May 2026).
WITH_AIMASTER = ("PyTorchJob", "MPIJob", "TFJob", "ElasticBatchJob")

_MEANT = {
    "tensorflow": "TFJob",
    "torch": "PyTorchJob",
    "custom": "PyTorchJob",
    "xgb": "XGBoostJob",
    "slurm": "SlurmJob",
}


def exact(value: object) -> object:
    """Returns a valid job type. Raises ValueError that names the nearest one."""
    if not isinstance(value, str) or value in JOB_TYPES:
        return value
    plain = value.lower().replace("-", "").replace("_", "").removesuffix("job")
    meant = _MEANT.get(plain) or next((t for t in JOB_TYPES if t.lower().removesuffix("job") == plain), None)
    if plain == "custom":
        raise ValueError(f"{value!r} does not exist; use 'PyTorchJob' for a single-container custom workload")
    raise ValueError(f"{value!r} is no job type, use " + (repr(meant) if meant else f"one of {', '.join(JOB_TYPES)}"))


def role_problem(job_type: str, role: str) -> str | None:
    """What is wrong with a role in a job of this type; None if nothing is."""
    roles = ROLES[job_type]
    if roles is None or role in roles or (job_type == "RayJob" and role.startswith("Worker-")):
        return None
    meant = next((known for known in roles if known.lower() == role.lower()), None)
    return f"{role!r} is no role of {job_type}, use " + (repr(meant) if meant else f"one of {', '.join(roles)}")


def missing_roles(job_type: str, pods: Mapping[str, int]) -> Iterator[str]:
    """What is wrong with the roles of a whole job (pods by role): MPI needs both roles; a Worker is needed where the
    Master is optional; a Master has one pod."""
    if any(role_problem(job_type, role) for role in pods):  # a misspelt role does not count as missing
        return
    if job_type == "MPIJob" and (missing := {"Worker", "Master"} - pods.keys()):
        yield f"an MPIJob needs a Worker and a Master spec: {' and '.join(sorted(missing))} is missing"
    if job_type in ONE_MASTER and "Worker" not in pods:
        yield f"a {job_type} needs a Worker spec (its first pod is the master where no Master is described)"
    if job_type in (*ONE_MASTER, "MPIJob") and pods.get("Master", 1) > 1:
        yield f"a {job_type} has at most one Master: set its pod_count to 1 and raise the Worker's"
