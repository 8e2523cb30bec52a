"""Virtual time, and the time formats of the service."""

from datetime import UTC, datetime, timedelta, timezone
from time import monotonic

BEIJING = timezone(timedelta(hours=8))


class Clock:
    """Starts at `start` and runs `speed` virtual seconds for each real second; with speed 0 only `advance` moves it."""

    def __init__(self, start: datetime, speed: float = 1.0) -> None:
        self.start = start
        self.speed = speed
        self.reset()

    def reset(self) -> None:
        self._advanced = 0.0
        self._since = monotonic()

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self._advanced + (monotonic() - self._since) * self.speed)

    def advance(self, seconds: float) -> None:
        self._advanced += seconds


def utc(moment: datetime) -> str:
    """Format of DLC's Gmt* fields: UTC, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def utc_minutes(moment: datetime) -> str:
    """Format in job templates, documented as yyyy-MM-ddTHH:mmZ."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")


def beijing(moment: datetime) -> str:
    """Format in event texts: UTC+8 without an offset."""
    return moment.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def beijing_rfc3339(moment: datetime) -> str:
    """Format in sanity checks: RFC 3339 with microseconds and +08:00."""
    return moment.astimezone(BEIJING).isoformat(timespec="microseconds")


def parse(text: str) -> datetime:
    """Parse StartTime or EndTime. Raises ValueError, also for years that another time zone could move out of datetime's
    range."""
    moment = datetime.fromisoformat(text)
    if not 1 < moment.year < 9999:
        raise ValueError(text)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
