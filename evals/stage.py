"""One run of a task: sets the scene, runs an agent, measures the cost and checks the outcome."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from evals import arms
from evals.arms import Answer, Arm, Json, Tool
from evals.task import Asked, Facts, Outcome, Task, wrong
from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.server.budget.limits import tokens

ASK = Tool(
    "ask_user",
    "Ask the user a question that they answer with yes or no.",
    {
        "type": "object",
        "properties": {"question": {"type": "string", "description": "Names what it is about."}},
        "required": ["question"],
    },
)
SLEEP = Tool(
    "sleep",
    "Wait for some seconds.",
    {
        "type": "object",
        "properties": {"seconds": {"type": "number", "description": "How many."}},
        "required": ["seconds"],
    },
)


@dataclass
class Hands:
    """What an agent can do: call tools, ask the user, wait. Counts the cost of results."""

    arm: Arm
    emulator: Emulator
    user: arms.User
    calls: int = 0
    bytes: int = 0
    tokens: int = 0
    log: list[str] = field(default_factory=list[str])

    async def call(self, name: str, arguments: Json) -> Answer:
        answer = await self.arm.call(name, arguments)
        self.calls += 1
        self.bytes += len(answer.text.encode())
        self.tokens += tokens(answer.text)
        self.log.append(f"{name} {json.dumps(arguments, ensure_ascii=False)}\n{answer.text}")
        return answer

    def ask(self, question: str) -> bool:
        return self.user(question)

    def sleep(self, seconds: float) -> None:
        self.emulator.clock.advance(min(max(seconds, 0.0), 86_400.0))


Agent = Callable[[Hands, Task, Facts], Awaitable[str]]
"""Carries out a task; returns its last message."""


@dataclass(frozen=True)
class Result:
    task: str
    wrong: list[str]
    calls: int
    bytes: int
    tokens: int
    writes: int
    questions: int
    log: list[str]


async def play(emulator: Emulator, task: Task, arm: str, agent: Agent, *, form: bool = True) -> Result:
    """Run on a new emulator. An agent that raises has failed the task."""
    emulator.reset()
    account = emulator.account
    facts = task.scene(account)
    before = frozenset(account.jobs)
    emulator.faults.add(*(type(fault)(**vars(fault)) for fault in task.faults))
    agrees, asked = [word.format(**facts) for word in task.agrees or ()], list[Asked]()

    def user(question: str) -> bool:
        yes = bool(agrees) and all(word in question for word in agrees)
        asked.append(Asked(question, yes, len(emulator.requests)))
        return yes

    async with arms.opened(arm, emulator, user, form=form, settings=task.settings) as opened:
        hands = Hands(opened, emulator, user)
        try:
            said = await agent(hands, task, facts)
        except (AssertionError, IndexError, KeyError, ValueError) as error:
            said = f"gave up: {type(error).__name__}: {error}"
    outcome = Outcome(emulator.world, facts, before, asked, said)
    writes = sum(outcome.writes().values())
    return Result(
        task.name, wrong(task, outcome), hands.calls, hands.bytes, hands.tokens, writes, len(asked), hands.log
    )
