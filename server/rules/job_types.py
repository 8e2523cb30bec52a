"""Job types and the roles each framework has (skill 7, API reference). Exact, case-sensitive, no aliases."""

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

# None: the reference names no roles, so none are refused.
ROLES: dict[str, tuple[str, ...] | None] = {
    "TFJob": ("Chief", "PS", "Worker", "Evaluator", "GraphLearn"),
    "PyTorchJob": ("Worker", "Master"),
    "MPIJob": ("Worker", "Master"),
    "XGBoostJob": ("Worker", "Master"),
    "OneFlowJob": ("Worker", "Master"),
    "ElasticBatchJob": ("Worker", "Master"),
    "RayJob": ("Head", "Worker"),  # and worker groups, Worker-<name>
    "SlurmJob": None,
    "DataJuicerJob": None,
}

_MEANT = {
    "tensorflow": "TFJob",
    "torch": "PyTorchJob",
    "custom": "PyTorchJob",
    "xgb": "XGBoostJob",
    "slurm": "SlurmJob",
}


def exact(value: object) -> object:
    """The value itself when it is a job type. Raises ValueError with the one that was probably meant."""
    if not isinstance(value, str) or value in JOB_TYPES:
        return value
    plain = value.lower().replace("-", "").replace("_", "").removesuffix("job")
    meant = _MEANT.get(plain) or next((t for t in JOB_TYPES if t.lower().removesuffix("job") == plain), None)
    if plain == "custom":
        raise ValueError(f"{value!r} does not exist; use 'PyTorchJob' for a single-container custom workload")
    raise ValueError(f"{value!r} is no job type, use " + (repr(meant) if meant else f"one of {', '.join(JOB_TYPES)}"))


def role_problem(job_type: str, role: str) -> str | None:
    """What is wrong with a role in a job of this type, or None."""
    roles = ROLES[job_type]
    if roles is None or role in roles or (job_type == "RayJob" and role.startswith("Worker-")):
        return None
    meant = next((known for known in roles if known.lower() == role.lower()), None)
    return f"{role!r} is no role of {job_type}, use " + (repr(meant) if meant else f"one of {', '.join(roles)}")
