"""What an endpoint is sent: nothing for a while after it failed ten times in a row, and never too much at once."""

import re
import time
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pai_dlc_mcp.emulator.faults import Fault
from pai_dlc_mcp.server.cloud.credentials import StaticKey
from pai_dlc_mcp.server.cloud.errors import CloudError
from pai_dlc_mcp.server.cloud.gateway import Gateway
from pai_dlc_mcp.server.cloud.traffic import COOLDOWN, FAILURES, Breaker, Bucket, Traffic

HANGZHOU = "cn-hangzhou"
JOBS = ("pai-dlc", "ListJobs", HANGZHOU)
STOP = ("pai-dlc", "StopJob", HANGZHOU, ("dlc4stillrunning",), {})


def breaker(failures: int) -> Breaker:
    made = Breaker()
    for _ in range(failures):
        made.count(0, failed=True)
    return made


def test_it_opens_after_so_many_failures_in_a_row_and_no_fewer() -> None:
    assert breaker(FAILURES - 1).wait(0) == 0
    assert breaker(FAILURES).wait(1) == COOLDOWN - 1
    shaken = breaker(FAILURES - 1)
    shaken.count(0, failed=False)
    shaken.count(0, failed=True)
    assert shaken.wait(0) == 0


def test_half_open_it_lets_one_request_through_whose_outcome_decides() -> None:
    for failed, after in ((True, COOLDOWN), (False, 0)):
        opened = breaker(FAILURES)
        assert opened.wait(COOLDOWN) == 0
        assert opened.wait(COOLDOWN) > 0
        opened.count(COOLDOWN, failed=failed)
        assert opened.wait(COOLDOWN) == after


def test_a_probe_that_never_comes_back_bars_the_next_one_for_one_cooldown() -> None:
    opened = breaker(FAILURES)
    assert opened.wait(COOLDOWN) == 0
    assert opened.wait(2 * COOLDOWN) == 0


@given(st.floats(0.1, 100), st.integers(1, 50), st.lists(st.floats(0, 3), max_size=80))
def test_no_stretch_of_time_has_more_requests_than_its_rate_and_one_burst(
    rate: float, burst: int, pauses: list[float]
) -> None:
    bucket, now, sent = Bucket(rate, burst), 0.0, list[float]()
    for pause in pauses:
        now += pause
        now += bucket.wait(now)
        bucket.take(now)
        sent.append(now)
    for first in range(len(sent)):
        for last in range(first, len(sent)):
            assert last - first + 1 <= burst + (sent[last] - sent[first]) * rate + 1e-6


async def test_the_request_that_is_let_through_to_see_may_wait_for_its_turn(ticks) -> None:
    traffic = Traffic("host", 1, ticks)
    for _ in range(3):  # two at once, and one that waited
        await traffic.admit("ListJobs", anyio.current_time() + 60)
    for _ in range(FAILURES):
        traffic.failed(CloudError("", fix="", code="", kind="unavailable"))
    ticks.now += COOLDOWN
    await traffic.admit("ListJobs", anyio.current_time() + 60)
    with pytest.raises(CloudError, match="was not sent: the last"):
        await traffic.admit("ListJobs", anyio.current_time() + 60)


class Ticks:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def gateway(emulator: Any, settings_for: Any, ticks: Ticks) -> Gateway:
    return Gateway(settings_for(), StaticKey(emulator.access_key_id, emulator.access_key_secret), clock=ticks)


async def refused(gateway: Gateway, read: tuple[Any, ...] = JOBS) -> CloudError:
    with pytest.raises(CloudError) as caught:
        await gateway.read(*read)
    return caught.value


@pytest.mark.parametrize("kind", ["internal_error", "unavailable", "early_close", "html_502"])
async def test_a_broken_endpoint_is_left_alone_and_asked_again_when_it_was_said(gateway, emulator, ticks, kind) -> None:
    emulator.faults.add(Fault("*", kind, times=None))
    codes = [(await refused(gateway)).code for _ in range(5)]
    assert codes[3:] == ["CircuitOpen"] * 2
    assert emulator.requests.actions() == ["ListJobs"] * FAILURES
    ticks.now += 4
    error = await refused(gateway, ("pai-dlc", "GetJob", HANGZHOU, "dlc4stillrunning"))
    assert "It is tried again in 6 s." in error.what
    assert "Wait 6 s" in error.fix
    assert not error.maybe_done
    with pytest.raises(CloudError, match="StopJob was not sent"):
        await gateway.send(*STOP)
    assert len(emulator.requests) == FAILURES
    ticks.now += 6
    assert (await refused(gateway)).code == "CircuitOpen"  # its first try was the probe
    assert len(emulator.requests) == FAILURES + 1
    emulator.faults.clear()
    ticks.now += COOLDOWN
    assert "Jobs" in await gateway.read(*JOBS)
    assert "Jobs" in await gateway.read(*JOBS)


