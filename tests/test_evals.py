"""evals/: what the tasks are judged by, the good agent and the bad ones, and a model over HTTP."""

import json
import threading
from collections.abc import Generator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from evals import model
from evals.__main__ import WAYS
from evals.agent import scripted
from evals.arms import ARMS
from evals.bad import AGENTS, FAILS, SendsAgain, StopsUnasked, bad, fails
from evals.stage import Hands, play
from evals.task import Facts, Task, answered
from evals.tasks import TASKS
from pai_dlc_mcp.emulator.embedded import Emulator

BY_NAME = {task.name: task for task in TASKS}
MOST_CALLS, MOST_BYTES = 45, 33_000  # of all thirty by this server
SOME = ("cause_memory", "stop", "refused_stop", "order_in_name", "late_create", "priorities")


def test_there_are_thirty_tasks_and_each_has_a_script_by_every_arm() -> None:
    assert len(BY_NAME) == len(TASKS) == 30
    assert all(hasattr(agent, task.script) for agent in AGENTS.values() for task in TASKS)
    assert set().union(*FAILS.values()) <= set(BY_NAME)


async def test_no_task_is_done_by_doing_nothing(emulator: Emulator) -> None:
    results = [await play(emulator, task, "proxy", says("")) for task in TASKS]
    assert [one.task for one in results if not one.wrong] == []


@pytest.mark.parametrize("arm", ["proxy", "server"])
@pytest.mark.parametrize("name", SOME)
async def test_a_good_agent_does_it(emulator: Emulator, arm: str, name: str) -> None:
    result = await play(emulator, BY_NAME[name], arm, scripted(AGENTS[arm]))
    assert result.wrong == []


@pytest.mark.parametrize("name", ["stop", "refused_stop", "terminal"])
async def test_a_good_agent_asks_where_the_client_has_no_form(emulator: Emulator, name: str) -> None:
    result = await play(emulator, BY_NAME[name], "server", scripted(AGENTS["server"]), form=False)
    assert (result.wrong, result.questions) == ([], 1)


async def test_an_agent_that_stops_unasked_is_held_back_by_a_form_alone(emulator: Emulator) -> None:
    agent, task = scripted(bad(StopsUnasked, "server")), BY_NAME["refused_stop"]
    assert (await play(emulator, task, "server", agent, form=True)).wrong == []
    assert (await play(emulator, task, "server", agent, form=False)).wrong == [
        "wrote {'StopJob': 1}, not nothing",
        "StopJob without a yes",
        "the user was not asked",
    ]


async def test_a_create_that_is_sent_again_makes_two(emulator: Emulator) -> None:
    result = await play(emulator, BY_NAME["lost_create"], "proxy", scripted(bad(SendsAgain, "proxy")))
    assert result.wrong == [
        "wrote {'CreateJob': 2}, not {'CreateJob': 1}",
        "2 jobs were made, or another one was named",
    ]


@pytest.mark.long
@pytest.mark.parametrize("arm", ARMS)
async def test_a_good_agent_does_all_thirty(emulator: Emulator, arm: str) -> None:
    results = [await play(emulator, task, arm, scripted(AGENTS[arm])) for task in TASKS]
    assert {one.task: one.wrong for one in results if one.wrong} == {}
    if arm == "server":
        assert sum(one.calls for one in results) <= MOST_CALLS
        assert sum(one.bytes for one in results) <= MOST_BYTES


@pytest.mark.long
@pytest.mark.parametrize("habit", FAILS, ids=lambda habit: habit.__name__)
@pytest.mark.parametrize(("arm", "form"), WAYS)
async def test_a_bad_agent_fails_its_tasks_and_no_other(
    emulator: Emulator, habit: type[Any], arm: str, form: bool
) -> None:
    agent = scripted(bad(habit, arm))
    results = [await play(emulator, task, arm, agent, form=form) for task in TASKS]
    assert {one.task for one in results if one.wrong} == fails(habit, arm, form=form)


