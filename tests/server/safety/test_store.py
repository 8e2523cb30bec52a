"""The store: put-if-absent, take once, expiry; across processes; in a folder nobody else can reach, and in Redis."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from pai_dlc_mcp.server.safety import folder_store
from pai_dlc_mcp.server.safety.folder_store import FolderStore
from pai_dlc_mcp.server.safety.store import MemoryStore, Store
from pai_dlc_mcp.server.safety.stores import open_store
from pai_dlc_mcp.server.settings import Settings


class Clock:
    time = 1000.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "state"


@pytest.fixture(params=["folder", "memory"])
def clocked(request: pytest.FixtureRequest, folder: Path, clock: Clock) -> Store:
    return FolderStore(folder, clock) if request.param == "folder" else MemoryStore(clock)


@pytest.fixture(params=["folder", "memory", "redis"])
def kept(request: pytest.FixtureRequest, folder: Path) -> Store:
    """Each store with a clock of its own."""
    if request.param == "memory":
        return MemoryStore(time.time)
    return open_store(SecretStr(request.getfixturevalue("redis")) if request.param == "redis" else folder)


def test_what_is_put_is_got_and_taken_once(kept: Store) -> None:
    assert kept.put("token", "a", {"n": [1, "\ud800"]}, 60)
    assert kept.get("token", "a") == kept.get("token", "a") == {"n": [1, "\ud800"]}
    assert kept.take("token", "a") == {"n": [1, "\ud800"]}
    assert kept.take("token", "a") is kept.get("token", "a") is None


def test_a_live_record_is_not_overwritten_by_put_but_by_whoever_knows_it(kept: Store) -> None:
    kept.put("token", "a", {"n": 1}, None)
    assert not kept.put("token", "a", {"n": 2}, None)
    assert not kept.swap("token", "a", {"n": 2}, {"n": 3}, None)
    assert kept.get("token", "a") == {"n": 1}
    assert kept.swap("token", "a", {"n": 1}, {"n": 3}, None)
    assert kept.get("token", "a") == {"n": 3}
    assert not kept.swap("token", "b", {}, {"n": 3}, None)
    assert kept.get("token", "b") is None


def test_kinds_are_apart_and_keys_are_listed(kept: Store) -> None:
    for key in ("b", "a/../../x", "é" * 400, ""):
        assert kept.put("token", key, {}, 60)
    assert kept.put("decline", "b", {}, 60)
    assert kept.keys("token") == sorted(["b", "a/../../x", "é" * 400, ""])
    assert kept.keys("journal") == []


@pytest.mark.parametrize("kind", ["", "../x", "A", "a b", "a\n"])
def test_a_kind_is_a_plain_word(kind: str, folder: Path, redis: str) -> None:
    for state in (folder, SecretStr(redis)):
        kept = open_store(state)
        for ask in (kept.keys, lambda kind, kept=kept: kept.get(kind, "a")):
            with pytest.raises(ValueError, match="not a kind"):
                ask(kind)


@pytest.mark.parametrize("shift", [60, 1e6, -6, -1e6])
def test_a_record_dies_at_its_time_and_when_the_clock_is_set_back(shift: float, clocked: Store, clock: Clock) -> None:
    kept = clocked
    kept.put("token", "a", {}, 60)
    kept.put("journal", "a", {}, None)
    clock.time += shift
    assert kept.get("token", "a") is kept.take("token", "a") is None
    assert kept.keys("token") == []
    assert kept.get("journal", "a") == {}
    assert kept.put("token", "a", {"new": True}, 60)


@pytest.mark.parametrize("shift", [59.9, -1])
def test_a_record_lives_until_then(shift: float, clocked: Store, clock: Clock) -> None:
    kept = clocked
    kept.put("token", "a", {}, 60)
    clock.time += shift
    assert not kept.put("token", "a", {}, 60)
    assert kept.take("token", "a") == {}


def test_a_record_s_time_passes(kept: Store) -> None:
    kept.put("token", "a", {}, 0.2)
    kept.put("token", "b", {}, 60)
    kept.swap("token", "b", {}, {"n": 1}, 0.2)
    kept.put("token", "c", {}, 0.2)
    kept.swap("token", "c", {}, {"n": 1}, None)
    assert kept.keys("token") == ["a", "b", "c"]
    time.sleep(0.25)
    assert kept.keys("token") == ["c"]
    assert kept.get("token", "a") is kept.take("token", "b") is None
    assert not kept.swap("token", "a", {}, {}, 60)
    assert kept.put("token", "a", {"new": True}, 60)


def test_a_secret_is_one_for_all(kept: Store) -> None:
    assert kept.secret() == kept.secret()
    assert len(kept.secret()) == 32


def test_a_caller_cannot_change_what_is_kept(kept: Store) -> None:
    value: dict[str, Any] = {"list": [1]}
    kept.put("token", "a", value, None)
    value["list"].append(2)
    (kept.get("token", "a") or {})["list"].append(3)
    assert kept.get("token", "a") == {"list": [1]}


def test_a_restart_finds_the_folder_s_records_alone(folder: Path, clock: Clock) -> None:
    FolderStore(folder, clock).put("token", "a", {}, 60)
    assert FolderStore(folder, clock).get("token", "a") == {}
    assert (FolderStore.durable, MemoryStore.durable) == (True, False)


def test_files_and_folders_are_the_user_s_alone(folder: Path, clock: Clock) -> None:
    before = os.umask(0)
    try:
        FolderStore(folder, clock).put("token", "a", {}, 60)
    finally:
        os.umask(before)
    assert {path.stat().st_mode & 0o777 for path in [folder, *folder.rglob("*")] if path.is_dir()} == {0o700}
    assert {path.stat().st_mode & 0o777 for path in folder.rglob("*") if path.is_file()} == {0o600}


def test_writes_sweep_the_dead_and_the_unfinished(folder: Path, clock: Clock) -> None:
    kept = FolderStore(folder, clock)
    kept.put("token", "a", {}, 60)
    (folder / "token" / "x.draft").write_text("{")
    clock.time += 60
    kept.put("token", "b", {}, 60)
    assert len([path for path in (folder / "token").iterdir() if path.name != "lock"]) == 1


def test_a_write_that_fails_leaves_what_was(folder: Path, clock: Clock) -> None:
    kept = FolderStore(folder, clock)
    kept.put("token", "a", {"n": 1}, 60)
    with pytest.raises(TypeError):
        kept.swap("token", "a", {"n": 1}, {"n": object()}, 60)
    assert kept.get("token", "a") == {"n": 1}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"key": "a"}', "null"])
def test_a_damaged_record_is_not_taken_for_none(text: str, folder: Path, clock: Clock) -> None:
    kept = FolderStore(folder, clock)
    kept.put("journal", "a", {}, None)
    next((folder / "journal").glob("*.json")).write_text(text)
    with pytest.raises(ValueError, match="is not a record"):
        kept.put("journal", "a", {}, None)


def _linked(folder: Path) -> None:
    (folder.parent / "elsewhere").mkdir(mode=0o700)
    folder.symlink_to(folder.parent / "elsewhere")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_linked, "symbolic link"),
        (lambda folder: folder.symlink_to(folder.parent / "nowhere"), "symbolic link"),
        (lambda folder: folder.write_text(""), "not a folder"),
        (lambda folder: (folder.mkdir(), folder.chmod(0o777)), "chmod 700"),
        (lambda folder: (folder.mkdir(), folder.chmod(0o710)), "chmod 700"),
        (lambda folder: (folder.mkdir(), folder.chmod(0o704)), "chmod 700"),
    ],
)
def test_a_folder_others_could_reach_is_refused(
    spoil: Callable[[Path], object], words: str, folder: Path, clock: Clock
) -> None:
    folder.parent.mkdir(parents=True)
    spoil(folder)
    with pytest.raises(ValueError, match=words):
        FolderStore(folder, clock)


def test_another_user_s_folder_is_refused(folder: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    FolderStore(folder, clock)
    monkeypatch.setattr(folder_store.os, "getuid", lambda: os.geteuid() + 1)
    with pytest.raises(ValueError, match="another user"):
        FolderStore(folder, clock)


def test_a_folder_opened_later_is_refused_too(folder: Path, clock: Clock) -> None:
    kept = FolderStore(folder, clock)
    kept.put("token", "a", {}, 60)
    folder.chmod(0o777)
    with pytest.raises(ValueError, match="chmod 700"):
        kept.take("token", "a")


HAMMER = """
import json, sys
from pydantic import SecretStr
from pathlib import Path
from pai_dlc_mcp.server.safety.stores import open_store
kept = open_store(SecretStr(sys.argv[1]) if "://" in sys.argv[1] else Path(sys.argv[1]))
got = {"put": [], "take": []}
for turn in range(int(sys.argv[2])):
    if kept.put("put", str(turn), {}, 600):
        got["put"].append(turn)
    if kept.take("take", str(turn)) is not None:
        got["take"].append(turn)
