"""The operator's spend limits, checked before each create.

A ledger in the store lists the creates; in addition every job in the account that carries our tag counts. So neither a
restart nor a lost ledger resets the count.
"""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import anyio

from pai_dlc_mcp.server.cloud.api import Write
from pai_dlc_mcp.server.cloud.errors import CloudError
from pai_dlc_mcp.server.cloud.paging import each
from pai_dlc_mcp.server.cloud.times import to_utc
from pai_dlc_mcp.server.deps import CloudInRegion
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.rules import advice, spending
from pai_dlc_mcp.server.rules.job_spec import Draft
from pai_dlc_mcp.server.rules.spending import Figure, Spent
from pai_dlc_mcp.server.safety.caller import Caller
from pai_dlc_mcp.server.safety.store import kept
from pai_dlc_mcp.server.spend_limits import SpendLimits
from pai_dlc_mcp.server.workflows.create_once import REQUEST_TAG, Creator

_KIND = "spend"
_REMEMBERED = 2 * 24 * 3600.0  # seconds that a ledger line is kept: a day and a margin
_BACK = timedelta(days=30)  # live jobs created before that are not found
_MOST = 10  # pages of jobs read


@dataclass(frozen=True)
class Line:
    """A create in the ledger; without `job_id` its answer has not come. `at`: seconds since the epoch."""

    request_id: str
    job_id: str
    region: str
    at: float
    gpus: float
    hours: float
    hourly: float


def size(cloud: CloudInRegion, draft: Draft, specs: Sequence[Any]) -> Spent:
    """The size and cost of a draft's job. Raises Failure if a limit is set on a figure that is not known."""
    limits, prices = cloud.settings.limits or SpendLimits(), cloud.settings.prices
    gpus = advice.gpus(draft, specs)
    if gpus is None and (limits.gpu_hours_a_day or limits.gpus_at_once):
        raise _unknown("how many GPUs it takes")
    hourly = [
        (prices.hourly(cloud.region, spec.ecs_spec) if prices and spec.ecs_spec else None, spec)
        for spec in draft.job_specs
    ]
    if limits.amount_a_day and (missing := [spec.ecs_spec for price, spec in hourly if spec.ecs_spec and not price]):
        raise _unknown(f"the price of {', '.join(map(str, missing))} in {cloud.region}")
    return Spent(
        created=cloud.clock.now(),
        ended=None,
        failed=False,
        gpus=float(gpus or 0),
        hours=spending.hours(draft.job_max_running_time_minutes),
        hourly=sum((price or 0) * spec.pod_count for price, spec in hourly),
    )


async def figures(cloud: CloudInRegion, wanted: Sequence[Spent], but: str = "") -> list[Figure]:
    """Used and allowed amounts for each limit that is set. `but`: key of the ledger line that already holds
    `wanted`."""
    limits = cloud.settings.limits
    if limits is None:
        return []
    now = cloud.clock.now()
    found = [job async for job in each(lambda offset, limit: cloud.jobs.list(_ours(now), offset, limit), _MOST)]
    lines = await _lines(cloud)
    known = {line.job_id for line in lines.values() if line.job_id}
    jobs = [job for job in found if REQUEST_TAG in job.settings.tags or job.job_id in known]  # or untagged since
    tagged = {job.settings.tags.get(REQUEST_TAG) for job in jobs}
    seen = {job.job_id for job in jobs}
    spent = [spending.of_job(job, cloud.settings.prices, cloud.region, now) for job in jobs]
    spent += [
        of_line(line, now)
        for key, line in lines.items()
        if key != but and not (line.job_id in seen if line.job_id else line.request_id in tagged)
    ]
    return spending.figures(limits, spent, wanted, now)


