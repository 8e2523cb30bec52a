"""`pai-dlc-mcp approve CODE`: a person at a terminal answers a question of an agent (PAI_DLC_CONFIRM=human, or after a
declined form)."""

import argparse
import sys
import time
from collections.abc import Sequence

from pai_dlc_mcp.server.safety.confirmation import Confirmations
from pai_dlc_mcp.server.safety.declines import About, Declines
from pai_dlc_mcp.server.safety.stores import open_store
from pai_dlc_mcp.server.settings import Settings, problem


def run(argv: Sequence[str]) -> int:
    """Exit code: 0 approved, 1 not approved, 2 unusable configuration. stdin must be a terminal, since a pipe can be an
    agent."""
    parser = argparse.ArgumentParser(prog="pai-dlc-mcp approve", description=__doc__)
    parser.add_argument("code", help="the code the agent was given, e.g. K7QX-M2PD")
    code = parser.parse_args(argv).code.upper()
    try:
        return _answered(code, Settings())
    except (OSError, ValueError) as error:
        print(f"pai-dlc-mcp approve: {problem(error) if isinstance(error, ValueError) else error}", file=sys.stderr)
        return 2


def _answered(code: str, settings: Settings) -> int:
    if settings.state == "memory":
        raise ValueError("PAI_DLC_STATE=memory: what a server keeps in its memory cannot be approved from here")
    store = open_store(settings.state)
    confirmations = Confirmations(store, settings.confirm_timeout, time.time)
    record = confirmations.waiting(code)
    if record is None:
        print(f"No question waits under {code}: it expired, was answered, or is of another user.", file=sys.stderr)
        return 1
    if not sys.stdin.isatty():
        print("approve has to be run by a person at a terminal.", file=sys.stderr)
        return 1
    print(record["question"])
    yes = input("Type yes to approve: ").strip().lower() == "yes"
    if not yes:
        about = About(record["principal"], tuple(record["effects"]), tuple(record["ids"]), record["region"])
        Declines(store).note(about)
    answered = confirmations.answer(code, record, yes=yes)
    if yes and answered:
        print("Approved. The agent can call again with the code now.")
        return 0
    print("Not approved: it is no longer waiting." if yes else "Not approved. The agent is told so for 24 hours.")
    return 1
