"""Rules that tell a sick job from a healthy one: what it is stuck on, whether it hangs, its restarts, its sanity
figures. Texts are cleaned and redacted by the caller."""

from collections.abc import Sequence
from typing import NamedTuple

# What the kubelet or the scheduler says while a job waits, and what that is. The first phrase found is counted: the
# others come with it.
_STUCK = {
    "image pull failed": ("failed to pull image", "errimagepull", "imagepullbackoff"),
    "the container could not be started": ("failed to create containerd task", "runcontainererror"),
    "a volume could not be mounted": ("failedmount", "mountvolume", "unable to attach or mount", "mount.nfs"),
    "no stock of the instance type": ("resource type is not enough", "resourceallocatefailed"),
    "no node fits": ("failedscheduling", "unschedulable", "nodes are available"),
}


class Trouble(NamedTuple):
    """What events repeat: `image pull failed`, how often, and the text of the last."""

    what: str
    times: int
    last: str

    def __str__(self) -> str:
        return f"{self.what} {self.times} time{'s' * (self.times > 1)}: {self.last}"


def trouble(events: Sequence[str]) -> Trouble | None:
    """The first of the known troubles in these event texts."""
    for what, phrases in _STUCK.items():
        for phrase in phrases:
            if hits := [text for text in events if phrase in text.lower()]:
                return Trouble(what, len(hits), hits[-1])
    return None
