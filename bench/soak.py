"""Minutes of work with a failing service: clients over stdio (a server each) and over two HTTP replicas that share
their state, with 10 % faults on reads and 5 % on writes.

    .venv/bin/python bench/soak.py --minutes 10 --clients 32 --stdio 8

Prints the figures, and exits with 1 unless: no server ended, no call hung or failed without a class, no job was created
twice, no stop was sent without a yes, and the memory of no server grew by more than 10 % after a third of the time.
"""

import argparse
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.types import CallToolResult, ElicitResult

from pai_dlc_mcp.emulator import embedded
from pai_dlc_mcp.emulator.clock import Clock
from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.emulator.faults import Fault, Faults
from pai_dlc_mcp.emulator.request import Record, Request
from pai_dlc_mcp.server.protocol.reply import text_of

READ_FAULTS, WRITE_FAULTS = 0.10, 0.05  # of the requests
GROWTH = 1.10  # most, of a server's memory after a third of the time
HUNG = 75  # seconds: a call has 50 for its requests, and stop_job waits for what it did
IMAGE = "dsw-registry-vpc.cn-hangzhou.cr.aliyuncs.com/pai/pytorch:2.6.0-gpu-py311-cu124-ubuntu22.04"
SPEC = {"type": "Worker", "image": IMAGE, "ecs_spec": "ecs.gn6i-c4g1.xlarge"}
JOB: dict[str, Any] = {"workspace_id": "123456", "job_type": "PyTorchJob", "job_specs": [SPEC]}
BAD: tuple[Any, ...] = (
    "throttling", "throttling_user", "internal_error", "unavailable", "html_502", "early_close", "lost_response",
    "delay", "no_total", "string_total", "small_page", "wrong_shape", "list_body", "empty_body", "not_utf8",
)  # fmt: skip
BAD_WRITES: tuple[Any, ...] = (
    "throttling", "internal_error", "unavailable", "html_502", "early_close", "lost_response", "delay",
    "late_visibility", "status_after_commit", "empty_job_id",
)  # fmt: skip
WRITES = ("CreateJob", "StopJob", "UpdateJob")


