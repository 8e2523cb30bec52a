"""What would become of a job, from facts of its quota, its specs and the operator's prices."""

from typing import Any

import pytest

from pai_dlc_mcp.server.cloud.quotas import Node, Quota, Workload
from pai_dlc_mcp.server.cloud.specs import EcsSpec
from pai_dlc_mcp.server.prices import PriceTable
from pai_dlc_mcp.server.rules import preflight
from pai_dlc_mcp.server.rules.job_spec import Draft
from pai_dlc_mcp.server.rules.preflight import Facts, Preflight

IMAGE = "r/pytorch:2.6.0-gpu-py311-cu124"
T4 = EcsSpec(instance_type="ecs.t4", gpus=1, available=True, driver="535.161.08", drivers=["470.199.02", "535.161.08"])
OLD = T4.model_copy(update={"instance_type": "ecs.old", "driver": "470.199.02"})
CPU = EcsSpec(instance_type="ecs.cpu", available=True)
GONE = T4.model_copy(update={"instance_type": "ecs.gone", "available": False})
PRICES = PriceTable.model_validate({"regions": {"cn-hangzhou": {"ecs.t4": 10, "ecs.cpu": 1.5}}})
SANE = {"enable_sanity_check": True}


def draft(*specs: dict[str, Any], **changes: Any) -> Draft:
    body = {"workspace_id": "1", "display_name": "job", "job_type": "PyTorchJob", "user_command": "ls"}
    return Draft.model_validate(
        {**body, "job_specs": [{"type": "Worker", "image": IMAGE, **spec} for spec in specs], **changes}
    )


def payg(*specs: dict[str, Any], known: tuple[EcsSpec, ...] = (T4,), prices: Any = PRICES, **changes: Any) -> Preflight:
    return preflight.payg(draft(*specs, **changes), known, prices, "cn-hangzhou")


def quota(free: int = 16, total: int = 16, strategy: str = "PaiStrategyIntelligent", **more: Any) -> Quota:
    sizes = {"ActualMinQuota": total, "AllocatedQuota": total - free}
    amounts = {key: {"GPU": str(n), "CPU": str(n * 12), "Memory": f"{n * 100}Gi"} for key, n in sizes.items()}
    body = {"QuotaId": "quota1", "QuotaDetails": amounts, "QueueStrategy": strategy, "ResourceType": "Lingjun"}
    return Quota.model_validate({**body, **more})


def nodes(*free: int) -> list[Node]:
    body = {"NodeStatus": "Ready", "GPU": "8", "CPU": "96", "Memory": "800"}
    return [Node.model_validate({**body, "RequestGPU": str(8 - left)}) for left in free]


def waits(*priorities: int) -> list[Workload]:
    return [Workload.model_validate({"Status": "Enqueued", "Priority": n}) for n in priorities]


def on_quota(facts: Facts, gpus: int = 8, pods: int = 1, **changes: Any) -> Preflight:
    spec = {"resource_config": {"gpu": str(gpus)}, "pod_count": pods}
    return preflight.on_quota(draft(spec, resource_id="quota1", **changes), facts)


def test_a_job_whose_types_have_stock_starts_now_and_one_of_them_without_it_queues() -> None:
    now = payg({"ecs_spec": "ecs.t4"})
    assert (now.starts, now.why) == ("now", ["ecs.t4: in stock now"])
    queues = payg({"ecs_spec": "ecs.t4"}, {"ecs_spec": "ecs.gone"}, known=(T4, GONE))
    assert (queues.starts, queues.why) == ("queues", ["ecs.gone has no stock now"])
    assert now.effective_priority == "none: a pay-as-you-go job has no queue"


def test_a_spot_job_needs_spot_stock() -> None:
    sold_out = T4.model_copy(update={"spot_stock": "NoStock"})
    assert payg({"ecs_spec": "ecs.t4"}, known=(sold_out,)).starts == "now"
    spot = {"ecs_spec": "ecs.t4", "spot_spec": {"spot_strategy": "SpotWithPriceLimit"}}
    assert payg(spot, known=(sold_out,)).why == ["ecs.t4 has no spot stock now"]


