"""What two runs are told apart by."""

from datetime import UTC, datetime

import pytest

from pai_dlc_mcp.server.cloud.jobs import Job
from pai_dlc_mcp.server.rules.comparison import Run, figures

NOW = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("a", "b", "told"),
    [(None, "0/3", None), ("0/3", "1/3", ("-", "1/3")), ("2/3", None, ("2/3", "-"))],
)
def test_restarts_are_told_of_who_had_any(a: str | None, b: str | None, told: tuple[str, str] | None) -> None:
    one, other = (Run(Job.of({"Status": "Succeeded", "RestartTimes": times}), None, None, NOW) for times in (a, b))
    found = {figure.what: (figure.a, figure.b) for figure in figures(one, other)}
    assert found.get("restarts") == told
