"""What can go wrong between a question and its answer, on each way of asking: no write unless accepted and unchanged.

A way is played in three moves: ask, whatever happens in between, answer. The emulator's record is the proof.
"""

import time
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp.server.auth.middleware.auth_context import auth_context_var
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from mcp.shared.exceptions import MCPError
from mcp.types import CallToolResult, ElicitResult

from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.server.safety.confirmation import Confirmations
from pai_dlc_mcp.server.safety.stores import open_store

JOB, OTHER = "dlc4stillrunning", "dlc9restarted009"
YES = ElicitResult(action="accept", content={"confirm": True})
NO = ElicitResult(action="decline")


@dataclass
class Play:
    """One case on one way. `results` are all the server said as results, `refused` what it said as protocol errors."""

    connect: Any
    emulator: Emulator
    folder: Path
    tool: str = "stop_job"
    arguments: dict[str, Any] = field(default_factory=lambda: {"job_id": JOB})
    answer: ElicitResult = field(default_factory=lambda: YES)
    between: Callable[[], Awaitable[None]] | None = None
    answer_to: dict[str, Any] | None = None  # the call that the answer is given to, if another
    tamper: bool = False
    twice: bool = False
    as_other: bool = False
    declares: bool = True  # that its client can show a form
    seconds: float = 300
    now: float = 1_767_578_400.0
    results: list[CallToolResult] = field(default_factory=list[CallToolResult])
    refused: list[MCPError] = field(default_factory=list[MCPError])

    def server(self, **options: Any) -> Any:
        settings = {"toolsets": "admin", "confirm_timeout": self.seconds, "state": self.folder}
        return self.connect(now=lambda: self.now, **settings, **options)

    async def happen(self) -> None:
        if self.between:
            await self.between()

    @contextmanager
    def caller(self, other: bool = False) -> Generator[None]:
        """Who calls, as an HTTP server with authentication would know it."""
        subject = "bob" if other and self.as_other else "alice"
        user = AuthenticatedUser(AccessToken(token=subject, client_id="c", scopes=[], subject=subject))
        token = auth_context_var.set(user)
        yield
        auth_context_var.reset(token)


async def by_form_now(play: Play) -> None:
    """2025-11-25: the question is a live request in the middle of the call."""

    async def asked(*_: Any) -> Any:
        await play.happen()
        return play.answer

    agent = play.server(mode="legacy", elicitation_callback=asked if play.declares else None)
    for _ in range(2 if play.twice else 1):
        play.results.append(await agent.call(play.tool, **play.arguments))


async def by_form_result(play: Play) -> None:
    """2026-07-28: the question is a result, and the call comes again with the answer and a sealed state."""

    async def never(*_: Any) -> Any:
        raise AssertionError("the rounds are driven by hand")

    agent = play.server(mode="2026-07-28", elicitation_callback=never if play.declares else None)
    async with agent.open_client() as client:
        with play.caller():
            first = await client.session.call_tool(play.tool, play.arguments, allow_input_required=True)
        if isinstance(first, CallToolResult):  # no form was declared: there is no second round
            play.results.append(first)
            return
        try:
            await play.happen()
        except RuntimeError:
            return  # a client that breaks does not come back
        await answer(play, client, first)


async def answer(play: Play, client: Any, first: Any) -> None:
    """The second round, by hand."""
    state = first.request_state[:-4] + "AAAA" if play.tamper else first.request_state
    for _ in range(2 if play.twice else 1):
        try:
            with play.caller(other=True):
                again = await client.session.call_tool(
                    play.tool,
                    play.answer_to or play.arguments,
                    input_responses=dict.fromkeys(first.input_requests, play.answer),
                    request_state=state,
                    allow_input_required=True,
                )
        except MCPError as error:
            play.refused.append(error)
        else:
            play.results += [again] if isinstance(again, CallToolResult) else []


