"""Reads two jobs for compare_jobs: each job, the log of its leading pod, and its GPU use."""

import anyio

from pai_dlc_mcp.server.cloud.jobs import Job
from pai_dlc_mcp.server.deps import CloudInRegion
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.insight import progress
from pai_dlc_mcp.server.rules.comparison import Run
from pai_dlc_mcp.server.rules.pods import first_pod
from pai_dlc_mcp.server.workflows.evidence import Evidence


async def read(cloud: CloudInRegion, a: str, b: str) -> tuple[Run, Run, list[str]]:
    """Both runs, and what could not be read. Raises Failure for a job that does not exist, or the same job twice."""
    if a == b:
        raise Failure(f"Both are {a}.", fix="Name two jobs; list_jobs shows them.", code="InvalidArgument")
    runs: dict[str, Run] = {}
    unseen: list[str] = []

    async def look(name: str, job_id: str) -> None:
        evidence = Evidence(cloud, await cloud.jobs.get(job_id))
        runs[name] = await _run(evidence)
        unseen.extend(f"{name}: {what}" for what in evidence.unseen)

    async with anyio.create_task_group() as group:
        group.start_soon(look, "a", a)
        group.start_soon(look, "b", b)
    return runs["a"], runs["b"], sorted(unseen)


async def _run(evidence: Evidence) -> Run:
    job = evidence.job
    log = await evidence.log(first_pod(job), failed=False) if _has_run(job) else None
    began = job.running_since
    use = await evidence.gpu_percent(began) if began and job.gpus else None
    return Run(job, progress.read(log.lines) if log else None, use, evidence.now)


def _has_run(job: Job) -> bool:
    return any(pod.started for pod in job.pods)
