"""What a careful colleague would say about a job before it is created: totals and warnings, never a refusal."""

import contextlib
from collections.abc import Sequence
from typing import Any, cast

from pai_dlc_mcp.server.budget.redact import Redactor
from pai_dlc_mcp.server.cloud.jobs import job_secrets
from pai_dlc_mcp.server.cloud.specs import EcsSpec
from pai_dlc_mcp.server.rules.job_spec import Draft, JobSpec
from pai_dlc_mcp.server.rules.redacted_view import showable


def gpus(draft: Draft, specs: Sequence[EcsSpec]) -> int | None:
    """GPUs of all pods together; None when a spec is not in the catalogue or its GPU count is no number."""
    known = {spec.instance_type: spec.gpus for spec in specs}
    total = 0
    for spec in draft.job_specs:
        each = _gpus_of_a_pod(spec, known)
        if each is None:
            return None
        total += each * spec.pod_count
    return total


def warnings(draft: Draft, specs: Sequence[EcsSpec]) -> list[str]:
    """Each warning names the field that answers it."""
    pods = sum(spec.pod_count for spec in draft.job_specs)
    settings = draft.settings
    said: list[str] = []
    said += [f"{spec.instance_type} has no stock now: the job will queue" for spec in specs if not spec.available]
    if draft.job_max_running_time_minutes is None:
        said.append("no job_max_running_time_minutes: nothing stops the job if it hangs")
    if pods > 1 and not (settings and settings.enable_error_monitoring_in_aimaster):
        said.append(
            f"one failing pod of {pods} ends the job: settings.enable_error_monitoring_in_aimaster restarts it instead"
        )
    if pods > 1 and draft.resource_id and gpus(draft, specs) and not (settings and settings.enable_sanity_check):
        said.append(
            "multi-node GPU job without settings.enable_sanity_check: a faulty GPU shows only when training does"
        )
    return said


def shown(draft: Draft) -> dict[str, Any]:
    """The body that would be sent, without the values of environment variables and other secrets."""
    body = draft.body()
    return cast("dict[str, Any]", showable(body, Redactor(job_secrets(body))))


def _gpus_of_a_pod(spec: JobSpec, known: dict[str, int]) -> int | None:
    if spec.ecs_spec:
        return known.get(spec.ecs_spec)
    with contextlib.suppress(ValueError):
        return int((spec.resource_config and spec.resource_config.gpu) or 0)
    return None
