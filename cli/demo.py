"""`pai-dlc-mcp demo`: a client runs a job from create to stop against `serve --emulator`, and prints a transcript.

The server process, stdio, the official client, the Alibaba SDK and signed HTTP are real. Needs no account.
"""

import argparse
import os
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import anyio
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.types import CallToolResult

from pai_dlc_mcp.cli.arguments import speed
from pai_dlc_mcp.server.budget.limits import tokens
from pai_dlc_mcp.server.protocol.reply import STREAM_TOKENS, text_of

try:
    from rich.console import Console
    from rich.markup import escape
except ImportError:
    sys.exit("pai-dlc-mcp demo needs rich: pip install 'pai-dlc-mcp[cli]'")

SPEED = 120  # virtual seconds for each real second
PATIENCE = 90  # seconds for a job to reach a status
SHOWN = 14  # lines of a result that the transcript prints


class Unexpected(Exception):
    """A step of the demo had another result than expected."""


class Agent:
    """Calls tools and prints the calls and results."""

    def __init__(self, client: Client, console: Console, shown: int) -> None:
        self.client, self.console, self.shown = client, console, shown

    def step(self, title: str) -> None:
        self.console.print(f"\n[bold]{escape(title)}[/bold]")

    async def call(self, tool: str, *, quiet: bool = False, **arguments: Any) -> CallToolResult:
        result = await self.client.call_tool(tool, arguments)
        text = text_of(result)
        expect(not result.is_error, f"{tool} failed: {text}")
        if not quiet:
            asked = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
            self.console.print(f"[cyan]> {tool}({escape(asked)})[/cyan]  [dim]{tokens(text):,} tokens[/dim]")
            lines = text.splitlines()
            for line in lines[: self.shown]:
                self.console.print(f"  {escape(line[:160])}", highlight=False)
            if len(lines) > self.shown:
                self.console.print(f"  [dim]… {len(lines) - self.shown} more lines[/dim]")
        return result

    async def facts(self, tool: str, *, quiet: bool = False, **arguments: Any) -> dict[str, Any]:
        return (await self.call(tool, quiet=quiet, **arguments)).structured_content or {}

    async def wait(self, job_id: str, *wanted: str) -> str:
        """Poll until the job has one of these statuses; print each new status."""
        seen, until = "", time.monotonic() + PATIENCE
        while time.monotonic() < until:
            status = (await self.facts("get_job", quiet=True, job_id=job_id))["status"]
            if status != seen:
                self.console.print(f"[cyan]> get_job({job_id})[/cyan]  {status}")
                seen = status
            if status in wanted:
                return status
            await anyio.sleep(0.5)
        raise Unexpected(f"job {job_id} is {seen} after {PATIENCE} s, not {' or '.join(wanted)}")


def expect(holds: object, otherwise: str) -> None:
    if not holds:
        raise Unexpected(otherwise)


def run(argv: Sequence[str]) -> int:
    """Exit code: 0 if each step had the expected result."""
    parser = argparse.ArgumentParser(prog="pai-dlc-mcp demo", description=__doc__)
    parser.add_argument("--speed", type=speed, default=SPEED, help="virtual seconds a second")
    parser.add_argument("--full", action="store_true", help="print results whole")
    given = parser.parse_args(argv)
    console = Console(soft_wrap=True)
    failed = anyio.run(_demo, console, given.speed, sys.maxsize if given.full else SHOWN)
    if failed:
        console.print(f"\n[red]The demo failed:[/red] {escape(failed)}")
        return 1
    console.print("\n[green]Every step did what it should.[/green]")
    return 0


async def _demo(console: Console, speed: float, shown: int) -> str | None:
    """What went wrong; None if nothing did."""
    serve = StdioServerParameters(
        command=sys.executable,
        args=["-m", "pai_dlc_mcp.cli", "serve", "--emulator", "--speed", str(speed)],
        env=dict(os.environ),
    )
    async with Client(stdio_client(serve), cache=None) as client:  # no elicitation, like many hosts
        agent = Agent(client, console, shown)
        try:
            for play in STEPS:
                await play(agent)
        except Unexpected as error:
            return str(error)
    return None


