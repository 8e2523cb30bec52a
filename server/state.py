"""Parses the setting PAI_DLC_STATE: `memory`, a folder, or a Redis address, which may contain a password."""

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

_REDIS = r"rediss?://([^/?#@]*@)?([A-Za-z0-9._-]+|\[[0-9a-fA-F:.]+\])(:\d{1,5})?(/\d*)?(\?[^#\s]*)?"


def parse(given: object) -> object:
    """The setting's text as the store it names. Raises ValueError, whose text does not quote the setting."""
    if not isinstance(given, str) or given == "memory":
        return given
    if not re.match(r"[A-Za-z]+://", given):
        return Path(given)
    if not re.fullmatch(_REDIS, given):
        raise ValueError("has to be a folder, or redis://[user][:password@]host[:port][/number], or rediss:// the same")
    return SecretStr(given)


def secrets(state: object) -> list[tuple[str, str]]:
    """(name, value) of each secret in the setting, to be redacted."""
    if not isinstance(state, SecretStr):
        return []
    address = state.get_secret_value()
    password = unquote(urlsplit(address).password or "")
    return [("state", address), ("password", password)] if password else []
