"""GetJobEvents and GetPodEvents: texts with times in UTC+8, oldest first."""

import json
from collections.abc import Iterable, Iterator
from datetime import timedelta
from math import inf

from pai_dlc_mcp.emulator import clock, pods
from pai_dlc_mcp.emulator.job import Job
from pai_dlc_mcp.emulator.logs import CONTAINERS
from pai_dlc_mcp.emulator.pods import Pod
from pai_dlc_mcp.emulator.request import Json, Request
from pai_dlc_mcp.emulator.state import OWNER_ID, Account

LOOK_BACK = timedelta(days=7)
Event = tuple[float, str]
"""Seconds since the job's creation, and the text."""


def get_job_events(account: Account, request: Request) -> Json:
    job = account.job(request.ids["JobId"], "GetJobEvents")
    return {"JobId": job.job_id, "Events": written(account, request, job, job_events(job))}


def get_pod_events(account: Account, request: Request) -> Json:
    job = account.job(request.ids["JobId"], "GetPodEvents")
    pod = pods.find(job, request.ids["PodId"], request.text("PodUid"), account.now())
    return {
        "JobId": job.job_id,
        "PodId": request.ids["PodId"],
        "PodUid": pod.uid if pod else "",
        "Events": written(account, request, job, pod_events(job, pod) if pod else ()),
    }


def written(account: Account, request: Request, job: Job, events: Iterable[Event]) -> list[str]:
    """The last MaxEventsNum events in the window; by default the last 7 days."""
    now = account.now()
    elapsed = job.elapsed(now)
    since = request.time("StartTime", now - LOOK_BACK).replace(microsecond=0)
    until = request.time("EndTime", now)
    limit = request.number("MaxEventsNum", 2000, high=10000)
    return [
        f"{clock.beijing(job.at(offset))} {text}"
        for offset, text in sorted(events, key=lambda event: event[0])
        if offset <= elapsed and since <= job.at(offset).replace(microsecond=0) <= until
    ][-limit:]


def job_events(job: Job) -> Iterator[Event]:
    yield from job.scenario.events
    for pod in pods.all_pods(job):
        yield pod.created, f"Created pod: {pod.pod_id}"
        if pod.rank >= 0:
            yield pod.created, f"Created service: {pod.pod_id}"
        if pod.exit_code and job.scenario.stage(pod.attempt).exit_event:
            yield pod.finished, f"Pod: t{OWNER_ID}.{pod.pod_id} exited with code {pod.exit_code}"
    for transition in job.life:
        match transition.status:
            case "Queuing":
                yield transition.at, f"{job.kind} {job.job_id} is created."
                if job.quota_id:
                    yield transition.at, transition.message
            case _ if transition.message.startswith("{"):
                yield transition.at, json.loads(transition.message)["overview"]
            case _ if transition.message:
                yield transition.at, transition.message
            case _:
                pass


def pod_events(job: Job, pod: Pod) -> Iterator[Event]:
    """Events of the scheduler, the platform and the kubelet for one incarnation."""
    image = image_of(job, pod)
    container = CONTAINERS.get(job.kind, "main")
    at = pod.created
    yield at, f"Successfully assigned t{OWNER_ID}/{pod.pod_id} to {pod.node}"
    yield at, "pod sub status changed from Scheduling to NetworkInitializing"
    yield at + 1, "Successfully create pod sandbox, elapsedTime 217ms"
    yield at + 2, "Created container pod-init-indicator"
    yield at + 3, "Started container pod-init-indicator"
    yield at + 4, "pod sub status changed from NetworkInitializing to Initializing"
    yield at + 8, "pod sub status changed from Initializing to ImagePulling"
    yield at + 9, f'Pulling image "{image}"'
    if not job.scenario.pulls_image:
        yield from failing_pull(image, job.scenario.pull_error, at + 18, min(pod.finished, at + 3600))
    if pod.started < inf:
        pulled = at + job.scenario.prepare - 15
        seconds = int(pulled - at - 9)
        yield pulled, f'Successfully pulled image "{image}" in {seconds // 60}m{seconds % 60}s'
        yield pulled + 1, "pod sub status changed from ImagePulling to WaitingForRun"
        yield pod.started - 5, f"Created container {container}"
        yield pod.started, f"Started container {container}"
    stage = job.scenario.stage(pod.attempt)
    first = pod.exit_code and pod.rank == pods.culprit(job, pod.attempt, len(pods.names(job)))
    if stage.node_fault and first and pod.finished < inf:
        yield pod.finished + 1, f"Node {pod.node} is cordoned: {stage.fault[1]}"
    if stage.last_event and first and pod.finished < inf:
        yield pod.finished, stage.last_event
    if pod.exit_code is None and pod.started < pod.finished < inf:
        yield pod.finished, f"Stopping container {container}"


def failing_pull(image: str, error: str, at: float, until: float) -> Iterator[Event]:
    """The kubelet retries with growing delays."""
    wait = 15.0
    while at < until:
        yield at, f'Failed to pull image "{image}": {error}'
        yield at, "Error: ErrImagePull"
        yield at + wait, f'Back-off pulling image "{image}"'
        yield at + wait, "Error: ImagePullBackOff"
        at += wait + 5
        wait = min(wait * 2, 120)


def image_of(job: Job, pod: Pod) -> str:
    """A promoted master runs the image of the only spec."""
    job_specs: list[Json] = job.body["JobSpecs"]
    spec = next((spec for spec in job_specs if spec["Type"].lower() == pod.role), job_specs[0])
    return spec.get("Image", "")
