"""Starts the emulator in a thread of this process, on a port of the loopback."""

import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from pai_dlc_mcp.emulator import app, snapshot, state
from pai_dlc_mcp.emulator.clock import Clock
from pai_dlc_mcp.emulator.control import LOOPBACK, World
from pai_dlc_mcp.emulator.execute.process import Limits
from pai_dlc_mcp.emulator.execute.runner import Runner
from pai_dlc_mcp.emulator.faults import Faults
from pai_dlc_mcp.emulator.request import Record
from pai_dlc_mcp.emulator.state import Account


@dataclass(frozen=True)
class Emulator:
    """A running emulator: its address, its access key, and its state."""

    endpoint: str
    world: World
    access_key_id: str = state.ACCESS_KEY_ID
    access_key_secret: str = state.ACCESS_KEY_SECRET

    @property
    def account(self) -> Account:
        return self.world.account

    @property
    def clock(self) -> Clock:
        return self.world.account.clock

    @property
    def faults(self) -> Faults:
        return self.world.faults

    @property
    def requests(self) -> Record:
        return self.world.requests

    def reset(self) -> None:
        self.world.reset()

    def save(self, file: Path) -> None:
        """Write the state to a file that `load` can read."""
        snapshot.save(self.account, file)

    def load(self, file: Path) -> None:
        """Read a state file. Raises ValueError for a file that holds no state."""
        snapshot.restore(self.account, file.read_bytes())


class Protocol(H11Protocol):
    """Puts the transport's abort into the ASGI scope: ASGI has no way to drop a connection."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        # asyncio sets this only for sockets with IPPROTO_TCP; without it a response takes 40 ms more.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        inner = self.app

        async def lend(scope: Scope, receive: Receive, send: Send) -> None:
            scope["extensions"] = {"abort": transport.abort}
            await inner(scope, receive, send)  # pyright: ignore[reportArgumentType]

        self.app = lend  # pyright: ignore[reportAttributeAccessIssue]


class Server(uvicorn.Server):
    """Signals when it listens, and calls World.step between requests."""

    def __init__(self, config: uvicorn.Config, world: World) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self.world = world

    async def on_tick(self, counter: int) -> bool:
        """Called ten times a second."""
        self.world.step()
        return await super().on_tick(counter)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


@contextmanager
def start(
    *,
    clock: Clock | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
    token: str = "",
    seeds: Path | None = None,
    state_file: Path | None = None,
    execute: bool = False,
    limits: Limits | None = None,
) -> Generator[Emulator]:
    """Run an emulator. Without a clock, virtual time is real time; port 0 means any free port. A non-loopback host
    needs a token for the control API. Raises ValueError without one, OSError if the port is in use.

    `state_file` is read if it exists, and written after changes and at the end. Raises ValueError if it holds no state.

    With `execute` the commands of new jobs really run, as this user and within `limits`; only on the loopback, and with
    a new secret for the access key. Raises Unkillable if processes could not be ended reliably on this machine.
    """
    if execute and host not in LOOPBACK:
        raise ValueError(f"{host} is not the loopback: commands run for the loopback alone")
    if host not in LOOPBACK and not token:
        raise ValueError(f"{host} is not the loopback: a token is needed, see --token")
    runner = Runner(limits) if execute else None
    world = World.at(clock or Clock(datetime.now(UTC)), seeds=seeds, token=token, runner=runner, file=state_file)
    listener = socket.create_server((host, port))
    server = Server(
        uvicorn.Config(
            app.create(world),
            http=Protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            timeout_keep_alive=60,
        ),
        world,
    )
    thread = threading.Thread(target=server.run, args=([listener],), name="pai-dlc-emulator", daemon=True)
    thread.start()
    server.ready.wait(10)
    try:
        endpoint = f"{host}:{listener.getsockname()[1]}"
        yield Emulator(endpoint, world, access_key_secret=world.account.keys[state.ACCESS_KEY_ID].secret)
    finally:
        server.should_exit = server.force_exit = True
        thread.join(10)
        listener.close()
        world.close()
