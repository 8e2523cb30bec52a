"""The tasks for inspect-ai: `inspect eval evals/inspect_ai_tasks.py --model openai/NAME -T arm=server`.

inspect-ai is installed beside this package (`pip install inspect-ai`); it is none of its dependencies. Each sample is
one task on an emulator of its own; its score is what happened there.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.scorer import Score, Target, accuracy, mean, scorer
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.tool import ToolDef, ToolParams

from evals import task as evals_task
from evals.arms import Tool
from evals.model import SYSTEM, Asked, done
from evals.stage import ASK, SLEEP, Hands, play
from evals.tasks import TASKS
from pai_dlc_mcp.emulator import embedded
from pai_dlc_mcp.emulator.clock import Clock

START = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)
BY_NAME = {one.name: one for one in TASKS}


def as_inspect_tool(hands: Hands, tool: Tool) -> Any:
    """inspect-ai requires a description for each parameter."""

    async def execute(**arguments: Any) -> str:
        return await done(hands, Asked("", tool.name, {k: v for k, v in arguments.items() if v is not None}))

    fields = {name: {"description": name, **field} for name, field in tool.schema.get("properties", {}).items()}
    known = {"type": "object", "properties": fields, "required": tool.schema.get("required", [])}
    parameters = ToolParams.model_validate({**known, "additionalProperties": False})
    return ToolDef(execute, name=tool.name, description=tool.description, parameters=parameters).as_tool()


@solver
def on_the_emulator(arm: str) -> Solver:
    async def solve(state: TaskState, generate: Generate) -> TaskState:
        one = BY_NAME[str(state.sample_id)]

        async def agent(hands: Hands, told: evals_task.Task, facts: evals_task.Facts) -> str:
            nonlocal state  # its ids are known when the scene is set
            state.user_prompt.text = f"{SYSTEM}\n\n{told.told(facts)}"
            listed = [*await hands.arm.tools(), ASK, SLEEP]
            state.tools.extend(as_inspect_tool(hands, tool) for tool in listed)
            state = await generate(state, tool_calls="loop")
            return state.output.completion

        with embedded.start(clock=Clock(START, speed=0)) as emulator:
            result = await play(emulator, one, arm, agent)
        state.metadata.update({"wrong": result.wrong, "calls": result.calls, "tokens": result.tokens})
        return state

    return solve


@scorer(metrics={"done": [accuracy()], "calls": [mean()], "tokens": [mean()]})
def what_happened() -> Any:
    async def score(state: TaskState, _: Target) -> Score:
        told = state.metadata
        value = {"done": 0 if told["wrong"] else 1, "calls": told["calls"], "tokens": told["tokens"]}
        return Score(value=value, explanation="; ".join(told["wrong"]) or "done")

    return score


@task
def pai_dlc(arm: str = "server") -> Task:
    samples = [Sample(input=one.prompt, id=one.name) for one in TASKS]
    return Task(dataset=MemoryDataset(samples), solver=on_the_emulator(arm), scorer=what_happened())
