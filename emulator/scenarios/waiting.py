"""Jobs that wait: in the queue, for each limit and each reason of a node; and before they run."""

from pai_dlc_mcp.emulator.scenarios import training
from pai_dlc_mcp.emulator.scenarios.scenario import Scenario, Stage

TRAINS = (Stage(training.healthy),)
NEVER_RUNS = (Stage(training.healthy, 0.0, 128, victims_exit_code=128),)
NODE_REASONS = {
    "gpu_unhealthy": "GPUUnhealthy",
    "node_unschedulable": "NodeUnschedulable",
    "driver_mismatch_nodes": "DriverVersionMismatch",
    "topology": "NetworkTopologyNotSatisfied",
    "blacklisted": "AIMasterBlackList",
    "out_of_gpu": "OutOfGPU",
}
"""Scenario -> why no node accepts the job, as in the diagnosis of the queue."""


def queued(row: str, shows: str, *, limit: str = "", unschedulable: str = "") -> Scenario:
    return Scenario(row, shows, TRAINS, stuck="Queuing", limit=limit, unschedulable=unschedulable)


def unpulled(row: str, shows: str, error: str) -> Scenario:
    return Scenario(row, shows, NEVER_RUNS, prepare=300.0, pulls_image=False, pull_error=error)


WAITING: dict[str, Scenario] = {
    "ancestor_limit": queued("queue: AncestorQuotaLimit", "a parent quota is used up", limit="AncestorQuotaLimit"),
    "user_limit": queued("queue: UserLimit", "the user may have no more", limit="UserLimit"),
    "strategy_limit": queued("queue: QueueStrategyLimit", "waits behind others", limit="QueueStrategyLimit"),
    **{
        name: queued(f"queue: {reason}", "no node takes it, for this reason", unschedulable=reason)
        for name, reason in NODE_REASONS.items()
    },
    "slow_pull": Scenario("status: EnvPreparing", "prepares for forty minutes", TRAINS, prepare=2400.0),
    "registry_unreachable": unpulled(
        "network: image pull",
        "the registry cannot be reached",
        'rpc error: code = Unknown desc = failed to do request: Head "https://registry.example.com/v2/": '
        "dial tcp 10.0.0.9:443: i/o timeout",
    ),
    "pull_denied": unpulled(
        "image: pull access denied",
        "the registry wants a login",
        "rpc error: code = Unknown desc = pull access denied, repository does not exist or may require authorization: "
        "unauthorized: authentication required",
    ),
}
