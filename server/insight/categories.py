"""What kind of failure it is, where the log alone does not say: by events of the platform and by exit code."""

import re
from typing import Literal, NamedTuple

Category = Literal["network", "image", "program", "memory", "resources", "configuration", "platform"]


class Verdict(NamedTuple):
    category: Category
    what: str


# What the platform says of a pod; the first that matches tells
_EVENTS: tuple[tuple[re.Pattern[str], Verdict], ...] = (
    (re.compile(r"(?i)\bpreempt(?:ed|ion)\b"), Verdict("resources", "preempted")),
    (re.compile(r"(?i)\breclaim(?:ed|ing)?\b|\bspot instance\b.{0,40}\binterrupt"), Verdict("resources", "spot instance reclaimed")),
    (re.compile(r"(?i)\bevict(?:ed|ion)\b|\bnode was low on resource"), Verdict("resources", "evicted from its node")),
    (
        re.compile(r"(?i)resource type is not enough|ResourceAllocateFailed|insufficient quota"),
        Verdict("resources", "no stock of the instance type"),
    ),
    (re.compile(r"OOM-?[Kk]ill|(?i:memory limit exceeded)"), Verdict("memory", "killed for its memory")),
    (
        re.compile(r"(?i)failed to pull image|\bErrImagePull\b|\bImagePullBackOff\b|manifest unknown|pull access denied"),
        Verdict("image", "the image could not be pulled"),
    ),
    (
        re.compile(r"(?i)failed to create containerd task|\bRunContainerError\b|executable file not found"),
        Verdict("configuration", "the container could not be started"),
    ),
    (re.compile(r"(?i)\bFailedMount\b|\bMountVolume\b|unable to attach or mount"), Verdict("configuration", "a volume could not be mounted")),
    (re.compile(r"(?i)\bnode ?(?:is )?not ?ready\b|\bXid\b|\bECC error\b|\bNVLink\b|sanity check found"), Verdict("platform", "a node is unhealthy")),
)  # fmt: skip

_EXITS = {
    126: Verdict("program", "the command is not executable"),
    127: Verdict("program", "the command was not found"),
    128: Verdict("configuration", "the container could not be started"),
    134: Verdict("program", "aborted"),
    139: Verdict("program", "segmentation fault"),
    245: Verdict("network", "NCCL timeout"),
    255: Verdict("network", "the launcher lost or never reached a peer (ssh, MPI)"),
}
_EXIT_WORDS = {
    0: "success",
    1: "uncaught error",
    2: "wrong use of a command",
    137: "SIGKILL: out of memory, or forced",
    143: "SIGTERM: stopped from outside",
}


def of_event(text: str) -> Verdict | None:
    return next((verdict for pattern, verdict in _EVENTS if pattern.search(text)), None)


def of_exit(code: int | None) -> Verdict | None:
    """Where nothing else says why; None for codes that say nothing."""
    return _EXITS.get(code) if code is not None else None


def exit_words(code: int) -> str:
    """`137 (SIGKILL: out of memory, or forced)`."""
    words = _EXIT_WORDS.get(code) or (_EXITS[code].what if code in _EXITS else "")
    return f"{code} ({words})" if words else str(code)


ADMINISTRATOR = "Facts only: what is shared on this platform is its administrator's to decide."
_NEXT = {
    "network": "get_pod_logs of that pod with show=errors; test the address in the line from a pod (get_web_terminal).",
    "image": "compare the image with list_images, character by character; get_pod_events shows each pull.",
    "program": "correct what the quoted line names, then create_job again: a finished job is not restarted.",
    "memory": "get_job_metrics with GpuMemoryUsage or MemoryUsage; a smaller batch or more memory a pod, then create_job.",
    "configuration": "correct the argument, path or mount that the quoted line names, then create_job again.",
    "platform": "tell the operator the node; a new job with enable_sanity_check tests its nodes first.",
    "hang": "get_pod_logs with show=all_pods compares the pods; get_web_terminal opens one (py-spy dump).",
    "progress": "get_pod_logs around the line named; compare with the last good checkpoint.",
    "sanity": "list_job_sanity_check_results; tell the operator the node.",
    "unknown": "get_pod_logs with show=all_pods, then get_job_events with with_pods=true.",
    "starting": "wait_for_jobs with until=running.",
    "healthy": "wait_for_jobs.",
}


def next_step(category: str) -> str | None:
    """What to do next. For shortage, preemption and the queue there is no advice: none can be given by mistake, as
    this is the only place it comes from."""
    return ADMINISTRATOR if category in ("resources", "queue") else _NEXT.get(category)
