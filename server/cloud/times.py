"""Times in the service's format: UTC, whole seconds, Z."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, PlainSerializer

_FIRST_YEAR, _LAST_YEAR = 1970, 2199


def to_utc(moment: datetime | None) -> str | None:
    """`2026-01-05T02:00:00Z`. A datetime without a zone is taken as UTC."""
    if moment is None:
        return None
    return _aware(moment).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _possible(moment: datetime) -> datetime:
    """Raises ValueError for a year that no job can have: 0001 is a zero value, and sums with extreme years overflow."""
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise ValueError(f"is not a time from {_FIRST_YEAR} to {_LAST_YEAR}")
    return _aware(moment)


Time = Annotated[datetime, AfterValidator(_possible), PlainSerializer(to_utc, return_type=str)]
"""A time in a response or an argument. Without a zone it is taken as UTC, so that all times can be compared."""
