"""The operator's spend limits, as an agent meets them: asked near one, refused above it, also after a restart."""

from typing import Any

import pytest

LIMIT = "PAI_DLC_LIMITS"


def creates(emulator: Any) -> int:
    return emulator.requests.actions().count("CreateJob")


@pytest.mark.parametrize("state", ["folder", "memory"])
async def test_forty_creates_of_a_looping_agent_stop_at_the_limit_also_after_a_restart(
    connect, emulator, tmp_path, state
) -> None:
    where = {"state": tmp_path / "state" if state == "folder" else "memory"}
    limits = "jobs_an_hour=10,ask_from=1"

    def agent() -> Any:
        return connect(allow_tools=("create_job",), limits=limits, effects="spend=allow", **where)

    first, second = agent(), agent()
    said: list[str] = []
    for number in range(40):
        server = first if number < 7 else second
        result = await server.call("create_job", **{**server.JOB, "display_name": f"loop-{number}"})
        said += [result.content[0].text] if result.is_error else []
    assert creates(emulator) == 10
    assert len(said) == 30
    assert "jobs_an_hour: 10 of 10 jobs in an hour, would be 11" in said[0]
    emulator.clock.advance(3601)
    await first.job(display_name="later")
    assert creates(emulator) == 11
