"""A client nobody here wrote: PAI's own SDK. `make clients` installs it in an environment of its own and names that
environment's interpreter in ALIPAI_PYTHON; without it the test is skipped."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from pai_dlc_mcp.emulator.embedded import Emulator

PYTHON = os.environ.get("ALIPAI_PYTHON", "")
SCRIPT = Path(__file__).with_name("official_sdk.py")


@pytest.mark.skipif(not PYTHON, reason="run by `make clients`")
def test_the_official_sdk_does_a_jobs_round_with_the_older_signature(emulator: Emulator) -> None:
    command = [PYTHON, str(SCRIPT), emulator.endpoint, emulator.access_key_id, emulator.access_key_secret]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "workspaces": 3,
        "datasets": 3,
        "code_sources": 2,
        "specs": 24,
        "status": "Creating",
        "command": "python train.py --note '\u6d4b\u8bd5 a=b&c'",
        "found": True,
        "stopped": True,
    }
    assert {request.headers["x-acs-signature-method"] for request in emulator.requests} == {"HMAC-SHA1"}
