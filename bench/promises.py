"""Random runs of create, stop, update and share, each with a fault, checked against the promises about writes.

Prints four figures that must be zero, and exits 1 if one is not. Seeded: --seed N repeats the same runs.
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
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
from agents import OPERATIONS, Bench, Run, build, call, confirmed, facts, killed, step

from pai_dlc_mcp.emulator import embedded
from pai_dlc_mcp.emulator.clock import Clock
from pai_dlc_mcp.emulator.faults import Fault
from pai_dlc_mcp.server.workflows import create_once
from pai_dlc_mcp.tools.jobs import change

PRELOADED = ["pai_dlc_mcp.tools", "pai_dlc_mcp.server.app", "pai_dlc_mcp.server.cloud.clients"]
RUNNING = "dlc4stillrunning"
IMAGE = "dsw-registry-vpc.cn-hangzhou.cr.aliyuncs.com/pai/pytorch:2.6.0-gpu-py311-cu124-ubuntu22.04"
TROUBLES = (
    "none", "client timeout", "cancellation", "lost response", "late visibility", "redirect", "kill -9", "two replicas",
)  # fmt: skip


async def troubled(run: Run) -> None:
    """The first call, during the fault."""
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
        await anyio.sleep(0.2)  # let interrupted work finish
    for answer in found:
        await confirmed(run, answer)
    bench.emulator.faults.clear()
    return None


async def play(run: Run) -> None:
    """The fault, then an agent that retries whatever it was told. Returns the figures."""
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
    """Number of requests that reached the service without an audit line before."""
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


def rows(runs: int = 1000, seed: int = 20261124) -> list[tuple[str, float, str]]:
    create_once._LOOKS = (0.02, 0.05)  # pyright: ignore[reportPrivateUsage] - the waits are for a real service
    change._STOP_SECONDS = 0.1  # pyright: ignore[reportPrivateUsage]
    killers = multiprocessing.get_context("forkserver")
    killers.set_forkserver_preload(PRELOADED)
    with tempfile.TemporaryDirectory() as folder, embedded.start(clock=Clock(datetime.now(UTC), speed=0)) as emulator:
        here = {"region": "cn-hangzhou", "endpoint": emulator.endpoint, "protocol": "http", "emulator": True}
        kept: dict[str, Any] = {"state": Path(folder) / "state", "audit_file": Path(folder) / "audit.jsonl"}
        pair = [build({**here, **kept}, emulator.access_key_id, emulator.access_key_secret) for _ in range(2)]
        bench = Bench(emulator, {**here, **kept}, pair, killers)
        anyio.run(main, bench, runs, seed)
    return [(f"{name}, of {runs} runs", bench.figures[name], "<= 0") for name in NAMES]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=20261124)
    given = parser.parse_args()
    found = rows(given.runs, given.seed)
    print("\n".join(f"{name}: {value}" for name, value, _ in found))
    sys.exit(any(value for _, value, _ in found))
