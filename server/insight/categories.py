"""The category of a failure by events of the platform and by exit code, where the log alone does not tell."""

import re
from collections.abc import Iterable
from typing import Literal, NamedTuple

Category = Literal["network", "image", "program", "memory", "resources", "configuration", "platform", "progress"]


class Verdict(NamedTuple):
    category: Category
    what: str


# What the platform says of a pod; the first that matches tells
_EVENTS: tuple[tuple[str, Category, str], ...] = (
    (r"\bpreempt(?:ed|ion)\b", "resources", "preempted"),
    (r"\breclaim(?:ed|ing)?\b|\bspot instance\b.{0,40}\binterrupt", "resources", "spot instance reclaimed"),
    (r"\bevict(?:ed|ion)\b|\bnode was low on resource", "resources", "evicted from its node"),
    (
        r"resource type is not enough|\bResourceAllocateFailed\b|insufficient quota",
        "resources",
        "no stock of the machine",
    ),
    (r"\bOOM-?kill|memory limit exceeded", "memory", "killed for its memory"),
    (
        r"pull\w* image .*(?:dial tcp|i/o timeout|no such host|connection refused|handshake timeout|deadline exceeded)",
        "network",
        "the image's registry could not be reached",
    ),
    (
        r"failed to pull image|\bErrImagePull\b|\bImagePullBackOff\b|manifest unknown|pull access denied",
        "image",
        "the image could not be pulled",
    ),
    (
        r"failed to create containerd task|\bRunContainerError\b|executable file not found",
        "configuration",
        "the container could not be started",
    ),
    (r"\bFailedMount\b|\bMountVolume\b|unable to attach or mount", "configuration", "a volume could not be mounted"),
    (
        r"\bnode ?(?:is )?not ?ready\b|\bXid(?:_\d+)?\b|\bECC error\b|\bNVLink\b|unhealthy node",
        "platform",
        "a node is unhealthy",
    ),
)
_SIGNS = tuple((re.compile(pattern, re.IGNORECASE), Verdict(category, what)) for pattern, category, what in _EVENTS)

# Rows of the table that come before `program`, and say more than it does where they match the same block
_BLOCK: tuple[tuple[str, Category, str], ...] = (
    (
        r"ReadTimeoutError|ConnectTimeout|Connection timed out|Socket timeout|Network is unreachable"
        r"|Temporary failure in name resolution|Name or service not known|Could not resolve host|Max retries exceeded",
        "network",
        "an address could not be reached",
    ),
    (r"unbound variable|parameter (?:null or )?not set", "configuration", "a variable is not set"),
    (r"No such file or directory: '?/(?:mnt|ml|cpfs|nas|oss)/", "configuration", "a file is missing in a mount"),
)
_IN_BLOCK = tuple((re.compile(pattern, re.IGNORECASE), Verdict(category, what)) for pattern, category, what in _BLOCK)

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
    return next((verdict for pattern, verdict in _SIGNS if pattern.search(text)), None)


def of_block(texts: Iterable[str]) -> Verdict | None:
    """What a block of a log is besides a program's error."""
    told = list(texts)
    return next((verdict for pattern, verdict in _IN_BLOCK if any(map(pattern.search, told))), None)


def of_exit(code: int | None) -> Verdict | None:
    """Where nothing else says why; None for codes that say nothing."""
    return _EXITS.get(code) if code is not None else None


def exit_words(code: int) -> str:
    """`137 (SIGKILL: out of memory, or forced)`."""
    words = _EXIT_WORDS.get(code) or (_EXITS[code].what if code in _EXITS else "")
    return f"{code} ({words})" if words else str(code)


ADMINISTRATOR = "Facts only: what is shared on this platform is its administrator's to decide."
_NEXT = {
    "network": "get_pod_logs of that pod with show=errors; check that pods reach the address in the quoted line.",
    "image": "compare the image with list_images, character by character; get_pod_events shows each pull.",
    "program": "correct what the quoted line names, then create_job again: a finished job is not restarted.",
    "memory": "get_job_metrics with GpuMemoryUsage or MemoryUsage; a smaller batch or more memory, then create_job.",
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
