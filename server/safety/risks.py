"""The table of effects that need a confirmation. A new risky tool is a new row."""

from dataclasses import dataclass
from typing import Literal

Effect = Literal[
    "stop_running",
    "stop_queued",
    "stop_many",
    "stop_preparing",
    "create_again",
    "spend",
    "create_many",
    "delete",
    "share_terminal",
    "share_token",
    "make_public",
    "make_tensorboard_public",
    "shrink",
    "delete_template",
    "delete_tensorboard",
    "delete_ray_history_server",
    "share_url",
    "send_signal",
]


@dataclass(frozen=True)
class Risk:
    """One effect of an API operation.

    `consequence`: the sentence of the question that says what cannot be undone. `asks`: the question's last sentence.
    `includes`: other effects whose question this one replaces. `ruling`: the default if the operator sets none.
    `certain`: False if the operation has the effect only sometimes; its workflow decides when.
    """

    action: str
    consequence: str
    asks: str
    ruling: Literal["confirm", "deny"] = "confirm"
    certain: bool = True
    includes: frozenset[Effect] = frozenset()


# Write tools without a confirmation, with the reason. Each write tool is either here or behind the gate.
NOT_ASKED: dict[str, str] = {
    "create_job_template": "adds a template, which runs nothing",
    "update_job_template": "adds a version; the earlier ones stay",
    "set_job_template_default_version": "can be set back",
    "create_tensorboard": "adds a tensorboard; max_running_time_minutes bounds its cost",
    "start_tensorboard": "stop_tensorboard takes it back",
    "stop_tensorboard": "start_tensorboard takes it back; the summaries stay",
    "create_ray_history_server": "adds a server; max_runtime_minutes bounds its cost",
    "start_ray_history_server": "stop_ray_history_server takes it back",
    "stop_ray_history_server": "start_ray_history_server takes it back; the logs stay",
    "tag_resources": "untag_resources takes it back",
    "untag_resources": "tag_resources takes it back",
}

RISKS: dict[Effect, Risk] = {
    "stop_running": Risk(
        "StopJob", "Stopping a running job cannot be undone and discards in-memory progress.", "Stop it?"
    ),
    "stop_queued": Risk("StopJob", "Stopping a waiting job gives up its place in the queue.", "Stop it?"),
    "stop_many": Risk("StopJob", "", "Stop all of them?", includes=frozenset({"stop_running", "stop_queued"})),
    "stop_preparing": Risk(
        "StopJob",
        "The service documents stopping for running and queuing jobs only; this one holds resources and is neither.",
        "Stop it?",
        ruling="deny",
    ),
    "create_again": Risk(
        "CreateJob",
        "Should the first request have been carried out after all, this makes a second job, which costs as much.",
        "Send it again?",
        certain=False,
        includes=frozenset({"spend"}),
    ),
    "spend": Risk(
        "CreateJob",
        "The operator of this server wants its user asked from here on; what runs is paid for.",
        "Create it?",
        certain=False,
    ),
    "create_many": Risk(
        "CreateJob",
        "One yes creates all of them, a few at once; what runs is paid for.",
        "Create them?",
        certain=False,
        includes=frozenset({"spend"}),
    ),
    "delete": Risk("DeleteJob", "Deleting a job removes its record, logs and events for good.", "Delete it?"),
    "share_terminal": Risk(
        "GetWebTerminal", "The link opens a shell inside the pod to whoever holds it.", "Create the link?"
    ),
    "share_token": Risk(
        "GetToken",
        "Whoever holds the token can read this job until it expires; it cannot be revoked.",
        "Issue it?",
    ),
    "make_public": Risk(
        "UpdateJob",
        "Every member of the workspace will see the job; it cannot be made private again.",
        "Make it public?",
    ),
    "make_tensorboard_public": Risk(
        "UpdateTensorboard", "Every member of the workspace will see the tensorboard.", "Make it public?"
    ),
    "shrink": Risk("UpdateJob", "Pods that are removed lose their in-memory progress.", "Remove them?"),
    "delete_template": Risk(
        "DeleteJobTemplate", "Deleting a template removes all its versions for good.", "Delete it?"
    ),
    "delete_tensorboard": Risk(
        "DeleteTensorboard",
        "Deleting a tensorboard cannot be undone; the summaries it shows are kept.",
        "Delete it?",
    ),
    "delete_ray_history_server": Risk(
        "DeleteRayHistoryServer",
        "Deleting a Ray history server cannot be undone; the logs it shows are kept.",
        "Delete it?",
    ),
    "share_url": Risk(
        "GetTensorboardSharedUrl",
        "Whoever holds the link can read the tensorboard until it expires, without an account.",
        "Create the link?",
    ),
    "send_signal": Risk(
        "CreateSignal",
        "A signal can end the processes that get it, and with them in-memory progress.",
        "Send it?",
        includes=frozenset({"stop_running"}),
    ),
}


HARMLESS_SIGNALS = frozenset({"SIGUSR1", "SIGUSR2", "SIGCONT", "SIGWINCH", "SIGURG", "SIGCHLD"})
"""Signals that programs usually treat as a message; by default any other ends a program."""


def asks(action: str) -> bool:
    """Whether an operation always has an effect that needs a confirmation; then only a Permit may send it."""
    return any(risk.action == action and risk.certain for risk in RISKS.values())
