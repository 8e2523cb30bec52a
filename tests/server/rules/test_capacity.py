"""What a quota has room for, from nodes as the service tells them."""

from math import inf
from typing import Any

import pytest

from pai_dlc_mcp.server.cloud.quotas import Node, Quota, UserUsage, Workload
from pai_dlc_mcp.server.rules import capacity
from pai_dlc_mcp.server.rules.capacity import UNLIMITED, Holder, Room
from pai_dlc_mcp.server.rules.resources import Resources


def node(name: str = "n", asked: int = 0, **changes: Any) -> Node:
    body = {
        "NodeName": name,
        "NodeStatus": "Ready",
        "GPU": "8",
        "CPU": "96",
        "Memory": "1000",
        "RequestGPU": str(asked),
    }
    return Node.model_validate({**body, **changes})


EIGHT, THREE = Resources(8, 96, 1000), Resources(3, 96, 1000)


def test_nodes_with_as_much_free_are_one_room_and_those_out_of_use_are_none() -> None:
    seen = capacity.survey(
        [
            node("a"),
            node("b"),
            node("c", asked=5),
            node("d", ReasonCode="CordonByUser"),
            node("e", NodeStatus="NotReady"),
            node("f", ReasonCode="Expired"),
        ]
    )
    assert (seen.nodes, seen.rooms) == (6, [Room(EIGHT, 2), Room(THREE, 1)])
    assert [each.name for each in seen.cordoned] == ["d"]
    assert [each.name for each in seen.unhealthy] == ["e", "f"]
    assert seen.scattered == 3


def test_a_node_that_tells_no_gpus_has_none_and_other_kinds_are_not_bounded() -> None:
    told = Node.model_validate({"NodeStatus": "Ready", "CPU": "96"})
    assert capacity.free_on(told) == Resources(0, 96, inf)
    assert capacity.fitting([Resources(0, 8, 64)], [Room(Resources(0, 96, inf), 1)]) == 1
    assert capacity.pods_of(Resources(0, 8, 64), [Room(Resources(0, 96, inf), 1)], UNLIMITED) == 12


def test_what_the_system_keeps_of_a_node_is_not_free() -> None:
    kept = node(AllocatableCPU="90", AllocatableMemory="950", RequestCPU="10", RequestMemory="50Gi")
    assert capacity.free_on(kept) == Resources(8, 80, 900)


@pytest.mark.parametrize(
    ("pods", "placed"),
    [
        ([EIGHT] * 2, 2),
        ([EIGHT] * 3, 2),
        ([Resources(3), EIGHT, EIGHT], 3),  # the small one comes first, and still leaves the whole nodes alone
        ([Resources(4)] * 5, 4),
        ([Resources(0, 100, 0)], 0),
        ([], 0),
    ],
)
def test_the_pods_that_nodes_have_room_for_are_counted(pods: list[Resources], placed: int) -> None:
    assert capacity.fitting(pods, [Room(EIGHT, 2), Room(THREE, 1)]) == placed


def test_a_pod_goes_where_the_least_is_left_over() -> None:
    rooms = [Room(Resources(2, 96), 1), Room(Resources(2, 8), 1)]
    assert capacity.fitting([Resources(2, 8), Resources(1, 96)], rooms) == 2


def test_the_largest_pod_stays_within_node_and_limit() -> None:
    rooms = [Room(EIGHT, 2), Room(THREE, 1)]
    assert capacity.largest_pod(rooms, UNLIMITED) == EIGHT
    assert capacity.largest_pod(rooms, Resources(4, 500, 9000)) == Resources(4, 96, 1000)
    assert capacity.largest_pod([], UNLIMITED) == Resources()


def test_pods_of_a_size_are_counted_by_node_and_bounded_by_the_limit() -> None:
    rooms = [Room(EIGHT, 2), Room(THREE, 1)]
    assert capacity.pods_of(Resources(2), rooms, UNLIMITED) == 9
    assert capacity.pods_of(Resources(2, 48), rooms, UNLIMITED) == 5  # the third node has 1 pod's GPUs, 2 pods' CPUs
    assert capacity.pods_of(Resources(2), rooms, Resources(6, 500, 9000)) == 3


def test_the_limit_that_is_left_counts_what_workloads_can_take() -> None:
    details = {"ActualMinQuota": {"GPU": "64", "CPU": "768"}, "AllocatedQuota": {"GPU": "32", "CPU": "384"}}
    assert capacity.left(Quota.model_validate({"QuotaDetails": details})) == Resources(32, 384, inf)
    kept = {**details, "AllocatableQuota": {"GPU": "60", "CPU": "700"}}
    assert capacity.left(Quota.model_validate({"QuotaDetails": kept})) == Resources(28, 316, inf)


def test_who_holds_and_waits_is_told_by_the_service_or_added_up() -> None:
    usage = {"Username": "alice", "WorkloadCount": 2, "Resources": {"Submitted": {"GPU": "24"}, "Used": {"GPU": "8"}}}
    assert capacity.holders([UserUsage.model_validate(usage)]) == [Holder("alice", Resources(8), Resources(16), 2)]
    jobs = [
        {"UserName": "bob", "Status": "Dequeued", "Resource": {"GPU": "4"}},
        {"UserName": "alice", "Status": "Enqueued", "Resource": {"GPU": "16"}},
        {"UserName": "alice", "Status": "Dequeued", "Resource": {"GPU": "8"}},
        {"UserId": "2", "Status": "Dequeued"},
    ]
    assert capacity.holders_of(map(Workload.model_validate, jobs)) == [
        Holder("alice", Resources(8), Resources(16), 2),
        Holder("bob", Resources(4), Resources(), 1),
        Holder("2", Resources(), Resources(), 1),
    ]


def test_gpus_of_nodes_in_part_use_are_scattered_and_those_of_free_nodes_are_not() -> None:
    assert capacity.survey([node("a"), node("b", asked=1), node("c", asked=8)]).scattered == 7


def test_where_nothing_bounds_the_pods_a_million_fit() -> None:
    assert capacity.pods_of(Resources(), [Room(EIGHT, 1)], UNLIMITED) == 10**6
    assert capacity.pods_of(Resources(0, 1), [Room(Resources(0, inf, inf), 1)], Resources(0, 3.5, inf)) == 3
    assert capacity.pods_of(Resources(1), [Room(Resources(0, 96, 1000), 1)], UNLIMITED) == 0
