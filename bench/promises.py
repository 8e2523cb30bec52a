"""Do the promises hold? Random runs of create, stop, update and share, each under something that goes wrong.

Prints four figures that must be zero, and exits 1 if one is not. Its dice are seeded: --seed N plays the same again.
"""

import argparse
import copy
import json
import multiprocessing
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp.types import CallToolResult, ElicitResult, TextContent

from pai_dlc_mcp import tools
from pai_dlc_mcp.emulator import embedded
from pai_dlc_mcp.emulator.clock import Clock
from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.emulator.faults import Fault
from pai_dlc_mcp.server import app
from pai_dlc_mcp.server.cloud.credentials import StaticKey
from pai_dlc_mcp.server.settings import Settings
from pai_dlc_mcp.server.workflows import create_once
from pai_dlc_mcp.tools.jobs import change

PRELOADED = ["pai_dlc_mcp.tools", "pai_dlc_mcp.server.app", "pai_dlc_mcp.server.cloud.clients"]
RUNNING = "dlc4stillrunning"
IMAGE = "dsw-registry-vpc.cn-hangzhou.cr.aliyuncs.com/pai/pytorch:2.6.0-gpu-py311-cu124-ubuntu22.04"
OPERATIONS = {  # tool, action of the API, arguments besides the id
    "create": ("create_job", "CreateJob", {}),
    "stop": ("stop_job", "StopJob", {}),
    "update": ("update_job", "UpdateJob", {"accessibility": "PUBLIC"}),
    "share": ("get_token", "GetToken", {}),
}
TROUBLES = (
    "none", "client timeout", "cancellation", "lost response", "late visibility", "redirect", "kill -9", "two replicas",
)  # fmt: skip
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
    """One operation on a job of its own. `yeses` counts what its user said yes to."""

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
        """How often the service carried it out."""
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
    """One call of a client of either era, with a form or without; None where it heard no answer."""
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
    """Whether an answer leaves open, or says, that something was done; silence does."""
    if found is None:
        return True
    if found.is_error:
        return any(word in block.text for block in found.content if isinstance(block, TextContent) for word in ADMITS)
    return facts(found)["status"] not in DENIES


async def step(run: Run, *calls: Callable[[], Any]) -> list[CallToolResult | None]:
    """Calls made at once. What was done by them has to be admitted by as many answers."""
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
    """The user says yes to a token's question, or no; then an agent that is up to no good tries it twice over."""
    token = facts(found).get("confirmation_token")
    if not token:
        return
    given = {**run.arguments, "confirmation_token": token}
    if run.dice.random() < 0.2:  # no, or a token of its own making
        given["confirmation_token"] = run.dice.choice(["yes", "confirm-" + "A" * 32, "", token[:-1] + "~"])
    else:
        run.yeses += 1
    pair = [lambda server=server: call(server, run, given) for server in run.bench.servers]
    await (step(run, *pair) if run.dice.random() < 0.5 else step(run, pair[0]))
    await step(run, lambda: call(run.dice.choice(run.bench.servers), run, given))


def victim(options: dict[str, Any], key: str, secret: str, run_arguments: tuple[str, dict[str, Any]]) -> None:
    """A server and a client with a user who says yes, in a process that will be killed."""

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


async def troubled(run: Run) -> None:
    """The first call, while the trouble lasts."""
    bench, dice = run.bench, run.dice
    if run.trouble == "kill -9":
        return await killed(run)
    fault = {
        "lost response": Fault(run.action, "lost_response"),
        "late visibility": Fault(run.action, "late_visibility", seconds=5, lose_response=dice.random() < 0.5),
        "redirect": Fault(run.action, "redirect", url=f"http://{bench.emulator.endpoint}/elsewhere"),
        "client timeout": Fault(run.action, "delay", seconds=0.15),
        "cancellation": Fault(run.action, "delay", seconds=0.15),
    }.get(run.trouble)
    bench.emulator.faults.add(*([fault] if fault else []))
    limit = dice.uniform(0.02, 0.3) if run.trouble in ("client timeout", "cancellation") else None
    servers = bench.servers if run.trouble == "two replicas" else [dice.choice(bench.servers)]
    found = await step(run, *[lambda server=server: call(server, run, run.arguments, limit) for server in servers])
    if limit:
        await anyio.sleep(0.2)  # what was cut off comes to its end
    for answer in found:
        await confirmed(run, answer)
    bench.emulator.faults.clear()
    return None


