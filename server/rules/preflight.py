"""Predicts how a create would be scheduled: start or queue, priority, driver, cost. Pure; the quota's facts may be out
of date by the time of the create."""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

from pai_dlc_mcp.server.cloud.quotas import Node, Quota, Workload
from pai_dlc_mcp.server.cloud.specs import EcsSpec
from pai_dlc_mcp.server.prices import PriceTable
from pai_dlc_mcp.server.rules import capacity, drivers
from pai_dlc_mcp.server.rules.advice import gpus
from pai_dlc_mcp.server.rules.job_spec import Draft, JobSpec
from pai_dlc_mcp.server.rules.queueing import never_skipped, strategy
from pai_dlc_mcp.server.rules.resources import Resources, resources

_DEFAULT_PRIORITY = 1


class Preflight(BaseModel):
    """`starts`: at once, after a wait, or unknown; `why`: the reasons. Hours and cost are upper bounds, from
    job_max_running_time_minutes, counted from Running."""

    model_config = ConfigDict(frozen=True)

    starts: Literal["now", "queues", "unknown"] | None = None
    why: list[str] | None = None
    effective_priority: str | None = None
    driver: str | None = None
    most_gpu_hours: float | None = None
    most_cost: str | None = None


class Facts(NamedTuple):
    """A quota's state. None for a part that could not be read; the reason is in `unread`."""

    quota: Quota | None
    nodes: Sequence[Node] | None
    workloads: Sequence[Workload] | None
    unread: Sequence[str] = ()


def payg(draft: Draft, specs: Sequence[EcsSpec], prices: PriceTable | None, region: str) -> Preflight:
    """Pay-as-you-go: a job starts if its instance types are in stock."""
    gone = [spec.instance_type for spec in specs if not spec.available]
    stock = [f"{name} has no stock now" for name in gone]
    stock += [spec.instance_type + " has no spot stock now" for spec in specs if _spot(draft, spec) and _no_spot(spec)]
    return Preflight(
        starts="queues" if stock else "now",
        why=stock or [f"{', '.join(spec.instance_type for spec in specs)}: in stock now"],
        effective_priority="none: a pay-as-you-go job has no queue",
        driver="; ".join(_payg_drivers(draft, specs)) or None,
        most_gpu_hours=_gpu_hours(draft, specs),
        most_cost=_cost(draft, prices, region),
    )


def on_quota(draft: Draft, facts: Facts) -> Preflight:
    """On a quota: a job starts if limit and nodes have room and no job ahead of it blocks it."""
    priority = draft.priority or _DEFAULT_PRIORITY
    pods = [_pod(spec) for spec in draft.job_specs for _ in range(spec.pod_count)]
    held = list(_held(pods, facts, priority))
    known = facts.quota is not None and facts.nodes is not None and facts.workloads is not None
    room = [f"room for all {len(pods)} pods on the nodes and within the quota"] if known and not held else []
    default = "" if draft.priority else " (the default)"
    said = strategy(facts.quota.strategy) if facts.quota else None
    return Preflight(
        starts="queues" if held else "now" if known else "unknown",
        why=[*held, *room, *(f"not known: {why}" for why in facts.unread)],
        effective_priority=f"{priority}{default} of 1 to 9" + (f"; {said}" if said else ""),
        driver="; ".join(_quota_drivers(draft)) or None,
        most_gpu_hours=_gpu_hours(draft, ()),
        most_cost="none of its own: it runs on the quota's resources",
    )


def quota_warnings(draft: Draft, facts: Facts) -> Iterator[str]:
    """Warnings that need the quota's facts: settings without effect there, and requests above its limit."""
    quota = facts.quota
    if not quota:
        return
    bound = [workspace.workspace_id for workspace in quota.workspaces]
    if bound and draft.workspace_id not in bound:
        yield f"quota {quota.quota_id} is not of workspace {draft.workspace_id} but of {', '.join(bound)}"
    if not (draft.settings and draft.settings.enable_sanity_check and draft.job_type == "PyTorchJob"):
        return
    node = max((capacity.whole(node).gpu for node in facts.nodes or ()), default=0)
    part = [spec for spec in draft.job_specs if _pod(spec).gpu < node]
    if quota.resource_type and quota.resource_type != "Lingjun":
        yield f"settings.enable_sanity_check does nothing: the quota is {quota.resource_type}, not Lingjun"
    elif part:
        yield f"settings.enable_sanity_check does nothing: it checks whole nodes, and a node has {node:g} GPUs"


