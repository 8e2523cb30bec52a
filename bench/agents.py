"""The parts of promises.py: operations, clients of both protocol eras, a user who says yes or no, and the checks of a
run."""

import random
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import anyio
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp.types import CallToolResult, ElicitResult, TextContent

from pai_dlc_mcp import tools
from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.emulator.faults import Fault
from pai_dlc_mcp.server import app
from pai_dlc_mcp.server.cloud.credentials import StaticKey
from pai_dlc_mcp.server.settings import Settings

OPERATIONS = {  # tool, action of the API, arguments besides the id
    "create": ("create_job", "CreateJob", {}),
    "stop": ("stop_job", "StopJob", {}),
    "update": ("update_job", "UpdateJob", {"accessibility": "PUBLIC"}),
    "share": ("get_token", "GetToken", {}),
}
ADMITS = ("may have been carried out", "was sent", "was not answered", "client_request_id=")
DENIES = ("not_executed", "confirmation_required", "checked", "nothing_to_stop")


@dataclass
class Bench:
    emulator: Emulator
    options: dict[str, Any]
    servers: list[Any]
    killers: Any
    figures: Counter[str] = field(default_factory=Counter[str])
    requests: Counter[str] = field(default_factory=Counter[str])
    answers: Counter[str] = field(default_factory=Counter[str])


@dataclass
class Run:
    """One operation on its own job. `yeses`: number of times that its user said yes."""

    bench: Bench
    dice: random.Random
    operation: str
    trouble: str
    job_id: str
    arguments: dict[str, Any]
    yeses: int = 0

    @property
    def tool(self) -> str:
        return OPERATIONS[self.operation][0]

    @property
    def action(self) -> str:
        return OPERATIONS[self.operation][1]

    def sent(self) -> int:
        """Requests of this operation that reached the service since the run began."""
        return self.bench.emulator.requests.actions().count(self.action)

    def done(self) -> int:
        """How often the service carried the operation out."""
        jobs = self.bench.emulator.account.jobs
        if self.operation == "create":
            return sum(job.body["DisplayName"] == self.arguments["display_name"] for job in jobs.values())
        if self.operation == "share":
            return self.sent() - (self.trouble == "redirect" and self.sent() > 0)
        job = jobs[self.job_id]
        if self.operation == "update":
            return int(job.public)
        return int(job.status(self.bench.emulator.account.now()) in ("Stopping", "Stopped"))


def build(options: dict[str, Any], key: str, secret: str) -> Any:
    return app.build(Settings(**options), tools.TOOLSETS, StaticKey(key, secret))


async def call(server: Any, run: Run, arguments: dict[str, Any], limit: float | None = None) -> CallToolResult | None:
    """One call of a client of either era, with or without forms; None if it got no answer."""
    answer = run.dice.choices(["accept", "decline", "cancel"], [8, 1, 1])[0]
    era = run.dice.choice(["auto", "legacy"])

    async def form(*_: Any) -> ElicitResult:
        run.yeses += answer == "accept"
        return ElicitResult(action=answer, content={"confirm": True} if answer == "accept" else None)

    shows = form if run.dice.random() < 0.5 else None
    timeout = limit if run.trouble == "client timeout" else None
    found: CallToolResult | None = None
    with suppress(MCPError, BaseExceptionGroup), anyio.move_on_after(limit if timeout is None else None):
        async with Client(server, mode=era, cache=None, elicitation_callback=shows) as client:
            found = await client.call_tool(run.tool, arguments, read_timeout_seconds=timeout)
    return found


def facts(found: CallToolResult | None) -> dict[str, Any]:
    return (found.structured_content if found else None) or {}


def admits(found: CallToolResult | None) -> bool:
    """Whether a result says, or leaves open, that something was done; so does no result."""
    if found is None:
        return True
    if found.is_error:
        return any(word in block.text for block in found.content if isinstance(block, TextContent) for word in ADMITS)
    return facts(found)["status"] not in DENIES


async def step(run: Run, *calls: Callable[[], Any]) -> list[CallToolResult | None]:
    """Calls in parallel. As many results must admit an effect as effects happened."""
    before, answers = run.done(), list[CallToolResult | None]()

    async def one(make: Callable[[], Any]) -> None:
        answers.append(await make())

    async with anyio.create_task_group() as group:
        for make in calls:
            group.start_soon(one, make)
    happened = run.done() - before
    run.bench.figures["answers that deny a write"] += max(0, happened - sum(map(admits, answers)))
    run.bench.answers.update(facts(found).get("status", "error" if found else "no answer") for found in answers)
    return answers


async def confirmed(run: Run, found: CallToolResult | None) -> None:
    """The user answers a token's question. After that a dishonest agent redeems the token twice."""
    token = facts(found).get("confirmation_token")
    if not token:
        return
    given = {**run.arguments, "confirmation_token": token}
    if run.dice.random() < 0.2:  # a no, or an invented token
        given["confirmation_token"] = run.dice.choice(["yes", "confirm-" + "A" * 32, "", token[:-1] + "~"])
    else:
        run.yeses += 1
    pair = [lambda server=server: call(server, run, given) for server in run.bench.servers]
    await (step(run, *pair) if run.dice.random() < 0.5 else step(run, pair[0]))
    await step(run, lambda: call(run.dice.choice(run.bench.servers), run, given))


def victim(options: dict[str, Any], key: str, secret: str, run_arguments: tuple[str, dict[str, Any]]) -> None:
    """A server and a client whose user says yes, in a process that will be killed."""

    async def main() -> None:
        async def yes(*_: Any) -> ElicitResult:
            return ElicitResult(action="accept", content={"confirm": True})

        async with Client(build(options, key, secret), cache=None, elicitation_callback=yes) as client:
            await client.call_tool(*run_arguments)

    anyio.run(main)


async def killed(run: Run) -> None:
    bench = run.bench
    bench.emulator.faults.add(Fault(run.action, "delay", seconds=0.1))
    keys = (bench.emulator.access_key_id, bench.emulator.access_key_secret)
    process = bench.killers.Process(target=victim, args=(bench.options, *keys, (run.tool, run.arguments)))
    process.start()
    patience = time.monotonic() + run.dice.choice([0.2, 0.5, 10])
    while not run.sent() and process.is_alive() and time.monotonic() < patience:  # noqa: ASYNC110 - another thread's record
        await anyio.sleep(0.005)
    await anyio.sleep(run.dice.uniform(0, 0.15))
    process.kill()
    process.join()
    run.yeses += run.operation != "create"
    bench.emulator.faults.clear()
