"""Types of command-line options for argparse. Each raises ArgumentTypeError with one sentence."""

import argparse
import re
from pathlib import Path


def port(text: str) -> int:
    """A TCP port, 1 to 65535."""
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")
    return int(text)


def port_or_free(text: str) -> int:
    """A TCP port, or 0 for any free one."""
    return 0 if text == "0" else port(text)


def speed(text: str) -> float:
    """Virtual seconds for each real second, above 0 and below 1,000,000."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < 1e6:  # also false for nan
        raise argparse.ArgumentTypeError("a speed is a number above 0 and below 1,000,000")
    return number


def folder(text: str) -> Path:
    """An existing folder."""
    path = Path(text)
    if not path.is_dir():
        raise argparse.ArgumentTypeError(f"{text} is not a folder")
    return path


def job_id(text: str) -> str:
    """A job id."""
    from pai_dlc_mcp.server.cloud.ids import JOB_ID  # slow to import

    if not re.fullmatch(JOB_ID, text):
        raise argparse.ArgumentTypeError("a job id is dlc and 13 or more small letters, digits or hyphens")
    return text
