"""The scripted agent of evals/ does its tasks within the calls and bytes it may take."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "evals" / "ten_tasks.py"


@pytest.mark.long
def test_ten_tasks_take_at_most_25_calls_and_25_kilobytes(tmp_path: Path) -> None:
    here = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true"}
    done = subprocess.run([sys.executable, str(SCRIPT)], env=here, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    assert done.stdout.count("\n") == 11