@pytest.mark.parametrize(
    ("spec", "known", "settings", "said"),
    [
        ({"ecs_spec": "ecs.t4"}, T4, {}, "driver 535.161.08 runs the image's CUDA 12.4 (needs 525.60.13 or newer)"),
        (
            {"ecs_spec": "ecs.old"}, OLD, {},
            "driver 470.199.02 is too old for the image's CUDA 12.4, which needs 525.60.13 or newer "
            "(ecs.old also has 535.161.08: settings.driver)",
        ),
        ({"ecs_spec": "ecs.old"}, OLD, {"driver": "535.161.08"}, "driver 535.161.08 runs the image's CUDA 12.4"),
        ({"ecs_spec": "ecs.old", "driver": "535.161.08"}, OLD, {}, "driver 535.161.08 runs the image's CUDA 12.4"),
        (
            {"ecs_spec": "ecs.t4"}, T4, {"driver": "999.1"},
            "ecs.t4 does not support driver 999.1: it has 470.199.02, 535.161.08",
        ),
        ({"ecs_spec": "ecs.cpu"}, CPU, {}, None),
    ],
)  # fmt: skip
def test_the_driver_is_held_against_the_images_cuda(spec: Any, known: Any, settings: Any, said: str | None) -> None:
    told = payg(spec, known=(known,), settings=settings).driver
    assert (told or "").startswith(said or "")
    assert (told is None) == (said is None)


@pytest.mark.parametrize(
    ("specs", "changes", "hours", "cost"),
    [
        ([{"ecs_spec": "ecs.t4", "pod_count": 4}], {"job_max_running_time_minutes": 90}, 6.0,
         "60.00 CNY (40.00 an hour for 1.5 h, operator's table)"),
        ([{"ecs_spec": "ecs.t4"}], {"job_max_running_time_minutes": 60, "settings": {"job_reserved_minutes": 30}}, 1.5,
         "15.00 CNY (10.00 an hour for 1.5 h, operator's table)"),
        ([{"ecs_spec": "ecs.t4"}], {}, None, "10.00 CNY an hour, without a bound: no job_max_running_time_minutes"),
        ([{"ecs_spec": "ecs.cpu", "pod_count": 2}], {"job_max_running_time_minutes": 60}, None,
         "3.00 CNY (3.00 an hour for 1 h, operator's table)"),
        ([{"ecs_spec": "ecs.t4"}, {"ecs_spec": "ecs.old", "type": "Master"}], {"job_max_running_time_minutes": 60}, 2.0,
         "unknown: the operator's price table has no ecs.old in cn-hangzhou"),
    ],
)  # fmt: skip
def test_hours_and_money_are_the_most_there_can_be(specs: Any, changes: Any, hours: float | None, cost: str) -> None:
    told = payg(*specs, known=(T4, CPU, OLD), **changes)
    assert (told.most_gpu_hours, told.most_cost) == (hours, cost)


def test_without_a_table_the_price_is_unknown() -> None:
    assert payg({"ecs_spec": "ecs.t4"}, prices=None).most_cost == "unknown: the API has no prices"


