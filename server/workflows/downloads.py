"""Saves a log as a file in the operator's download folder. The file name is made from ids of known form, never from
other text of a caller."""

import os
import re
import secrets
from pathlib import Path

from pai_dlc_mcp.server.cloud import ids
from pai_dlc_mcp.server.errors import Failure

MOST_BYTES = 64_000_000


def folder_of(setting: Path | None) -> Path:
    """The operator's download folder. Raises Failure if none is set."""
    if setting is None:
        raise Failure(
            "This server writes no files: its operator has set no folder for them.",
            fix="Read the log without save, or ask the operator to set PAI_DLC_DOWNLOADS.",
            code="DownloadsOff",
        )
    return setting


def save(folder: Path, pod_id: str, pod_uid: str, text: bytes) -> Path:
    """Write the file atomically, readable by the operator only, and return its path. Replaces an existing file; a
    symbolic link is replaced, not followed. Raises Failure."""
    if len(text) > MOST_BYTES:
        raise Failure(
            f"The log has {len(text):,} bytes; a file may have {MOST_BYTES:,}.",
            fix="Narrow it with since and until.",
            code="TooLarge",
        )
    if not re.fullmatch(ids.POD_ID, pod_id) or not re.fullmatch(f"{ids.POD_UID}|^$", pod_uid):
        raise Failure("The pod's id is not one to name a file by.", fix="Read the log without save.", code="InvalidId")
    name = f"{pod_id}{'-' if pod_uid else ''}{pod_uid[:8]}.log"
    try:
        _write(folder, name, text)
    except OSError as error:
        raise Failure(
            f"The log could not be written into {folder}: {error.strerror}.",
            fix="Ask the operator to look at PAI_DLC_DOWNLOADS: a folder that the server may write to.",
            code="DownloadsUnusable",
        ) from None
    return folder / name


def _write(folder: Path, name: str, text: bytes) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    at = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    part = f".{secrets.token_hex(8)}.part"
    try:
        file = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600, dir_fd=at)
        try:
            with os.fdopen(file, "wb") as out:
                out.write(text)
                out.flush()
                os.fsync(out.fileno())
            os.replace(part, name, src_dir_fd=at, dst_dir_fd=at)
        except OSError:
            os.unlink(part, dir_fd=at)
            raise
    finally:
        os.close(at)