def _held(pods: Sequence[Resources], facts: Facts, priority: int) -> Iterator[str]:
    """One sentence for each reason why the job would not start now."""
    asked = Resources()
    for pod in pods:
        asked = asked.plus(pod)
    if facts.quota and not asked.within(left := capacity.left(facts.quota)):
        total = capacity.total(facts.quota)
        never = "; more than the whole quota has: it never starts" if not asked.within(total) else ""
        yield f"asks {asked}; the quota has {left} left of {total}{never}"
    if facts.nodes is not None:
        seen = capacity.survey(facts.nodes)
        fitting = capacity.fitting(pods, seen.rooms)
        if fitting < len(pods):
            largest = capacity.largest_pod(seen.rooms, capacity.UNLIMITED)
            yield f"nodes have room for {fitting} of {len(pods)} pods now; the largest pod that fits is {largest}"
    if facts.quota and facts.workloads is not None:
        yield from _ahead(facts.quota, facts.workloads, priority)


def _ahead(quota: Quota, workloads: Sequence[Workload], priority: int) -> Iterator[str]:
    """Waiting jobs of the same or a higher priority start first, unless the strategy skips them."""
    ahead = [each for each in workloads if each.waiting and (each.priority or 0) >= priority]
    holding = [each for each in ahead if never_skipped(quota.strategy, each.priority or 0)]
    if holding:
        yield f"{len(holding)} waiting jobs of priority {priority} or more are ahead and not skipped"


def _pod(spec: JobSpec) -> Resources:
    asked = spec.resource_config
    return resources(asked.gpu, asked.cpu, asked.memory) if asked else Resources()


def _spot(draft: Draft, spec: EcsSpec) -> bool:
    return any(s.ecs_spec == spec.instance_type and (s.spot_spec or s.use_spot_instance) for s in draft.job_specs)


def _no_spot(spec: EcsSpec) -> bool:
    return spec.spot_stock == "NoStock"


def _chosen_driver(draft: Draft, spec: JobSpec) -> str | None:
    chosen = spec.driver or (draft.settings and draft.settings.driver)
    return chosen if isinstance(chosen, str) else None


def _payg_drivers(draft: Draft, specs: Sequence[EcsSpec]) -> Iterator[str]:
    """One sentence for each pair of instance type and image."""
    known = {spec.instance_type: spec for spec in specs if spec.gpus}
    said: dict[str, None] = {}
    for spec in draft.job_specs:
        if not (there := known.get(spec.ecs_spec or "")):
            continue
        driver = _chosen_driver(draft, spec) or there.driver
        if driver and there.drivers and driver not in there.drivers:
            said[f"{there.instance_type} does not support driver {driver}: it has {', '.join(there.drivers)}"] = None
        elif driver:
            said[_and_newer(drivers.fits(driver, spec.image), there)] = None
    yield from said


def _and_newer(sentence: str, spec: EcsSpec) -> str:
    newest = drivers.newest(spec.drivers)
    offer = f" ({spec.instance_type} also has {newest}: settings.driver)" if newest and newest != spec.driver else ""
    return sentence + (offer if "too old" in sentence else "")


def _quota_drivers(draft: Draft) -> Iterator[str]:
    for spec in draft.job_specs:
        if driver := _chosen_driver(draft, spec):
            yield drivers.fits(driver, spec.image)
        elif _pod(spec).gpu and (cuda := drivers.cuda_of(spec.image)) and (needed := drivers.oldest(cuda)):
            yield f"the quota does not tell its nodes' driver; CUDA {cuda[0]}.{cuda[1]} needs {needed} or newer"
            return


def _hours(draft: Draft) -> float | None:
    """The most hours that the job can hold its pods: running time and the reservation after it; None if unlimited."""
    if draft.job_max_running_time_minutes is None:
        return None
    reserved = draft.settings and draft.settings.job_reserved_minutes
    return (draft.job_max_running_time_minutes + (reserved if isinstance(reserved, int) else 0)) / 60


def _gpu_hours(draft: Draft, specs: Sequence[EcsSpec]) -> float | None:
    hours, count = _hours(draft), gpus(draft, specs)
    return round(hours * count, 2) if hours is not None and count else None


def _cost(draft: Draft, prices: PriceTable | None, region: str) -> str:
    """The price of all pods for the most hours, by the operator's price table."""
    if prices is None:
        return "unknown: the API has no prices"
    each = [(prices.hourly(region, spec.ecs_spec or ""), spec) for spec in draft.job_specs]
    if missing := [spec.ecs_spec for price, spec in each if price is None]:
        return f"unknown: the operator's price table has no {', '.join(map(str, missing))} in {region}"
    hourly = sum((price or 0) * spec.pod_count for price, spec in each)
    hours = _hours(draft)
    if hours is None:
        return f"{hourly:.2f} {prices.currency} an hour, without a bound: no job_max_running_time_minutes"
    return f"{hourly * hours:.2f} {prices.currency} ({hourly:.2f} an hour for {hours:g} h, operator's table)"
