"""State saved and loaded: by Python, by the control API and by `--state`."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alibabacloud_pai_dlc20201203 import models
from alibabacloud_pai_dlc20201203.client import Client
from alibabacloud_tea_openapi.models import Config

from pai_dlc_mcp.emulator import embedded, snapshot
from pai_dlc_mcp.emulator.clock import Clock
from pai_dlc_mcp.emulator.embedded import Emulator
from tests.emulator.conftest import START

Create = Callable[..., str]


def story(dlc: Client, job_id: str) -> tuple[Any, ...]:
    job = dlc.get_job(job_id, models.GetJobRequest()).body
    log = dlc.get_pod_logs(job_id, f"{job_id}-master-0", models.GetPodLogsRequest()).body
    return job.to_map() | {"RequestId": ""}, log.logs


@pytest.mark.usefixtures("furnished")
def test_what_was_saved_comes_back_and_goes_on(dlc: Client, emulator: Emulator, create: Create, tmp_path: Path) -> None:
    """After a reset in between: the same jobs, boards and ids, and the same future."""
    job_id = create(Envs={"EMULATOR_SCENARIO": "restarts"})
    emulator.clock.advance(500)
    emulator.save(tmp_path / "state.json")
    before, past = snapshot.dump(emulator.account), story(dlc, job_id)
    emulator.clock.advance(3000)
    future = story(dlc, job_id)
    emulator.reset()
    emulator.load(tmp_path / "state.json")
    # Two looks at the story have given out two request ids each since.
    assert json.loads(snapshot.dump(emulator.account)) == json.loads(before)
    assert story(dlc, job_id) == past
    emulator.clock.advance(3000)
    assert story(dlc, job_id) == future
    assert os.stat(tmp_path / "state.json").st_mode & 0o777 == 0o600


def test_time_goes_on_while_it_was_away(emulator: Emulator, create: Create, tmp_path: Path) -> None:
    create()
    emulator.save(tmp_path / "state.json")
    later = Clock(START + timedelta(days=3), speed=0)
    with embedded.start(clock=later, state_file=tmp_path / "state.json") as other:
        assert other.account.now() == START + timedelta(days=3)
        assert other.account.jobs.keys() == emulator.account.jobs.keys()


def test_the_control_api_takes_and_gives_a_state(emulator: Emulator, dlc: Client) -> None:
    def knock(body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(f"http://{emulator.endpoint}/emulator/state", data) as answer:
            return json.load(answer)

    taken = knock()
    dlc.delete_job("dlc1succeeded001")
    assert knock(taken)["jobs"].keys() == taken["jobs"].keys() >= {"dlc1succeeded001"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the file: Invalid JSON"),
        ("[]", "the file: Input should be"),
        ('{"version": 2}', "version: Input should be 1"),
        ("SCENARIO", "scenario cuda_omm does not exist"),
    ],
)
def test_what_is_no_state_is_refused_and_changes_nothing(
    emulator: Emulator, tmp_path: Path, text: str, words: str
) -> None:
    file = tmp_path / "state.json"
    before = snapshot.dump(emulator.account)
    file.write_bytes(before.replace(b'"cuda_oom"', b'"cuda_omm"') if text == "SCENARIO" else text.encode())
    with pytest.raises(ValueError, match=words):
        emulator.load(file)
    assert snapshot.dump(emulator.account) == before


@contextmanager
def process(file: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], Client]]:
    """`pai-dlc-mcp emulator` on its own; yields it and a client, by what it printed."""
    command = [sys.executable, "-m", "pai_dlc_mcp.cli", "emulator", "--port", "0", "--state", str(file), *options]
    program = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert program.stdout
    text = "".join(program.stdout.readline() for _ in range(4))
    exported = dict(word.split("=", 1) for word in text.split() if "=" in word)
    config = Config(
        access_key_id=exported["ALIBABA_CLOUD_ACCESS_KEY_ID"],
        access_key_secret=exported["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
        endpoint=exported["PAI_DLC_ENDPOINT"],
        protocol="HTTP",
    )
    try:
        yield program, Client(config)
    finally:
        program.kill()
        program.wait()
        program.stdout.close()


@pytest.mark.usefixtures("emulator")
def test_a_process_goes_on_from_its_file(tmp_path: Path) -> None:
    """Ended by SIGTERM, as a service manager does it."""
    file = tmp_path / "state.json"
    with process(file) as (program, dlc):
        dlc.delete_job("dlc1succeeded001")
        program.send_signal(signal.SIGTERM)
        assert program.wait(20) == 0
    with process(file) as (program, dlc):
        found = dlc.list_jobs(models.ListJobsRequest(start_time="1970-01-01T00:00:00Z", page_size=100)).body.jobs
        assert "dlc1succeeded001" not in [job.job_id for job in found]


@pytest.mark.long  # a process; that such a file is refused is above
def test_a_file_that_is_no_state_keeps_it_from_starting(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text("{}")
    command = [sys.executable, "-m", "pai_dlc_mcp.cli", "emulator", "--port", "0"]
    done = subprocess.run([*command, "--state", str(tmp_path / "state.json")], capture_output=True, text=True)
    assert (done.returncode, "no state of this emulator: version: Field required" in done.stderr) == (2, True)
    assert (tmp_path / "state.json").read_text() == "{}"
