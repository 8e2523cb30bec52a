"""The previews of risky calls, as the user reads them: facts and timestamps of a fresh GetJob, cleaned of control
characters."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from pai_dlc_mcp.server.budget.fence import inline
from pai_dlc_mcp.server.cloud.jobs import Job
from pai_dlc_mcp.server.cloud.ray import RayHistoryServer
from pai_dlc_mcp.server.cloud.templates import Template
from pai_dlc_mcp.server.cloud.tensorboards import Tensorboard
from pai_dlc_mcp.server.cloud.times import to_utc
from pai_dlc_mcp.server.safety.confirmation import fingerprint
from pai_dlc_mcp.server.safety.risks import HARMLESS_SIGNALS, Effect
from pai_dlc_mcp.server.safety.types import Preview

STOPPABLE = frozenset({"Running", "Queuing"})  # StopJob applies to these two (the skill)
HOLDING = frozenset({"EnvPreparing", "Restarting"})  # these hold resources; stopped only if the operator allows it
_NAME = 80  # characters


def stop(job: Job, region: str) -> Preview:
    """Stop one running or queued job."""
    return Preview((_stops(job),), (job.job_id,), region, f"{_who(job)} {_size(job)}", state_of(job))


def stop_many(jobs: Sequence[Job], region: str) -> Preview:
    """Stop several jobs: one question with totals, valid for exactly these jobs in exactly these states."""
    told = "; ".join(f"{job.job_id} {named(job)} {job.status}, {_pods(job)}" for job in jobs)
    gpus = sum(job.gpus or 0 for job in jobs)
    totals = f"{sum(job.pods_asked for job in jobs)} pods and {gpus:g} GPUs would be freed."
    ids = tuple(sorted(job.job_id for job in jobs))
    state = fingerprint(*sorted(state_of(job) for job in jobs))
    kinds = {_stops(job) for job in jobs}
    each: tuple[Effect, ...] = tuple(effect for effect in ("stop_running", "stop_queued") if effect in kinds)
    return Preview(("stop_many", *each), ids, region, f"{len(jobs)} jobs: {told}. {totals}", state)


def stop_preparing(job: Job, region: str) -> Preview:
    """Stop a job that holds resources although it is neither running nor queued."""
    return Preview(("stop_preparing",), (job.job_id,), region, f"{_who(job)} {_size(job)}", state_of(job))


class Unanswered(NamedTuple):
    """A CreateJob without a known result. `sent`: when, UTC in ISO 8601."""

    request_id: str
    name: str
    workspace_id: str
    sent: str


def create_again(creates: Sequence[Unanswered], region: str) -> Preview:
    """Send a second CreateJob for each of these."""
    facts = " ".join(
        f'CreateJob of "{inline(one.name, _NAME)}" in workspace {one.workspace_id} (request {one.request_id}) was sent '
        f"at {one.sent} and not answered, and no job shows it."
        for one in creates
    )
    pinned = fingerprint(*(part for one in creates for part in (one.request_id, one.sent)))
    return Preview(("create_again",), tuple(one.request_id for one in creates), region, facts, pinned)


def spend(names: Sequence[str], size: str, figures: Sequence[str], region: str, body: str) -> Preview:
    """A create close to the operator's limits. `body`: digest of what is created."""
    facts = f"Creating {', '.join(inline(name, _NAME) for name in names)} ({size}). {'; '.join(figures)}."
    return Preview(("spend",), tuple(names), region, facts, fingerprint(body))


def sweep(job_id: str, facts: str, region: str, key: str) -> Preview:
    """All jobs of a sweep. `key`: digest of their bodies."""
    return Preview(("create_many",), (job_id,), region, facts, fingerprint(key))


def both(first: Preview, second: Preview | None) -> Preview:
    """One preview that asks for both reasons."""
    if second is None:
        return first
    return replace(
        first,
        effects=(*first.effects, *second.effects),
        facts=f"{first.facts} {second.facts}",
        state=fingerprint(first.state, second.state),
    )


def delete(job: Job, region: str) -> Preview:
    """Delete a job."""
    return Preview(("delete",), (job.job_id,), region, f"{_who(job)} {_size(job)}", state_of(job))


def update(job: Job, region: str, *, public: bool, removed: int) -> Preview | None:
    """An update that makes the job public, removes pods, or both; None if it does neither."""
    effects: list[Effect] = [*(["shrink"] if removed else []), *(["make_public"] if public else [])]
    said = [_who(job), _size(job)]
    said += [f"The change removes {removed} pod{'s' if removed != 1 else ''}."] if removed else []
    said += [f"It is {job.accessibility or 'PRIVATE'} in workspace {job.workspace_id}."] if public else []
    if not effects:
        return None
    return Preview(tuple(effects), (job.job_id,), region, " ".join(said), state_of(job))


