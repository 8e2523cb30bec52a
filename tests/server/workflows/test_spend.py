"""How a line of the ledger counts."""

from datetime import UTC, datetime, timedelta

import pytest

from pai_dlc_mcp.server.rules.spending import Spent
from pai_dlc_mcp.server.workflows.spend import Line, of_line

CREATED = datetime(2026, 1, 5, 2, tzinfo=UTC)
LINE = Line("", "", "cn-hangzhou", CREATED.timestamp(), gpus=8.0, hours=1.5, hourly=3.0)


@pytest.mark.parametrize(("minutes", "over"), [(0, False), (89, False), (90, True), (600, True)])
def test_a_job_that_the_account_does_not_show_counts_until_it_would_be_over(minutes: int, over: bool) -> None:
    ended = CREATED + timedelta(minutes=90) if over else None
    now = CREATED + timedelta(minutes=minutes)
    assert of_line(LINE, now) == Spent(CREATED, ended, failed=False, gpus=8.0, hours=1.5, hourly=3.0)
