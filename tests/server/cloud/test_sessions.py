"""With PAI_DLC_ROLE_ARN each caller's requests go out in a session of the role that is named after the caller."""

import re
import time
from contextlib import contextmanager
from typing import Any

import anyio
import pytest
from mcp.server.auth.middleware.auth_context import auth_context_var
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from Tea.core import TeaCore

from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.emulator.faults import Fault
from pai_dlc_mcp.server.cloud import sessions
from pai_dlc_mcp.server.cloud.errors import CloudError
from pai_dlc_mcp.server.cloud.gateway import Gateway
from pai_dlc_mcp.server.safety.caller import session_name
from pai_dlc_mcp.server.settings import Settings

ROLE = "acs:ram::1234567890123456:role/dlc-agents"
JOB = "dlc4stillrunning"


@pytest.fixture(autouse=True)
def plain_sts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK asks STS over TLS alone; the emulator, which plays it, has none."""
    do_action = TeaCore.do_action

    def plain(request: Any, options: Any = None) -> Any:
        request.protocol = "http"
        return do_action(request, options)

    monkeypatch.setattr(TeaCore, "do_action", plain)


@contextmanager
def calling(subject: str, client: str = "agent") -> Any:
    """As the SDK's middleware has it while a request of this subject is answered."""
    user = AuthenticatedUser(AccessToken(token="t" * 32, client_id=client, subject=subject, scopes=[]))
    token = auth_context_var.set(user)
    try:
        yield
    finally:
        auth_context_var.reset(token)


def seen(emulator: Emulator, action: str) -> list[str]:
    return [request.session for request in emulator.requests if request.action == action]


def assumed(emulator: Emulator) -> list[str]:
    return [request.query["RoleSessionName"] for request in emulator.requests if request.action == "AssumeRole"]


async def test_each_caller_s_requests_carry_the_caller_s_session(connect: Any, emulator: Emulator) -> None:
    agent = connect(emulator=False, role_arn=ROLE)
    for subject in ("alice", "bob@example.com", "alice"):
        with calling(subject):
            question = (await agent.facts("stop_job", job_id=JOB))["question"]
        arn = f"acs:ram::1234567890123456:assumed-role/dlc-agents/{subject}"
        assert f"(account 1234567890123456 as {arn}, cn-hangzhou" in question
    assert seen(emulator, "GetJob") == ["alice", "bob@example.com", "alice"]
    assert assumed(emulator) == ["alice", "bob@example.com"]  # the first one's key is kept
    await agent.facts("get_job", job_id=JOB)
    assert seen(emulator, "GetJob")[-1] == "local"


async def test_callers_at_once_are_not_mixed_up(connect: Any, emulator: Emulator) -> None:
    agent = connect(emulator=False, role_arn=ROLE)

    async def ask(subject: str, job: str) -> None:
        with calling(subject):
            await agent.facts("get_job", job_id=job)

    jobs = sorted(emulator.account.jobs)[:6]
    async with anyio.create_task_group() as group:
        for number, job in enumerate(jobs):
            group.start_soon(ask, f"user-{number}", job)
    asked = {request.ids["JobId"]: request.session for request in emulator.requests if request.action == "GetJob"}
    assert asked == {job: f"user-{number}" for number, job in enumerate(jobs)}


async def test_a_write_carries_it_too_and_the_pinned_account_is_the_role_s(connect: Any, emulator: Emulator) -> None:
    with calling("alice"):
        agent = connect(emulator=False, role_arn=ROLE, account="1234567890123456")
        assert (await agent.facts("create_job", **agent.JOB))["status"] == "created"
        said = await connect(emulator=False, role_arn=ROLE, account="99").error(
            "create_job", **{**agent.JOB, "display_name": "another"}
        )
    assert "writes may go to account 99 alone" in said
    assert seen(emulator, "CreateJob") == ["alice"]


@pytest.mark.parametrize(
    ("role", "code"), [("acs:ram::99:role/x", "EntityNotExist.Role"), (ROLE, "SignatureDoesNotMatch")]
)
async def test_a_role_that_cannot_be_assumed_is_named_and_nothing_is_sent(
    role: str, code: str, connect: Any, emulator: Emulator
) -> None:
    agent = connect(emulator=False, role_arn=role)
    key = emulator.account.keys[emulator.access_key_id]
    secret = key.secret
    if code == "SignatureDoesNotMatch":
        key.secret = "another"
    try:
        with calling("alice"):
            told = [await agent.error("create_job", **agent.JOB), await agent.error("get_job", job_id=JOB)]
    finally:
        key.secret = secret
    for said in told:
        assert f"{role} could not be assumed as alice ({code})" in said
        assert "PAI_DLC_ROLE_ARN" in said
        assert secret not in said
        assert emulator.access_key_id not in said
    assert set(emulator.requests.actions()) == {"AssumeRole"}


