"""Times as the service writes them: UTC, whole seconds, Z."""

from datetime import UTC, datetime


def to_utc(moment: datetime | None) -> str | None:
    """`2026-01-05T02:00:00Z`; a moment without a zone is taken as UTC."""
    if moment is None:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
