"""wait_for_jobs as a task: a real client that declares the extension, against a server and the emulator."""

from datetime import timedelta
from typing import Any, Literal

import pytest
from mcp import Client
from mcp.client.extension import ClaimContext, ClientExtension, ResultClaim
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS, MISSING_REQUIRED_CLIENT_CAPABILITY, CallToolResult, Request, Result
from pydantic import TypeAdapter

from pai_dlc_mcp import tools
from pai_dlc_mcp.server import app, waits
from pai_dlc_mcp.server.cloud.credentials import StaticKey
from pai_dlc_mcp.server.safety.caller import Caller
from pai_dlc_mcp.server.waits import TaskParams, Waits
from tests.conftest import virtual

ANY = TypeAdapter(dict[str, Any])
FINISHED, RUNNING, WAITING = "dlc1succeeded001", "dlc4stillrunning", "dlc5waitinginq05"


class Task(Result):
    result_type: Literal["task"] = "task"
    taskId: str  # noqa: N815 - the names of the wire
    status: str
    ttlMs: int  # noqa: N815
    pollIntervalMs: int  # noqa: N815


class Ask(Request[TaskParams, str]):
    method: str
    params: TaskParams


async def ask(session: Any, method: str, task_id: str) -> dict[str, Any]:
    return await session.send_request(Ask(method=method, params=TaskParams(task_id=task_id)), ANY)


class Tasks(ClientExtension):
    """Polls a task to its end, or leaves that to the test: `polls` is what each tasks/get answered."""

    identifier = Waits.identifier

    def __init__(self, emulator: Any, *, by_hand: bool = False) -> None:
        self.emulator, self.by_hand = emulator, by_hand
        self.created = list[Task]()
        self.polls = list[dict[str, Any]]()

    def claims(self) -> list[ResultClaim[Any]]:
        return [ResultClaim(result_type="task", model=Task, resolve=self._resolve)]

    async def _resolve(self, task: Task, context: ClaimContext) -> CallToolResult:
        self.created.append(task)
        if self.by_hand:
            return CallToolResult(content=[], is_error=True)
        while True:
            self.polls.append(await ask(context.session, "tasks/get", task.taskId))
            if self.polls[-1]["status"] != "working":
                return CallToolResult.model_validate(self.polls[-1]["result"])
            self.emulator.clock.advance(task.pollIntervalMs / 1000)


@pytest.fixture
def served(settings_for: Any, emulator: Any) -> Any:
    key = StaticKey(emulator.access_key_id, emulator.access_key_secret)

    def server(**settings: Any) -> app.Server:
        return app.build(
            settings_for(**settings), tools.TOOLSETS, key, extensions=(Waits.where_offered,), clock=virtual(emulator)
        )

    return server


def client_of(server: app.Server, *extensions: ClientExtension, mode: str = "auto") -> Client:
    return Client(server, mode=mode, cache=None, extensions=list(extensions))


async def test_a_task_ends_as_the_plain_call_does_and_waits_as_long_as_asked(served, emulator) -> None:
    tasks, server = Tasks(emulator), served()
    async with client_of(server, tasks) as client:
        started = emulator.clock.now()
        found = await client.call_tool("wait_for_jobs", {"job_ids": [RUNNING, WAITING], "timeout_s": 150})
    assert emulator.clock.now() - started >= timedelta(seconds=150)
    assert found.structured_content
    assert (found.structured_content["status"], found.structured_content["waited_s"]) == ("timeout", 150)
    assert {poll["status"] for poll in tasks.polls[:-1]} == {"working"}
    assert tasks.polls[0]["statusMessage"] == f"{RUNNING} Running, {WAITING} Queuing"
    async with client_of(server) as client:
        plain = await client.call_tool("wait_for_jobs", {"job_ids": [RUNNING, WAITING], "timeout_s": 45})
    assert plain.structured_content
    assert plain.structured_content["jobs"] == found.structured_content["jobs"]


async def test_an_end_is_told_once_and_the_same_to_whoever_asks_again(served, emulator, agent) -> None:
    job = await agent.job(envs={"EMULATOR_SCENARIO": "long_running"}, job_max_running_time_minutes=5)
    tasks, server = Tasks(emulator), served()
    async with client_of(server, tasks) as client:
        found = await client.call_tool("wait_for_jobs", {"job_ids": [job], "timeout_s": 3600})
        assert found.structured_content
        assert found.structured_content["jobs"][0]["news"]
        emulator.requests.clear()
        again = await ask(client.session, "tasks/get", tasks.created[0].taskId)
        assert again["result"] == tasks.polls[-1]["result"]
    assert not len(emulator.requests)


async def test_what_is_over_at_the_first_look_is_no_task(served, emulator) -> None:
    tasks = Tasks(emulator)
    async with client_of(served(), tasks) as client:
        found = await client.call_tool("wait_for_jobs", {"job_ids": [FINISHED], "timeout_s": 600})
    assert found.structured_content
    assert (found.structured_content["status"], tasks.created) == ("ended", [])


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_a_client_that_did_not_declare_it_gets_a_plain_result_and_no_task(mode, served, emulator) -> None:
    server, tasks = served(), Tasks(emulator, by_hand=True)
    async with client_of(server, mode=mode) as client:
        plain = await client.call_tool("wait_for_jobs", {"job_ids": [RUNNING]})
        assert plain.structured_content
        with pytest.raises(MCPError) as refused:
            await ask(client.session, "tasks/get", "x")
    if mode == "auto":
        assert refused.value.error.code == MISSING_REQUIRED_CLIENT_CAPABILITY
    assert not tasks.created


