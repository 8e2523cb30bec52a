"""Job types are exact, and each framework has its own roles."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pai_dlc_mcp.server.rules.job_types import JOB_TYPES, ROLES, exact, missing_roles, role_problem


def test_there_are_nine_job_types_and_roles_for_each() -> None:
    assert JOB_TYPES == (
        "TFJob",
        "PyTorchJob",
        "MPIJob",
        "XGBoostJob",
        "OneFlowJob",
        "ElasticBatchJob",
        "SlurmJob",
        "RayJob",
        "DataJuicerJob",
    )
    assert tuple(sorted(ROLES)) == tuple(sorted(JOB_TYPES))


@pytest.mark.parametrize("job_type", JOB_TYPES)
def test_an_exact_job_type_passes(job_type) -> None:
    assert exact(job_type) == job_type


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("pytorch", "PyTorchJob"),
        ("PyTorch", "PyTorchJob"),
        ("pytorchjob", "PyTorchJob"),
        ("PYTORCH_JOB", "PyTorchJob"),
        ("torch", "PyTorchJob"),
        ("tf", "TFJob"),
        ("TensorFlow", "TFJob"),
        ("mpi", "MPIJob"),
        ("xgb", "XGBoostJob"),
        ("xgboost", "XGBoostJob"),
        ("ray", "RayJob"),
        ("slurm-job", "SlurmJob"),
        ("elastic-batch", "ElasticBatchJob"),
        ("data_juicer", "DataJuicerJob"),
        ("one-flow", "OneFlowJob"),
    ],
)
def test_a_near_miss_is_answered_with_the_type_meant(given, meant) -> None:
    with pytest.raises(ValueError, match=f"^{given!r} is no job type, use {meant!r}$"):
        exact(given)


@pytest.mark.parametrize("given", ["Custom", "custom", "CustomJob"])
def test_a_custom_job_is_a_pytorch_job(given) -> None:
    with pytest.raises(ValueError, match="does not exist; use 'PyTorchJob' for a single-container custom workload"):
        exact(given)


def test_anything_else_is_answered_with_the_list() -> None:
    with pytest.raises(ValueError, match="use one of TFJob, PyTorchJob, MPIJob"):
        exact("spark")


@given(st.text())
def test_no_other_text_passes(given) -> None:
    if given in JOB_TYPES:
        return
    with pytest.raises(ValueError, match=r"is no job type|does not exist"):
        exact(given)


@pytest.mark.parametrize(("job_type", "role"), [(kind, role) for kind, roles in ROLES.items() for role in roles or ()])
def test_a_framework_has_these_roles(job_type, role) -> None:
    assert role_problem(job_type, role) is None


@pytest.mark.parametrize(
    ("job_type", "role", "problem"),
    [
        ("PyTorchJob", "worker", "'worker' is no role of PyTorchJob, use 'Worker'"),
        ("PyTorchJob", "Launcher", "'Launcher' is no role of PyTorchJob, use one of Worker, Master"),
        ("TFJob", "ps", "'ps' is no role of TFJob, use 'PS'"),
        (
            "TFJob",
            "Master",
            "'Master' is no role of TFJob, use one of Chief, PS, Worker, Evaluator, GraphLearn",
        ),
        ("RayJob", "head", "'head' is no role of RayJob, use 'Head'"),
        ("RayJob", "worker-a", "'worker-a' is no role of RayJob, use one of Head, Worker"),
    ],
)
def test_another_role_is_answered_with_the_right_ones(job_type, role, problem) -> None:
    assert role_problem(job_type, role) == problem


@pytest.mark.parametrize(
    ("job_type", "role"), [("RayJob", "Worker-a100"), ("SlurmJob", "Anything"), ("DataJuicerJob", "Anything")]
)
def test_ray_names_worker_groups_and_some_frameworks_name_no_roles(job_type, role) -> None:
    assert role_problem(job_type, role) is None


@pytest.mark.parametrize(
    ("job_type", "pods", "wrong"),
    [
        ("PyTorchJob", {"Worker": 2}, []),
        ("MPIJob", {"Worker": 2, "Master": 1}, []),
        ("MPIJob", {"Worker": 2}, ["an MPIJob needs a Worker and a Master spec: Master is missing"]),
    ],
)
def test_a_role_is_missing_only_where_the_framework_needs_it(job_type: str, pods: dict[str, int], wrong: list) -> None:
    assert list(missing_roles(job_type, pods)) == wrong