async def play(run: Run) -> None:
    """The trouble, then an agent that tries again whatever it was told; and the figures."""
    bench, dice = run.bench, run.dice
    await troubled(run)
    for _ in range(dice.randint(1, 2)):
        if dice.random() < 0.2:  # one of them is started again
            keys = (bench.emulator.access_key_id, bench.emulator.access_key_secret)
            bench.servers[dice.randrange(2)] = build(bench.options, *keys)
        (found,) = await step(run, lambda: call(dice.choice(bench.servers), run, run.arguments))
        if facts(found).get("status") == "unknown" and dice.random() < 0.5:
            run.arguments |= {"client_request_id": facts(found)["client_request_id"], "send_again": True}
        await confirmed(run, found)
        bench.emulator.clock.advance(3)
    free = int(run.operation == "create")  # the first of them asks nobody
    bench.requests[run.action] += run.sent()
    bench.figures["writes without a yes"] += max(0, run.sent() - run.yeses - free)
    if run.operation == "create":
        bench.figures["duplicate creates"] += max(0, run.done() - run.yeses - 1)


def prepare(bench: Bench, number: int, dice: random.Random) -> Run:
    operation, trouble = dice.choice(list(OPERATIONS)), dice.choice(TROUBLES)
    jobs, job_id = bench.emulator.account.jobs, f"dlcb{number:012d}"
    if operation == "create":
        spec = {"type": "Worker", "image": IMAGE, "ecs_spec": "ecs.gn6i-c4g1.xlarge"}
        arguments = {"workspace_id": "123456", "display_name": f"bench-{number}", "job_type": "PyTorchJob"}
        arguments |= {"job_specs": [spec], "user_command": "python train.py"}
        arguments |= {"client_request_id": f"bench-{number:08d}"} if dice.random() < 0.5 else {}
        arguments |= {"allow_same_name": True} if dice.random() < 0.3 else {}
    else:
        jobs[job_id] = replace(copy.deepcopy(jobs[RUNNING]), job_id=job_id)
        name = "target_id" if operation == "share" else "job_id"
        arguments = {name: job_id, **OPERATIONS[operation][2]}
    bench.emulator.requests.clear()
    return Run(bench, dice, operation, trouble, job_id, arguments)


def missing(audit: Path, requests: Counter[str]) -> int:
    """Requests that reached the service without a line of intent."""
    lines = [json.loads(line) for line in audit.read_text("utf-8").splitlines()]
    intents = Counter(line["action"] for line in lines if line["step"] == "sending")
    return sum((requests - intents).values())


async def main(bench: Bench, runs: int, seed: int) -> None:
    started, played = time.monotonic(), Counter[str]()
    for number in range(runs):
        dice = random.Random(f"{seed} {number}")
        run = prepare(bench, number, dice)
        before = sum(bench.figures.values())
        await play(run)
        played[run.trouble] += 1
        if sum(bench.figures.values()) > before:
            print(f"broken in run {number}: {run.operation} under {run.trouble}", file=sys.stderr)
    bench.figures["writes missing from the audit"] += missing(bench.options["audit_file"], bench.requests)
    print(f"{runs} runs in {time.monotonic() - started:.0f} s, seed {seed}; requests {dict(bench.requests)}")
    print(f"under {dict(played)}")
    print(f"answers {dict(bench.answers.most_common())}")


NAMES = ("duplicate creates", "writes without a yes", "writes missing from the audit", "answers that deny a write")

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=20261124)
    given = parser.parse_args()
    create_once._LOOKS = (0.02, 0.05)  # pyright: ignore[reportPrivateUsage] - the waits are for a real service
    change._STOP_SECONDS = 0.1  # pyright: ignore[reportPrivateUsage]
    killers = multiprocessing.get_context("forkserver")
    killers.set_forkserver_preload(PRELOADED)
    with tempfile.TemporaryDirectory() as folder, embedded.start(clock=Clock(datetime.now(UTC), speed=0)) as emulator:
        here = {"region": "cn-hangzhou", "endpoint": emulator.endpoint, "protocol": "http", "emulator": True}
        kept: dict[str, Any] = {"state": Path(folder) / "state", "audit_file": Path(folder) / "audit.jsonl"}
        pair = [build({**here, **kept}, emulator.access_key_id, emulator.access_key_secret) for _ in range(2)]
        bench = Bench(emulator, {**here, **kept}, pair, killers)
        anyio.run(main, bench, given.runs, given.seed)
    print("\n".join(f"{name}: {bench.figures[name]}" for name in NAMES))
    sys.exit(any(bench.figures.values()))