async def _connect(agent: Agent) -> None:
    agent.step("1. Connect over stdio")
    listed = (await agent.client.list_tools()).tools
    agent.console.print(f"{len(listed)} tools: {', '.join(tool.name for tool in listed)}", highlight=False)
    expect(any(tool.name == "stop_job" for tool in listed), "stop_job is not listed")


async def _discover(agent: Agent) -> None:
    agent.step("2. Discover: workspace, image, compute")
    await agent.call("list_workspaces")
    await agent.call("list_images", accelerator="GPU", name="pytorch", limit=3)
    await agent.call("list_ecs_specs", accelerator="GPU", limit=5)


async def _refused(agent: Agent) -> None:
    agent.step("3. A slip is answered with the right value, before anything is sent")
    spec = {"type": "Worker", "image": "pytorch:2.6.0-gpu-py311-cu124-ubuntu22.04", "ecs_spec": "ecs.gn6i"}
    workspace = (await agent.facts("list_workspaces", quiet=True))["workspaces"][0]["workspace_id"]
    result = await agent.client.call_tool(
        "create_job",
        {
            "workspace_id": workspace,
            "display_name": "slip",
            "job_type": "PyTorchJob",
            "job_specs": [spec],
            "user_command": "true",
        },
    )
    expect(
        result.is_error and "its ImageUri is" in text_of(result), "a wrong image was not answered with the right one"
    )
    agent.console.print(f"  {escape(text_of(result))}", highlight=False)


async def _create(agent: Agent, name: str, command: str) -> str:
    """The emulator chooses the scenario by words in the job's name."""
    workspaces = (await agent.facts("list_workspaces", quiet=True))["workspaces"]
    workspace = next(row["workspace_id"] for row in workspaces if row["status"] == "ENABLED")
    images = (await agent.facts("list_images", quiet=True, accelerator="GPU", name="pytorch"))["images"]
    specs = (await agent.facts("list_ecs_specs", quiet=True, accelerator="GPU"))["specs"]
    spec = {"type": "Worker", "image": images[0]["image_uri"], "ecs_spec": specs[0]["instance_type"], "pod_count": 1}
    job: dict[str, Any] = {
        "workspace_id": workspace,
        "display_name": name,
        "job_type": "PyTorchJob",
        "job_specs": [spec],
        "user_command": command,
        "job_max_running_time_minutes": 240,
    }
    return (await agent.facts("create_job", **job))["job_id"]


async def _fail_and_read(agent: Agent) -> None:
    agent.step("4. Create a job that will run out of GPU memory, and wait for it")
    job_id = await _create(agent, "llama-sft-oom", "python train.py --batch-size 64")
    await agent.wait(job_id, "Failed")
    agent.step("5. Read what happened, within a budget")
    await agent.call("get_job_events", job_id=job_id)
    text = text_of(await agent.call("get_pod_logs", job_id=job_id))
    expect("OutOfMemoryError" in text, "the log's cause is not in the answer")
    expect(tokens(text) <= STREAM_TOKENS, f"the log took {tokens(text)} tokens")
    cause = next(line for line in text.splitlines() if "OutOfMemoryError" in line)
    agent.console.print(f"[bold]cause:[/bold] {escape(cause[:200])}", highlight=False)


async def _stop(agent: Agent) -> None:
    agent.step("6. Create another job, let it run, and try to stop it")
    job_id = await _create(agent, "resnet50-long-run", "python train.py")
    await agent.wait(job_id, "Running")
    asked = await agent.facts("stop_job", job_id=job_id)
    expect(asked["status"] == "confirmation_required", f"stop_job answered {asked['status']}")
    status = (await agent.facts("get_job", quiet=True, job_id=job_id))["status"]
    expect(status == "Running", f"the job is {status} although nobody said yes")
    agent.step("7. The user is shown the question, and says yes")
    agent.console.print(f"  [bold yellow]{escape(asked['question'])}[/bold yellow]\n  yes")
    await agent.call("stop_job", job_id=job_id, confirmation_token=asked["confirmation_token"])
    await agent.wait(job_id, "Stopped")


STEPS: tuple[Callable[[Agent], Awaitable[None]], ...] = (_connect, _discover, _refused, _fail_and_read, _stop)
