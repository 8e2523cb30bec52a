"""Agent frameworks load every tool and call three: `make hosts`, where HOSTS_VENVS holds an environment for each."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from pai_dlc_mcp import tools

VENVS = os.environ.get("HOSTS_VENVS")
NAMES = ("openai-agents", "fastmcp", "langchain-mcp-adapters", "pydantic-ai", "llama-index", "google-adk")
# Free-form maps (environment variables, tags, changes) have no strict form: openai-agents takes these as they are.
LOOSE = {
    "openai-agents": {
        *("create_job", "clone_job", "create_sweep", "create_job_template", "update_job_template", "tag_resources"),
    },
}


@pytest.mark.parametrize("name", NAMES)
def test_a_framework_loads_every_tool_and_calls_three(name: str) -> None:
    python = Path(VENVS or "/nonexistent") / name / "bin" / "python"
    if not python.exists():
        pytest.skip("run `make hosts`")
    command = shutil.which("pai-dlc-mcp") or str(Path(__file__).parents[2] / ".venv/bin/pai-dlc-mcp")
    script = str(Path(__file__).with_name("frameworks.py"))
    serve = ["serve", "--emulator", "--toolsets", "all"]
    done = subprocess.run([str(python), script, name, command, *serve], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert len(found["tools"]) == sum(len(toolset.tools) for toolset in tools.TOOLSETS)
    assert set(found["loose"]) == LOOSE.get(name, set())
    assert "llm_team" in found["answers"]["list_workspaces"]
    assert "dlc4stillrunning-master-0" in found["answers"]["get_pod_logs"]
    assert "confirmation_required" in found["answers"]["stop_job"]
