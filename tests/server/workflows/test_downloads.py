"""A log as a file: where the operator said, whole or not at all, and never through a link."""

from pathlib import Path

import pytest

from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.workflows import downloads
from pai_dlc_mcp.server.workflows.downloads import save

POD, UID = "dlc1k2j3h4g5f6d7-worker-2", "0f7a1c02-3b1d-4c55-9a51-4d2f2a6f0001"


def test_a_file_is_named_by_pod_and_incarnation_and_is_the_operators_alone(tmp_path: Path) -> None:
    path = save(tmp_path / "new" / "logs", POD, UID, b"text\n")
    assert path == tmp_path / "new" / "logs" / f"{POD}-0f7a1c02.log"
    assert path.read_bytes() == b"text\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert save(tmp_path, POD, "", b"").name == f"{POD}.log"


def test_without_a_folder_nothing_is_written() -> None:
    with pytest.raises(Failure, match="writes no files") as refused:
        save(None, POD, UID, b"text")
    assert "PAI_DLC_DOWNLOADS" in refused.value.fix


@pytest.mark.parametrize("pod_id", ["../../etc/passwd", "dlc1/../x", "dlc1\0", "", "/abs", "dlc1 x", "dlc1\n"])
def test_an_id_that_is_none_names_no_file(pod_id: str, tmp_path: Path) -> None:
    with pytest.raises(Failure, match="not one to name a file by"):
        save(tmp_path, pod_id, UID, b"text")
    with pytest.raises(Failure, match="not one to name a file by"):
        save(tmp_path, POD, f"{UID}/{pod_id}", b"text")
    assert list(tmp_path.iterdir()) == []


def test_a_link_in_the_files_place_is_replaced_and_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "victim"
    target.write_bytes(b"mine")
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / f"{POD}-0f7a1c02.log").symlink_to(target)
    path = save(folder, POD, UID, b"text")
    assert target.read_bytes() == b"mine"
    assert not path.is_symlink()
    assert path.read_bytes() == b"text"


def test_what_cannot_be_written_leaves_the_earlier_file_and_no_part_of_a_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save(tmp_path, POD, UID, b"earlier")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(downloads.os, "fsync", full)
    with pytest.raises(Failure, match="No space left on device"):
        save(tmp_path, POD, UID, b"later")
    assert path.read_bytes() == b"earlier"
    assert list(tmp_path.iterdir()) == [path]


def test_a_log_too_large_for_a_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "MOST_BYTES", 3)
    assert save(tmp_path, POD, UID, b"abc").exists()
    with pytest.raises(Failure, match="4 bytes; a file may have 3"):
        save(tmp_path, POD, UID, b"abcd")


def test_a_folder_that_is_a_file_is_the_operators_to_mend(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Failure, match="could not be written"):
        save(tmp_path / "file", POD, UID, b"text")
