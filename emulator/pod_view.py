"""A pod as returned by the service: GetJob's Pods, with earlier incarnations."""

from datetime import datetime

from pai_dlc_mcp.emulator import clock, pods
from pai_dlc_mcp.emulator.job import Job
from pai_dlc_mcp.emulator.request import Json


def describe(job: Job, pod: pods.Pod, now: datetime) -> Json:
    """One item of GetJob's Pods, without its history."""
    elapsed = job.elapsed(now)
    body: Json = {
        "Type": pod.role,
        "PodId": pod.pod_id,
        "PodUid": pod.uid,
        "Status": pod.status(elapsed),
        "SubStatus": substatus(job, pod, elapsed),
        "Ip": pod.ip,
        "NodeName": pod.node,
        "GmtCreateTime": clock.utc(job.at(pod.created)),
        "ResourceType": "Normal",
        "PodIps": [{"InterfaceName": "eth0", "Ip": pod.ip}],
    }
    if elapsed >= pod.started:
        body["GmtStartTime"] = clock.utc(job.at(pod.started))
    if elapsed >= pod.finished:
        body["GmtFinishTime"] = clock.utc(job.at(pod.finished))
        body["Duration"] = int(pod.finished - pod.created)
    return body


def substatus(job: Job, pod: pods.Pod, elapsed: float) -> str:
    """Evicted, for a pod that the platform removed."""
    first = pod.rank == pods.culprit(job, pod.attempt, len(pods.names(job)))
    ended = elapsed >= pod.finished and pod.exit_code
    return job.scenario.stage(pod.attempt).substatus if ended and first else "Normal"


def describe_all(job: Job, now: datetime) -> list[Json]:
    """GetJob's Pods: empty until the job is scheduled. Earlier incarnations are nested in the present one."""
    return [
        {**describe(job, lives[-1], now), "HistoryPods": [describe(job, pod, now) for pod in lives[:-1]]}
        for lives in pods.incarnations(job, now).values()
    ]
