"""`pai-dlc-mcp install HOST`: adds this server to a host's configuration, after showing the changes."""

import argparse
import difflib
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from pai_dlc_mcp.cli import hosts
from pai_dlc_mcp.server.cloud.endpoints import profile_region


def run(argv: Sequence[str]) -> int:
    """Exit code: 0 the entry is there, 1 nothing was written, 2 unreadable file."""
    parser = argparse.ArgumentParser(prog="pai-dlc-mcp install", description=__doc__)
    parser.add_argument("host", choices=hosts.HOSTS, metavar="HOST", help=", ".join(hosts.HOSTS))
    parser.add_argument("--emulator", action="store_true", help="start on the emulator: no account")
    parser.add_argument("--region", help="region of calls that name none")
    parser.add_argument("--toolsets", help="opt-in toolsets besides core, comma-separated, or all")
    parser.add_argument("--read-only", action="store_true", help="offer only tools that change nothing")
    parser.add_argument("--yes", action="store_true", help="write without asking")
    parser.add_argument("--print", action="store_true", dest="only_print", help="print the entry and write nothing")
    given = parser.parse_args(argv)
    host = hosts.HOSTS[given.host]
    entry = _entry(given)
    if given.only_print:
        print(hosts.snippet(host, entry), end="")
        return 0
    try:
        before = host.file.read_text("utf-8") if host.file.exists() else ""
        after = hosts.with_entry(host, before, entry)
    except (OSError, ValueError) as error:
        print(f"{host.file} cannot be read ({error}). Put this into it yourself:", file=sys.stderr)
        print(hosts.snippet(host, entry), end="")
        return 2
    if after is None:
        print(f"This would not keep all of {host.file}. Put this into it yourself:", file=sys.stderr)
        print(hosts.snippet(host, entry), end="")
        return 1
    if after == before:
        print(f"{host.file} has this entry already.")
        return 0
    old, new = hosts.comparable(host, before).splitlines(True), after.splitlines(True)
    print("".join(difflib.unified_diff(old, new, str(host.file), str(host.file), n=0)), end="")
    if not given.yes and not _agreed(host.file):
        print("Nothing was written.")
        return 1
    _write(host.file, after)
    print(f"Written. Restart {host.title}; its list of MCP servers (often /mcp) then shows {hosts.NAME}.")
    return 0


def _entry(given: argparse.Namespace) -> hosts.Entry:
    """Settings as flags, which every host passes on; the profile's name as an environment variable; never a key."""
    command, first = hosts.this_command()
    region = given.region or os.environ.get("PAI_DLC_REGION") or profile_region()
    flags = {"--region": None if given.emulator else region, "--toolsets": given.toolsets}
    arguments = [word for flag, value in flags.items() if value for word in (flag, value)]
    switches = [f"--{name.replace('_', '-')}" for name in ("emulator", "read_only") if getattr(given, name)]
    profile = os.environ.get("ALIBABA_CLOUD_PROFILE")
    environment = {"ALIBABA_CLOUD_PROFILE": profile} if profile and not given.emulator else {}
    return hosts.Entry(command, (*first, "serve", *switches, *arguments), environment)


def _agreed(file: Path) -> bool:
    if not sys.stdin.isatty():
        print("Not a terminal: add --yes to write.", file=sys.stderr)
        return False
    return input(f"Write this to {file}? [y/N] ").strip().lower() in ("y", "yes")


def _write(file: Path, text: str) -> None:
    """Write atomically with the file's mode, also through a symbolic link: the file may contain keys of other
    servers."""
    file = file.resolve()
    file.parent.mkdir(parents=True, exist_ok=True)
    mode = file.stat().st_mode & 0o777 if file.exists() else 0o600
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(text)
    Path(name).chmod(mode)
    Path(name).replace(file)
