"""JobSpecs of UpdateJob: pods are added to and removed from an elastic job while it runs, and its resources change with
them."""

from pai_dlc_mcp.emulator import errors, ledger, pods
from pai_dlc_mcp.emulator.job import Job, Stay
from pai_dlc_mcp.emulator.lifecycle import TERMINAL
from pai_dlc_mcp.emulator.request import Json
from pai_dlc_mcp.emulator.state import Account


def resize(account: Account, job: Job, sent: list[Json]) -> None:
    """Change pod counts; a role that is not named keeps its count. Raises ServiceError for a job that is not elastic
    (documented: JobSpecs is for elastic jobs), for counts outside the job's bounds, and for pods that fit on no node
    (the service would leave these Pending, which is not emulated)."""
    counts = checked(account, job, sent)
    before, old = pods.names(job), job.body
    job.body = {
        **old,
        "JobSpecs": [
            {**spec, "PodCount": counts.get(spec["Type"], spec.get("PodCount", 1))} for spec in old["JobSpecs"]
        ],
    }
    after = pods.names(job)
    grown, gone = [each for each in after if each not in before], [each for each in before if each not in after]
    if job.nodes and grown and not settle_in(account, job, grown):
        job.body = old
        raise errors.wrong_state(f"No node of quota {job.quota_id} has room for {len(grown)} more pods.")
    elapsed = job.elapsed(account.now())
    for each in gone:
        pod_id = pods.id_of(job, each)
        job.left.append(Stay(before.index(each), *each, job.joined.pop(pod_id, 0.0), elapsed))
        job.nodes.pop(pod_id, None)
    for each in grown:
        job.joined[pods.id_of(job, each)] = elapsed


def checked(account: Account, job: Job, sent: list[Json]) -> dict[str, int]:
    """The new count of each role. Raises ServiceError."""
    elastic: Json = job.body.get("ElasticSpec", {})
    job_specs: list[Json] = job.body["JobSpecs"]
    if not elastic.get("EnableElasticTraining") and not any(spec.get("AutoScalingSpec") for spec in job_specs):
        raise errors.invalid("JobSpecs can only be updated for elastic jobs.")
    if job.status(account.now()) in ("Stopping", *TERMINAL):
        raise errors.wrong_state("Job is in terminal state.")
    if job.execution:
        raise errors.invalid("JobSpecs cannot be updated while the emulator executes the job (--execute).")
    counts = {spec.get("Type", ""): int(spec.get("PodCount", 1)) for spec in sent}
    if unknown := counts.keys() - {spec["Type"] for spec in job_specs}:
        raise errors.invalid(f"JobSpecs.Type {min(unknown)} is none of the job's.")
    workers = counts.get("Worker")
    low, high = elastic.get("MinParallelism") or 1, elastic.get("MaxParallelism") or 1000
    if workers is not None and not low <= workers <= high:
        raise errors.invalid(f"JobSpecs.PodCount of Worker must be between {low} and {high}.")
    return counts


def settle_in(account: Account, job: Job, grown: list[pods.Member]) -> bool:
    """Assign a node to each new pod. False, without any change, if one does not fit."""
    quota = account.quota(job.quota_id)
    held = {pods.id_of(job, each) for each in grown}
    # The job already counts these pods, which hold nothing without a node.
    free = ledger.open_nodes(account, quota, account.now())
    found = {pods.id_of(job, each): node for each in grown if (node := ledger.take(free, each[2]))}
    if found.keys() == held:
        job.nodes |= found
    return found.keys() == held
