"""How a job of the account counts for the operator's limits."""

from datetime import UTC, datetime
from typing import Any

import pytest

from pai_dlc_mcp.server.cloud.jobs import JobSummary
from pai_dlc_mcp.server.rules.spending import of_job

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
BEGAN, ENDED = "2026-01-05T08:00:00Z", "2026-01-05T09:00:00Z"


@pytest.mark.parametrize(
    ("job", "hours"),
    [
        ({"Status": "Succeeded", "GmtRunningTime": BEGAN, "GmtFinishTime": ENDED}, 1.0),
        ({"Status": "Stopped", "GmtFinishTime": ENDED}, 0.0),  # it never ran
        ({"Status": "Running", "GmtRunningTime": BEGAN, "JobMaxRunningTimeMinutes": 60}, 4.0),  # over its limit
        ({"Status": "Running", "GmtRunningTime": BEGAN, "JobMaxRunningTimeMinutes": 360}, 6.0),
        ({"Status": "Running", "GmtRunningTime": BEGAN}, 24.0),
    ],
)
def test_an_ended_job_counts_for_what_it_ran_and_a_live_one_for_the_most_it_may(
    job: dict[str, Any], hours: float
) -> None:
    assert of_job(JobSummary.model_validate(job), None, "cn-hangzhou", NOW).hours == hours
