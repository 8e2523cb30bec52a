"""Computes the life of a new job from its request and its scenario."""

import json
from math import inf

from pai_dlc_mcp.emulator import lifecycle, pods
from pai_dlc_mcp.emulator.job import Job
from pai_dlc_mcp.emulator.lifecycle import Life, Phase
from pai_dlc_mcp.emulator.request import Json

CREATING_SECONDS = 5.0
QUEUING_SECONDS = 7.0
BIDDING_SECONDS = 20.0
SANITY_SECONDS = 320.0
RESTARTING_SECONDS = 30.0


def life(job: Job, queuing: float, *, bids: bool, checks_sanity: bool) -> Life:
    """`queuing`: seconds in the queue; inf for a job that was not released yet."""
    phases = [
        Phase("Creating", CREATING_SECONDS),
        Phase("Queuing", queuing, "JobEnqueued", f"Job {job.job_id} is enqueued."),
    ]
    if bids:
        phases.append(Phase("Bidding", BIDDING_SECONDS))
    phases += _attempts(job, checks_sanity)
    transitions = lifecycle.life([*phases, *_ending(job, phases)])
    return _limited(job, transitions)


def _attempts(job: Job, checks_sanity: bool) -> list[Phase]:
    """Preparing and running for each incarnation, up to what prevents the job from running."""
    scenario = job.scenario
    phases: list[Phase] = []
    for number, stage in enumerate(scenario.stages):
        if number:
            message = f"{job.kind} {job.job_id} is restarting because 1 {_role(job, number - 1)[0]} replica(s) failed."
            phases.append(Phase("Restarting", RESTARTING_SECONDS, "JobRestarting", message))
        phases.append(Phase("EnvPreparing", scenario.prepare))
        if not (scenario.pulls_image and scenario.starts):
            break
        if checks_sanity:
            phases.append(Phase("SanityChecking", SANITY_SECONDS))
            if scenario.sanity == "Failed":
                break
        phases.append(Phase("Running", stage.seconds, "JobRunning", f"{job.kind} {job.job_id} is running."))
    return phases


def _ending(job: Job, phases: list[Phase]) -> list[Phase]:
    """The terminal status, after the time for which a reserved job keeps its pods."""
    seconds = sum(phase.seconds for phase in phases)
    if seconds == inf:
        return []
    if phases[-1].status == "SanityChecking":
        failure = f"{job.kind} {job.job_id} failed because the sanity check found 1 unhealthy node."
        return [Phase("Failed", inf, "JobFailed", failure)]
    if phases[-1].status == "Running" and job.scenario.stages[-1].exit_code == 0:
        message = f"{job.kind} {job.job_id} is successfully completed."
        return _reserved(job, Phase("Succeeded", inf, "JobSucceeded", message), "OnSucceed")
    return _reserved(job, Phase("Failed", inf, "JobFailed", failure_message(job, seconds)), "OnFailure")


def _reserved(job: Job, end: Phase, policy: str) -> list[Phase]:
    settings: Json = job.body.get("Settings", {})
    minutes = settings.get("JobReservedMinutes", 0)
    if not minutes or settings.get("JobReservedPolicy", "Always") not in ("Always", policy):
        return [end]
    return [Phase(f"{end.status}Reserving", minutes * 60.0, end.code, end.message), end]


def _role(job: Job, attempt: int) -> tuple[str, int]:
    members = pods.names(job)
    role, index, _ = members[pods.culprit(job, attempt, len(members))]
    return role.capitalize(), index


def failure_message(job: Job, seconds: float) -> str:
    last = len(job.scenario.stages) - 1
    return failure_text(job, seconds, *_role(job, last), job.scenario.stages[last].exit_code)


def failure_text(job: Job, seconds: float, role: str, index: int, exit_code: int) -> str:
    """ReasonMessage of a failed job: a JSON string (seen on live jobs since 2026) whose reason is the exit code."""
    role = role.capitalize()
    return json.dumps(
        {
            "overview": f"{job.kind} {job.job_id} failed because 1 {role} replica(s) failed.",
            "content": [
                {
                    "time": str(int(job.at(seconds).timestamp())),
                    "pods": {role: [index]},
                    "reason": str(exit_code),
                }
            ],
        },
        separators=(",", ":"),
    )


def _limited(job: Job, transitions: Life) -> Life:
    """JobMaxRunningTimeMinutes stops the job, counted from its first Running."""
    minutes = job.body.get("JobMaxRunningTimeMinutes")
    running = next((t for t in transitions if t.status == "Running"), None)
    if not (minutes and running):
        return transitions
    limit = running.at + minutes * 60.0
    end = lifecycle.last(transitions, *lifecycle.TERMINAL)
    if end and end.at <= limit:
        return transitions
    message = f"Job exceeded its maximum running time of {minutes} minutes."
    return lifecycle.stopped(transitions, limit, "", message)
