"""Surrounds every write: checks the aliyun CLI's policy and writes an audit line before it, and one with the outcome
after it."""

import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import anyio

from pai_dlc_mcp.server.cloud.api import Write
from pai_dlc_mcp.server.cloud.errors import CloudError
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.safety import policy
from pai_dlc_mcp.server.safety.audit import Audit, Step
from pai_dlc_mcp.server.safety.caller import Caller


@contextmanager
def writing(audit: Audit, write: Write[Any], caller: Caller, *, asked: bool) -> Generator[list[str]]:
    """Context of one write. `asked`: a user said yes. The caller appends created ids to the yielded list for the last
    audit line. Raises Failure if the user's aliyun CLI policy denies the write."""
    cli = policy.read_cli_policy()
    ruling = cli.ruling(write.product, write.action)
    if ruling == "deny" or (ruling == "confirm" and not asked):
        audit.write("refused", write.action, write.path, write.region, caller, word="denied", rung="aliyun CLI policy")
        raise _denied_by_cli(cli, write.action, ruling)
    audit.intend(write.action, write.path, write.region, caller)
    started, made = time.monotonic(), list[str]()
    step: Step = "unanswered"
    code: str | None = "InternalError"  # for any other exception; the request may have been sent
    try:
        yield made
        step, code = "executed", None
    except Failure as failure:
        step = "unanswered" if isinstance(failure, CloudError) and failure.maybe_done else "failed"
        code = failure.code
        raise
    except anyio.get_cancelled_exc_class():
        code = "Cancelled"
        raise
    finally:
        seconds = round(time.monotonic() - started, 3)
        ids = (*write.path, *made)
        audit.write(step, write.action, ids, write.region, caller, code=code, seconds=seconds)


def _denied_by_cli(cli: policy.CliPolicy, action: str, ruling: policy.Ruling) -> Failure:
    if cli.broken:
        return Failure(
            f"Nothing was sent: {cli.broken}, so every write is denied.",
            fix="Ask the user to repair or remove that safety policy.",
            code="DeniedByPolicy",
        )
    verb = "denies" if ruling == "deny" else "asks to confirm, which this server cannot for that call,"
    return Failure(
        f"Nothing was sent: the user's aliyun CLI safety policy {verb} pai-dlc:{action}.",
        fix="Ask the user to do it with the aliyun CLI, or to change ~/.aliyun/safety-policy.json.",
        code="DeniedByPolicy",
    )
