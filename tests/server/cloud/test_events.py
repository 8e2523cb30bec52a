"""GetJobEvents and GetPodEvents."""

import re
from datetime import UTC, datetime

JOB, POD = "dlc4stillrunning", "dlc4stillrunning-master-0"
SINCE = datetime(2026, 1, 4, tzinfo=UTC)
EVENT = re.compile(r"2026-01-05 \d\d:\d\d:\d\d .+")


async def test_a_jobs_events_are_texts_with_their_times(cloud, emulator) -> None:
    events = await cloud.events.job(JOB, since=SINCE, max_events=3)
    (request,) = emulator.requests
    assert (request.method, request.path) == ("GET", f"/api/v1/jobs/{JOB}/events")
    assert request.query == {"MaxEventsNum": "3", "StartTime": "2026-01-04T00:00:00Z"}
    assert len(events) == 3
    assert all(EVENT.match(event) for event in events)


async def test_a_pods_events_name_the_pod_and_its_life(cloud, emulator) -> None:
    pod = (await cloud.jobs.get(JOB)).pods[0]
    events = await cloud.events.pod(JOB, POD, since=SINCE, max_events=20, pod_uid=pod.uid)
    request = emulator.requests[-1]
    assert (request.method, request.path) == ("GET", f"/api/v1/jobs/{JOB}/pods/{POD}/events")
    assert request.query == {"MaxEventsNum": "20", "StartTime": "2026-01-04T00:00:00Z", "PodUid": pod.uid}
    assert events
    assert all(EVENT.match(event) for event in events)