class Dice(Faults):
    """A fault for a share of the requests, drawn for each."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.chance, self.drawn = random.Random(seed), Counter[str]()

    def take(self, action: str) -> Fault | None:
        write = action in WRITES
        if self.chance.random() >= (WRITE_FAULTS if write else READ_FAULTS):
            return None
        kind = self.chance.choice(BAD_WRITES if write else BAD)
        self.drawn[f"{'write' if write else 'read'}s"] += 1
        return Fault(action, kind, retry_after_ms=200, seconds=1.0, page_size=2)


class Ledger(Record):
    """Counts the requests, and the stops by job."""

    def __init__(self) -> None:
        super().__init__()
        self.by_action, self.stops = Counter[str](), Counter[str]()

    def add(self, request: Request) -> None:
        self.by_action[request.action] += 1
        if request.action == "StopJob":
            self.stops[request.ids["JobId"]] += 1


@dataclass
class Soak:
    """State shared by all clients: the answers of users and the outcomes of calls."""

    emulator: Emulator
    ends: float
    yeses: Counter[str] = field(default_factory=Counter[str])
    answers: Counter[str] = field(default_factory=Counter[str])
    wrong: list[str] = field(default_factory=list[str])
    waits: list[float] = field(default_factory=list[float])


class Agent:
    """One client: reads, creates, stops and changes jobs, and retries whatever failed."""

    def __init__(self, soak: Soak, number: int, form: bool) -> None:
        self.soak, self.number, self.form = soak, number, form
        self.dice = random.Random(number)
        self.made: list[str] = []
        self.asked_about = ""
        self.clients: list[Client] = []

    async def answer(self, *_: Any) -> ElicitResult:
        if yes := self.dice.random() < 0.8:
            self.soak.yeses[self.asked_about] += 1
        return ElicitResult(action="accept" if yes else "decline", content={"confirm": True} if yes else None)

    async def call(self, tool: str, **arguments: Any) -> CallToolResult | None:
        """A call on any replica; None without a result, which is an error."""
        began, client = time.monotonic(), self.dice.choice(self.clients)
        try:
            with anyio.fail_after(HUNG):
                result = await client.call_tool(tool, arguments)
        except Exception as error:  # noqa: BLE001 - each is a finding
            self.soak.wrong.append(f"{tool}: {type(error).__name__}: {error}"[:300])
            return None
        self.soak.waits.append(time.monotonic() - began)
        code = "ok"
        if result.is_error:
            text = text_of(result)
            code = text.partition("\ncode: ")[2].split("\n")[0]
            if "\nfix: " not in text or not code or "failed inside this server" in text:
                self.soak.wrong.append(f"{tool}: {text[:300]}")
        self.soak.answers[code] += 1
        return result

    async def read(self) -> None:
        job = self.dice.choice([*self.made[-3:], "dlc4stillrunning", "dlc2outofmemory2"])
        tool, arguments = self.dice.choice(
            [
                ("get_job", {"job_id": job}),
                ("list_jobs", {"workspace_id": "123456"}),
                ("get_pod_logs", {"job_id": job}),
                ("get_job_events", {"job_id": job}),
                ("diagnose_job", {"job_id": job}),
                ("list_ecs_specs", {}),
                ("list_images", {}),
                ("get_pod_logs", {"job_id": job, "show": "all_pods"}),
            ]
        )
        await self.call(tool, **arguments)

    async def create(self) -> None:
        """Repeats the create with the same request id until its result is known."""
        name = f"soak-{self.number}-{len(self.made)}-{self.dice.randrange(10**6)}"
        again = {"client_request_id": name}
        for _ in range(4):
            result = await self.call("create_job", **JOB, display_name=name, user_command="python train.py", **again)
            facts = (result.structured_content if result else None) or {}
            if job_id := facts.get("job_id"):
                self.made.append(job_id)
                return

    async def stop(self) -> None:
        if not self.made:
            return
        job = self.asked_about = self.made.pop(self.dice.randrange(len(self.made)))
        result = await self.call("stop_job", job_id=job)
        token = ((result.structured_content if result else None) or {}).get("confirmation_token")
        if token and self.dice.random() < 0.8:
            self.soak.yeses[job] += 1
            for _ in range(self.dice.randint(1, 2)):  # a token is valid once, on any replica
                await self.call("stop_job", job_id=job, confirmation_token=token)

    async def change(self) -> None:
        if self.made:
            words = f"by {self.number} at {len(self.soak.waits)}"
            await self.call("update_job", job_id=self.dice.choice(self.made), description=words)

    async def work(self, servers: Callable[[], list[Any]]) -> None:
        """Connect, do 40 steps, reconnect later."""
        while time.monotonic() < self.soak.ends:
            try:
                async with AsyncExitStack() as stack:
                    shows = self.answer if self.form else None
                    clients = [Client(one, cache=None, elicitation_callback=shows) for one in servers()]
                    self.clients = [await stack.enter_async_context(one) for one in clients]
                    await self._some()
            except Exception as error:  # noqa: BLE001 - a client that cannot connect is a finding
                self.soak.wrong.append(f"connection: {type(error).__name__}: {error}"[:300])

    async def _some(self) -> None:
        things: list[Callable[[], Awaitable[None]]] = [self.read, self.create, self.stop, self.change]
        left = 40 if len(self.clients) > 1 else 10**9
        while left and time.monotonic() < self.soak.ends:
            await self.dice.choices(things, [8, 2, 1, 1])[0]()
            await anyio.sleep(self.dice.uniform(0, 1))
            left -= 1


@contextmanager
def replica(environment: dict[str, str], log: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "pai_dlc_mcp.cli", "serve", "--transport", "http", "--port", str(port)]
    with log.open("w") as lines, subprocess.Popen(command, env=environment, stdout=lines, stderr=lines) as server:
        try:
            while server.poll() is None:
                with socket.socket() as there:
                    if there.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}/mcp"
        finally:
            server.terminate()


def memory() -> dict[int, float]:
    """MB of each server, by its process."""
    asked = ["ps", "-o", "pid=,rss=,args=", "--ppid", str(os.getpid())]
    lines = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.splitlines()
    return {int(line.split()[0]): int(line.split()[1]) / 1000 for line in lines if "pai_dlc_mcp.cli" in line}


async def watched(soak: Soak, found: dict[int, list[float]]) -> None:
    """Record the memory of each server every five seconds."""
    while time.monotonic() < soak.ends:
        for process, size in (await anyio.to_thread.run_sync(memory)).items():
            found.setdefault(process, []).append(size)
        await anyio.sleep(5)


async def main(soak: Soak, clients: int, stdio: int, urls: list[str], environment: dict[str, str], log: Any) -> int:
    sizes: dict[int, list[float]] = {}
    command = ["-m", "pai_dlc_mcp.cli", "serve"]
    own = StdioServerParameters(command=sys.executable, args=command, env=environment)
    async with anyio.create_task_group() as group:
        group.start_soon(watched, soak, sizes)
        for number in range(clients):
            agent = Agent(soak, number, form=number % 2 == 0)
            over = (lambda: [stdio_client(own, errlog=log)]) if number < stdio else (lambda: list(urls))
            group.start_soon(agent.work, over)
    return report(soak, sizes, stdio + len(urls))


def report(soak: Soak, sizes: dict[int, list[float]], servers: int) -> int:
    emulator, ledger = soak.emulator, soak.emulator.world.requests
    assert isinstance(ledger, Ledger)
    names = Counter(job.body["DisplayName"] for job in emulator.account.jobs.values())
    made = [count for name, count in names.items() if name.startswith("soak-")]
    unconfirmed = sum(max(0, sent - soak.yeses[job]) for job, sent in ledger.stops.items())
    growth = [max(all_[len(all_) // 3 :]) / all_[len(all_) // 3] for all_ in sizes.values() if len(all_) > 3]
    waits = sorted(soak.waits)
    errors = {code: count for code, count in soak.answers.most_common() if code != "ok"}
    print(
        f"{len(waits)} calls, p50 {waits[len(waits) // 2]:.2f} s, p99 {waits[len(waits) * 99 // 100]:.2f} s, ", end=""
    )
    print(
        f"longest {waits[-1]:.1f} s; {sum(ledger.by_action.values())} requests: {dict(ledger.by_action.most_common(6))}"
    )
    assert isinstance(emulator.world.faults, Dice)
    print(f"faults on {dict(emulator.world.faults.drawn)}; errors by code {errors}")
    print(
        f"memory, MB at a third and most: {[f'{all_[len(all_) // 3]:.0f} {max(all_):.0f}' for all_ in sizes.values()]}"
    )
    figures = {
        "servers that ended or came again": abs(len(sizes) - servers),
        "calls without an answer, hung or unclassified": len(soak.wrong),
        f"duplicate creates, of {len(made)} jobs": sum(count - 1 for count in made),
        f"unconfirmed stops, of {sum(ledger.stops.values())}": unconfirmed,
        "servers that grew by more than 10 %": sum(one > GROWTH for one in growth),
    }
    print("\n".join([*(f"{name}: {count}" for name, count in figures.items()), *soak.wrong[:20]]))
    return int(any(figures.values()) or not made)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--stdio", type=int, default=8, help="how many of them over stdio; the others over HTTP")
    parser.add_argument("--seed", type=int, default=20261124)
    given = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        emulator = stack.enter_context(embedded.start(clock=Clock(datetime.now(UTC), speed=20)))
        emulator.world.faults, emulator.world.requests = Dice(given.seed), Ledger()
        environment = {
            **os.environ,
            "ALIBABA_CLOUD_ACCESS_KEY_ID": emulator.access_key_id,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": emulator.access_key_secret,
            "PAI_DLC_ENDPOINT": emulator.endpoint,
            "PAI_DLC_PROTOCOL": "http",
            "PAI_DLC_REGION": "cn-hangzhou",
            "PAI_DLC_STATE": str(folder / "state"),
        }
        urls = [stack.enter_context(replica(environment, folder / f"{number}.log")) for number in range(2)]
        log = stack.enter_context((folder / "stdio.log").open("w"))
        soak = Soak(emulator, time.monotonic() + given.minutes * 60)
        sys.exit(anyio.run(main, soak, given.clients, given.stdio, urls, environment, log))
