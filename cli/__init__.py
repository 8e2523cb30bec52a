"""The commands of `pai-dlc-mcp`, one module each, imported only when used (--help imports none)."""

import argparse
import importlib
import sys
from collections.abc import Sequence

COMMANDS = {
    "serve": "run the MCP server (stdio; --transport http on loopback)",
    "demo": "watch an agent-shaped client do a whole job on the emulator",
    "emulator": "run the local PAI-DLC alone",
    "page": "watch a job in a browser on this machine",
    "approve": "say yes at a terminal to what an agent asked for",
    "doctor": "say whether the server can work here, and whether hosts will start it",
    "install": "put the server into the configuration of a host",
    "tools": "list the tools with the bytes each costs a client",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Parse the command's name, import its module and pass it the other arguments. Returns the exit code."""
    listing = "\n".join(f"  {name:10}{what}" for name, what in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="pai-dlc-mcp",
        description="MCP server for deep-learning training jobs on Alibaba Cloud PAI-DLC.",
        epilog=f"commands:\n{listing}\n\n`pai-dlc-mcp COMMAND --help` shows a command's options.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    parser.add_argument("command", nargs="?", choices=COMMANDS, metavar="command", help="one of those below")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    given = parser.parse_args(argv)
    if given.version:
        from importlib.metadata import version  # 30 ms that --help does not need

        print(f"pai-dlc-mcp {version('pai-dlc-mcp')}")
        return 0
    if not given.command:
        parser.print_help()
        return 2
    module = importlib.import_module(f"pai_dlc_mcp.cli.{given.command}")  # slow: import only this command
    try:
        result: int = module.run(given.arguments)
    except (OSError, ValueError) as error:  # a file, variable or value given by the user
        from pai_dlc_mcp.server.settings import problem  # slow, and imported by now

        what = problem(error) if isinstance(error, ValueError) else f"{error.filename}: {error.strerror}"
        print(f"pai-dlc-mcp {given.command}: {what}", file=sys.stderr)
        return 2
    return result
