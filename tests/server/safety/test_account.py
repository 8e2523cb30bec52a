"""Every question names the account and the region; PAI_DLC_ACCOUNT pins it.

STS does not run here: what it would answer is put in the place of that one read.
"""

import time
from collections.abc import Callable
from typing import Any

import anyio.to_thread
import pytest

from pai_dlc_mcp.server.cloud.account import Account, Identity, account_in

JOB = "dlc4stillrunning"
ARN = "acs:ram::1234567890123456:user/alice"


@pytest.fixture
def sts(monkeypatch: pytest.MonkeyPatch) -> Callable[[str | None], list[str]]:
    """sts(arn): what STS answers from now on; the list grows with each time it is asked."""

    def answers(arn: str | None, seconds: float = 0) -> list[str]:
        asked: list[str] = []

        async def identity(account: Account) -> str | None:
            asked.append(account.api.region)
            await anyio.to_thread.run_sync(time.sleep, seconds, abandon_on_cancel=True)
            return arn

        monkeypatch.setattr(Account, "identity", identity)
        return asked

    return answers


async def test_every_question_names_account_and_region(connect: Any, sts: Any) -> None:
    asked = sts(ARN)
    agent = connect(emulator=False, toolsets="admin")
    for tool, arguments in (
        ("stop_job", {"job_id": JOB}), ("get_token", {"target_id": JOB}), ("stop_jobs", {"job_ids": [JOB]}),
    ):  # fmt: skip
        question = (await agent.facts(tool, **arguments))["question"]
        assert f"(account 1234567890123456 as {ARN}, cn-hangzhou, state " in question
    assert len(asked) == 1  # once a process


async def test_without_sts_the_question_says_so(connect: Any, sts: Any) -> None:
    sts(None)
    assert "account not known" in (await connect(emulator=False).facts("stop_job", job_id=JOB))["question"]
    assert "the emulator's account" in (await connect().facts("stop_job", job_id=JOB))["question"]


async def test_an_sts_that_hangs_is_not_waited_for(connect: Any, sts: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Identity, "_PATIENCE", 0.1)
    asked = sts(ARN, seconds=1)
    agent = connect(emulator=False)
    for _ in range(2):
        assert "account not known" in (await agent.facts("stop_job", job_id=JOB))["question"]
    assert len(asked) == 1


@pytest.mark.parametrize("arn", [None, "", "acs:ram::99:root", "1234567890123456", "acs:ram::12345678901234567:root"])
async def test_a_pinned_account_refuses_every_other_and_an_unknown_one(
    connect: Any, emulator: Any, sts: Any, arn: str | None
) -> None:
    sts(arn)
    agent = connect(emulator=False, account="1234567890123456", effects="share_token=allow", toolsets="all")
    for tool, arguments in (
        ("stop_job", {"job_id": JOB}),
        ("get_token", {"target_id": JOB}),
        ("create_job", agent.JOB),
        ("tag_resources", {"job_ids": [JOB], "tags": {"team": "llm"}}),
        ("update_job", {"job_id": JOB, "description": "x"}),
    ):
        said = await agent.error(tool, **arguments)
        assert "Nothing was sent: writes may go to account 1234567890123456 alone" in said
    assert not {"StopJob", "GetToken", "CreateJob", "TagResources", "UpdateJob"} & set(emulator.requests.actions())


async def test_the_pinned_account_itself_is_let_through(connect: Any, sts: Any) -> None:
    sts(ARN)
    agent = connect(emulator=False, account="1234567890123456")
    assert (await agent.facts("create_job", **agent.JOB))["status"] == "created"


@pytest.mark.parametrize(
    ("arn", "number"),
    [
        (ARN, "1234567890123456"),
        ("acs:sts::12:assumed-role/x/acs:ram::99:root", "12"),
        ("acs:ram::12", None),
        ("x acs:ram::12:root", None),
        (None, None),
    ],
)
def test_the_account_in_an_arn(arn: str | None, number: str | None) -> None:
    assert account_in(arn) == number
