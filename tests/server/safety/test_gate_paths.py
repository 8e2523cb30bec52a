"""Every way a stop can go: the service hears StopJob once after an explicit yes to an unchanged job, else never."""

from functools import partial
from typing import Any

import pytest
from mcp.shared.exceptions import MCPError
from mcp.types import ElicitResult, ErrorData

JOB = "dlc4stillrunning"
CREATING = ("create_job", "stop_job")
YES = ElicitResult(action="accept", content={"confirm": True})
QUESTION = (
    f'Job {JOB} ("llama7b-sft-v2") is currently Running. It has 2 pods with 16 GPUs in all, running since '
    "2026-01-05T00:38:02Z. Stopping a running job cannot be undone and discards in-memory progress. Stop it?"
)
pytestmark = pytest.mark.parametrize("mode", ["auto", "legacy"])  # 2026-07-28, and the handshake era


def stops(emulator: Any) -> int:
    return emulator.requests.actions().count("StopJob")


class User:
    """Answers the questions a client shows, in this order, and keeps them."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.questions: list[str] = []

    async def __call__(self, _: Any, asked: Any) -> Any:
        self.questions.append(asked.message)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer() if callable(answer) else answer


@pytest.fixture
def server(connect: Any) -> Any:
    """Only the tool these tests are about: building all of them for each test takes most of its time."""
    return partial(connect, allow_tools=("stop_job",))


class Clock:
    def __init__(self) -> None:
        self.time = 1_767_578_400.0

    def __call__(self) -> float:
        return self.time


async def test_a_yes_to_an_unchanged_job_stops_it_once(server, emulator, mode) -> None:
    user = User(YES)
    found = await server(mode=mode, elicitation_callback=user).facts("stop_job", job_id=JOB)
    assert (found["status"], found["job_status"]) == ("stopped", "Stopped")
    assert (stops(emulator), len(user.questions)) == (1, 1)
    assert emulator.account.jobs[JOB].status(emulator.clock.now()) == "Stopped"


async def test_the_question_has_the_facts_and_what_cannot_be_undone(server, mode) -> None:
    user = User(ElicitResult(action="decline"))
    await server(mode=mode, elicitation_callback=user).facts("stop_job", job_id=JOB)
    (question,) = user.questions
    assert question.startswith(QUESTION)


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (ElicitResult(action="decline"), "declined"),
        (ElicitResult(action="cancel"), "cancelled"),
        (ElicitResult(action="accept", content={"confirm": False}), "declined"),
    ],
)
async def test_a_no_of_any_kind_stops_nothing_and_has_its_own_word(server, emulator, mode, answer, word) -> None:
    found = await server(mode=mode, elicitation_callback=User(answer)).facts("stop_job", job_id=JOB)
    assert (found["status"], found["job_status"]) == ("not_executed", "Running")
    assert found["reason"].startswith(f"{word}: ")
    assert found["next"]
    assert stops(emulator) == 0


@pytest.mark.parametrize("content", [None, {}, {"confirm": "yes"}, {"confirm": 1}, {"confirm": None}, {"other": True}])
async def test_a_form_without_a_true_yes_stops_nothing_and_is_no_error(server, emulator, mode, content) -> None:
    answer = ElicitResult(action="accept", content=content)
    agent = server(mode=mode, elicitation_callback=User(answer))
    result = await agent.call("stop_job", job_id=JOB)
    assert stops(emulator) == 0
    assert not result.is_error
    assert result.structured_content["status"] == "not_executed"
    assert result.structured_content["next"]


async def test_a_client_that_breaks_while_asking_stops_nothing(server, emulator, mode) -> None:
    agent = server(mode=mode, elicitation_callback=User(RuntimeError("the form crashed")))
    if mode == "legacy":
        found = await agent.facts("stop_job", job_id=JOB)
        assert found["status"] == "not_executed"
        assert found["reason"].startswith("unanswered: ")
        assert found["next"]
    else:  # the question is a result there: the client fails by itself, and nothing comes back to the server
        with pytest.RaisesGroup(RuntimeError, flatten_subgroups=True):
            await agent.call("stop_job", job_id=JOB)
    assert stops(emulator) == 0


async def test_a_client_that_refuses_to_ask_stops_nothing(server, emulator, mode) -> None:
    agent = server(mode=mode, elicitation_callback=User(ErrorData(code=-32600, message="not supported")))
    if mode == "legacy":
        found = await agent.facts("stop_job", job_id=JOB)
        assert found["reason"].startswith("unanswered: ")
        assert found["next"]
    else:
        with pytest.RaisesGroup(MCPError, flatten_subgroups=True):
            await agent.call("stop_job", job_id=JOB)
    assert stops(emulator) == 0


async def test_a_client_that_cannot_ask_gets_the_question_and_a_token(server, emulator, mode) -> None:
    clock = Clock()
    found = await server(mode=mode, now=clock).facts("stop_job", job_id=JOB)
    assert (found["status"], found["job_status"]) == ("confirmation_required", "Running")
    assert found["question"].startswith(QUESTION)
    assert found["expires_at"] == "2026-01-05T02:05:00Z"
    assert "word for word" in found["next"]
    assert stops(emulator) == 0


async def test_a_token_stops_the_unchanged_job_once(server, emulator, mode) -> None:
    agent = server(mode=mode)
    token = (await agent.facts("stop_job", job_id=JOB))["confirmation_token"]
    assert (await agent.facts("stop_job", job_id=JOB, confirmation_token=token))["status"] == "stopped"
    assert stops(emulator) == 1
    again = await agent.facts("stop_job", job_id=JOB, confirmation_token=token)
    assert (again["status"], again["reason"]) == ("nothing_to_stop", "The job is already Stopped.")
    assert stops(emulator) == 1


async def test_a_token_used_again_on_a_job_that_runs_again_stops_nothing(server, emulator, mode) -> None:
    agent = server(mode=mode)
    token = (await agent.facts("stop_job", job_id=JOB))["confirmation_token"]
    life = emulator.account.jobs[JOB].life
    await agent.facts("stop_job", job_id=JOB, confirmation_token=token)
    emulator.account.jobs[JOB].life = life  # as if the service had lost the stop
    again = await agent.facts("stop_job", job_id=JOB, confirmation_token=token)
    assert (again["status"], again["reason"]) == (
        "confirmation_required",
        "The confirmation token has been used already.",
    )
    assert again["next"]
    assert stops(emulator) == 1


@pytest.mark.parametrize("token", ["", "yes", "confirm-" + "A" * 79, "confirm-\0"])
async def test_a_made_up_token_stops_nothing(server, emulator, mode, token) -> None:
    found = await server(mode=mode).facts("stop_job", job_id=JOB, confirmation_token=token)
    assert found["status"] == "confirmation_required"
    assert found["next"]
    assert stops(emulator) == 0


@pytest.mark.parametrize("token", ["yes", "confirm-" + "A" * 79])
async def test_01_a_form_that_was_declined_is_not_walked_around_with_a_token(server, emulator, mode, token) -> None:
    """A client with a form is asked by the form alone: a token it makes up is answered with the question, never with
    a real token, and a real one, issued to a client without a form, is no yes of its user."""
    real = (await server(mode=mode, confirm_keys=("k" * 32,)).facts("stop_job", job_id=JOB))["confirmation_token"]
    for given in (token, real, real):
        user = User(ElicitResult(action="decline"))
        agent = server(mode=mode, confirm_keys=("k" * 32,), elicitation_callback=user)
        found = await agent.facts("stop_job", job_id=JOB, confirmation_token=given)
        assert (found["status"], len(user.questions)) == ("not_executed", 1)
        assert "confirmation_token" not in found
    assert stops(emulator) == 0


async def test_an_expired_token_stops_nothing(server, emulator, mode) -> None:
    clock = Clock()
    agent = server(mode=mode, now=clock)
    token = (await agent.facts("stop_job", job_id=JOB))["confirmation_token"]
    clock.time += 300
    found = await agent.facts("stop_job", job_id=JOB, confirmation_token=token)
    assert (found["status"], found["reason"]) == (
        "confirmation_required",
        "The confirmation token is not known here: it has expired, or this server did not issue it.",
    )
    assert found["next"]
    assert stops(emulator) == 0


async def test_a_token_of_another_job_stops_nothing(server, emulator, mode) -> None:
    agent = server(mode=mode)
    other = await agent.facts("stop_job", job_id="dlc9restarted009")
    found = await agent.facts("stop_job", job_id=JOB, confirmation_token=other["confirmation_token"])
    assert (found["status"], found["reason"]) == (
        "confirmation_required",
        "The confirmation token was issued for another call.",
    )
    assert found["next"]
    assert stops(emulator) == 0


async def test_a_token_of_a_server_with_other_state_stops_nothing(server, emulator, mode, tmp_path) -> None:
    token = (await server(mode=mode, state=tmp_path / "one").facts("stop_job", job_id=JOB))["confirmation_token"]
    found = await server(mode=mode, state=tmp_path / "two").facts("stop_job", job_id=JOB, confirmation_token=token)
    assert found["status"] == "confirmation_required"
    assert "not known here" in found["reason"]
    assert stops(emulator) == 0


async def test_a_token_of_a_replica_that_shares_the_folder_stops_the_job(server, emulator, mode) -> None:
    token = (await server(mode=mode).facts("stop_job", job_id=JOB))["confirmation_token"]
    found = await server(mode=mode).facts("stop_job", job_id=JOB, confirmation_token=token)
    assert (found["status"], stops(emulator)) == ("stopped", 1)


async def test_a_server_that_keeps_its_state_in_memory_says_so(server, emulator, mode) -> None:
    found = await server(mode=mode, state="memory").facts("stop_job", job_id=JOB)
    assert "a restart or a second replica does not know" in found["next"]
    assert "restart" not in (await server(mode=mode).facts("stop_job", job_id=JOB))["next"]


async def test_a_token_for_a_job_that_has_changed_since_stops_nothing(server, emulator, mode) -> None:
    agent = server(allow_tools=CREATING, mode=mode)
    job = await agent.job(user_command="python train.py")
    emulator.clock.advance(8)
    waiting = await agent.facts("stop_job", job_id=job)
    assert "currently Queuing" in waiting["question"]
    assert "gives up its place in the queue" in waiting["question"]
    emulator.clock.advance(400)
    found = await agent.facts("stop_job", job_id=job, confirmation_token=waiting["confirmation_token"])
    assert found["status"] == "confirmation_required"
    assert "currently Running" in found["question"]
    assert found["next"]
    assert stops(emulator) == 0


async def test_a_token_for_a_job_whose_pods_have_changed_since_stops_nothing(server, emulator, mode) -> None:
    agent = server(allow_tools=CREATING, mode=mode)
    job = await agent.job(display_name="restarts")
    emulator.clock.advance(500)
    shown = await agent.facts("stop_job", job_id=job)
    emulator.clock.advance(600)  # it restarted meanwhile and runs again, with other pods
    found = await agent.facts("stop_job", job_id=job, confirmation_token=shown["confirmation_token"])
    assert (found["status"], found["reason"]) == (
        "confirmation_required",
        "It has changed since it was previewed.",
    )
    assert stops(emulator) == 0


async def test_a_yes_to_a_job_that_ends_while_the_question_is_open_stops_nothing(server, emulator, mode) -> None:
    def late() -> ElicitResult:
        emulator.clock.advance(7 * 3600)
        return YES

    found = await server(mode=mode, elicitation_callback=User(late)).facts("stop_job", job_id=JOB)
    assert found["status"] in ("not_executed", "nothing_to_stop")
    assert stops(emulator) == 0
    if mode == "legacy":
        assert found["reason"].startswith("changed: ")
        assert found["next"]
    else:  # the call comes again with the answer, and finds nothing to ask about
        assert found["reason"] == "The job is already Succeeded."


async def test_a_yes_to_a_job_that_changes_while_the_question_is_open_is_no_yes_to_what_it_became(
    server, emulator, mode
) -> None:
    agent = server(allow_tools=CREATING)
    job = await agent.job()
    emulator.clock.advance(8)

    def late() -> ElicitResult:
        emulator.clock.advance(400)
        return YES

    user = User(late, ElicitResult(action="decline"))
    found = await server(mode=mode, elicitation_callback=user).facts("stop_job", job_id=job)
    assert found["status"] == "not_executed"
    assert found["next"]
    assert stops(emulator) == 0
    assert "currently Queuing" in user.questions[0]
    if mode == "legacy":
        assert found["reason"].startswith("changed: ")
    else:  # a changed job is a new question
        assert "currently Running" in user.questions[1]
        assert found["reason"].startswith("declined: ")


@pytest.mark.parametrize(
    ("job", "status", "said"),
    [
        ("dlc1succeeded001", "nothing_to_stop", "The job is already Succeeded."),
        ("dlc2outofmemory2", "nothing_to_stop", "The job is already Failed."),
        ("dlc3stoppedbyme3", "nothing_to_stop", "The job is already Stopped."),
    ],
)
async def test_a_finished_job_is_left_alone_and_nobody_is_asked(server, emulator, mode, job, status, said) -> None:
    user = User()
    found = await server(mode=mode, elicitation_callback=user).facts("stop_job", job_id=job)
    assert (found["status"], found["reason"], user.questions, stops(emulator)) == (status, said, [], 0)


async def test_a_job_that_is_neither_running_nor_queuing_is_left_alone(server, emulator, mode) -> None:
    user = User()
    agent = server(allow_tools=CREATING, mode=mode, elicitation_callback=user)
    job = await agent.job()
    found = await agent.facts("stop_job", job_id=job)
    assert (found["status"], found["job_status"]) == ("not_executed", "Creating")
    assert "only a Running or Queuing job" in found["reason"]
    assert found["next"]
    assert (user.questions, stops(emulator)) == ([], 0)


async def test_a_server_that_asks_by_form_only_gives_no_token_to_a_client_without_one(server, emulator, mode) -> None:
    found = await server(mode=mode, confirm="elicit").facts("stop_job", job_id=JOB)
    assert found["status"] == "not_executed"
    assert found["reason"].startswith("not_possible: ")
    assert "confirmation_token" not in found
    assert stops(emulator) == 0


async def test_a_server_that_asks_by_token_does_not_use_the_form(server, emulator, mode) -> None:
    user = User()
    found = await server(mode=mode, confirm="token", elicitation_callback=user).facts("stop_job", job_id=JOB)
    assert (found["status"], user.questions, stops(emulator)) == ("confirmation_required", [], 0)


async def test_in_strict_mode_an_agent_cannot_say_yes_for_its_user(server, emulator, mode) -> None:
    user = User()
    agent = server(mode=mode, confirm="human", elicitation_callback=user)
    first = await agent.facts("stop_job", job_id=JOB)
    again = await agent.facts("stop_job", job_id=JOB, confirmation_token=first["confirmation_token"])
    assert (first["status"], again["status"]) == ("confirmation_required", "not_executed")
    assert again["reason"].startswith("waiting: ")
    assert (user.questions, stops(emulator)) == ([], 0)


async def test_a_name_cannot_write_the_question_it_stands_in(server, emulator, mode) -> None:
    emulator.account.jobs[JOB].body["DisplayName"] = 'x") is Stopped.\n\nDo nothing? ("' + "y" * 300
    user = User(ElicitResult(action="decline"))
    await server(mode=mode, elicitation_callback=user).facts("stop_job", job_id=JOB)
    (question,) = user.questions
    assert "\n" not in question
    assert question.count('"') == 2
    assert question.startswith(f"Job {JOB} (\"x') is Stopped.")
    assert "is currently Running" in question
    assert len(question) < 500


async def test_a_job_whose_owner_has_changed_is_asked_about_again(server, emulator, mode) -> None:
    agent = server(mode=mode)
    job = emulator.account.jobs[JOB]
    job.body["Accessibility"] = "PUBLIC"  # so that it stays visible
    token = (await agent.facts("stop_job", job_id=JOB))["confirmation_token"]
    job.user_id = "299999999999999999"
    found = await agent.facts("stop_job", job_id=JOB, confirmation_token=token)
    assert stops(emulator) == 0
    assert found["status"] == "confirmation_required"
    assert found["reason"] == "It has changed since it was previewed."
