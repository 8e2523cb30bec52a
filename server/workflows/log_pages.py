"""Reads a pod's log beyond one answer of GetPodLogs, which has no offset: earlier pages are found by time and joined at
their overlap."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pai_dlc_mcp.server.budget import cursor as cursors
from pai_dlc_mcp.server.budget.cursor import Cursor, Page
from pai_dlc_mcp.server.cloud.logs import MAX_LINES, Logs
from pai_dlc_mcp.server.cloud.times import to_utc

_PROBE = 8  # records compared to find the overlap of two pages
_REACH = timedelta(days=366)  # after the pod's creation; the log's clock can differ from ours
_NEW_PAGES = 4  # pages read for a cursor that is behind: 20,000 records


@dataclass(frozen=True)
class Source:
    """One incarnation of a pod, and a time window."""

    logs: Logs
    job_id: str
    pod_id: str
    pod_uid: str | None
    since: datetime | None
    until: datetime | None = None

    async def last(self, records: int | None = None, until: datetime | None = None) -> tuple[list[str], str]:
        """The last records of the window (by default as many as one call returns) and the pod's uid."""
        read = await self.logs.pod(
            self.job_id,
            self.pod_id,
            since=self.since,
            until=until or self.until,
            max_lines=records or MAX_LINES,
            pod_uid=self.pod_uid,
        )
        return list(read.records), read.pod_uid


@dataclass(frozen=True)
class Extent:
    """Records, oldest first. `cut`: the log has earlier ones."""

    records: list[str]
    pod_uid: str
    cut: bool


async def read(source: Source, pages: int = 1) -> Extent:
    """The last `pages` pages of a log, each of MAX_LINES records. One request for the last page, about 30 for each page
    before."""
    records, uid = await source.last()
    extent = Extent(records, uid, len(records) >= MAX_LINES)
    for _ in range(pages - 1):
        if not extent.cut:
            break
        shorter, extent = extent, await _extended(source, extent)
        if len(extent.records) == len(shorter.records):
            break
    return extent


async def read_on(source: Source, cursor: Cursor | None, *, key: bytes) -> tuple[Page, Extent]:
    """The records after a cursor. If one answer is not enough, further pages are read."""
    since = to_utc(source.since) or ""
    extent = await read(source)
    page = cursors.read(extent.records, extent.pod_uid, since, cursor, key=key, cut=extent.cut)
    for _ in range(_NEW_PAGES - 1):
        if not (page.gap and extent.cut):
            break
        shorter, extent = extent, await _extended(source, extent)
        if extent.cut and len(extent.records) == len(shorter.records):
            break
        page = cursors.read(extent.records, extent.pod_uid, since, cursor, key=key, cut=extent.cut)
    return page, extent


async def _extended(source: Source, extent: Extent) -> Extent:
    earlier, cut = await _before(source, extent.records)
    return Extent([*earlier, *extent.records], extent.pod_uid, cut)


async def _before(source: Source, known: list[str]) -> tuple[list[str], bool]:
    """The records before `known`, and whether there are still earlier ones.

    A binary search over the window's end finds the first second at which the log's last records are inside `known`; the
    page that ends there overlaps `known`.
    """
    low = int((source.since or datetime(2020, 1, 1, tzinfo=UTC)).timestamp())
    high = low + int(_REACH.total_seconds())
    while high - low > 1:
        middle = (low + high) // 2
        records, _ = await source.last(_PROBE, datetime.fromtimestamp(middle, UTC))
        if _ends_inside(records, known):
            high = middle
        else:
            low = middle
    records, _ = await source.last(until=datetime.fromtimestamp(high, UTC))
    overlap = _overlap(records, known)
    return (records[:-overlap], len(records) >= MAX_LINES) if overlap else ([], True)


def _ends_inside(records: list[str], known: list[str]) -> bool:
    """Whether `records`, the last of a window, are inside `known` or reach into its beginning."""
    if not records:
        return False
    size = len(records)
    starts = (at for at, record in enumerate(known) if record == records[0])
    return any(known[at : at + size] == records for at in starts) or _overlap(records, known) > 0


def _overlap(records: list[str], known: list[str]) -> int:
    """How many of the last records equal the first of `known`. The smallest such number, so that repeated lines are not
    lost."""
    sizes = range(1, min(len(records), len(known)) + 1)
    return next((n for n in sizes if records[-n] == known[0] and records[-n:] == known[:n]), 0)
