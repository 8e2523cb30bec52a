"""The side door, /emulator/{reset,clock,faults,requests}: unsigned, for tests and demonstrations."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC

from pai_dlc_mcp.emulator import clock, jobs
from pai_dlc_mcp.emulator.errors import ServiceError
from pai_dlc_mcp.emulator.faults import Fault, Faults
from pai_dlc_mcp.emulator.request import Json, Record
from pai_dlc_mcp.emulator.state import Account


@dataclass
class World:
    """An account and what surrounds it: switches for faults, and the record of requests."""

    account: Account
    faults: Faults = field(default_factory=Faults)
    requests: Record = field(default_factory=Record)

    @classmethod
    def at(cls, time: clock.Clock) -> "World":
        world = cls(Account(time))
        jobs.seed_past(world.account)
        return world

    def reset(self) -> None:
        """Everything as at the start, the time too."""
        self.account.clock.reset()
        self.account.reset()
        jobs.seed_past(self.account)
        self.faults.clear()
        self.requests.clear()


def reset(world: World, method: str, body: Json) -> Json:
    if method == "POST":
        world.reset()
    return {"jobs": len(world.account.jobs)}


def show_clock(world: World, method: str, body: Json) -> Json:
    if method == "POST":
        world.account.clock.advance(float(body["advance"]))
    now = world.account.now()
    return {"now": now.astimezone(UTC).isoformat(timespec="milliseconds"), "speed": world.account.clock.speed}


def faults(world: World, method: str, body: Json) -> Json:
    if method == "POST":
        world.faults.add(Fault(**body))
    return {"faults": [asdict(fault) for fault in world.faults]}


def requests(world: World, method: str, body: Json) -> Json:
    if method == "POST":
        world.requests.clear()
    return {"requests": [asdict(request) for request in world.requests]}


DOORS: dict[str, Callable[[World, str, Json], Json]] = {
    "reset": reset,
    "clock": show_clock,
    "faults": faults,
    "requests": requests,
}


def answer(world: World, door: str, method: str, body: Json) -> Json:
    """POST changes, GET looks."""
    if door not in DOORS:
        raise ServiceError(404, "NotFound", f"No such door: {door}. There are {', '.join(DOORS)}.")
    try:
        return DOORS[door](world, method, body)
    except (KeyError, TypeError, ValueError) as error:
        raise ServiceError(400, "InvalidParameter", f"{type(error).__name__}: {error}") from error
