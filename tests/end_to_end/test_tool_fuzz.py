"""Every tool, with arguments drawn from its own input schema, against a service that fails at random: no call crashes,
hangs, is larger than its ceiling, fails without a class, or shows a planted secret.

`TOOL_FUZZ=5000` draws that many calls; `make fuzz` does.
"""

import json
import os
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st
from mcp.types import CallToolResult, ElicitResult
from starlette.responses import Response

from pai_dlc_mcp.emulator.call import Call
from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.server.budget.limits import tokens
from tests.end_to_end import fuzzing

COUNT = int(os.environ.get("TOOL_FUZZ", "25"))
SECONDS = 25  # of real time: a call takes some 50 ms, under the slowest fault a few seconds
WAITED = 300  # of the service's time: what wait_for_jobs may take at most, and room

TOKEN = "ghp" + "_" + "kQ7vTz2NfR9wXb4MhJ8sLc6DpG3yZe5VaK1u"
WORD = "correct-horse-battery"  # a password that only its name gives away

Scramble = Callable[[int, float], None]
Furnished = tuple[Path, st.SearchStrategy[tuple[str, dict[str, Any]]]]


@pytest.fixture
def scramble(monkeypatch: pytest.MonkeyPatch) -> Scramble:
    """scramble(seed, share): so many of the values in the service's answers are odd ones."""
    chance, shares = random.Random(), [0.0]
    answered = Call.answered

    def odd(call: Call, fault: Any, request_id: str) -> Response:
        response = answered(call, fault, request_id)
        if shares[0] and isinstance(response.body, bytes) and response.body.startswith(b"{"):
            body = fuzzing.scrambled(json.loads(response.body), chance, shares[0])
            return Response(json.dumps(body), 200, {"x-acs-request-id": request_id}, "application/json")
        return response

    def start(seed: int, share: float) -> None:
        chance.seed(seed)
        shares[0] = share

    monkeypatch.setattr(Call, "answered", odd)
    return start


def planted(emulator: Emulator) -> None:
    """Secrets in every job, where users put them."""
    for job in emulator.account.jobs.values():
        job.body["Envs"] = {**job.body.get("Envs", {}), "HF_TOKEN": TOKEN, "DB_PASS": WORD}
        job.body["UserCommand"] = f"HF_TOKEN={TOKEN} {job.body.get('UserCommand', '')} # {TOKEN}"


@pytest.fixture
async def furnished(emulator: Emulator, connect: Any, tmp_path: Path) -> Furnished:
    """A state with something of every kind in it, and secrets; and calls about it."""
    agent = connect(toolsets="all", state="memory")
    await agent.facts("create_tensorboard", workspace_id="123456", display_name="tb", job_id="dlc4stillrunning")
    await agent.facts("create_job_template", workspace_id="123456", template_name="t", content={"priority": 1})
    path = "oss://bucket.oss-cn-hangzhou-internal.aliyuncs.com/ray/"
    await agent.facts("create_ray_history_server", workspace_id="123456", display_name="ray", storage_path=path)
    planted(emulator)
    emulator.save(tmp_path / "state")
    return tmp_path / "state", fuzzing.calls(fuzzing.there(emulator))


def everything(result: CallToolResult) -> str:
    texts = [getattr(block, "text", "") for block in result.content]
    return "\n".join([*texts, json.dumps([result.structured_content, result.meta], ensure_ascii=False)])


def check(result: CallToolResult, ceiling: int) -> None:
    whole = everything(result)
    assert TOKEN not in whole
    assert WORD not in whole
    text = "\n".join(getattr(block, "text", "") for block in result.content)
    assert text.strip()
    assert tokens(text) <= ceiling
    assert tokens(json.dumps(result.structured_content, ensure_ascii=False, separators=(",", ":"))) <= ceiling
    assert "failed inside this server" not in text
    if result.is_error:
        assert "\nfix: " in text
        assert "\ncode: " in text


def ceiling_of(given_: dict[str, Any], most: int, result: CallToolResult) -> int:
    asked = given_.get("max_tokens")
    return min(most, asked) if isinstance(asked, int) and not result.is_error else most


@settings(
    max_examples=COUNT,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data())
async def test_no_call_breaks_the_server_whatever_is_asked_and_whatever_the_service_answers(
    emulator: Emulator, furnished: Furnished, connect: Any, scramble: Scramble, data: st.DataObject
) -> None:
    state, drawn = furnished
    emulator.reset()
    emulator.load(state)
    tool, given_ = data.draw(drawn)
    emulator.faults.add(*data.draw(st.just([]) | st.lists(fuzzing.faults, max_size=3)))
    scramble(data.draw(st.integers(0, 99)), data.draw(st.sampled_from([0.0, 0.0, 0.02, 0.2])))
    says = data.draw(st.sampled_from([None, "accept", "decline", "cancel", "nonsense"]))
    most = data.draw(st.sampled_from([500, 2_000, 20_000]))

    async def answer(context: Any, params: Any) -> ElicitResult:
        assert TOKEN not in params.message
        assert WORD not in params.message
        if says == "nonsense":
            return ElicitResult(action="accept", content={"confirm": "maybe"})
        return ElicitResult(action=says, content={"confirm": True} if says == "accept" else None)

    agent = connect(
        mode=data.draw(st.sampled_from(["auto", "legacy"])),
        elicitation_callback=answer if says else None,
        max_tokens=most,
        toolsets="all",
        max_response_mb=1,
        state="memory",
    )
    began, there = time.monotonic(), emulator.clock.now()
    result = await agent.call(tool, **given_)
    note(everything(result))
    assert time.monotonic() - began < SECONDS
    assert (emulator.clock.now() - there).total_seconds() < WAITED
    check(result, ceiling_of(given_, most, result))
    token = (result.structured_content or {}).get("confirmation_token")
    if token:
        again = await agent.call(tool, **{**given_, "confirmation_token": token})
        check(again, ceiling_of(given_, most, again))
