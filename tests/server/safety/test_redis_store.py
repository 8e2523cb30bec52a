"""The store in Redis: refused at start in a sentence, a clear error during a call, and its password nowhere."""

import json
import logging
import sys
from typing import Any
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr
from redis import Redis

from pai_dlc_mcp import cli
from pai_dlc_mcp.server.safety.stores import open_store
from pai_dlc_mcp.server.settings import Settings, problem

JOB = "dlc4stillrunning"


def refused(address: str) -> str:
    with pytest.raises(ValueError, match="PAI_DLC_STATE") as refusal:
        open_store(SecretStr(address))
    assert "\n" not in str(refusal.value)
    return str(refusal.value)


def test_one_that_cannot_be_used_is_refused_at_start(redis: str, redis_server: Any) -> None:
    password = urlsplit(redis).password or ""
    with redis_server() as address:
        gone = address
    said = [
        refused(gone),
        refused(redis.replace(password, "a-secret-of-mine")),
        refused(redis.replace(f":{password}@", "")),
        refused(f"{redis}?a-secret-of-mine=1"),
        refused("redis://:a-secret-of-mine@127.0.0.1:99999/0"),
    ]
    assert "ConnectionError" in said[0]
    assert "AuthenticationError" in said[1]
    assert "AuthenticationError" in said[2]
    assert not any("a-secret-of-mine" in one or password in one for one in said)


@pytest.mark.long  # the handshake that nobody answers takes 5 s
def test_one_that_speaks_no_tls_is_refused_where_tls_is_asked_for(redis: str) -> None:
    password = urlsplit(redis).password or "?"
    assert password not in refused(redis.replace("redis://", "rediss://"))


def test_one_that_may_drop_what_it_keeps_is_refused(redis_server: Any) -> None:
    with redis_server("--maxmemory", "64mb", "--maxmemory-policy", "volatile-lru") as address:
        assert "volatile-lru" in refused(address)
        Redis.from_url(address).config_set("maxmemory-policy", "noeviction")
        assert open_store(SecretStr(address)).durable


def test_without_its_client_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    monkeypatch.delitem(sys.modules, "pai_dlc_mcp.server.safety.redis_store", raising=False)
    assert "pip install 'pai-dlc-mcp[redis]'" in refused("redis://127.0.0.1/0")