print(json.dumps(got))
"""


@pytest.mark.parametrize("place", ["folder", pytest.param("redis", marks=pytest.mark.long)])
def test_of_many_processes_exactly_one_puts_and_one_takes(place: str, request: pytest.FixtureRequest) -> None:
    rounds, where = 60, request.getfixturevalue(place)
    kept = open_store(SecretStr(where) if place == "redis" else where)
    for turn in range(rounds):
        kept.put("take", str(turn), {}, 600)
    command = [sys.executable, "-c", HAMMER, str(where), str(rounds)]
    workers = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(4)]
    found = [json.loads(worker.communicate(timeout=60)[0]) for worker in workers]
    for action in ("put", "take"):
        assert sorted(turn for one in found for turn in one[action]) == list(range(rounds))


def test_the_setting_chooses_the_store(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert open_store(Settings(state=folder).state).durable
    monkeypatch.setenv("PAI_DLC_STATE", "memory")
    assert not open_store(Settings().state).durable
    monkeypatch.delenv("PAI_DLC_STATE")
    assert Settings().state == Path("~/.local/state/pai-dlc-mcp").expanduser()


@pytest.mark.parametrize(
    "change",
    [
        lambda file: file.write_text(""),
        lambda file: file.write_text(file.read_text()[:40]),
        lambda file: file.write_text("[]"),
        lambda file: file.write_text("[" * 200_000),
        lambda file: file.write_bytes(b"\xff"),
        lambda file: file.write_text(file.read_text().replace('"expires": 1060.0', '"expires": "later"')),
        lambda file: file.write_text(file.read_text().replace('"expires": 1060.0', '"expires": NaN')),
        lambda file: file.write_text(file.read_text().replace('"value": {}', '"value": 1')),
        lambda file: file.write_text(file.read_text().replace('"key": "a"', '"key": "b"')),
        lambda file: (file.rename(file.with_name("real")), file.symlink_to("real")),
        lambda file: (file.unlink(), os.mkfifo(file)),
        lambda file: (file.unlink(), file.mkdir()),
    ],
    ids=["empty", "cut", "list", "too deep", "not text", "type", "nan", "value", "other", "link", "pipe", "folder"],
)
@pytest.mark.parametrize("kind", ["token", "create"])
def test_what_is_no_record_of_the_store_is_taken_for_none_and_for_nothing_that_is_absent(
    kind: str, change: Callable[[Path], object], folder: Path, clock: Clock
) -> None:
    kept = FolderStore(folder, clock)
    kept.put(kind, "a", {}, 60)
    (file,) = (folder / kind).glob("*.json")
    change(file)
    for use in (lambda: kept.get(kind, "a"), lambda: kept.take(kind, "a"), lambda: kept.put(kind, "a", {}, 60)):
        with pytest.raises((OSError, ValueError)):
            use()


class Time:
    """Two clocks: the wall's, which may be set, and the machine's, which only goes on."""

    def __init__(self) -> None:
        self.wall = self.machine = 1000.0


@pytest.mark.parametrize(
    ("kind", "wall", "machine", "lives"),
    [
        ("token", 59, 59, True),
        ("token", -200, 10, False),  # set back
        ("token", -4, 59, True),  # set back by no more than clocks differ
        ("token", 20, 61, False),  # set back, and by the machine's clock its time is over
        ("token", 61, 10, False),  # set forward
        ("decline", 59, 59, True),
        ("decline", -1e6, 10, True),
        ("decline", 61, 10, True),  # set forward: the machine's clock says that it holds
        ("decline", 61, 61, False),
        ("create", 61, 10, True),
    ],
)
@pytest.mark.parametrize("durable", [True, False])
def test_in_doubt_what_permits_is_dead_and_what_bars_lives(
    kind: str, wall: float, machine: float, lives: bool, durable: bool, folder: Path
) -> None:
    time = Time()
    clocks = (lambda: time.wall, lambda: time.machine)
    kept = FolderStore(folder, *clocks) if durable else MemoryStore(*clocks)
    kept.put(kind, "a", {}, 60)
    time.wall, time.machine = 1000 + wall, 1000 + machine
    assert (kept.get(kind, "a") is not None) is lives
    time.wall = time.machine = 1000
    assert (kept.get(kind, "a") is not None) is lives  # no clock brings back what was found dead


def test_another_boot_s_clock_tells_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    FolderStore(folder, lambda: 1000.0, lambda: 9e9).put("token", "a", {}, 60)
    monkeypatch.setattr("pai_dlc_mcp.server.safety.store._boot", lambda: "another")
    assert FolderStore(folder, lambda: 1001.0, lambda: 5.0).get("token", "a") == {}
    assert FolderStore(folder, lambda: 1001.0, lambda: 9e12).get("token", "a") == {}


def test_a_folder_whose_lock_is_held_is_not_waited_for_without_end(
    folder: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = FolderStore(folder, clock)
    monkeypatch.setattr("pai_dlc_mcp.server.safety.locks._WAIT", 0.1)
    with kept._locked("token"), pytest.raises(OSError):  # noqa: PT011 - the system's words
        FolderStore(folder, clock).get("token", "a")
    assert kept.get("token", "a") is None


def test_where_there_is_no_fcntl_the_server_starts_all_the_same(tmp_path: Path) -> None:
    """As on Windows, as far as this machine can show it: its modules are absent, or stand-ins."""
    script = """
import os, sys, types
sys.modules["fcntl"] = None
held = []
def locking(descriptor, mode, count):
    held.append(mode)
sys.modules["msvcrt"] = types.SimpleNamespace(locking=locking, LK_NBLCK=2)
from pathlib import Path
import anyio, typing  # before the platform changes: they look at it too
sys.platform = "win32"
from pai_dlc_mcp.server.safety import locks
sys.platform = "linux"
from pai_dlc_mcp.server.safety import folder_store, stores
folder_store._POSIX = False
del os.getuid
store = stores.open_store(Path(sys.argv[1]) / "state")
assert store.put("token", "a", {}, 60) and store.take("token", "a") == {} and held
"""
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=True, timeout=60)