def held(cloud: CloudInRegion, found: Sequence[Figure]) -> list[Figure]:
    """The limits that are close, about which the user is asked. Raises Failure with all figures if a limit is
    reached."""
    over = [figure for figure in found if figure.refuses]
    if over:
        raise Failure(
            f"Nothing was sent: the operator's spend limit is reached. {'; '.join(map(str, over))}.",
            fix="Wait for jobs to end, or ask the operator to change PAI_DLC_LIMITS. Do not look for another way."
            + _FAILURES * any(figure.name == "failures_in_a_row" for figure in over),
            code="SpendLimit",
        )
    part = cloud.settings.limits.ask_from if cloud.settings.limits else 1.0
    return [figure for figure in found if figure.asks(part)]


_FAILURES = " First find out with diagnose_job why the last ones failed."


@dataclass(frozen=True)
class Limited:
    """Sends a create within the limits. `asked`: its user agreed to come close to them."""

    cloud: CloudInRegion
    sender: Creator
    wanted: Spent
    asked: bool

    @property
    def caller(self) -> Caller:
        return self.sender.caller

    async def send(self, write: Write[str]) -> str:
        """Send after the ledger line is written, so that parallel creates count each other."""
        if self.cloud.settings.limits is None:
            return await self.sender.send(write)
        request_id = str(write.params["Settings"]["Tags"][REQUEST_TAG])
        key = json.dumps([self.caller.principal, request_id])  # request ids are unique for a caller only
        line = _line(self.cloud, self.wanted, request_id)
        store = self.cloud.store
        new: bool = await kept(store.put, _KIND, key, asdict(line), _REMEMBERED)
        stays = False
        try:
            await self._admitted(key)
            stays = True
            try:
                job_id = await self.sender.send(write)
            except Failure as error:
                stays = isinstance(error, CloudError) and error.maybe_done
                raise
        finally:  # a cancelled call's line would count as a job for a day
            if new and not stays:
                with anyio.CancelScope(shield=True), suppress(Failure):
                    await kept(store.take, _KIND, key)
        with anyio.CancelScope(shield=True), suppress(Failure):  # it is made: the job's tag names the line as well
            await kept(store.swap, _KIND, key, asdict(line), asdict(replace(line, job_id=job_id)), _REMEMBERED)
        return job_id

    async def _admitted(self, key: str) -> None:
        """Raises Failure where a limit refuses, or asks for a yes that was not given."""
        near = held(self.cloud, await figures(self.cloud, [self.wanted], but=key))
        if near and not self.asked:
            raise Failure(
                f"Nothing was sent: it came near the operator's limits meanwhile. {'; '.join(map(str, near))}.",
                fix="Call again: the user is asked.",
                code="SpendLimit",
            )


def _ours(now: datetime) -> dict[str, Any]:
    return {
        "FromAllWorkspaces": True,
        "ShowOwn": True,
        "StartTime": to_utc(now - _BACK),
        "SortBy": "GmtCreateTime",
        "Order": "desc",
    }


async def _lines(cloud: CloudInRegion) -> dict[str, Line]:
    keys: list[str] = await kept(cloud.store.keys, _KIND)
    found = {key: await kept(cloud.store.get, _KIND, key) for key in keys}
    # One of the first version is named by its request id, which it does not say again
    lines: dict[str, dict[str, Any]] = {
        key: {"request_id": key, **line} for key, line in found.items() if line is not None
    }
    return {key: Line(**line) for key, line in lines.items()}


def _line(cloud: CloudInRegion, wanted: Spent, request_id: str) -> Line:
    at = wanted.created.timestamp()
    return Line(request_id, "", cloud.region, at, wanted.gpus, wanted.hours, wanted.hourly)


def of_line(line: Line, now: datetime) -> Spent:
    """A job that the account does not show: not yet, deleted, or of another region. It counts in full until it would
    be over."""
    created = datetime.fromtimestamp(line.at, now.tzinfo)
    over = created + timedelta(hours=line.hours)
    ended = over if over <= now else None
    return Spent(created, ended, failed=False, gpus=line.gpus, hours=line.hours, hourly=line.hourly)


def _unknown(what: str) -> Failure:
    return Failure(
        f"Nothing was sent: the operator limits what jobs spend, and {what} is not known.",
        fix="Choose another spec, or ask the operator.",
        code="SpendLimit",
    )