async def test_an_sts_that_is_not_there_is_said(gateway_for: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    gateway = gateway_for(role_arn=ROLE, endpoint="127.0.0.1:1")
    with pytest.raises(CloudError, match="STS gave no answer") as refused:
        await gateway.read("pai-dlc", "ListJobs", "cn-hangzhou")
    assert not refused.value.maybe_done


async def test_an_sts_that_fails_for_one_caller_bars_nobody_who_has_a_key(
    gateway_for: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = gateway_for(role_arn=ROLE)
    gateway._caller = lambda: "alice"
    await gateway.read("pai-dlc", "ListJobs", "cn-hangzhou")
    do_action = TeaCore.do_action

    def gone(request: Any, options: Any = None) -> Any:
        if request.query.get("Action") == "AssumeRole":
            request.headers["host"] = "127.0.0.1:1"
        return do_action(request, options)

    monkeypatch.setattr(TeaCore, "do_action", gone)
    gateway._caller = lambda: "bob"
    for _ in range(5):
        with pytest.raises(CloudError, match="STS gave no answer"):
            await gateway.read("pai-dlc", "ListJobs", "cn-hangzhou")
    gateway._caller = lambda: "alice"
    assert "Jobs" in await gateway.read("pai-dlc", "ListJobs", "cn-hangzhou")


async def test_the_key_is_renewed_before_it_expires(
    gateway_for: Any, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = gateway_for(role_arn=ROLE)
    now = time.localtime
    asked: list[int] = []
    for ahead in (0, 2600, 2800):  # of 3,600 s, less 15 minutes
        monkeypatch.setattr(time, "localtime", lambda *at, ahead=ahead: now(*(at or (time.time() + ahead,))))
        await gateway.read("pai-dlc", "ListJobs", "cn-hangzhou")
        asked.append(len(assumed(emulator)))
    assert asked[0] == asked[1] == 1
    assert asked[2] > 1


@pytest.mark.parametrize("action", ["GetJob", "CreateJob"])
async def test_a_key_that_the_service_takes_no_more_is_of_one_call_alone(
    action: str, connect: Any, emulator: Emulator
) -> None:
    agent = connect(emulator=False, role_arn=ROLE)
    emulator.faults.add(Fault(action, "expired_token", times=1))
    call = {"GetJob": ("get_job", {"job_id": JOB}), "CreateJob": ("create_job", agent.JOB)}[action]
    with calling("alice"):
        assert "have expired" in await agent.error(call[0], **call[1])
        assert assumed(emulator) == ["alice"]
        await agent.facts(call[0], **call[1])
    assert assumed(emulator) == ["alice", "alice"]
    assert emulator.requests.actions().count(action) == 2


async def test_of_many_callers_the_last_are_kept(
    settings_for: Any, gateway_for: Any, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "_MOST", 2)
    gateway: Gateway = gateway_for(role_arn=ROLE)
    for name in ("one", "two", "one", "three", "one", "two"):
        gateway._caller = lambda name=name: name
        await gateway.read("pai-dlc", "ListJobs", "cn-hangzhou")
    assert assumed(emulator) == ["one", "two", "three", "two"]
    assert seen(emulator, "ListJobs") == ["one", "two", "one", "three", "one", "two"]


async def test_check_setup_tells_the_session(connect: Any) -> None:
    with calling("alice"):
        told = await connect(emulator=False, role_arn=ROLE).facts("check_setup")
    assert told["identity"].endswith(":assumed-role/dlc-agents/alice")
    assert told["credentials"].startswith("ram_role_arn/")


@pytest.mark.parametrize(
    "subject",
    [
        "auth0|12",
        "a",
        "local",
        "x" * 65,
        "王小明",
        "a b",
        "a/b",
        "\ud800",
        "",
        "https://idp/u?id=1&x=2",
        "a:b",
        "a,b=c",
    ],
)
def test_a_subject_that_is_no_session_s_name_gets_one_of_its_own(subject: str) -> None:
    with calling(subject):
        name = session_name()
    assert re.fullmatch(r"[A-Za-z0-9.@_-]{2,64}", name)
    assert name not in (subject, "local")
    with calling(f"{subject}!"):
        assert session_name() != name


def test_no_subject_is_the_session_of_another() -> None:
    names: list[str] = []
    for subject in ("a b", "x" * 65):
        with calling(subject):
            names.append(session_name())
    for name in names:  # a subject that somebody chose because it is the name of another's session
        with calling(name):
            assert session_name() not in names
            assert re.fullmatch(r"[A-Za-z0-9.@_-]{2,64}", session_name())


def test_where_nobody_is_told_apart_it_is_local() -> None:
    assert session_name() == "local"


@pytest.mark.parametrize("role", ["agents", "acs:ram::x:role/a", "acs:ram::1:role/", "acs:ram::1:user/a", f"{ROLE} b"])
def test_what_is_no_role_is_refused_at_start(role: str) -> None:
    with pytest.raises(ValueError, match="role_arn"):
        Settings(role_arn=role)


def test_a_subject_that_may_be_one_is_taken_as_it_is() -> None:
    with calling("alice@example.com"):
        assert session_name() == "alice@example.com"
