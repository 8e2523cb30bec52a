"""Pages of a log joined where they overlap, through a service that answers with the last records of a window."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from pai_dlc_mcp.server.budget import cursor as cursors
from pai_dlc_mcp.server.cloud.logs import Logs, PodLog
from pai_dlc_mcp.server.workflows import log_pages
from pai_dlc_mcp.server.workflows.log_pages import Source, read, read_on

START = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)
KEY = b"k" * 32


class Service:
    """GetPodLogs over records that are `pace` a second."""

    def __init__(self, records: Sequence[str], pace: int = 10) -> None:
        self.records, self.pace, self.calls = list(records), pace, 0

    async def pod(
        self, *_: str, since: datetime, until: datetime | None, max_lines: int, pod_uid: str | None
    ) -> PodLog:
        self.calls += 1
        end = len(self.records)
        if until:
            end = min(end, max(0, int((until - since).total_seconds()) + 1) * self.pace)
        return PodLog(self.records[:end][-max_lines:], "uid")


def source(service: Service) -> Source:
    return Source(cast(Logs, cast(Any, service)), "dlc1", "dlc1-master-0", None, START)


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_pages, "MAX_LINES", 50)


async def test_one_page_is_one_call() -> None:
    service = Service([f"r{n}" for n in range(49)])
    extent = await read(source(service), 4)
    assert (len(extent.records), extent.cut, service.calls) == (49, False, 1)


async def test_pages_are_read_back_to_the_beginning() -> None:
    service = Service([f"r{n}" for n in range(175)])
    extent = await read(source(service), 9)
    assert extent.records == service.records
    assert extent.cut is False


async def test_no_more_pages_than_asked_for() -> None:
    service = Service([f"r{n}" for n in range(1000)])
    extent = await read(source(service), 3)
    assert extent.cut is True
    assert extent.records == service.records[-len(extent.records) :]
    assert 100 < len(extent.records) <= 150
    assert service.calls <= 1 + 2 * 30


@pytest.mark.parametrize("before", [0, 7, 49, 50, 51, 120])
@pytest.mark.parametrize("new", [0, 1, 49, 50, 51, 99, 140])
async def test_no_record_is_lost_or_read_twice(before: int, new: int) -> None:
    records = [f"r{n}" for n in range(before + new)]
    page, _ = await read_on(source(Service(records[:before])), None, key=KEY)
    page, _ = await read_on(source(Service(records)), page.cursor, key=KEY)
    assert list(page.records) == records[before:]
    assert not page.gap
    assert not page.unsure


async def test_more_than_is_read_back_is_a_gap_that_is_said() -> None:
    page, _ = await read_on(source(Service(["first"] * 5)), None, key=KEY)
    page, extent = await read_on(source(Service([f"r{n}" for n in range(900)])), page.cursor, key=KEY)
    assert page.gap
    assert extent.cut


async def test_lines_that_repeat_are_never_fewer_than_there_are() -> None:
    records = [f"tick {n % 3}" for n in range(400)]
    page, _ = await read_on(source(Service(records[:60])), None, key=KEY)
    page, _ = await read_on(source(Service(records[:90])), page.cursor, key=KEY)
    assert len(page.records) >= 30 or page.gap
    assert page.unsure or page.gap


async def test_a_second_with_more_records_than_a_page_ends_the_reading_back() -> None:
    service = Service([f"r{n}" for n in range(400)], pace=1000)
    extent = await read(source(service), 5)
    assert extent.cut is True
    assert extent.records == service.records[-50:]
    assert service.calls <= 1 + 30  # and is not tried again


async def test_a_cursor_of_another_window_is_read_on() -> None:
    records = [f"r{n}" for n in range(40)]
    page, _ = await read_on(source(Service(records[:20])), None, key=KEY)
    moved = Source(cast(Logs, cast(Any, Service(records[10:]))), "dlc1", "dlc1-master-0", None, START + timedelta(1))
    page, _ = await read_on(moved, page.cursor, key=KEY)
    assert list(page.records) == records[20:]
    assert page.cursor.since == "2026-01-06T02:00:00Z"
    assert cursors.decode(cursors.encode(page.cursor)) == page.cursor
