"""Notifications: a server watches jobs of the emulator, a loopback sink counts what is posted."""

import json
import logging
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import anyio
import anyio.to_thread
import pytest
from mcp import Client
from pydantic import ValidationError
from redis import Redis

from pai_dlc_mcp import tools
from pai_dlc_mcp.emulator.faults import Fault
from pai_dlc_mcp.server import app, notify
from pai_dlc_mcp.server.cloud.credentials import StaticKey
from pai_dlc_mcp.server.safety.stores import open_store
from pai_dlc_mcp.server.settings import Settings
from tests.conftest import JOB, virtual

FINISHED = "dlc1succeeded001"
SECRET = "hunter2-of-the-team"
CONFIRM_KEY = "the key under which this server seals what it asks"


class Sink(ThreadingHTTPServer):
    """Takes messages; `answer` is what it says to each, `raw` says it in bytes of its own."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Taken)
        self.taken = list[dict[str, Any]]()
        self.answer: tuple[int, dict[str, str], bytes] = (200, {"content-type": "application/json"}, b"{}")
        self.raw: Callable[[Callable[[bytes], Any]], None] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook?access_token=webhook-key"


class _Taken(BaseHTTPRequestHandler):
    server: Sink  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.taken.append(json.loads(body))
        if self.server.raw:
            with suppress(OSError):  # whoever asked has gone
                self.server.raw(self.wfile.write)
            return
        code, headers, text = self.server.answer
        self.send_response(code)
        for name, value in {**headers, "content-length": str(len(text))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None: ...


@pytest.fixture
def sink() -> Generator[Sink]:
    with Sink() as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server
        server.shutdown()


class Team:
    """Servers of one state folder whose looks are made by hand."""

    def __init__(self, settings: Settings, emulator: Any) -> None:
        key = StaticKey(emulator.access_key_id, emulator.access_key_secret)
        self.clock = virtual(emulator)
        self.build = lambda: app.build(settings, tools.TOOLSETS, key, clock=self.clock)
        self.server = self.build()
        self.watch = self.watcher(self.server)

    def watcher(self, server: app.Server) -> notify.Watch:
        return notify.Watch(server.app)

    async def call(self, tool: str, **arguments: Any) -> Any:
        async with Client(self.server, cache=None) as client:
            return await client.call_tool(tool, arguments)


@pytest.fixture
def team(settings_for, emulator, sink, tmp_path, monkeypatch) -> Team:
    monkeypatch.setattr(notify.Watch, "_run", lambda _: anyio.sleep(0))  # the test looks
    settings = settings_for(
        notify=sink.url, notify_hosts="127.0.0.1", state=tmp_path / "state", confirm_keys=(CONFIRM_KEY,)
    )
    return Team(settings, emulator)


async def made(team: Team, emulator: Any, **changes: Any) -> str:
    """A job created here that will fail."""
    result = await team.call("create_job", **{**JOB, "envs": {"EMULATOR_SCENARIO": "cuda_oom"}, **changes})
    assert not result.is_error, result
    return result.structured_content["job_id"]


async def test_one_message_tells_the_end_of_a_job_that_was_created_here(team, emulator, sink) -> None:
    job = await made(team, emulator)
    await team.watch.look()
    assert sink.taken == []
    emulator.clock.advance(7200)
    for _ in range(3):
        await team.watch.look()
    (message,) = sink.taken
    assert message["text"].startswith(f"PAI-DLC emulator: job resnet50 ({job}) in cn-hangzhou has ended: Failed. ")
    assert message["verdict"] in message["text"]
    assert (message["job_id"], message["status"], message["region"]) == (job, "Failed", "cn-hangzhou")


async def test_a_job_waited_for_is_told_of_and_one_that_was_over_before_is_not(team, emulator, agent, sink) -> None:
    theirs = await agent.job(envs={"EMULATOR_SCENARIO": "long_running"}, job_max_running_time_minutes=5)
    await team.call("wait_for_jobs", job_ids=[theirs, FINISHED])
    emulator.clock.advance(7200)
    await team.watch.look()
    assert [(message["job_id"], message["status"]) for message in sink.taken] == [(theirs, "Stopped")]


async def test_it_is_taken_up_again_after_a_restart_and_told_once_by_many_replicas(team, emulator, sink) -> None:
    await made(team, emulator)
    emulator.clock.advance(7200)
    others = [team.watcher(team.build()) for _ in range(4)]
    async with anyio.create_task_group() as group:
        for other in others:
            group.start_soon(other.look)
    assert len(sink.taken) == 1


async def test_what_was_marked_before_the_server_died_is_never_sent_again(team, emulator, sink, monkeypatch) -> None:
    await made(team, emulator)
    emulator.clock.advance(7200)

    class Killed(BaseException): ...

    def died(*_: object) -> Any:
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(team.watch, "_post", died)
        with pytest.raises(Killed):
            await team.watch.look()
    await team.watcher(team.build()).look()
    assert sink.taken == []


async def test_an_equal_create_of_a_job_that_was_told_is_not_told_again(team, emulator, sink) -> None:
    arguments = {"client_request_id": "once-and-only-once"}
    await made(team, emulator, **arguments)
    emulator.clock.advance(7200)
    await team.watch.look()
    await made(team, emulator, **arguments)
    await team.watch.look()
    assert len(sink.taken) == 1


async def test_nothing_secret_is_told(team, emulator, sink) -> None:
    job = await made(team, emulator, envs={"EMULATOR_SCENARIO": "cuda_oom", "API_TOKEN": SECRET})
    emulator.clock.advance(7200)
    body = emulator.account.jobs[job].body
    body["DisplayName"] = f"resnet {SECRET} {CONFIRM_KEY} </untrusted-data>"
    await team.watch.look()
    said = json.dumps(sink.taken)
    assert len(sink.taken) == 1
    assert SECRET not in said
    assert CONFIRM_KEY not in said
    assert "</untrusted-data>" not in said


@pytest.mark.parametrize(
    ("answer", "logged"),
    [
        ((302, {"location": "/other"}, b""), "HTTP 302"),
        ((500, {}, b"webhook-key"), "HTTP 500"),
        ((200, {}, b'{"errcode": 310000, "errmsg": "keywords not in content webhook-key"}'), "code 310000"),
    ],
)
async def test_a_refused_message_is_logged_without_the_address_and_not_sent_again(
    answer, logged, team, emulator, sink, caplog
) -> None:
    caplog.set_level(logging.DEBUG)
    sink.answer = answer
    await made(team, emulator)
    emulator.clock.advance(7200)
    for _ in range(2):
        await team.watch.look()
    assert len(sink.taken) == 1
    assert logged in caplog.text
    assert "webhook-key" not in caplog.text


async def test_no_call_suffers_from_a_webhook_that_is_gone(team, emulator, sink, caplog) -> None:
    sink.server_close()
    await made(team, emulator)
    emulator.clock.advance(7200)
    await team.watch.look()
    assert "ConnectionError" in caplog.text
    assert "webhook-key" not in caplog.text


async def test_a_job_that_cannot_be_read_for_now_stays_watched(team, emulator, sink) -> None:
    await made(team, emulator)
    emulator.clock.advance(7200)
    emulator.faults.add(Fault("GetJob", "no_permission", times=1))
    await team.watch.look()
    assert sink.taken == []
    await team.watcher(team.build()).look()
    assert len(sink.taken) == 1


async def test_an_end_whose_message_could_not_be_made_is_told_by_the_next_look(team, emulator, sink) -> None:
    await made(team, emulator)
    emulator.clock.advance(7200)
    emulator.faults.add(Fault("GetJob", "no_permission", times=1, skip=1))  # the look sees it, the message does not
    await team.watch.look()
    assert sink.taken == []
    await team.watch.look()
    assert len(sink.taken) == 1


async def test_a_region_that_cannot_be_looked_at_keeps_no_other_from_being_told(team, emulator, sink) -> None:
    team.server.app.store.put("watched", "dlc0elsewhere0000", {"region": "no region"}, 3600)
    await made(team, emulator)
    emulator.clock.advance(7200)
    await team.watch.look()
    assert len(sink.taken) == 1


@pytest.mark.parametrize("record", [{}, {"region": None}, {"region": 7}, {"region": ["cn-hangzhou"]}, {"region": {}}])
async def test_a_record_that_says_no_region_ends_neither_the_looks_nor_the_server(
    record, settings_for, emulator, sink, tmp_path
) -> None:
    running = Team(settings_for(notify=sink.url, notify_hosts="127.0.0.1", state=tmp_path / "state"), emulator)
    running.server.app.store.put("watched", "dlc0elsewhere0000", record, 3600)
    async with Client(running.server, cache=None) as client:
        result = await client.call_tool("create_job", {**JOB, "envs": {"EMULATOR_SCENARIO": "cuda_oom"}})
        assert not result.is_error
        for _ in range(200):  # its clock is the emulator's, which each pause moves on
            if sink.taken:
                break
            await anyio.sleep(0.02)
        assert not (await client.call_tool("get_job", {"job_id": FINISHED})).is_error
    assert len(sink.taken) == 1


async def test_a_torn_record_ends_no_server_and_once_it_is_gone_the_others_are_told(
    redis, settings_for, emulator, sink
) -> None:
    settings = settings_for(notify=sink.url, notify_hosts="127.0.0.1", state=redis)
    team = Team(settings, emulator)
    await made(team, emulator)
    team.server.app.store.put("watched", "dlc0elsewhere0000", {"region": "cn-hangzhou"}, 3600)
    with Redis.from_url(redis) as client:
        names = client.keys("pai-dlc-mcp:watched*:*")
        (name,) = (name for name in names if b"elsewhere" in client.get(name))
        client.set(name, b"7")
        emulator.clock.advance(7200)
        async with Client(team.server, cache=None) as served:
            for _ in range(20):
                await anyio.sleep(0.02)
            assert not (await served.call_tool("get_job", {"job_id": FINISHED})).is_error
            assert sink.taken == []
            client.delete(name)
            for _ in range(200):
                if sink.taken:
                    break
                await anyio.sleep(0.02)
    assert len(sink.taken) == 1


async def test_of_an_answer_without_an_end_a_few_bytes_are_read(team, emulator, sink, caplog) -> None:
    sent = 0

    def endless(write: Callable[[bytes], Any]) -> None:
        nonlocal sent
        write(b"HTTP/1.1 500 Oops\r\n\r\n")
        while sent < 300_000_000:
            sent += write(b"x" * 65536)

    sink.raw = endless
    await made(team, emulator)
    emulator.clock.advance(7200)
    await team.watch.look()
    assert "HTTP 500" in caplog.text
    assert sent < 100_000_000


async def test_an_answer_that_drips_is_waited_for_no_longer_than_any(team, emulator, sink, caplog, monkeypatch) -> None:
    monkeypatch.setattr(notify, "_POST_S", 0.3)
    over = threading.Event()

    def drip(write: Callable[[bytes], Any]) -> None:
        write(b"HTTP/1.1 200 OK\r\n")
        while not over.wait(0.05):
            write(b"a: b\r\n")

    sink.raw = drip
    await made(team, emulator)
    emulator.clock.advance(7200)
    began = time.monotonic()
    await team.watch.look()
    assert time.monotonic() - began < 3
    over.set()
    assert "a notification was not taken: TimeoutError" in caplog.text


async def test_a_torn_answer_puts_no_address_into_the_log(team, emulator, sink, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    sink.raw = lambda write: write(b"HTTP/1.1 200 OK\r\nno header webhook\r\n: x\r\n\r\n{}")
    await made(team, emulator)
    emulator.clock.advance(7200)
    await team.watch.look()
    assert len(sink.taken) == 1
    assert "webhook-key" not in caplog.text


async def test_a_server_without_the_setting_watches_nothing(settings_for, emulator, tmp_path) -> None:
    settings = settings_for(state=tmp_path / "state")
    team = Team(settings, emulator)
    await made(team, emulator)
    assert team.server.app.store.keys("watched") == []


async def test_a_server_of_the_emulator_takes_no_end_of_the_account_s_for_its_own(
    team, emulator, sink, tmp_path
) -> None:
    await made(team, emulator)
    open_store(tmp_path / "state").put("watched", "dlc0ofaccount000", {"region": "cn-hangzhou"}, 3600)
    emulator.clock.advance(7200)
    await team.watch.look()
    assert len(sink.taken) == 1
    assert open_store(tmp_path / "state").get("watched", "dlc0ofaccount000")


@pytest.mark.parametrize("url", ["https://example.com/webhook-key", "http://oapi.dingtalk.com/webhook-key", "x"])
def test_an_address_of_no_known_host_is_refused_at_start_without_being_repeated(settings_for, url) -> None:
    with pytest.raises(ValidationError) as refused:
        settings_for(notify=url)
    assert "webhook-key" not in str(refused.value)


async def test_a_server_looks_for_as_long_as_it_runs(settings_for, emulator, sink, tmp_path) -> None:
    settings = settings_for(notify=sink.url, notify_hosts="127.0.0.1", state=tmp_path / "state")
    running = Team(settings, emulator)
    async with Client(running.server, cache=None) as client:
        result = await client.call_tool("create_job", {**JOB, "envs": {"EMULATOR_SCENARIO": "cuda_oom"}})
        assert not result.is_error
        emulator.faults.add(Fault("GetJob", "no_permission", times=1))
        for _ in range(200):  # its clock is the emulator's, which each pause moves on
            if sink.taken:
                break
            await anyio.sleep(0.02)
    assert len(sink.taken) == 1


@pytest.mark.long
async def test_servers_killed_at_fifty_random_moments_tell_each_end_at_most_once(
    emulator, agent, sink, tmp_path
) -> None:
    jobs = [await agent.job(display_name=f"j{number}") for number in range(50)]
    emulator.clock.advance(7200)
    here = {
        "REGION": "cn-hangzhou",
        "ENDPOINT": emulator.endpoint,
        "PROTOCOL": "http",
        "STATE": str(tmp_path / "state"),
    }
    here |= {"NOTIFY": sink.url, "NOTIFY_HOSTS": "127.0.0.1"}
    keys = {"ID": emulator.access_key_id, "SECRET": emulator.access_key_secret}
    environment = {**os.environ, **{f"PAI_DLC_{name}": value for name, value in here.items()}}
    environment |= {f"ALIBABA_CLOUD_ACCESS_KEY_{name}": value for name, value in keys.items()}
    dice, store = random.Random(7), open_store(tmp_path / "state")

    def serve(seconds: float) -> None:
        command = [sys.executable, "-m", "pai_dlc_mcp.cli", "serve"]
        with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as server:
            time.sleep(seconds)
            server.kill()

    for job in jobs:
        store.put("watched", job, {"region": "cn-hangzhou"}, None)
        await anyio.to_thread.run_sync(serve, dice.uniform(0.5, 2.5))
    await anyio.to_thread.run_sync(serve, 15)
    told = [message["job_id"] for message in sink.taken]
    assert len(told) == len(set(told))
    assert 25 < len(told) <= 50
    assert store.keys("watched") == []
