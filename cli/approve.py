"""`pai-dlc-mcp approve CODE`: a person at a terminal says yes to what an agent asked for (PAI_DLC_CONFIRM=human)."""

import argparse
import sys
import time
from collections.abc import Sequence

from pai_dlc_mcp.server.safety.approvals import Approvals
from pai_dlc_mcp.server.settings import Settings


def run(argv: Sequence[str]) -> int:
    """0 approved, 1 not. Only a terminal may answer: a pipe is not a person."""
    parser = argparse.ArgumentParser(prog="pai-dlc-mcp approve", description=__doc__)
    parser.add_argument("code", help="the code the agent was given, e.g. K7QX-M2PD")
    given = parser.parse_args(argv)
    settings = Settings()
    approvals = Approvals(settings.approvals, settings.confirm_timeout, time.time)
    code = given.code.upper()
    request = approvals.find(code)
    if request is None or time.time() >= request.expires:
        print(f"No question waits under {code}: it expired, was answered, or is of another user.", file=sys.stderr)
        return 1
    if not sys.stdin.isatty():
        print("approve has to be run by a person at a terminal.", file=sys.stderr)
        return 1
    print(request.question)
    if input("Type yes to approve: ").strip().lower() != "yes":
        print("Not approved.")
        return 1
    approvals.approve(code)
    print("Approved. The agent can call again with the code now.")
    return 0
