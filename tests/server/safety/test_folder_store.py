"""What the folder's records survive: a power cut right after the store said that they are kept."""

import os
import stat
import sys
from pathlib import Path

import pytest

from pai_dlc_mcp.server.safety.folder_store import FolderStore


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such call for a folder")
def test_a_record_and_its_folder_are_on_disk_before_it_is_kept_or_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    monkeypatch.setattr(
        os,
        "fsync",
        lambda descriptor: synced.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file"),
    )
    store = FolderStore(tmp_path / "state", lambda: 1000.0)
    store.put("kind", "key", {"a": 1}, 60)
    assert synced[-2:] == ["file", "folder"]
    synced.clear()
    store.take("kind", "key")
    assert synced[-1:] == ["folder"]
