"""Refuses changes that UpdateJob would accept with 200 and ignore."""

from typing import Any

from pydantic import Field

from pai_dlc_mcp.server.cloud.jobs import Job
from pai_dlc_mcp.server.cloud.shape import as_list, as_object
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.rules.job_spec import Body

PRIORITY_STATUSES = ("Creating", "Queuing", "EnvPreparing")


def priority_can_change(job: Job) -> None:
    """Raises Failure unless it is a quota job that does not run yet: the service ignores other changes of priority."""
    if not job.resource_id:
        raise Failure(
            f"Job {job.job_id} is pay-as-you-go: it has no queue, so its priority means nothing and cannot change.",
            fix="Leave the priority; only jobs with a quota (resource_id) have one.",
            code="PriorityNotApplicable",
        )
    if job.status not in PRIORITY_STATUSES:
        raise Failure(
            f"Job {job.job_id} is {job.status}: its priority can change only in {', '.join(PRIORITY_STATUSES)}.",
            fix="Set priority when creating a job; a running one keeps the one it has.",
            code="PriorityNotApplicable",
        )


def accessibility_can_change(job: Job, wanted: str) -> None:
    """Raises Failure unless the change widens the visibility."""
    if wanted == "PRIVATE" and job.accessibility == "PUBLIC":
        raise Failure(
            f"Job {job.job_id} is PUBLIC and cannot be made PRIVATE again.",
            fix="Create the job anew with accessibility=PRIVATE if it has to be hidden.",
            code="AccessibilityNotApplicable",
        )


def name_never_changes() -> None:
    """Raises Failure: UpdateJob cannot change a name."""
    raise Failure(
        "A job cannot be renamed: UpdateJob does not take a display name.",
        fix="Put the new name into description, or create the job anew.",
        code="NameNotApplicable",
    )


def specs_can_change(job: Job) -> None:
    """Raises Failure unless the job is elastic: only those can change JobSpecs."""
    elastic = as_object(job.raw.get("ElasticSpec")).get("EnableElasticTraining") is True
    if not elastic and not any(spec.auto_scaling for spec in job.specs):
        raise Failure(
            f"Job {job.job_id} is not elastic: its pods cannot change.",
            fix="Create the job anew with another pod_count.",
            code="SpecsNotApplicable",
        )


class PodsChange(Body):
    """A new pod count for one role."""

    type: str = Field(description="Role, e.g. Worker")
    pod_count: int = Field(ge=0, le=10_000, description="Replicas")


def changes(
    job: Job,
    priority: int | None,
    accessibility: str | None,
    description: str | None,
    job_specs: list[PodsChange] | None,
) -> dict[str, Any]:
    """The UpdateJob body. Raises Failure for a change that the service would ignore, and for no change."""
    if priority is not None:
        priority_can_change(job)
    if accessibility:
        accessibility_can_change(job, accessibility)
    if job_specs:
        specs_can_change(job)
    wanted = {
        "Priority": priority,
        "Accessibility": accessibility if accessibility != job.accessibility else None,
        "Description": description,
        "JobSpecs": _specs(job, job_specs) if job_specs else None,
    }
    sent = {name: value for name, value in wanted.items() if value is not None}
    if not sent:
        raise Failure(
            f"There is nothing to change in job {job.job_id}.",
            fix="Pass a priority, accessibility, description or job_specs that differs from the job's.",
            code="NothingToChange",
        )
    return sent


def removed_pods(job: Job, specs: list[dict[str, Any]]) -> int:
    """How many pods an update removes: counted by specs or by running pods, whichever is more (an elastic job may run
    more pods than its specs say)."""
    asked = [int(spec.get("PodCount") or 0) for spec in specs]
    by_spec = sum(max(0, now.pod_count - count) for now, count in zip(job.specs, asked, strict=True))
    running = sum(pod.status == "Running" for pod in job.pods)
    return max(by_spec, running - sum(asked), 0)


def shows(job: Job, name: str, value: Any) -> bool:
    """Whether the job, read again, has the change."""
    if name == "JobSpecs":
        return {spec.type: spec.pod_count for spec in job.specs} == {spec["Type"]: spec["PodCount"] for spec in value}
    seen = {"Priority": job.priority, "Accessibility": job.accessibility, "Description": job.description}
    return seen[name] == value


def _specs(job: Job, wanted: list[PodsChange]) -> list[dict[str, Any]]:
    """The job's specs with the new pod counts; UpdateJob needs complete specs."""
    counts = {change.type: change.pod_count for change in wanted}
    specs = [as_object(spec) for spec in as_list(job.raw.get("JobSpecs"))]
    if unknown := counts.keys() - {spec.get("Type") for spec in specs}:
        raise Failure(
            f"Job {job.job_id} has no role {', '.join(sorted(unknown))}.",
            fix=f"Its roles: {', '.join(str(spec.get('Type')) for spec in specs)}.",
            code="NoSuchRole",
        )
    return [{**spec, "PodCount": counts.get(str(spec.get("Type")), spec.get("PodCount"))} for spec in specs]
