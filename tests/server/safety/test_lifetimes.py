"""How long each kind of record is kept: what a user said, what was sent, what may be redeemed."""

import json
from pathlib import Path
from typing import Any

from mcp.types import ElicitResult

from pai_dlc_mcp.emulator.embedded import Emulator

RUNNING = "dlc4stillrunning"
MINUTE, HOUR, DAY = 60, 3600, 24 * 3600
LIVES = {
    "code": 15 * MINUTE,  # PAI_DLC_CONFIRM_TIMEOUT
    "create": 30 * DAY,
    "create-by-body": 10 * MINUTE,  # of a create that was answered
    "decline": DAY,
    "form": HOUR,
    "spend": 2 * DAY,
    "spent": DAY,
    "sweep": 30 * DAY,
}


async def no(*_: Any) -> ElicitResult:
    return ElicitResult(action="decline")


async def test_each_kind_of_record_is_kept_for_its_time(connect: Any, emulator: Emulator, tmp_path: Path) -> None:
    options = {"allow_tools": ("create_job", "stop_job", "create_sweep"), "toolsets": "runs", "state": tmp_path / "s"}
    options["confirm_timeout"] = 900
    agent = connect(**options, limits="gpus_at_once=99", confirm="token")
    first = await agent.job()
    call = {"job_id": first, "points": [{"envs": {"A": "1"}}]}
    asked = await agent.facts("create_sweep", **call)
    await agent.facts("create_sweep", **call, confirmation_token=asked["confirmation_token"])
    user = connect(**options, elicitation_callback=no)
    for _ in range(5):
        await user.facts("stop_job", job_id=RUNNING)
    lives: dict[str, set[int | None]] = {}
    for file in (tmp_path / "s").glob("*/*.json"):
        record = json.loads(file.read_text("utf-8"))
        lives.setdefault(file.parent.name.removesuffix("-emulated"), set()).add(
            round(record["expires"] - record["written"]) if record["expires"] else None
        )
    assert lives.pop("key") == {None}
    assert lives == {kind: {seconds} for kind, seconds in LIVES.items()}
