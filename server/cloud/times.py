"""Times as the service writes them: UTC, whole seconds, Z."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, PlainSerializer


def to_utc(moment: datetime | None) -> str | None:
    """`2026-01-05T02:00:00Z`; a moment without a zone is taken as UTC."""
    if moment is None:
        return None
    return _aware(moment).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


Time = Annotated[datetime, AfterValidator(_aware), PlainSerializer(to_utc, return_type=str)]
"""A time of a response or of a caller: UTC where it has no zone, so that any two can be compared."""
