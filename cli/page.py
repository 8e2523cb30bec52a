"""`pai-dlc-mcp page JOB_ID`: watch a job in a browser on this machine, on the page that MCP hosts show. Read-only."""

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

import anyio

from pai_dlc_mcp.cli import arguments, serve
from pai_dlc_mcp.page import browser
from pai_dlc_mcp.server.settings import problem


def run(argv: Sequence[str]) -> int:
    """Serve until Ctrl-C. Exit code 2 for an unusable configuration."""
    parser = argparse.ArgumentParser(prog="pai-dlc-mcp page", description=__doc__)
    parser.add_argument("job_id", type=arguments.job_id, metavar="JOB_ID", help="dlc…, from list_jobs or the console")
    parser.add_argument("--region", help="where the job is, if not in the configured region")
    parser.add_argument("--port", type=arguments.port_or_free, default=0, help="0, the default, takes a free one")
    parser.add_argument("--config", type=Path, help="a TOML file of settings")
    parser.add_argument(
        "--emulator", action="store_true", help="a job of a local PAI-DLC, for example dlc4stillrunning"
    )
    given = parser.parse_args(argv)
    logging.basicConfig(level="WARNING", stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    flags = {"read_only": True, **{name: getattr(given, name) for name in ("region", "config") if getattr(given, name)}}
    try:
        with serve.backend(serve.EMULATOR_SPEED if given.emulator else None, flags) as (settings, credentials, clock):
            server = serve.server(settings, credentials, clock)
            address = browser.Address(given.port)
            print(
                f"{address.url}\nThe page of {given.job_id}, for whoever has this address. Ctrl-C ends it.", flush=True
            )
            anyio.run(browser.Serving(server, {"job_id": given.job_id}, address).run_until_told)
    except ValueError as error:
        print(f"pai-dlc-mcp page: {problem(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 0
    return 0