@pytest.mark.parametrize(
    ("facts", "pods", "starts", "why"),
    [
        (Facts(quota(), nodes(8, 8), []), 2, "now", "room for all 2 pods on the nodes and within the quota"),
        (Facts(quota(8), nodes(8, 0), []), 2, "queues", "asks 16 GPU; the quota has 8 GPU 96 CPU 800 GiB left of"),
        (Facts(quota(16, 16), nodes(8, 4, 4), []), 2, "queues", "nodes have room for 1 of 2 pods now; the largest pod"),
        (Facts(quota(), nodes(8, 8), waits(7)), 1, "queues", "1 waiting jobs of priority 1 or more are ahead"),
        (Facts(quota(), nodes(8, 8), waits(3)), 1, "now", "room for all"),  # it is skipped when it cannot start
        (Facts(quota(strategy="PaiStrategyFIFO"), nodes(8, 8), waits(3)), 1, "queues", "1 waiting jobs"),
        (Facts(quota(), None, [], ["nodes, HTTP 403"]), 1, "unknown", "not known: nodes, HTTP 403"),
        (Facts(None, nodes(8), [], ["quota, HTTP 403"]), 1, "unknown", "not known: quota, HTTP 403"),
        (Facts(None, nodes(4), None, ["quota, HTTP 403"]), 1, "queues", "nodes have room for 0 of 1 pods"),
    ],
)  # fmt: skip
def test_a_quota_job_starts_where_limit_nodes_and_queue_let_it(facts: Facts, pods: int, starts: str, why: str) -> None:
    told = on_quota(facts, pods=pods)
    assert told.starts == starts
    assert told.why
    assert told.why[0].startswith(why)


def test_what_is_larger_than_the_whole_quota_never_starts() -> None:
    (first, *_) = on_quota(Facts(quota(0, 16), nodes(0, 0), []), pods=3).why or []
    assert first.endswith("more than the whole quota has: it never starts")


def test_a_job_ahead_of_lower_priority_holds_nobody() -> None:
    assert on_quota(Facts(quota(strategy="PaiStrategyFIFO"), nodes(8), waits(3)), priority=5).starts == "now"


def test_a_job_ahead_of_the_same_priority_holds_it() -> None:
    assert on_quota(Facts(quota(strategy="PaiStrategyFIFO"), nodes(8), waits(5)), priority=5).starts == "queues"


def test_the_priority_that_counts_is_told_with_the_strategy() -> None:
    assert (on_quota(Facts(quota(), nodes(8), [])).effective_priority or "").startswith(
        "1 (the default) of 1 to 9; Pai"
    )
    assert (on_quota(Facts(None, None, None), priority=7).effective_priority) == "7 of 1 to 9"


def test_of_a_quotas_driver_only_the_need_is_known() -> None:
    told = on_quota(Facts(quota(), nodes(8), [])).driver
    assert told == "the quota does not tell its nodes' driver; CUDA 12.4 needs 525.60.13 or newer"
    chosen = on_quota(Facts(quota(), nodes(8), []), settings={"driver": "470.199.02"}).driver
    assert (chosen or "").startswith("driver 470.199.02 is too old")
    assert on_quota(Facts(quota(), nodes(8), []), gpus=0).driver is None


@pytest.mark.parametrize(
    ("facts", "gpus", "changes", "said"),
    [
        (Facts(quota(), nodes(8), []), 8, {"settings": SANE}, None),
        (Facts(quota(), nodes(8), []), 4, {"settings": SANE}, "settings.enable_sanity_check does nothing: it checks"),
        (Facts(quota(ResourceType="ECS"), nodes(8), []), 8, {"settings": SANE},
         "settings.enable_sanity_check does nothing: the quota is ECS, not Lingjun"),
        (Facts(quota(), nodes(8), []), 4, {}, None),
        (Facts(quota(), None, []), 4, {"settings": SANE}, None),
        (Facts(quota(), None, []), 0, {"settings": SANE}, None),
        (Facts(None, None, []), 4, {"settings": SANE}, None),
        (Facts(quota(Workspaces=[{"WorkspaceId": "2"}]), nodes(8), []), 8, {},
         "quota quota1 is not of workspace 1 but of 2"),
        (Facts(quota(Workspaces=[{"WorkspaceId": "1"}]), nodes(8), []), 8, {}, None),
    ],
)  # fmt: skip
def test_what_only_the_quota_tells_is_warned_of(facts: Facts, gpus: int, changes: Any, said: str | None) -> None:
    spec = {"resource_config": {"gpu": str(gpus)}}
    found = list(preflight.quota_warnings(draft(spec, resource_id="quota1", **changes), facts))
    assert [text[: len(said or "")] for text in found] == ([said] if said else [])
