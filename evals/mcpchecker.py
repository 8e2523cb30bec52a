"""The tasks as mcpchecker files, and the steps in them: these set a scene on a running emulator through its control API
and check the outcome. mcpchecker's scripts do not get an agent's last message, so an answer is written into the
description of a job. Tasks in which the user is asked are left out: mcpchecker's agents have no user.

python -m evals --export DIRECTORY
pai-dlc-mcp emulator --speed 60      # a virtual minute a second
mcpchecker check DIRECTORY/eval.yaml
"""

import json
import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

from evals.task import Facts, Outcome, Task, wrong
from evals.tasks import TASKS
from pai_dlc_mcp.emulator import snapshot
from pai_dlc_mcp.emulator.clock import Clock
from pai_dlc_mcp.emulator.control import World
from pai_dlc_mcp.emulator.request import Request
from pai_dlc_mcp.emulator.state import ACCESS_KEY_ID, ACCESS_KEY_SECRET

EMULATOR = "127.0.0.1:8420"
NOTE = "dlc3stoppedbyme3"
"""A job stopped long ago, whose description receives the answer."""
END = f"Then write the answer, and nothing else, into the description of job {NOTE}."


def usable(task: Task) -> bool:
    return task.agrees is None


def set_scene(task: Task, now: datetime) -> tuple[World, Facts]:
    """Sets the scene, with the same ids in each run."""
    world = World.at(Clock(now, speed=0))
    return world, task.scene(world.account)


def export(folder: Path, tasks: Sequence[Task]) -> str:
    """Write the files as JSON, which is valid YAML. Returns what was left out."""
    (folder / "tasks").mkdir(parents=True, exist_ok=True)
    used = [task for task in tasks if usable(task)]
    for task in used:
        write(folder / "tasks" / f"{task.name}.yaml", task_file(task))
    env = {
        "PAI_DLC_ENDPOINT": EMULATOR,
        "PAI_DLC_PROTOCOL": "http",
        "PAI_DLC_REGION": "cn-hangzhou",
        "PAI_DLC_STATE": "memory",
        "ALIBABA_CLOUD_ACCESS_KEY_ID": ACCESS_KEY_ID,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": ACCESS_KEY_SECRET,
    }
    server = {"type": "stdio", "command": "pai-dlc-mcp", "args": ["serve", "--toolsets", "all"], "env": env}
    write(folder / "mcp-config.yaml", {"mcpServers": {"pai-dlc": {**server, "enableAllTools": True}}})
    config = {
        "agent": {"type": "builtin.claude-code"},
        "mcpConfigFile": "mcp-config.yaml",
        "taskSets": [{"glob": "tasks/*.yaml"}],
    }
    write(folder / "eval.yaml", {"kind": "Eval", "metadata": {"name": "pai-dlc"}, "config": config})
    left = [task.name for task in tasks if not usable(task)]
    return f"{len(used)} tasks in {folder}. Left out, their user is asked: {', '.join(left) or 'none'}."


def task_file(task: Task) -> dict[str, Any]:
    def step(name: str) -> list[dict[str, Any]]:
        words = ["cd", str(Path(__file__).parents[1]), "&&", sys.executable, "-m", "evals.mcpchecker", name, task.name]
        return [{"script": {"inline": " ".join(word if word == "&&" else shlex.quote(word) for word in words)}}]

    _, facts = set_scene(task, datetime.now(UTC))
    return {
        "kind": "Task",
        "apiVersion": "mcpchecker/v1alpha2",
        "metadata": {"name": task.name.replace("_", "-"), "difficulty": "medium"},
        "spec": {"setup": step("setup"), "verify": step("verify"), "prompt": {"inline": task.told(facts, END)}},
    }


def write(file: Path, what: dict[str, Any]) -> None:
    file.write_text(json.dumps(what, indent=1, ensure_ascii=False) + "\n", "utf-8")


def knock(emulator: str, door: str, body: Any = None) -> dict[str, Any]:
    """POST with a body, else GET. Raises requests.HTTPError."""
    url = f"http://{emulator}/emulator/{door}"
    answer = requests.get(url, timeout=30) if body is None else requests.post(url, json=body, timeout=30)
    answer.raise_for_status()
    return answer.json()


def setup(emulator: str, task: Task) -> None:
    knock(emulator, "reset", {})
    world, _ = set_scene(task, datetime.fromisoformat(knock(emulator, "clock")["now"]))
    knock(emulator, "state", json.loads(snapshot.dump(world.account)))
    for fault in task.faults:
        knock(emulator, "faults", asdict(fault))
    knock(emulator, "requests", {})


def verify(emulator: str, task: Task) -> list[str]:
    """What is wrong. The update that carries the answer is not one of the task's writes."""
    now = datetime.fromisoformat(knock(emulator, "clock")["now"])
    before, facts = set_scene(task, now)
    world = World.at(Clock(now, speed=0))
    snapshot.restore(world.account, json.dumps(knock(emulator, "state")).encode())
    seen = [Request(**one) for one in knock(emulator, "requests")["requests"]]
    world.requests.extend(one for one in seen if (one.action, one.ids.get("JobId")) != ("UpdateJob", NOTE))
    answer = world.account.jobs[NOTE].body.get("Description", "")
    return wrong(task, Outcome(world, facts, frozenset(before.account.jobs), [], answer))


def main(step: str, name: str, emulator: str = EMULATOR) -> int:
    task = next(task for task in TASKS if task.name == name)
    if step == "setup":
        setup(emulator, task)
        return 0
    found = verify(emulator, task)
    print("\n".join(found) or "done")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