async def by_code(play: Play, agent: Any, say_yes: Callable[[str], None]) -> None:
    with play.caller():
        play.results.append(await agent.call(play.tool, **play.arguments))
    code = play.results[0].structured_content["confirmation_token"]
    if play.answer.action != "accept":
        return  # the user said no: the agent does not come back
    say_yes(code)
    await play.happen()
    code = code[:-1] + ("A" if code[-1] != "A" else "B") if play.tamper else code
    for _ in range(2 if play.twice else 1):
        with play.caller(other=True):
            play.results.append(
                await agent.call(play.tool, **(play.answer_to or play.arguments), confirmation_token=code)
            )


async def by_token(play: Play) -> None:
    await by_code(play, play.server(), lambda _: None)


async def by_human(play: Play) -> None:
    def approve(code: str) -> None:
        codes = Confirmations(open_store(play.folder, lambda: play.now), play.seconds, lambda: play.now)
        record = codes.waiting(code)
        assert record is not None
        assert codes.answer(code, record, yes=True)

    await by_code(play, play.server(confirm="human"), approve)


WAYS = {"2025-11-25": by_form_now, "2026-07-28": by_form_result, "token": by_token, "human": by_human}


def set_up(case: str, play: Play) -> None:
    """What the case changes."""
    job = play.emulator.account.jobs[JOB]
    job.body["Accessibility"] = "PUBLIC"  # so that a new owner's job stays visible

    async def ends() -> None:
        play.emulator.clock.advance(7 * 3600)

    async def changes_owner() -> None:
        job.user_id = "299999999999999999"

    async def breaks() -> None:
        raise RuntimeError("the form crashed")

    async def passes() -> None:
        play.now += 600
        await anyio.sleep(0.3)

    changes: dict[str, dict[str, Any]] = {
        "accept": {},
        "decline": {"answer": NO},
        "cancel": {"answer": ElicitResult(action="cancel")},
        "timeout": {"seconds": 0.2, "between": passes},
        "exception in the callback": {"between": breaks},
        "undeclared capability": {"declares": False},
        "tampered state": {"tamper": True},
        "replayed": {"twice": True},
        "other principal": {"as_other": True},
        "other ids": {"answer_to": {"job_id": OTHER}},
        "status drift": {"between": ends},
        "owner drift": {"between": changes_owner},
        "batch with one drifted id": {
            "tool": "stop_jobs",
            "arguments": {"job_ids": [JOB, OTHER]},
            "between": changes_owner,
        },
    }
    for name, value in changes[case].items():
        setattr(play, name, value)


CASES = [
    "accept", "decline", "cancel", "timeout", "exception in the callback", "undeclared capability", "tampered state",
    "replayed", "other principal", "other ids", "status drift", "owner drift", "batch with one drifted id",
]  # fmt: skip
# A live question has no state to tamper with, and is answered to the call that asked it.
NOTHING_TO_TRY = {("2025-11-25", case) for case in ("tampered state", "other principal", "other ids")}
# Without a form there is none to break or to declare.
NOTHING_TO_TRY |= {
    (w, case) for w in ("token", "human") for case in ("exception in the callback", "undeclared capability")
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("case", CASES)
async def test_nothing_is_written_unless_accepted_and_unchanged(
    case: str, way: str, connect: Any, emulator: Emulator, tmp_path: Path
) -> None:
    if (way, case) in NOTHING_TO_TRY:
        return
    play = Play(connect, emulator, tmp_path / "state")
    set_up(case, play)
    await WAYS[way](play)
    writes = [action for action in emulator.requests.actions() if not action.startswith(("Get", "List"))]
    assert writes == (["StopJob"] if case in ("accept", "replayed") else [])
    assert not any(result.is_error for result in play.results)
    for result in play.results:
        told = result.structured_content
        assert told.get("next") or told["status"] in ("stopped", "nothing_to_stop")


async def test_a_timeout_of_the_form_is_told_by_its_own_word(connect: Any, emulator: Emulator, tmp_path: Path) -> None:
    play = Play(connect, emulator, tmp_path / "state")
    set_up("timeout", play)
    started = time.monotonic()
    await by_form_now(play)
    assert play.results[0].structured_content["reason"] == "timed_out: No answer came in time."
    assert time.monotonic() - started < 5
