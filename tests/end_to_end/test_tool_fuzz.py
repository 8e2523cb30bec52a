"""Every tool, with arguments drawn from its own input schema, against a service that fails at random: no call crashes,
hangs, is larger than its ceiling, fails without a class, or shows a planted secret.

`TOOL_FUZZ=5000` draws that many calls; `make fuzz` does.
"""

import json
import os
import random
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st
from mcp.types import CallToolResult, ElicitResult
from starlette.responses import Response

from pai_dlc_mcp import tools
from pai_dlc_mcp.emulator.call import Call
from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.emulator.faults import ACTIONS, KINDS, Fault
from pai_dlc_mcp.server.budget.limits import tokens
from pai_dlc_mcp.server.protocol.toolset import offered
from pai_dlc_mcp.server.settings import Settings

COUNT = int(os.environ.get("TOOL_FUZZ", "100"))
SECONDS = 25  # of real time: a call takes some 50 ms, under the slowest fault a few seconds
WAITED = 300  # of the service's time: what wait_for_jobs may take at most, and room

TOKEN = "ghp" + "_" + "kQ7vTz2NfR9wXb4MhJ8sLc6DpG3yZe5VaK1u"
WORD = "correct-horse-battery"  # a password that only its name gives away

SCHEMAS = {tool.name: tool.built.parameters for tool in offered(tools.TOOLSETS, Settings(toolsets="all"))}  # pyright: ignore[reportArgumentType]

RUNNING = "dlc4stillrunning"
SPEC = {
    "type": "Worker",
    "image": "dsw-registry-vpc.cn-hangzhou.cr.aliyuncs.com/pai/pytorch:2.6.0-gpu-py311-cu124-ubuntu22.04",
    "ecs_spec": "ecs.gn6i-c4g1.xlarge",
}
KNOWN: dict[str, tuple[Any, ...]] = {
    "workspace_id": ("123456", "234567"),
    "image": (SPEC["image"],),
    "ecs_spec": ("ecs.gn6i-c4g1.xlarge",),
    "job_specs": ([SPEC],),
    "region": ("cn-hangzhou", "cn-shanghai"),
    "dataset_id": ("d-llmcorpus000000001",),
    "code_source_id": ("code-20250911103721-85qz78ia96lu",),
    "image_id": ("image-7dataprep0000002",),
    "labels": ("system.chipType=GPU",),
    "user_command": ("python train.py",),
    "display_name": ("resnet50",),
    "content": ({"priority": 3},),
    "version": (1,),
    "metric_name": ("GpuUtil",),
    "signal": ("SIGUSR1",),
    "tags": ({"team": "a"},),
    "tag_keys": (["team"],),
}
"""What exists, so that most calls get past the first check."""

NONSENSE = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=40), st.just("x" * 3000),
    st.lists(st.text(max_size=5), max_size=3), st.dictionaries(st.text(max_size=5), st.integers(), max_size=3),
)  # fmt: skip


def arguments(schema: dict[str, Any], emulator: Emulator, name: str = "") -> st.SearchStrategy[Any]:
    """Values of a schema; nine of ten with a known name are what exists."""
    there = _known(name, emulator)
    made = _of_type(schema, emulator, name)
    if not there:
        return made
    return st.integers(0, 9).flatmap(lambda drawn: made if drawn == 9 else st.sampled_from(there))


def _known(name: str, emulator: Emulator) -> list[Any]:
    account, singular = emulator.account, name.removesuffix("s")
    jobs = sorted(account.jobs)
    found = {
        "job_id": jobs,
        "target_id": jobs,
        "pod_id": [f"{job}-master-0" for job in jobs],
        "tensorboard_id": sorted(account.tensorboards),
        "template_id": sorted(account.templates),
        "server_id": sorted(account.ray_history_servers),
        "quota_id": [quota["QuotaId"] for quota in account.quotas],
        "resource_id": [quota["QuotaId"] for quota in account.quotas],
    }
    return [*KNOWN.get(name, ()), *found.get(name, ())] or ([[one] for one in found.get(singular, ())] if name else [])


def _of_type(schema: dict[str, Any], emulator: Emulator, name: str) -> st.SearchStrategy[Any]:
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    match schema.get("type"):
        case "object":
            return _object(schema, emulator)
        case "array":
            items = arguments(schema.get("items", {}), emulator, name.removesuffix("s"))
            return st.lists(items, min_size=schema.get("minItems", 0), max_size=min(schema.get("maxItems", 3), 12))
        case "integer" | "number":
            least, most = schema.get("minimum"), schema.get("maximum")
            return st.integers(least, most) | st.sampled_from([least or 0, most if most is not None else 2**63])
        case "boolean":
            return st.booleans()
        case "string":
            return _string(schema)
        case _:
            return NONSENSE


def _string(schema: dict[str, Any]) -> st.SearchStrategy[str]:
    if "pattern" in schema:
        return st.from_regex(schema["pattern"], fullmatch=True)
    if schema.get("format") == "date-time":
        return st.datetimes().map(lambda moment: f"{moment.isoformat()}Z") | st.sampled_from(["0001-01-01T00:00:00Z"])
    return st.text(min_size=schema.get("minLength", 0), max_size=min(schema.get("maxLength", 60), 200))


