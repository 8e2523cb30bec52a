"""Reads the settings file: TOML, keys are the settings' names in lower case."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

from pai_dlc_mcp.server.spelling import nearest


class UnusableFile(ValueError):
    """The settings file cannot be read, or has a key that is no setting."""

    title = "Settings"  # pydantic's errors have this attribute


def read(path: str | Path, known: Collection[str]) -> dict[str, Any]:
    """Read the TOML file at `path`; `known` are the allowed keys. Raises UnusableFile."""
    import tomllib  # 5 ms, only needed with a file

    try:
        given = tomllib.loads(Path(path).expanduser().read_text("utf-8"))
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not TOML"
        raise UnusableFile(f"the settings file {path} cannot be read: {why}") from None
    for name in given:
        if name not in known:
            near = nearest(name, sorted(known))
            raise UnusableFile(f"{name} in {path} is no setting; {f'did you mean {near}?' if near else 'remove it'}")
    return given
