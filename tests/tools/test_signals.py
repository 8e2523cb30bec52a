"""Signals, through a real client: to running jobs only, and only after a yes."""

from typing import Any

import pytest
from mcp.types import ElicitResult

from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.emulator.faults import Fault

JOB, QUEUED = "dlc4stillrunning", "dlc5waitinginq05"
POD = f"{JOB}-worker-0"


@pytest.fixture
def signals(connect: Any) -> Any:
    return connect(toolsets="dashboards")


async def sent(agent: Any, **arguments: Any) -> dict[str, Any]:
    """Sends a signal with the yes it asks for."""
    arguments = {"job_id": JOB, "signal": "SIGUSR1", **arguments}
    token = (await agent.facts("create_signal", **arguments))["confirmation_token"]
    return await agent.facts("create_signal", **arguments, confirmation_token=token)


async def test_a_signal_is_sent_only_after_a_yes(signals: Any, emulator: Emulator) -> None:
    asked = await signals.facts("create_signal", job_id=JOB, signal="SIGTERM")
    assert asked["status"] == "confirmation_required"
    assert "SIGTERM goes to all its pods. A signal can end the processes" in asked["question"]
    assert "CreateSignal" not in emulator.requests.actions()
    token = asked["confirmation_token"]
    done = await signals.facts("create_signal", job_id=JOB, signal="SIGTERM", confirmation_token=token)
    assert (done["status"], done["signal"], done["signal_status"]) == ("sent", "SIGTERM", "Succeeded")
    assert emulator.requests[-1].sent() == {"Signal": "SIGTERM"}


@pytest.mark.parametrize(
    ("to", "target"),
    [
        ({"pod_names": [POD]}, {"Scope": "pods", "PodNames": [POD]}),
        ({"roles": ["Worker"]}, {"Scope": "roles", "Roles": ["Worker"]}),
    ],
)
async def test_it_can_go_to_some_pods_or_roles(to: Any, target: Any, signals: Any, emulator: Emulator) -> None:
    await sent(signals, **to)
    assert emulator.requests[-1].sent() == {"Signal": "SIGUSR1", "Target": target}


async def test_a_yes_for_one_signal_is_none_for_another(signals: Any, emulator: Emulator) -> None:
    asked = await signals.facts("create_signal", job_id=JOB, signal="SIGUSR1", pod_names=[POD])
    token = asked["confirmation_token"]
    for other in ({"signal": "SIGKILL", "pod_names": [POD]}, {"signal": "SIGUSR1"}):
        answer = await signals.facts("create_signal", job_id=JOB, **other, confirmation_token=token)
        assert answer["status"] == "confirmation_required"
    assert "CreateSignal" not in emulator.requests.actions()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"job_id": QUEUED}, "is Queuing: only a Running job takes signals"),
        ({"pod_names": [f"{QUEUED}-master-0"]}, f"Job {JOB} has no pod"),
        ({"roles": ["Chief"]}, f"Job {JOB} has no role Chief"),
        ({"roles": ["Worker"], "pod_names": [POD]}, "exclude each other"),
        ({"pod_names": []}, "pod_names"),
        ({"signal": "9"}, "does not have the form"),
    ],
)
async def test_what_cannot_be_sent_is_refused_before_anybody_is_asked(
    arguments: dict[str, Any], said: str, signals: Any, emulator: Emulator
) -> None:
    error = await signals.error("create_signal", **{"job_id": JOB, "signal": "SIGUSR1", **arguments})
    assert said in error
    assert "CreateSignal" not in emulator.requests.actions()


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_a_declined_form_sends_nothing(mode: str, connect: Any, emulator: Emulator) -> None:
    async def no(*_: Any) -> ElicitResult:
        return ElicitResult(action="decline")

    agent = connect(toolsets="dashboards", mode=mode, elicitation_callback=no)
    assert (await agent.facts("create_signal", job_id=JOB, signal="SIGUSR1"))["status"] == "not_executed"
    assert "CreateSignal" not in emulator.requests.actions()


async def test_signals_are_listed_and_read(signals: Any, emulator: Emulator) -> None:
    first = await sent(signals)
    emulator.clock.advance(60)
    second = await sent(signals, pod_names=[POD])
    found = await signals.facts("list_signals", job_id=JOB)
    assert [row["signal_id"] for row in found["signals"]] == [second["signal_id"], first["signal_id"]]
    assert found["signals"][0]["to"] == POD
    one = await signals.facts("get_signal", job_id=JOB, signal_id=second["signal_id"])
    assert (one["signal"], one["scope"], one["pods"], one["status"]) == ("SIGUSR1", "pods", [POD], "Succeeded")


async def test_a_job_without_signals_has_an_empty_list(signals: Any) -> None:
    found = await signals.facts("list_signals", job_id=QUEUED)
    assert (found["signals"], found["total"]) == ([], 0)


async def test_an_unknown_signal_is_not_found(signals: Any) -> None:
    assert "http_status: 404" in await signals.error("get_signal", job_id=JOB, signal_id="signal-none")


async def test_a_list_that_is_refused_names_the_permission(signals: Any, emulator: Emulator) -> None:
    emulator.faults.add(Fault("ListSignals", "no_permission"))
    assert "paidlc:ListSignals" in await signals.error("list_signals", job_id=JOB)
