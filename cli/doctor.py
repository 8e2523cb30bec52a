"""`pai-dlc-mcp doctor`: checks whether this server works here and whether the hosts on this machine can start it.
Changes nothing."""

import argparse
import json
import os
import platform
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any, Literal

import anyio
from mcp import Client

from pai_dlc_mcp import tools
from pai_dlc_mcp.cli import hosts
from pai_dlc_mcp.server import app
from pai_dlc_mcp.server.cloud.credentials import DefaultChain
from pai_dlc_mcp.server.protocol.reply import text_of
from pai_dlc_mcp.server.settings import Settings, problem

Verdict = Literal["ok", "note", "problem"]
_MARK: dict[Verdict, str] = {"ok": "ok     ", "note": "note   ", "problem": "PROBLEM"}


@dataclass(frozen=True)
class Finding:
    """One line of the report. `fix`: what to do about a problem."""

    verdict: Verdict
    about: str
    found: str
    fix: str | None = None


def run(argv: Sequence[str]) -> int:
    """Exit code: 0 without problems, 1 with problems, 2 for unreadable settings."""
    parser = argparse.ArgumentParser(prog="pai-dlc-mcp doctor", description=__doc__)
    parser.add_argument("--region", help="region to look at; else the configured one")
    parser.add_argument("--offline", action="store_true", help="look at this machine only: no call to the cloud")
    parser.add_argument("--json", action="store_true", dest="as_json", help="print JSON")
    given = parser.parse_args(argv)
    findings = [*_environment()]
    unusable = False
    try:
        settings = Settings(**({"region": given.region} if given.region else {}))
    except ValueError as error:
        unusable = True
        findings.append(Finding("problem", "settings", problem(error), "Correct the variable or the flag."))
    else:
        findings.append(Finding("ok", "settings", "every PAI_DLC_* variable is known and valid"))
        if not given.offline:
            findings += anyio.run(_account, settings)
    findings += _hosts()
    wrong = any(finding.verdict == "problem" for finding in findings)
    if given.as_json:
        print(json.dumps({"ok": not wrong, "findings": [asdict(finding) for finding in findings]}, indent=2))
    else:
        for finding in findings:
            print(f"{_MARK[finding.verdict]} {finding.about}: {finding.found}")
            if finding.fix:
                print(f"        fix: {finding.fix}")
    return 2 if unusable else int(wrong)


def _environment() -> Iterator[Finding]:
    yield Finding("ok", "installed", f"pai-dlc-mcp {version('pai-dlc-mcp')}, Python {platform.python_version()}")
    if not shutil.which("pai-dlc-mcp"):
        command, first = hosts.this_command()
        start = " ".join((command, *first))
        fix = f"Give hosts the whole path: {start}; or let `install HOST` write it."
        yield Finding("note", "PATH", "`pai-dlc-mcp` is not on it", fix)


async def _account(settings: Settings) -> list[Finding]:
    """The findings of check_setup."""
    server = app.build(settings, tools.TOOLSETS, DefaultChain())
    async with Client(server, cache=None) as client:
        result = await client.call_tool("check_setup", {})
    if result.is_error or not result.structured_content:
        what, _, fix = text_of(result).partition("\nfix: ")
        return [Finding("problem", "account", what, fix.partition("\n")[0] or None)]
    return list(_told(result.structured_content))


def _told(setup: dict[str, Any]) -> Iterator[Finding]:
    found = setup["credentials"] != "none found"
    who = f", {setup['identity']}" if setup.get("identity") else ""
    yield Finding("ok" if found else "problem", "credentials", f"{setup['credentials']}{who}")
    if setup["region_source"] == "none":
        yield Finding("problem", "region", "none configured")
    else:
        yield Finding("ok", "region", f"{setup['region']} ({setup['region_source']})")
    for row in setup["endpoints"]:
        fine = row["reachable"] and row.get("permitted")
        yield Finding(
            "ok" if fine else "problem", row["product"], row.get("problem") or f"{row['host']}, {row['ms']} ms"
        )
    if setup.get("fix"):
        yield Finding("problem", "setup", "not ready", setup["fix"])


def _hosts() -> Iterator[Finding]:
    for name, host in hosts.HOSTS.items():
        if not host.file.is_file():
            continue
        try:
            servers = hosts.read(host, host.file.read_text("utf-8"))
        except (OSError, ValueError):
            if host.file.suffix == ".yaml":
                yield Finding(
                    "note", host.title, f"{host.file} is not read", f"`install {name} --print` shows the entry."
                )
            else:
                yield Finding("problem", host.title, f"{host.file} cannot be read", "Correct its syntax.")
            continue
        ours = {key: entry for key, entry in servers.items() if hosts.is_ours(key, entry)}
        if not ours:
            yield Finding("note", host.title, "does not know this server", f"pai-dlc-mcp install {name}")
        for key, entry in ours.items():
            wrong = list(hosts.problems(host, entry, os.environ))
            where = f"{key} in {host.file}"
            yield from (
                Finding("problem", host.title, f"{where}: {one}", f"pai-dlc-mcp install {name}") for one in wrong
            )
            if not wrong:
                yield Finding("ok", host.title, where)