def _object(schema: dict[str, Any], emulator: Emulator) -> st.SearchStrategy[dict[str, Any]]:
    fields = {name: arguments(field, emulator, name) for name, field in schema.get("properties", {}).items()}
    needed = set(schema.get("required", ()))
    if not fields:
        more = schema.get("additionalProperties")
        values = arguments(cast("dict[str, Any]", more), emulator) if isinstance(more, dict) else NONSENSE
        return st.dictionaries(st.text(min_size=1, max_size=20), values, max_size=4)
    chosen = st.lists(st.sampled_from(sorted(fields.keys() - needed) or [""]), max_size=3, unique=True)
    return chosen.flatmap(lambda more: st.fixed_dictionaries({name: fields[name] for name in {*needed, *more} - {""}}))


@st.composite
def calls(draw: st.DrawFn, emulator: Emulator) -> tuple[str, dict[str, Any]]:
    """A tool and its arguments; in one call of eight something in them is nonsense."""
    tool = draw(st.sampled_from(sorted(SCHEMAS)))
    given_ = draw(_object(SCHEMAS[tool], emulator))
    if draw(st.integers(0, 9)) == 9:
        given_ = {**given_, draw(st.sampled_from([*SCHEMAS[tool]["properties"], "unknown"])): draw(NONSENSE)}
    return tool, json.loads(json.dumps(given_, allow_nan=False, default=str)) if _is_json(given_) else {}


def _is_json(value: Any) -> bool:
    try:
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, UnicodeEncodeError):
        return False
    return True


READ_FIRST = ("GetJob", "ListJobs", "GetPodLogs", "CreateJob", "StopJob", "GetJobEvents")
"""Drawn as often again: what most tools ask for."""

faults = st.builds(
    Fault,
    st.sampled_from(["*", *READ_FIRST, *sorted(ACTIONS)]),
    st.sampled_from(KINDS),  # pyright: ignore[reportArgumentType]
    times=st.sampled_from([1, 3, None]),
    skip=st.integers(0, 2),
    probability=st.sampled_from([0.3, 1.0]),
    seed=st.integers(0, 9),
    seconds=st.just(0.0005),
    url=st.just("http://127.0.0.1:9/"),
    megabytes=st.sampled_from([0.1, 3.0]),
    page_size=st.integers(1, 5),
    job_id=st.sampled_from(["", "x", "../x"]),
    status=st.sampled_from([408, 429, 500]),
)

ODD = (None, "", "x", -1, 2**70, 1.5, True, [], {}, [None], [["x"]], {"x": None}, "9999-99-99T99:99:99Z", "\ud800")


def scrambled(value: Any, chance: random.Random, share: float) -> Any:
    """An answer some of whose values, at any depth, are of a kind the API reference does not name."""
    if chance.random() < share:
        return re.sub(r"\d", "9", value) if isinstance(value, str) and chance.random() < 0.5 else chance.choice(ODD)
    if isinstance(value, dict):
        return {key: scrambled(one, chance, share) for key, one in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [scrambled(one, chance, share) for one in cast("list[Any]", value)]
    return value


Scramble = Callable[[int, float], None]


@pytest.fixture
def scramble(monkeypatch: pytest.MonkeyPatch) -> Scramble:
    """scramble(seed, share): so many of the values in the service's answers are odd ones."""
    chance, shares = random.Random(), [0.0]
    answered = Call.answered

    def odd(call: Call, fault: Any, request_id: str) -> Response:
        response = answered(call, fault, request_id)
        if shares[0] and isinstance(response.body, bytes) and response.body.startswith(b"{"):
            body = scrambled(json.loads(response.body), chance, shares[0])
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
async def furnished(emulator: Emulator, connect: Any, tmp_path: Path) -> Path:
    """A state with something of every kind in it, and secrets."""
    agent = connect(toolsets="all", state="memory")
    await agent.facts("create_tensorboard", workspace_id="123456", display_name="tb", job_id=RUNNING)
    await agent.facts("create_job_template", workspace_id="123456", template_name="t", content={"priority": 1})
    path = "oss://bucket.oss-cn-hangzhou-internal.aliyuncs.com/ray/"
    await agent.facts("create_ray_history_server", workspace_id="123456", display_name="ray", storage_path=path)
    planted(emulator)
    emulator.save(tmp_path / "state")
    return tmp_path / "state"


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


@pytest.mark.long
@settings(
    max_examples=COUNT,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data())
async def test_no_call_breaks_the_server_whatever_is_asked_and_whatever_the_service_answers(
    emulator: Emulator, furnished: Path, connect: Any, scramble: Scramble, data: st.DataObject
) -> None:
    emulator.load(furnished)
    tool, given_ = data.draw(calls(emulator))
    emulator.faults.add(*data.draw(st.just([]) | st.lists(faults, max_size=3)))
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
