"""`--execute`: commands that really run. Logs, exit codes and stops are those of real processes, and none is left."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from alibabacloud_pai_dlc20201203 import models
from alibabacloud_pai_dlc20201203.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException
from alibabacloud_tea_openapi.models import Config

from pai_dlc_mcp.emulator import embedded, state
from pai_dlc_mcp.emulator.clock import Clock
from pai_dlc_mcp.emulator.embedded import Emulator
from pai_dlc_mcp.emulator.execute import canary
from pai_dlc_mcp.emulator.execute.process import Limits, Process
from tests.emulator.conftest import PROXIES, START

Create = Callable[..., str]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="commands run on Linux alone")

RENDEZVOUS = """\
python - <<'END'
import os, socket, time
rank, world = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
place = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
if rank == 0:
    server = socket.create_server(place)
    print("waiting for", world - 1, "workers")
    peers = [server.accept()[0] for _ in range(world - 1)]
    ranks = sorted(int(peer.recv(16)) for peer in peers)
    for peer in peers:
        peer.sendall(str([0, *ranks]).encode())
    print("rendezvous of", [0, *ranks])
else:
    while True:
        try:
            peer = socket.create_connection(place)
            break
        except OSError:
            time.sleep(0.05)
    peer.sendall(str(rank).encode())
    print("rank", rank, "sees", peer.recv(256).decode())
