"""The tasks in the forms of mcpchecker and inspect-ai."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from evals import arms, mcpchecker
from evals.agent import scripted
from evals.bad import AGENTS
from evals.stage import Hands
from evals.tasks import TASKS
from pai_dlc_mcp.emulator.embedded import Emulator

ROOT = Path(__file__).parents[1]
BY_NAME = {task.name: task for task in TASKS}


def test_mcpcheckers_files_have_its_form(tmp_path: Path) -> None:
    said = mcpchecker.export(tmp_path, TASKS)
    files = sorted((tmp_path / "tasks").iterdir())
    assert said.startswith(f"22 tasks in {tmp_path}. Left out, their user is asked: refused_stop, stop,")
    assert len(files) == 22
    for file in files:
        written = json.loads(file.read_text("utf-8"))
        assert (written["kind"], written["apiVersion"]) == ("Task", "mcpchecker/v1alpha2")
        assert "{" not in written["spec"]["prompt"]["inline"], "a fact that is not filled in"
        assert [list(step) for phase in ("setup", "verify") for step in written["spec"][phase]] == [["script"]] * 2
    eval_file = json.loads((tmp_path / "eval.yaml").read_text("utf-8"))
    assert eval_file["config"]["taskSets"] == [{"glob": "tasks/*.yaml"}]
    servers = json.loads((tmp_path / eval_file["config"]["mcpConfigFile"]).read_text("utf-8"))["mcpServers"]
    assert servers["pai-dlc"]["enableAllTools"] is True


@pytest.mark.parametrize(("name", "lacks"), [("queue", "answered"), ("lost_create", "wrote nothing")])
async def test_a_scene_is_set_and_judged_through_the_side_door(emulator: Emulator, name: str, lacks: str) -> None:
    task = BY_NAME[name]
    mcpchecker.setup(emulator.endpoint, task)
    assert mcpchecker.verify(emulator.endpoint, task)[0].startswith(lacks)
    _, facts = mcpchecker.set_scene(task, emulator.clock.now())
    async with arms.opened("server", emulator, lambda _: False, form=False, settings={}) as opened:
        answer = await scripted(AGENTS["server"])(Hands(opened, emulator, lambda _: False), task, facts)
        await opened.call("update_job", {"job_id": mcpchecker.NOTE, "description": answer})
    assert mcpchecker.verify(emulator.endpoint, task) == []


INSPECT = """
import sys
import tiktoken
class Words:
    def encode(self, text, **_): return text.split()
tiktoken.get_encoding = tiktoken.encoding_for_model = lambda _: Words()  # it would be downloaded
from inspect_ai import eval
from inspect_ai.model import ModelOutput, get_model
sys.path.insert(0, sys.argv[1])
import inspect_ai_tasks
def play(sample, tool, arguments, arm):
    outputs = [ModelOutput.for_tool_call("mockllm/model", tool, arguments),
               ModelOutput.from_content("mockllm/model", "ANSWER: done")]
    model = get_model("mockllm/model", custom_outputs=outputs)
    task = inspect_ai_tasks.pai_dlc(arm=arm)
    (log,) = eval(task, model=model, sample_id=sample, display="none", log_dir=sys.argv[2], log_level="error")
    assert log.status == "success", log.error
    return log.samples[0].scores["what_happened"].value["done"]
stop = {"job_id": "dlc4stillrunning"}
print(play("stop", "stop_job", stop, "server"), play("refused_stop", "stop_job", stop, "server"),
      play("refused_stop", "StopJob", {"JobId": "dlc4stillrunning"}, "proxy"))
"""


@pytest.mark.skipif("INSPECT_AI_PYTHON" not in os.environ, reason="`make inspect` makes an environment with inspect-ai")
def test_inspect_ai_plays_and_scores_a_task(tmp_path: Path) -> None:
    command: list[Any] = [os.environ["INSPECT_AI_PYTHON"], "-c", INSPECT, str(ROOT / "evals"), str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == "1 1 0\n", done.stderr[-2000:]