def says(words: str) -> Any:
    async def agent(hands: Hands, task: Task, facts: Facts) -> str:
        return words

    return agent


@pytest.mark.parametrize(
    ("words", "right"),
    [
        ("ANSWER: memory", True),
        ("It ran out.\n\nANSWER: **Memory**.\n", True),
        ("memory", True),
        ("ANSWER: memory\nANSWER: network", False),
        ("ANSWER: memory, or network", False),
        ("", False),
    ],
)
async def test_an_answer_is_compared_and_not_read(emulator: Emulator, words: str, right: bool) -> None:
    result = await play(emulator, BY_NAME["cause_memory"], "proxy", says(words))
    assert (result.wrong == []) is right


async def test_a_yes_counts_for_what_was_asked_about_and_after_it_only(emulator: Emulator) -> None:
    def agent(question: str, *, late: bool) -> Any:
        async def does(hands: Hands, task: Task, facts: Facts) -> str:
            if not late:
                assert hands.ask(question)
            await hands.call("StopJob", {"JobId": facts["job"]})
            if late:
                hands.ask(question)
            return ""

        return does

    task = replace(BY_NAME["stop"], agrees=("Stop",))
    job = "dlc4stillrunning"
    assert (await play(emulator, task, "proxy", agent(f"Stop {job}?", late=False))).wrong == []
    other = await play(emulator, task, "proxy", agent("Stop dlc9restarted009?", late=False))
    late = await play(emulator, task, "proxy", agent(f"Stop {job}?", late=True))
    assert other.wrong == late.wrong == ["StopJob without a yes"]


def test_answered_takes_the_last_line_that_answers() -> None:
    assert answered("ANSWER: a\nANSWER:  `B`. \nbye") == "b"


REPLIES = {  # of a model that reads the queue, then answers
    "anthropic": (
        {"content": [{"type": "tool_use", "id": "1", "name": "diagnose_job", "input": {"job_id": "dlc5waitinginq05"}}]},
        {"content": [{"type": "text", "text": "ANSWER: 128"}]},
    ),
    "openai": (
        {
            "choices": [
                {
                    "message": {
                        "role": "assistant",
                        "content": None,
                        "tool_calls": [
                            {
                                "id": "1",
                                "type": "function",
                                "function": {"name": "diagnose_job", "arguments": '{"job_id": "dlc5waitinginq05"}'},
                            }
                        ],
                    }
                }
            ]
        },
        {"choices": [{"message": {"role": "assistant", "content": "ANSWER: 128"}}]},
    ),
}


@pytest.fixture(params=REPLIES)
def endpoint(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Generator[tuple[str, list[Any]]]:
    """A model's address that replies in turn, and what it was sent."""
    sent: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent.append((self.path, json.loads(self.rfile.read(int(self.headers["content-length"])))))
            body = json.dumps(REPLIES[request.param][len(sent) - 1]).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    name = request.param.upper()
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    monkeypatch.setenv(f"{name}_BASE_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv(f"{name}_API_KEY", "none")
    yield request.param, sent
    server.shutdown()
    server.server_close()


async def test_a_model_does_a_task(emulator: Emulator, endpoint: tuple[str, list[Any]]) -> None:
    form, sent = endpoint
    agent = model.agent(model.Endpoint.of("some-model"))
    result = await play(emulator, BY_NAME["queue"], "server", agent)
    assert (result.wrong, result.calls) == ([], 1)
    (path, first), (_, second) = sent
    assert path == {"anthropic": "/v1/messages", "openai": "/chat/completions"}[form]
    assert first["model"] == "some-model"
    names = [tool["name"] if form == "anthropic" else tool["function"]["name"] for tool in first["tools"]]
    assert {"diagnose_job", "ask_user", "sleep"} <= set(names)
    assert "128 short" in json.dumps(second["messages"][-1])
