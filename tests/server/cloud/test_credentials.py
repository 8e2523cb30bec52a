"""Where the access key comes from, in a process of its own: the library reads the environment when it is imported."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.server.cloud.credentials import StaticKey

LIST_JOBS = """
import anyio, json, sys, time
from pai_dlc_mcp.server.cloud.credentials import DefaultChain
from pai_dlc_mcp.server.cloud.gateway import Gateway
from pai_dlc_mcp.server.settings import Settings

gateway = Gateway(Settings(endpoint=sys.argv[1], protocol="http"), DefaultChain())
found = []
for _ in range(2):
    before = time.monotonic()
    try:
        anyio.run(gateway.read, "pai-dlc", "ListJobs", "cn-hangzhou")
        found.append({"kind": None})
    except Exception as error:
        kind, fix = getattr(error, "kind", repr(error)), getattr(error, "fix", "")
        found.append({"kind": kind, "what": str(error), "fix": fix})
    found[-1]["seconds"] = time.monotonic() - before
print(json.dumps(found))
"""


def list_jobs(emulator: Emulator, home: Path, **environment: str) -> tuple[list[dict[str, Any]], str]:
    """Two calls of a process that has this environment and nothing else; and all it printed besides."""
    quiet = {"HOME": str(home), "PATH": os.environ["PATH"], "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true"}
    done = subprocess.run(
        [sys.executable, "-c", LIST_JOBS, emulator.endpoint],
        env={**quiet, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    *printed, last = done.stdout.splitlines()
    return json.loads(last), "\n".join([*printed, done.stderr])


def test_without_credentials_the_way_to_set_them_is_told_and_nothing_else_is_printed(emulator, tmp_path) -> None:
    (first, second), printed = list_jobs(emulator, tmp_path)
    assert (first["kind"], second["kind"]) == ("credentials", "credentials")
    assert first["what"].startswith("No Alibaba Cloud credentials were found")
    assert "aliyun configure" in first["fix"]
    assert "ALIBABA_CLOUD_ACCESS_KEY_ID" in first["fix"]
    assert second["seconds"] < 1
    assert printed == ""
    assert emulator.requests == []


@pytest.mark.long  # the server processes of tests/end_to_end are given theirs so
def test_a_key_of_the_environment_is_used(emulator, tmp_path) -> None:
    found, printed = list_jobs(
        emulator,
        tmp_path,
        ALIBABA_CLOUD_ACCESS_KEY_ID=emulator.access_key_id,
        ALIBABA_CLOUD_ACCESS_KEY_SECRET=emulator.access_key_secret,
    )
    assert [one["kind"] for one in found] == [None, None]
    assert printed == ""
    assert emulator.requests.actions() == ["ListJobs", "ListJobs"]


@pytest.mark.long
def test_a_key_of_the_cli_profile_is_used(emulator, tmp_path) -> None:
    profile = {
        "name": "work",
        "mode": "AK",
        "access_key_id": emulator.access_key_id,
        "access_key_secret": emulator.access_key_secret,
    }
    (tmp_path / ".aliyun").mkdir()
    (tmp_path / ".aliyun" / "config.json").write_text(json.dumps({"current": "other", "profiles": [profile]}))
    found, _ = list_jobs(emulator, tmp_path, ALIBABA_CLOUD_PROFILE="work")
    assert [one["kind"] for one in found] == [None, None]


@pytest.mark.long
def test_an_unusable_cli_configuration_is_a_matter_of_credentials(emulator, tmp_path) -> None:
    (tmp_path / ".aliyun").mkdir()
    (tmp_path / ".aliyun" / "config.json").write_text('{"current": "x", "profiles": [{"name": "x", "mode": "Odd"}]}')
    (first, _), _ = list_jobs(emulator, tmp_path)
    assert first["kind"] == "credentials"


def test_a_static_key_does_not_print_itself() -> None:
    key = StaticKey("the-key-id", "the-key-secret")
    assert "the-key" not in f"{key} {key!r}"
    assert key.config() == {"access_key_id": "the-key-id", "access_key_secret": "the-key-secret"}
