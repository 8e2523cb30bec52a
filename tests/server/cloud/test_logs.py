"""GetPodLogs: the window that is asked for."""

from datetime import UTC, datetime, timedelta, timezone

JOB, POD = "dlc4stillrunning", "dlc4stillrunning-master-0"


async def test_a_log_is_asked_for_with_its_window_and_read_oldest_first(cloud, emulator) -> None:
    since = datetime(2026, 1, 5, 0, 30, tzinfo=UTC)
    log = await cloud.logs.pod(JOB, POD, since=since, until=datetime(2026, 1, 5, 2, tzinfo=UTC), max_lines=7)
    (request,) = emulator.requests
    assert (request.method, request.path) == ("GET", f"/api/v1/jobs/{JOB}/pods/{POD}/logs")
    assert request.query == {
        "MaxLines": "7",
        "StartTime": "2026-01-05T00:30:00Z",
        "EndTime": "2026-01-05T02:00:00Z",
    }
    assert len(log.records) == 7
    assert len(log.pod_uid) == 36


async def test_a_time_of_another_zone_is_sent_as_utc(cloud, emulator) -> None:
    beijing = datetime(2026, 1, 5, 8, 30, tzinfo=timezone(timedelta(hours=8)))
    await cloud.logs.pod(JOB, POD, since=beijing)
    assert emulator.requests[0].query["StartTime"] == "2026-01-05T00:30:00Z"


async def test_by_default_as_many_lines_as_the_service_is_known_to_give_are_asked_for(cloud, emulator) -> None:
    await cloud.logs.pod(JOB, POD, since=None)
    assert emulator.requests[0].query == {"MaxLines": "5000"}


async def test_a_log_older_than_a_week_is_there_only_from_the_jobs_creation_on(cloud) -> None:
    job = await cloud.jobs.get("dlc6olderthan7d6")
    pod = job.pods[0].pod_id
    assert (await cloud.logs.pod(job.job_id, pod, since=None)).records == []
    assert (await cloud.logs.pod(job.job_id, pod, since=job.created)).records


async def test_an_earlier_life_of_a_pod_has_a_log_of_its_own(cloud, emulator) -> None:
    job = await cloud.jobs.get("dlc9restarted009")
    pod = next(pod for pod in job.pods if pod.history)
    now = await cloud.logs.pod(job.job_id, pod.pod_id, since=job.created)
    before = await cloud.logs.pod(job.job_id, pod.pod_id, since=job.created, pod_uid=pod.history[0].uid)
    assert emulator.requests[-1].query["PodUid"] == pod.history[0].uid
    assert (now.pod_uid, before.pod_uid) == (pod.uid, pod.history[0].uid)
    assert before.records != now.records