@pytest.mark.parametrize(
    "address",
    ["redis://:a-secret@", "redis://:a/secret@host", "redis://:a@secret@host", "unix:///a-secret", "http://a-secret/"],
)
def test_an_address_that_is_none_is_refused_unquoted(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAI_DLC_STATE", address)
    with pytest.raises(ValueError, match="state") as refusal:
        Settings()
    assert "a-secret" not in problem(refusal.value) + str(refusal.value) + repr(refusal.value)


async def test_when_redis_goes_nothing_is_sent(redis_server: Any, connect: Any, emulator: Any) -> None:
    with redis_server() as address:
        agent = connect(state=address)
        asked = await agent.facts("stop_job", job_id=JOB)
    token = asked["confirmation_token"]
    stop = {"job_id": JOB}
    for tool, arguments in (
        ("stop_job", stop), ("stop_job", {**stop, "confirmation_token": token}), ("create_job", agent.JOB),
    ):  # fmt: skip
        said = await agent.error(tool, **arguments)
        assert "code: StateUnusable" in said
        assert "(Redis at 127.0.0.1: ConnectionError)" in said
        assert "without it nothing is sent" in said
    assert not {"StopJob", "CreateJob"} & set(emulator.requests.actions())


async def test_a_redis_that_takes_no_more_writes_stops_what_needs_it(redis: str, connect: Any, emulator: Any) -> None:
    agent = connect(state=redis)
    with Redis.from_url(redis) as client:
        client.config_set("maxmemory", "1")
        try:
            said = await agent.error("create_job", **agent.JOB)
        finally:
            client.config_set("maxmemory", "0")
    assert "OutOfMemoryError" in said
    assert "CreateJob" not in emulator.requests.actions()
    assert (await agent.facts("create_job", **agent.JOB))["status"] == "created"


async def test_servers_that_share_it_redeem_a_token_once(redis: str, connect: Any, emulator: Any) -> None:
    one, other = connect(state=redis), connect(state=redis)
    token = (await one.facts("stop_job", job_id=JOB))["confirmation_token"]
    assert (await other.facts("stop_job", job_id=JOB, confirmation_token=token))["status"] == "stopped"
    again = await one.facts("stop_job", job_id=JOB, confirmation_token=token)
    assert again["status"] != "stopped"
    assert emulator.requests.actions().count("StopJob") == 1


async def test_its_password_is_not_in_an_answer_or_the_log(redis: str, connect: Any, caplog: Any) -> None:
    password = urlsplit(redis).password or ""
    caplog.set_level(logging.DEBUG)
    agent = connect(state=redis)
    said = await agent.text("get_job", job_id=await connect().job(user_command=f"curl {password}"))
    assert "curl" in said
    assert password not in said + caplog.text


def test_its_password_is_not_in_what_a_command_prints(
    redis: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PAI_DLC_STATE", redis)
    assert cli.main(["tools"]) == 0
    assert cli.main(["approve", "AAAA-AAAA"]) == 1
    cli.main(["doctor", "--offline"])
    shown = capsys.readouterr()
    said = shown.out + shown.err + repr(Settings()) + str(Settings().model_dump())
    assert (urlsplit(redis).password or "") not in said


def test_its_keys_show_nothing_and_leave_others_alone(redis: str) -> None:
    store = open_store(SecretStr(redis))
    with Redis.from_url(redis) as client:
        client.set("somebody's", "else")
        store.put("token", "the-token", {}, 60)
        names = sorted(client.keys())
    assert len(names) == 2
    assert not any(b"the-token" in name for name in names)
    assert store.keys("token") == ["the-token"]


def put_anyhow(redis: str, kind: str, text: bytes | None) -> None:
    """Each record of a kind is this instead, KEY standing for its key; None: no text at all."""
    with Redis.from_url(redis) as client:
        for name in client.keys(f"pai-dlc-mcp:{kind}*"):
            key = json.dumps(json.loads(client.get(name))["key"]).encode()
            client.delete(name)
            client.rpush(name, "x") if text is None else client.set(name, text.replace(b"KEY", key))


TORN = (
    None, b"", b"7", b"[]", b"{}", b"null", b'{"key": KEY}', b'{"value": {}}', b'{"key": KEY, "value": null}',
    b'{"key": KEY, "value": 7}', b'{"key": 7, "value": {}}', b'{"key": "of another", "value": {}}', b"\xff\xfe",
    b'{"key": KEY, "value": ', b"[" * 100_000,
)  # fmt: skip


@pytest.mark.parametrize("text", TORN, ids=lambda text: str(text)[:30])
async def test_what_is_no_record_sends_nothing_and_counts_for_nothing(
    text: bytes | None, redis: str, connect: Any, emulator: Any
) -> None:
    agent = connect(state=redis, limits="jobs_an_hour=9")
    token = (await agent.facts("stop_job", job_id=JOB))["confirmation_token"]
    put_anyhow(redis, "token", text)
    assert "StateUnusable" in await agent.error("stop_job", job_id=JOB, confirmation_token=token)
    create = {**agent.JOB, "allow_same_name": True, "client_request_id": "once-and-only-once"}
    await agent.facts("create_job", **create)
    emulator.account.jobs.clear()  # the journal alone knows of it
    put_anyhow(redis, "create", text)
    assert "StateUnusable" in await agent.error("create_job", **create)
    put_anyhow(redis, "spend", text)
    assert "StateUnusable" in await agent.error("create_job", **{**agent.JOB, "display_name": "another"})
    assert (emulator.requests.actions().count("CreateJob"), emulator.requests.actions().count("StopJob")) == (1, 0)
    with pytest.raises(ValueError, match="Redis"):
        agent.server.app.store.keys("spend")


@pytest.mark.parametrize("text", [*TORN, b'{"key": KEY, "value": {}}', b'{"key": KEY, "value": {"key": ""}}'])
def test_a_key_that_is_none_is_refused_at_start(text: bytes | None, redis: str, connect: Any) -> None:
    connect(state=redis)
    put_anyhow(redis, "key", text)
    with pytest.raises(ValueError, match=r"Redis|key that lies with the state"):
        connect(state=redis)
