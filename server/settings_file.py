"""The settings file: TOML, a setting by its name in small letters."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

from pai_dlc_mcp.server.spelling import nearest


class UnusableFile(ValueError):
    """The settings file cannot be read, or names something that is no setting."""

    title = "Settings"  # as of pydantic's own error


def read(path: str | Path, known: Collection[str]) -> dict[str, Any]:
    """The settings of a TOML file, which may name those `known`. Raises UnusableFile."""
    import tomllib  # 5 ms that a start without a file need not pay

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