def share_terminal(job: Job, region: str, pod_id: str, shared: bool) -> Preview:
    """Share the URL of a pod's terminal."""
    kind = "a link that works once for anyone" if shared else "a link"
    facts = f"{_who(job)} A web terminal of pod {pod_id}: {kind}, valid for 30 s."
    return Preview(("share_terminal",), (job.job_id, pod_id), region, facts, fingerprint(state_of(job), shared))


def share_token(target: str, target_id: str, region: str, seconds: int, about: str, state: str) -> Preview:
    """Issue an access token for a job or a tensorboard. `about` describes the target, `state` is its fingerprint."""
    facts = f"A sharing token for {target} {target_id}{' ' * bool(about)}{about}, valid for {seconds:,} s."
    return Preview(("share_token",), (target_id,), region, facts, fingerprint(state, seconds))


def send_signal(job: Job, region: str, signal: str, to: Sequence[str]) -> Preview:
    """Send a signal. `to`: roles or pods, empty for the whole job. Signal and receivers are part of the state."""
    facts = f"{_who(job)} {_size(job)} {signal} goes to {', '.join(to) or 'all its pods'}."
    ends: tuple[Effect, ...] = () if signal in HARMLESS_SIGNALS else ("stop_running",)
    return Preview(("send_signal", *ends), (job.job_id,), region, facts, fingerprint(state_of(job), signal, sorted(to)))


def delete_template(template: Template, region: str) -> Preview:
    """Delete a job template."""
    versions = len(template.versions)
    facts = (
        f'Job template {template.template_id} ("{inline(template.name, _NAME)}") in workspace {template.workspace_id} '
        f"has {versions} version{'s' if versions != 1 else ''}; last used: {template.last_used or 'never'}."
    )
    state = fingerprint(template.template_id, template.modified, versions, template.default_version)
    return Preview(("delete_template",), (template.template_id,), region, facts, state)


def delete_tensorboard(board: Tensorboard, region: str) -> Preview:
    """Delete a tensorboard."""
    return Preview(("delete_tensorboard",), (board.tensorboard_id,), region, _board(board), _board_state(board))


def delete_ray_history_server(server: RayHistoryServer, region: str) -> Preview:
    """Delete a Ray history server."""
    name = inline(server.display_name, _NAME)
    facts = f'Ray history server {server.server_id} ("{name}") is currently {server.status}.'
    state = fingerprint(server.server_id, server.status, server.modified, server.user_id)
    return Preview(("delete_ray_history_server",), (server.server_id,), region, facts, state)


def make_tensorboard_public(board: Tensorboard, region: str) -> Preview:
    """Make a tensorboard public."""
    return Preview(("make_tensorboard_public",), (board.tensorboard_id,), region, _board(board), _board_state(board))


def share_url(board: Tensorboard, region: str, seconds: int) -> Preview:
    """Create a link to a tensorboard that is valid for `seconds`."""
    facts = f"{_board(board)} A link to it, valid for {seconds:,} s."
    return Preview(("share_url",), (board.tensorboard_id,), region, facts, fingerprint(_board_state(board), seconds))


def _stops(job: Job) -> Effect:
    return "stop_queued" if job.status == "Queuing" else "stop_running"


def state_of(job: Job) -> str:
    """A fingerprint of the facts about a job that the user's decision depends on."""
    pods = sorted((pod.pod_id, pod.uid, pod.status) for pod in job.pods)
    return fingerprint(job.job_id, job.status, job.modified, job.user_id, job.running_since, pods)


def named(job: Job) -> str:
    """The job's name, cleaned and quoted."""
    return f'("{inline(job.display_name, _NAME)}")'


def _who(job: Job) -> str:
    return f"Job {job.job_id} {named(job)} is currently {job.status}."


def _size(job: Job) -> str:
    if not job.running_since:
        return f"It has {_pods(job)}."
    since = to_utc(job.running_since)
    if not job.terminal:
        return f"It has {_pods(job)}, running since {since}."
    until = f" to {to_utc(job.finished)}" if job.finished else ""
    return f"It had {_pods(job)}, which ran from {since}{until}."


def _pods(job: Job) -> str:
    gpus = f" with {job.gpus:g} GPU{'s' if job.gpus != 1 else ''} in all" if job.gpus else ""
    return f"{job.pods_asked} pod{'s' if job.pods_asked != 1 else ''}{gpus}"


def _board(board: Tensorboard) -> str:
    shows = f", of job {board.job_id}" if board.job_id else ""
    name = inline(board.display_name, _NAME)
    return f'Tensorboard {board.tensorboard_id} ("{name}"){shows}, is currently {board.status}.'


def _board_state(board: Tensorboard) -> str:
    return fingerprint(board.tensorboard_id, board.status, board.modified, board.user_id)
