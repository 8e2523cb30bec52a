"""`make evals`: runs the good agent by each way to the service, and the bad ones; prints a table. Exit code 1 for an
unexpected outcome.

python -m evals                     # the scripted agents
python -m evals --model NAME        # a model, see model.py
python -m evals --export DIRECTORY  # mcpchecker's files, see mcpchecker.py
"""

import argparse
import json
import logging
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import anyio

from evals import arms, mcpchecker, model
from evals.agent import scripted
from evals.arms import ARMS
from evals.bad import AGENTS, FAILS, bad, fails
from evals.stage import Agent, Result, play
from evals.task import Task
from evals.tasks import TASKS
from pai_dlc_mcp.emulator import embedded
from pai_dlc_mcp.emulator.clock import Clock
from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.server.budget.limits import tokens

START = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)
WAYS = (("proxy", True), ("server", False), ("server", True))
"""For the bad agents: arm, and whether the client has forms. With the CLI they send the same as with the proxy."""


async def played(emulator: Emulator, tasks: Sequence[Task], arm: str, agent: Agent, form: bool) -> list[Result]:
    return [await play(emulator, task, arm, agent, form=form) for task in tasks]


async def listed(emulator: Emulator, arm: str) -> tuple[int, int]:
    """Number of tools, and tokens of their list, which a model gets before its first call."""
    async with arms.opened(arm, emulator, lambda _: False, form=True, settings={}) as opened:
        found = await opened.tools()
    return len(found), sum(tokens(json.dumps(tool)) for tool in found)


def print_costs(by_arm: dict[str, list[Result]]) -> None:
    names = list(by_arm)
    print(f"{'':20}" + "".join(f"{name:>31}" for name in names))
    print(f"{'task':20}" + f"{'calls':>7}{'bytes':>9}{'tokens':>8}{'writes':>7}" * len(names))
    for row in zip(*by_arm.values(), strict=True):
        print(f"{row[0].task:20}" + "".join(map(_cells, ([one] for one in row))))
        for name, one in zip(names, row, strict=True):
            if one.wrong:
                print(f"{'':20}{name}: {'; '.join(one.wrong)[:200]}")
    print(f"{'all':20}" + "".join(map(_cells, by_arm.values())))
    done = (f"{sum(not one.wrong for one in found)} of {len(found)} done" for found in by_arm.values())
    print(f"{'':20}" + "".join(f"{text:>31}" for text in done))


def write_logs(folder: Path, by_arm: dict[str, list[Result]]) -> None:
    """Write the calls and results, one file for each task."""
    folder.mkdir(parents=True, exist_ok=True)
    for arm, found in by_arm.items():
        for one in found:
            (folder / f"{arm}-{one.task}.txt").write_text("\n\n".join([*one.log, *one.wrong]), "utf-8")


def _cells(found: Iterable[Result]) -> str:
    rows = list(found)
    calls, size = sum(one.calls for one in rows), sum(one.bytes for one in rows)
    return f"{calls:7}{size:9,}{sum(one.tokens for one in rows):8,}{sum(one.writes for one in rows):7}"


async def with_scripts(emulator: Emulator, tasks: Sequence[Task], *, only_good: bool) -> bool:
    by_arm = {arm: await played(emulator, tasks, arm, scripted(AGENTS[arm]), True) for arm in ARMS}
    print_costs(by_arm)
    for arm in ARMS:
        count, cost = await listed(emulator, arm)
        print(f"{arm:7}{count:4} tools listed, {cost:7,} tokens")
    fine = not any(one.wrong for found in by_arm.values() for one in found)
    return (only_good or await _bad_ones(emulator, tasks)) and fine


async def _bad_ones(emulator: Emulator, tasks: Sequence[Task]) -> bool:
    fine, names = True, {task.name for task in tasks}
    ways = [f"{arm}{'' if form or arm != 'server' else ', no form'}" for arm, form in WAYS]
    print("\ntasks failed by    " + "".join(f"{way:>17}" for way in ways))
    for habit in FAILS:
        cells: list[str] = []
        for arm, form in WAYS:
            results = await played(emulator, tasks, arm, scripted(bad(habit, arm)), form)
            failed = {one.task for one in results if one.wrong}
            wanted = fails(habit, arm, form=form) & names
            fine &= failed == wanted
            cells.append(f"{len(failed)}" + ("" if failed == wanted else f" not {len(wanted)}: {failed ^ wanted}"))
        print(f"{habit.__name__:19}" + "".join(f"{cell:>17}" for cell in cells))
    return fine


async def with_model(emulator: Emulator, tasks: Sequence[Task], name: str, chosen: Sequence[str], logs: str) -> bool:
    agent = model.agent(model.Endpoint.of(name))
    by_arm = {arm: await played(emulator, tasks, arm, agent, True) for arm in chosen}
    print_costs(by_arm)
    if logs:
        write_logs(Path(logs), by_arm)
    return not any(one.wrong for found in by_arm.values() for one in found)


def main(given: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m evals", description=__doc__)
    parser.add_argument("--task", action="append", choices=[task.name for task in TASKS], help="only this; repeatable")
    parser.add_argument("--arm", action="append", choices=ARMS, help="of a model: only this; repeatable")
    parser.add_argument("--good", action="store_true", help="leave the bad agents out")
    parser.add_argument("--model", help="let this model do the tasks")
    parser.add_argument("--logs", default="", help="folder for what a model called and read")
    parser.add_argument("--export", type=Path, help="folder for mcpchecker's files")
    options = parser.parse_args(given)
    tasks = [task for task in TASKS if not options.task or task.name in options.task]
    if options.export:
        print(mcpchecker.export(options.export, tasks))
        return 0
    with embedded.start(clock=Clock(START, speed=0)) as emulator:
        if options.model:
            run = partial(with_model, emulator, tasks, options.model, options.arm or ARMS, options.logs)
        else:
            run = partial(with_scripts, emulator, tasks, only_good=options.good)
        return 0 if anyio.run(run) else 1


if __name__ == "__main__":
    logging.disable(logging.INFO)
    sys.exit(main(sys.argv[1:]))
