"""The tasks as mcpchecker's files. (written in the next step)"""

from pathlib import Path


def export(folder: Path, tasks: object) -> str:
    return ""