async def test_nothing_is_polled_between_two_questions_and_nothing_after_a_cancel(served, emulator) -> None:
    tasks = Tasks(emulator, by_hand=True)
    async with client_of(served(), tasks) as client:
        await client.call_tool("wait_for_jobs", {"job_ids": [RUNNING], "timeout_s": 3600})
        (task,) = tasks.created
        emulator.requests.clear()
        emulator.clock.advance(900)
        assert not len(emulator.requests)
        assert (await ask(client.session, "tasks/get", task.taskId))["status"] == "working"
        for _ in range(2):
            assert set(await ask(client.session, "tasks/cancel", task.taskId)) == {"resultType", "_meta"}
        emulator.requests.clear()
        assert (await ask(client.session, "tasks/get", task.taskId))["status"] == "cancelled"
        assert set(await ask(client.session, "tasks/update", task.taskId)) == {"resultType", "_meta"}
    assert not len(emulator.requests)


async def test_another_server_on_the_same_state_answers_for_a_task(served, emulator, tmp_path) -> None:
    tasks, state = Tasks(emulator, by_hand=True), tmp_path / "state"
    async with client_of(served(state=state), tasks) as client:
        await client.call_tool("wait_for_jobs", {"job_ids": [RUNNING], "timeout_s": 60})
    emulator.clock.advance(61)
    async with client_of(served(state=state), tasks) as client:
        ended = await ask(client.session, "tasks/get", tasks.created[0].taskId)
    assert (ended["status"], ended["result"]["structuredContent"]["status"]) == ("completed", "timeout")
    assert ended["result"]["structuredContent"]["waited_s"] == 61


async def test_a_task_of_somebody_else_is_none(served, emulator, monkeypatch) -> None:
    tasks = Tasks(emulator, by_hand=True)
    async with client_of(served(), tasks) as client:
        await client.call_tool("wait_for_jobs", {"job_ids": [RUNNING], "timeout_s": 60})
        monkeypatch.setattr(waits, "caller_of", lambda _: Caller("somebody else"))
        for method in ("tasks/get", "tasks/cancel", "tasks/update"):
            with pytest.raises(MCPError, match="no such task") as refused:
                await ask(client.session, method, tasks.created[0].taskId)
            assert refused.value.error.code == INVALID_PARAMS


async def test_a_job_that_cannot_be_read_ends_a_task_with_the_error(served, emulator) -> None:
    from pai_dlc_mcp.emulator.faults import Fault

    tasks = Tasks(emulator)
    async with client_of(served(), tasks) as client:
        await client.call_tool("list_workspaces", {})
        emulator.faults.add(Fault("GetJob", "no_permission", times=9, skip=1))
        found = await client.call_tool("wait_for_jobs", {"job_ids": [RUNNING], "timeout_s": 60})
    assert found.is_error
    assert tasks.polls[-1]["status"] == "completed"


@pytest.mark.parametrize("seconds", ["60", "60.0", 60.0])
async def test_what_the_tool_takes_for_a_number_is_a_timeout_of_a_task_too(seconds, served, emulator) -> None:
    tasks = Tasks(emulator)
    async with client_of(served(), tasks) as client:
        found = await client.call_tool("wait_for_jobs", {"job_ids": [RUNNING], "timeout_s": seconds})
    assert tasks.created[0].ttlMs == 660_000
    assert found.structured_content
    assert found.structured_content["status"] == "timeout"


async def test_above_the_most_tasks_a_call_waits_as_for_any_other_client(served, emulator, monkeypatch) -> None:
    monkeypatch.setattr(waits, "_MOST", 1)
    tasks = Tasks(emulator, by_hand=True)
    async with client_of(served(), tasks) as client:
        await client.call_tool("wait_for_jobs", {"job_ids": [RUNNING]})
        found = await client.call_tool("wait_for_jobs", {"job_ids": [RUNNING]})
    assert len(tasks.created) == 1
    assert found.structured_content
    assert found.structured_content["waited_s"] == 45


async def test_one_caller_s_tasks_take_no_place_of_another_s(served, emulator, monkeypatch) -> None:
    monkeypatch.setattr(waits, "_MOST", 2)
    tasks = Tasks(emulator, by_hand=True)
    async with client_of(served(), tasks) as client:
        for caller in ("one", "one", "one", "two", "two", "two"):
            monkeypatch.setattr(waits, "caller_of", lambda _, caller=caller: Caller(caller))
            await client.call_tool("wait_for_jobs", {"job_ids": [RUNNING]})
    assert len(tasks.created) == 4


async def test_without_its_state_a_call_waits_as_for_any_other_client_and_a_task_says_so(
    served, emulator, tmp_path
) -> None:
    tasks = Tasks(emulator, by_hand=True)
    async with client_of(served(state=tmp_path / "state"), tasks) as client:
        await client.call_tool("wait_for_jobs", {"job_ids": [RUNNING]})
        (tmp_path / "state").chmod(0o755)
        with pytest.raises(MCPError, match="StateUnusable"):
            await ask(client.session, "tasks/get", tasks.created[0].taskId)
        found = await client.call_tool("wait_for_jobs", {"job_ids": [RUNNING]})
    assert len(tasks.created) == 1
    assert found.structured_content
    assert found.structured_content["waited_s"] == 45


async def test_it_is_declared_only_where_the_tool_is(served) -> None:
    for settings, declared in (({}, True), ({"allow_tools": "get_job"}, False)):
        async with client_of(served(**settings)) as client:
            assert (Waits.identifier in (client.server_capabilities.extensions or {})) is declared
