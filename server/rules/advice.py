"""Totals of a job, and warnings before it is created. Never refuses."""

import contextlib
import re
from collections.abc import Iterator, Sequence
from typing import Any, cast

from pai_dlc_mcp.server.budget.redact import of_call
from pai_dlc_mcp.server.cloud.secret_fields import secrets_of
from pai_dlc_mcp.server.cloud.specs import EcsSpec
from pai_dlc_mcp.server.rules.job_spec import Draft, JobSpec
from pai_dlc_mcp.server.rules.job_types import WITH_AIMASTER
from pai_dlc_mcp.server.rules.redacted_view import showable

RESTARTS = "--enable-job-restart"
# A script with a relative path, in a command that does not fetch, create or enter anything before it.
_SCRIPT = re.compile(
    r"(?:^|[\s;&|(\"'=])(?![-/~$])((?:[\w.-]+/)*[\w.-]+\.(?:py|sh|ya?ml|json|toml|R|jl|pl))(?=$|[\s;&|)\"'])"
)
_BRINGS = re.compile(
    r"\b(?:cd|pushd|git|wget|curl|ossutil(?:64)?|aws|gsutil|tar|unzip|cp|mv|ln|tee|huggingface-cli)\b|>"
)


def gpus(draft: Draft, specs: Sequence[EcsSpec]) -> int | None:
    """GPUs of all pods; None if a spec is not in the catalogue or has no valid GPU count."""
    known = {spec.instance_type: spec.gpus for spec in specs}
    total = 0
    for spec in draft.job_specs:
        each = _gpus_of_a_pod(spec, known)
        if each is None:
            return None
        total += each * spec.pod_count
    return total


def warnings(draft: Draft, specs: Sequence[EcsSpec]) -> list[str]:
    """The warnings about a draft; each names the field to change. Warnings that need the quota's facts are in
    preflight.py."""
    said = [f"{spec.instance_type} has no stock now: the job will queue" for spec in specs if not spec.available]
    if draft.job_max_running_time_minutes is None:
        said.append("no job_max_running_time_minutes: nothing stops the job if it hangs")
    many = sum(spec.pod_count for spec in draft.job_specs) > 1
    sane = bool(draft.settings and draft.settings.enable_sanity_check)
    if many and draft.resource_id and draft.job_type == "PyTorchJob" and gpus(draft, specs) and not sane:
        said.append(
            "multi-node GPU job without settings.enable_sanity_check: a faulty GPU shows only when training does"
        )
    return [*said, *_restarts(draft), *_idle(draft)]


def _restarts(draft: Draft) -> Iterator[str]:
    """AIMaster restarts jobs of some types only, and only if it is configured to."""
    settings, pods = draft.settings, sum(spec.pod_count for spec in draft.job_specs)
    on = bool(settings and settings.enable_error_monitoring_in_aimaster)
    restarts = _is_on(RESTARTS, (settings and settings.error_monitoring_args) or "")
    if on and draft.job_type not in WITH_AIMASTER:
        yield f"settings.enable_error_monitoring_in_aimaster does nothing: {draft.job_type} has no AIMaster"
    elif on and not restarts:
        yield f"AIMaster restarts nothing without settings.error_monitoring_args={RESTARTS}=True"
    elif settings and settings.error_monitoring_args and not on:
        yield "settings.error_monitoring_args does nothing without settings.enable_error_monitoring_in_aimaster"
    elif pods > 1 and not on and draft.job_type in WITH_AIMASTER:
        yield (
            f"one failing pod of {pods} ends the job: settings.enable_error_monitoring_in_aimaster with "
            f"error_monitoring_args={RESTARTS}=True restarts it instead"
        )


def _idle(draft: Draft) -> Iterator[str]:
    """Settings without effect, and a command whose script would not be found."""
    if draft.priority is not None and not draft.resource_id:
        yield "priority does nothing: a pay-as-you-go job has no queue"
    if draft.settings and draft.settings.enable_sanity_check:
        if draft.job_type != "PyTorchJob":
            yield f"settings.enable_sanity_check does nothing: it checks PyTorch jobs, not a {draft.job_type}"
        elif not draft.resource_id:
            yield "settings.enable_sanity_check does nothing: it checks jobs on a Lingjun quota"
    for i, spec in enumerate(draft.job_specs):
        spot = spec.spot_spec
        if spot and spot.spot_discount_limit is not None and spot.spot_price_limit is not None:
            yield f"job_specs[{i}].spot_spec has both limits: give one (spot_price_limit is CNY a minute)"
    if not draft.code_source and (script := relative_path(draft.user_command)):
        yield f"user_command names {script}, a relative path, and there is no code_source: is it in the image?"


def relative_path(command: str) -> str | None:
    """The first script in the command with a relative path, None if an earlier part of the command may have created
    it."""
    found = _SCRIPT.search(command)
    return found[1] if found and not _BRINGS.search(command[: found.start(1)]) else None


def shown(draft: Draft) -> dict[str, Any]:
    """The body that would be sent, without environment values and other secrets."""
    body = draft.body()
    return cast("dict[str, Any]", showable(body, of_call().also(secrets_of(body))))


def _is_on(flag: str, arguments: str) -> bool:
    """Whether a flag is on: `--flag`, `--flag=True` or `--flag true`; the last occurrence counts."""
    found = re.findall(rf"{re.escape(flag)}(?:[=\s]+([A-Za-z]+))?(?=\s|$)", arguments)
    return bool(found) and found[-1].lower() not in ("false", "no", "off")


def _gpus_of_a_pod(spec: JobSpec, known: dict[str, int]) -> int | None:
    if spec.ecs_spec:
        return known.get(spec.ecs_spec)
    with contextlib.suppress(ValueError):
        return int((spec.resource_config and spec.resource_config.gpu) or 0)
    return None
