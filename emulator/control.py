"""The control API, /emulator/{reset,clock,faults,requests,state}: unsigned, for tests and demonstrations."""

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from hmac import compare_digest
from pathlib import Path
from time import monotonic

from pai_dlc_mcp.emulator import clock, jobs, snapshot
from pai_dlc_mcp.emulator.errors import ServiceError
from pai_dlc_mcp.emulator.execute.runner import Runner
from pai_dlc_mcp.emulator.faults import Fault, Faults
from pai_dlc_mcp.emulator.request import Json, Record
from pai_dlc_mcp.emulator.state import SEEDS, Account

SAVE_SECONDS = 1.0
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


@dataclass
class World:
    """An account with the active faults and the record of requests."""

    account: Account
    faults: Faults = field(default_factory=Faults)
    requests: Record = field(default_factory=Record)
    token: str = ""
    """Bearer token for the control API; "" if it listens on the loopback only."""

    runner: Runner | None = None
    """Runs commands, for an account with `execute`."""
    file: Path | None = None
    """The state file, if there is one."""
    changed: bool = False
    """Whether the state has changed since the file was written."""
    written: float = 0.0
    """When it was written, by monotonic()."""
    new: tuple[datetime, bytes] | None = None
    """The state after a reset at this time of the clock. Computing it takes 3 ms, reading it 0.3 ms."""

    @classmethod
    def at(
        cls,
        time: clock.Clock,
        *,
        seeds: Path | None = None,
        token: str = "",
        runner: Runner | None = None,
        file: Path | None = None,
    ) -> "World":
        """A world at a time, from a state file if it exists. Raises ValueError for a file that holds no state."""
        secret = secrets.token_hex(16) if runner else ""
        world = cls(Account(time, seeds or SEEDS, secret), token=token, runner=runner, file=file)
        jobs.seed_past(world.account)
        if file and file.exists():
            snapshot.restore(world.account, file.read_bytes())
        return world

    def step(self) -> None:
        """Called by the server ten times a second, between requests."""
        if self.runner:
            jobs.settle(self.account)
            self.runner.step(self.account)
        if self.file and self.changed and monotonic() > self.written + SAVE_SECONDS:
            snapshot.save(self.account, self.file)
            self.changed, self.written = False, monotonic()

    def close(self) -> None:
        """End the running commands, and write the state file."""
        if self.runner:
            self.runner.close()
        if self.file:
            snapshot.save(self.account, self.file)

    def reset(self) -> None:
        """Reset everything, including the clock, to the start."""
        if self.runner:
            self.runner.close()
        self.account.clock.reset()
        self.account.reset()
        now = self.account.now()
        if self.new and self.new[0] == now:
            snapshot.restore(self.account, self.new[1])
        else:
            jobs.seed_past(self.account)
            self.new = now, snapshot.dump(self.account)
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


def state(world: World, method: str, body: Json) -> Json:
    """GET returns a snapshot of the state, POST replaces the state."""
    if method == "POST":
        snapshot.restore(world.account, json.dumps(body).encode())
    return json.loads(snapshot.dump(world.account))


DOORS: dict[str, Callable[[World, str, Json], Json]] = {
    "reset": reset,
    "clock": show_clock,
    "faults": faults,
    "requests": requests,
    "state": state,
}


def refuse_strangers(world: World, headers: Mapping[str, str]) -> None:
    """Refuses requests from web pages: a browser sends Origin with cross-site requests, and Host shows DNS rebinding.
    With the token any Host is accepted."""
    if "origin" in headers:
        raise ServiceError(403, "Forbidden", "The side door takes no requests from web pages.")
    if world.token:
        if not compare_digest(headers.get("authorization", "").encode(), f"Bearer {world.token}".encode()):
            raise ServiceError(401, "Unauthorized", "The side door needs the token: Authorization: Bearer TOKEN.")
        return
    name = headers.get("host", "").rpartition(":")[0] or headers.get("host", "")
    if name not in LOOPBACK:
        raise ServiceError(403, "Forbidden", "The side door answers to 127.0.0.1, localhost and [::1] only.")


def answer(world: World, door: str, method: str, body: Json) -> Json:
    """Answer a request of the control API: POST changes, GET reads."""
    if door not in DOORS:
        raise ServiceError(404, "NotFound", f"No such door: {door}. There are {', '.join(DOORS)}.")
    try:
        world.changed |= method == "POST"
        return DOORS[door](world, method, body)
    except (KeyError, TypeError, ValueError) as error:
        raise ServiceError(400, "InvalidParameter", f"{type(error).__name__}: {error}") from error