async def test_a_broken_operation_that_somebody_polls_bars_no_stop(gateway, emulator, ticks) -> None:
    """One polls each second; the other stops a job and comes again when it was said."""
    emulator.faults.add(Fault("ListJobs", "unavailable", times=None))
    while (await refused(gateway)).code != "CircuitOpen":
        pass
    told = list[str]()
    for _ in range(4):
        try:
            await gateway.send(*STOP)
        except CloudError as error:
            told.append(error.what)
            for _ in range(int(re.findall(r"again in (\d+) s", error.what)[0])):
                ticks.now += 1
                await refused(gateway)
    assert emulator.requests.actions().count("StopJob") >= 1
    assert len(told) <= 2


async def test_another_product_is_asked_all_the_same(gateway, emulator) -> None:
    emulator.faults.add(Fault("ListJobs", "unavailable", times=None))
    while (await refused(gateway)).code != "CircuitOpen":
        pass
    assert "Workspaces" in await gateway.read("aiworkspace", "ListWorkspaces", HANGZHOU)


@pytest.mark.parametrize("kind", ["no_permission", "numeric_code", "throttling", "expired_token"])
async def test_a_refusal_is_an_answer_and_opens_nothing(gateway, emulator, kind) -> None:
    emulator.faults.add(Fault("ListJobs", kind, times=None, retry_after_ms=1))
    for _ in range(12):
        assert (await refused(gateway)).code != "CircuitOpen"


async def test_many_readers_of_a_dead_endpoint_are_answered_at_once(gateway_for, emulator) -> None:
    """Nobody waits for the threads of those who asked before."""
    emulator.faults.add(Fault("*", "early_close", times=None))
    gateway, codes = gateway_for(), list[str]()

    async def read() -> None:
        codes.append((await refused(gateway)).code)

    async with anyio.create_task_group() as group:
        for _ in range(40):
            group.start_soon(read)
    began = time.monotonic()
    assert (await refused(gateway)).code == "CircuitOpen"
    assert time.monotonic() - began < 1


async def test_requests_beyond_the_rate_wait_their_turn(gateway_for, emulator, monkeypatch) -> None:
    gateway, waits = gateway_for(requests_a_second=20), list[float]()
    slept = anyio.sleep

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        await slept(seconds)

    monkeypatch.setattr(anyio, "sleep", sleep)
    async with anyio.create_task_group() as group:
        for _ in range(44):
            group.start_soon(gateway.read, *JOBS)
    assert len(emulator.requests) == 44
    assert [round(wait, 1) for wait in waits[:4]] == pytest.approx([0.05, 0.1, 0.15, 0.2], abs=0.1)
    assert len(waits) in range(1, 5)


async def test_a_turn_beyond_the_deadline_is_told_instead_of_waited_for(gateway_for, emulator) -> None:
    gateway = gateway_for(requests_a_second=0.01, deadline=5)
    await gateway.read(*JOBS)
    error = await refused(gateway)
    assert (error.code, error.kind, error.maybe_done) == ("RateLimited", "not_asked", False)
    assert "PAI_DLC_REQUESTS_A_SECOND" in error.fix
    assert len(emulator.requests) == 1
    assert "Workspaces" in await gateway.read("aiworkspace", "ListWorkspaces", HANGZHOU)


async def test_this_machine_is_asked_without_a_limit_unless_one_is_set(gateway_for, emulator) -> None:
    gateway = gateway_for()
    for _ in range(3):
        await gateway.read(*JOBS)
    (traffic,) = gateway._traffic.values()
    assert traffic._bucket is None
    elsewhere = gateway_for(endpoint="pai.internal", protocol="https")._traffic_of("pai-dlc", "pai.internal")
    assert elsewhere._bucket.wait(0) == 0
    for _ in range(100):
        elsewhere._bucket.take(0)
    assert elsewhere._bucket.wait(0) == pytest.approx(0.02)
