"""Selects an incarnation of a pod. A restart keeps the pod's id and changes its uid."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, timezone

from pai_dlc_mcp.server.cloud.jobs import Job, Pod
from pai_dlc_mcp.server.errors import Failure

# Event of the job controller (KubeDL): `Pod: <namespace>.<pod> exited with code 1`; the time is UTC+8 without an offset
_EXIT = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) +Pod: [\w-]+\.(dlc[0-9a-z-]+) exited with code (\d{1,3})")
_CLOCK = timezone(timedelta(hours=8))
_NEAR = timedelta(seconds=60)  # most seconds between a container's end and its event or the pod's end time

_EARLY, _LATE = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def earlier(pod: Pod) -> Sequence[Pod]:
    """The incarnations before the present one, latest first."""
    return sorted(pod.history, key=lambda one: one.created or _EARLY, reverse=True)


def of_uid(pod: Pod, pod_uid: str) -> Pod:
    """The incarnation with this uid. Raises Failure that names the known uids."""
    known = (pod, *earlier(pod))
    if found := next((one for one in known if one.uid == pod_uid), None):
        return found
    raise Failure(
        f"Pod {pod.pod_id} has no incarnation {pod_uid}.",
        fix=f"Its uids, the newest first: {', '.join(one.uid for one in known)}.",
        code="NoSuchPod",
    )


def previous(pod: Pod) -> Pod:
    """The incarnation before the last restart. Raises Failure if there is none or its uid is not known: without a uid
    the service returns the log of the present incarnation."""
    lives = earlier(pod)
    if lives and lives[0].uid:
        return lives[0]
    if lives:
        raise Failure(
            f"The service keeps no uid of pod {pod.pod_id} before its restart, so that log cannot be asked for.",
            fix="Read the present log without previous, or since and until a time before the restart.",
            code="NoSuchPod",
        )
    raise Failure(f"Pod {pod.pod_id} was never restarted.", fix="Leave previous out.", code="NoSuchPod")


def first_to_fall(job: Job) -> Pod | None:
    """The pod whose failure caused the last restart; None if no pod was restarted."""
    restarted = [pod for pod in job.pods if pod.history]

    def order(pod: Pod) -> tuple[bool, datetime]:
        before = earlier(pod)[0]
        return before.status != "Failed", before.finished or _LATE

    return min(restarted, key=order, default=None)


def exits(events: Iterable[str]) -> Sequence[tuple[str, datetime, int]]:
    """Pod id, time and exit code from the job's events."""
    return [found for event in events if (found := _exit(event))]


def _exit(event: str) -> tuple[str, datetime, int] | None:
    if not (match := _EXIT.match(event)):
        return None
    try:
        return match[2], datetime.fromisoformat(match[1]).replace(tzinfo=_CLOCK), int(match[3])
    except ValueError:  # digits that are not a date
        return None


def exit_code(exits: Iterable[tuple[str, datetime, int]], pod_id: str, one: Pod) -> int | None:
    """Exit code of this incarnation; None if no event has it."""
    end = one.finished
    near = [(abs(at - end), code) for pod, at, code in exits if end and pod == pod_id and abs(at - end) <= _NEAR]
    return min(near)[1] if near else None