END
"""


@pytest.fixture(scope="module")
def executing() -> Iterator[Emulator]:
    limits = Limits(seconds=20, memory_bytes=200 * 2**20, output_bytes=20_000, processes=40)
    with embedded.start(clock=Clock(START, speed=0), execute=True, limits=limits) as emulator:
        yield emulator


@pytest.fixture
def emulator(executing: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
    executing.reset()
    return executing


@pytest.fixture
def run(create: Create, emulator: Emulator) -> Callable[..., str]:
    """Creates a job and takes it to Running."""

    def begin(command: str, count: int = 1, **changes: Any) -> str:
        job_id = create({"PodCount": count}, UserCommand=command, **changes)
        emulator.clock.advance(20)
        return job_id

    return begin


def until(what: Callable[[], Any], seconds: float = 15) -> Any:
    """Polls: real processes take real time."""
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.02)
    return found


def job_of(dlc: Client, job_id: str) -> Any:
    return dlc.get_job(job_id, models.GetJobRequest()).body


def ended(dlc: Client, job_id: str) -> Any:
    return until(lambda: job if (job := job_of(dlc, job_id)).status in ("Succeeded", "Failed", "Stopped") else None)


def log(dlc: Client, job_id: str, pod: str = "master-0") -> list[str]:
    return dlc.get_pod_logs(job_id, f"{job_id}-{pod}", models.GetPodLogsRequest()).body.logs


def test_pods_meet_over_real_sockets(dlc: Client, run: Create) -> None:
    job_id = run(RENDEZVOUS, count=4)
    assert ended(dlc, job_id).status == "Succeeded"
    assert log(dlc, job_id) == ["waiting for 3 workers", "rendezvous of [0, 1, 2, 3]"]
    assert [log(dlc, job_id, f"worker-{n}") for n in range(3)] == [[f"rank {n} sees [0, 1, 2, 3]"] for n in (1, 2, 3)]


def test_a_pods_environment_is_what_dlc_sets_and_nothing_of_ours(
    dlc: Client, run: Create, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "EXAMPLE-of-the-operator")
    job_id = run("env -0 | sort -z | tr '\\0' '\\n'", Envs={"LEARNING_RATE": "3e-4"})
    ended(dlc, job_id)
    env = dict(line.split("=", 1) for line in log(dlc, job_id))
    assert set(env) - {"PWD", "SHLVL", "_", "OLDPWD"} == {
        *("PATH", "LANG", "HOME", "TMPDIR", "HOSTNAME", "DLC_JOB_ID", "REGION", "PAI_WORKSPACE_ID"),
        *("KUBERNETES_POD_NAMESPACE", "MASTER_ADDR", "MASTER_PORT", "WORLD_SIZE", "RANK", "NPROC_PER_NODE"),
        *("PYTHONUNBUFFERED", "LEARNING_RATE"),
    }
    assert (env["RANK"], env["WORLD_SIZE"], env["LEARNING_RATE"], env["DLC_JOB_ID"]) == ("0", "1", "3e-4", job_id)
    assert env["PWD"] == env["HOME"] != str(Path.home())
    assert not Path(env["HOME"]).exists()


def test_a_tf_job_is_told_its_cluster(dlc: Client, create: Create, emulator: Emulator) -> None:
    job_id = create({"Type": "Worker", "PodCount": 2}, JobType="TFJob", UserCommand='echo "$TF_CONFIG"')
    emulator.clock.advance(20)
    ended(dlc, job_id)
    (first,), (second,) = (log(dlc, job_id, f"worker-{n}") for n in (0, 1))
    assert '"task": {"type": "worker", "index": 1}, "environment": "cloud"' in second
    assert first.partition('"task"')[0] == second.partition('"task"')[0]
    assert "MASTER_ADDR" not in first


@pytest.mark.parametrize(
    ("command", "code", "line"),
    [
        ("exit 3", 3, None),
        ("no-such-command", 127, "no-such-command: command not found"),
        ("kill -SEGV $$", 139, None),
        ("python -c 'import nothing_like_it'", 1, "ModuleNotFoundError: No module named 'nothing_like_it'"),
        pytest.param(
            "python -c 'b = bytearray(400 * 2**20); import time; time.sleep(9)'",
            137,
            "more than 200 MiB of memory",
            marks=pytest.mark.long,  # it takes them
        ),
    ],
)
def test_a_job_fails_with_the_real_exit_code(
    dlc: Client, run: Create, command: str, code: int, line: str | None
) -> None:
    job_id = run(command)
    job = ended(dlc, job_id)
    assert (job.status, f'"reason":"{code}"' in job.reason_message) == ("Failed", True)
    assert line is None or line in log(dlc, job_id)[-1]


def test_when_one_pod_fails_its_peers_are_told_to_stop(dlc: Client, run: Create) -> None:
    """The first failure is the job's reason; a peer's own end comes after it."""
    job_id = run(
        "trap 'echo told to stop; exit 0' TERM; [ $RANK = 1 ] && { sleep 0.5; exit 7; }; while :; do sleep 0.05; done",
        count=3,
    )
    job = ended(dlc, job_id)
    assert ('"pods":{"Worker":[0]}' in job.reason_message, '"reason":"7"' in job.reason_message) == (True, True)
    until(lambda: all(pod.status != "Running" for pod in job_of(dlc, job_id).pods))
    assert log(dlc, job_id)[-1] == "told to stop"


def test_a_stop_is_a_real_sigterm(dlc: Client, run: Create, emulator: Emulator) -> None:
    job_id = run("trap 'echo saving; exit 143' TERM; echo up; while :; do sleep 0.05; done")
    until(lambda: log(dlc, job_id) == ["up"])
    dlc.stop_job(job_id)
    until(lambda: log(dlc, job_id)[-1] == "saving")
    emulator.clock.advance(15)
    assert job_of(dlc, job_id).status == "Stopped"


def test_a_signal_reaches_the_process(dlc: Client, run: Create) -> None:
    job_id = run("trap 'echo checkpoint' USR1; echo up; for n in $(seq 200); do sleep 0.05; done & wait; wait")
    until(lambda: log(dlc, job_id) == ["up"])
    dlc.create_signal(job_id, models.CreateSignalRequest(signal="SIGUSR1"))
    until(lambda: "checkpoint" in log(dlc, job_id))
    dlc.create_signal(job_id, models.CreateSignalRequest(signal="SIGKILL"))
    assert '"reason":"137"' in ended(dlc, job_id).reason_message


def test_a_log_is_cut_and_says_so(dlc: Client, run: Create) -> None:
    job_id = run("yes 0123456789 | head -n 100000")
    assert ended(dlc, job_id).status == "Succeeded"
    lines = log(dlc, job_id)
    assert lines[-1] == "[emulator] log cut after 20000 bytes"
    assert sum(len(line) + 1 for line in lines[:-1]) <= 20_000 + 1


def test_more_processes_than_allowed_are_killed(dlc: Client, run: Create) -> None:
    job_id = run("for n in $(seq 60); do sleep 30 & done; wait")
    assert '"reason":"137"' in ended(dlc, job_id).reason_message
    assert log(dlc, job_id)[-1] == "[emulator] killed: more than 40 processes"


@pytest.mark.parametrize("envs", [{"A=B": "x"}, {"A": "x\0y"}])
def test_an_environment_no_process_can_have_is_a_container_that_cannot_start(
    dlc: Client, run: Create, envs: dict[str, str]
) -> None:
    job_id = run("echo up", Envs=envs)
    assert '"reason":"128"' in ended(dlc, job_id).reason_message
    assert log(dlc, job_id)[0].startswith("[emulator] the container cannot be started: ")


def test_bytes_that_are_no_text_and_endless_lines_are_records_all_the_same(dlc: Client, run: Create) -> None:
    job_id = run("printf '\\xff\\xfe caf\\xc3\\xa9\\n'; head -c 18000 /dev/zero | tr '\\0' x")
    assert ended(dlc, job_id).status == "Succeeded"
    first, *rest = log(dlc, job_id)
    assert (first, [len(each) for each in rest]) == ("\ufffd\ufffd caf\u00e9", [16_384, 1_616])


def test_a_command_that_kills_its_keeper_ends_all_the_same(dlc: Client, run: Create) -> None:
    job_id = run("(setsid sleep 86400.271828 &); kill -9 $PPID; sleep 1; echo still here; exit 5")
    assert ended(dlc, job_id).status == "Failed"
    assert canary.running("86400.271828") == []


def test_a_scenario_is_still_played_when_it_is_named(dlc: Client, run: Create, emulator: Emulator) -> None:
    job_id = run("exit 3", Envs={"EMULATOR_SCENARIO": "healthy"})
    emulator.clock.advance(4000)
    assert job_of(dlc, job_id).status == "Succeeded"


def test_more_pods_than_the_machine_is_lent_are_refused(create: Create) -> None:
    with pytest.raises(ClientException, match="runs 32 pods at once"):
        create({"PodCount": 33})


@pytest.mark.parametrize(
    "keys",
    [
        {"access_key_id": state.ACCESS_KEY_ID, "access_key_secret": state.ACCESS_KEY_SECRET},
        {
            "access_key_id": state.STS_ACCESS_KEY_ID,
            "access_key_secret": state.STS_ACCESS_KEY_SECRET,
            "security_token": state.STS_SECURITY_TOKEN,
        },
    ],
)
def test_the_well_known_keys_open_nothing(emulator: Emulator, keys: dict[str, str]) -> None:
    config = Config(**keys, endpoint=emulator.endpoint, protocol="HTTP")
    with pytest.raises(ClientException, match=r"SignatureDoesNotMatch|AccessKeyId"):
        Client(config).list_jobs(models.ListJobsRequest())


def test_a_deleted_jobs_and_a_reset_emulators_processes_are_gone(dlc: Client, run: Create, emulator: Emulator) -> None:
    run("(setsid sleep 86400.314159 &); trap '' TERM; echo up; sleep 86400.3141592")
    until(lambda: len(canary.running("86400.314159")) >= 2)
    emulator.reset()
    assert canary.running("86400.314159") == []


def test_a_saved_jobs_processes_are_lost(dlc: Client, run: Create, emulator: Emulator, tmp_path: Path) -> None:
    job_id = run("echo up; sleep 60")
    until(lambda: log(dlc, job_id) == ["up"])
    emulator.save(tmp_path / "state.json")
    emulator.reset()
    emulator.load(tmp_path / "state.json")
    assert ('"reason":"137"' in job_of(dlc, job_id).reason_message, log(dlc, job_id)) == (True, ["up"])


@pytest.mark.parametrize("prefix", canary.PREFIXES)
@pytest.mark.skipif(os.geteuid() != 0, reason="without root a namespace may be forbidden")
def test_each_way_of_starting_lets_go_of_nothing(prefix: tuple[str, ...]) -> None:
    """The last is what there is where no namespace may be made: the supervisor alone."""
    assert canary.survives_nothing(prefix)


@pytest.mark.long
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_outlives_the_emulator_however_it_ends(tmp_path: Path, end: signal.Signals) -> None:
    """A program that starts an emulator and a job with a daemon in it, and is killed."""
    mark = f"86400.{os.getpid()}{end.value}"
    script = tmp_path / "program.py"
    script.write_text(
        "import sys\n"
        "from datetime import UTC, datetime\n"
        "from pai_dlc_mcp.emulator import embedded, jobs\n"
        "from pai_dlc_mcp.emulator.clock import Clock\n"
        "with embedded.start(clock=Clock(datetime.now(UTC), speed=0), execute=True) as emulator:\n"
        "    spec = {'Type': 'Worker', 'PodCount': 2, 'EcsSpec': 'ecs.g6.large',\n"
        "            'Image': emulator.account.images[0]['ImageUri']}\n"
        f"    command = \"(setsid sleep {mark} &); trap '' TERM; sleep {mark}1; sleep 9\"\n"
        "    body = {'JobType': 'PyTorchJob', 'UserCommand': command, 'WorkspaceId': '123456', 'JobSpecs': [spec]}\n"
        "    jobs.admit(emulator.account, 'dlc1', 'x', body, emulator.account.now())\n"
        "    emulator.clock.advance(20)\n"
        "    sys.stdin.read()\n"
    )
    # Its stdin ends with this process, however that ends.
    with subprocess.Popen([sys.executable, str(script)], stdin=subprocess.PIPE) as program:
        try:
            until(lambda: len(canary.running(mark)) >= 4)
            program.send_signal(end)
            program.wait(20)
            until(lambda: not canary.running(mark))
        finally:
            program.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_no_supervisor_and_is_still_its_commands_to_trap(number: signal.Signals) -> None:
    """It may come from whoever ends all processes of a session; ended by it, the supervisor would end nobody else."""
    mark, said = f"86400.{os.getpid()}{number.value}", list[str]()
    command = f"trap 'echo trapped' {number.value}; (setsid sleep {mark} &); echo up; while :; do sleep 0.05; done"
    process = Process((), command, {"PATH": os.defpath}, Limits(), said.append, lambda code: None)
    try:
        until(lambda: "up" in said)
        process.popen.send_signal(number)
        process.order(f"signal {number.value}")
        until(lambda: "trapped" in said)
    finally:
        process.kill()
    assert process.wait(10)
    assert canary.running(mark) == []


def test_where_nothing_can_be_killed_nothing_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canary, "PREFIXES", (("no-such-program",),))
    with pytest.raises(canary.Unkillable), embedded.start(execute=True):
        pass


def test_commands_run_for_the_loopback_alone() -> None:
    with pytest.raises(ValueError, match="loopback alone"), embedded.start(host="0.0.0.0", token="x", execute=True):
        pass
