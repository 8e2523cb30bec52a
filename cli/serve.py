"""`pai-dlc-mcp serve`: the MCP server over stdio or HTTP. On stdio stdout carries only the protocol; logs go to
stderr."""

import argparse
import logging
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mcp.server.auth.provider import TokenVerifier

from pai_dlc_mcp import tools
from pai_dlc_mcp.cli import arguments
from pai_dlc_mcp.page.extension import JobPage
from pai_dlc_mcp.prompts import loader as prompts
from pai_dlc_mcp.resources import completions, guides, jobs
from pai_dlc_mcp.server import app, telemetry
from pai_dlc_mcp.server.clock import Clock
from pai_dlc_mcp.server.cloud.credentials import Credentials, DefaultChain, StaticKey
from pai_dlc_mcp.server.safety import audit
from pai_dlc_mcp.server.safety.store import Store
from pai_dlc_mcp.server.safety.stores import open_store
from pai_dlc_mcp.server.settings import Settings, problem
from pai_dlc_mcp.server.waits import Waits
from pai_dlc_mcp.skills.extension import Skills

ADDITIONS = (prompts.add, guides.add, jobs.add, completions.add)
EXTENSIONS = (Skills, JobPage, Waits.where_offered)
_ON_A_TERMINAL = """This serves MCP over stdin and stdout: a host starts it, not a person. It waits; Ctrl-C ends it.
`pai-dlc-mcp install HOST` puts it into a host, `pai-dlc-mcp demo` shows it at work."""
EMULATOR_SPEED = 20.0  # virtual seconds for each real second: a job is Running within 10 s


def run(argv: Sequence[str]) -> int:
    """Serve until the client disconnects. Exit code 2 for an unusable configuration."""
    parser = argparse.ArgumentParser(prog="pai-dlc-mcp serve", description=__doc__)
    parser.add_argument("--emulator", action="store_true", help="serve a local PAI-DLC instead of an account")
    parser.add_argument(
        "--speed", type=arguments.speed, default=EMULATOR_SPEED, help="with --emulator: how fast its clock runs"
    )
    parser.add_argument("--config", type=Path, help="a TOML file of settings")
    parser.add_argument("--region", help="region of calls that name none")
    parser.add_argument("--toolsets", help="opt-in toolsets besides core, comma-separated, or all")
    parser.add_argument("--read-only", action="store_true", default=None, help="offer only tools that change nothing")
    parser.add_argument("--allow-tools", help="offer only these tools, comma-separated")
    parser.add_argument("--deny-tools", help="never offer these tools, comma-separated")
    parser.add_argument("--transport", choices=["stdio", "http"], default="stdio")
    parser.add_argument("--host", default="127.0.0.1", help="with http; off the loopback only with authentication")
    parser.add_argument("--port", type=arguments.port, default=8421, help="with http")
    parser.add_argument("--log-level", default="WARNING", choices=["DEBUG", "INFO", "WARNING", "ERROR"])
    given = vars(parser.parse_args(argv))
    line = "%(asctime)s %(levelname)s %(name)s: %(message)s"
    logging.basicConfig(level=given.pop("log_level"), stream=sys.stderr, format=line)
    logging.getLogger("pai_dlc_mcp.audit").setLevel(logging.INFO)
    emulate, speed = given.pop("emulator"), given.pop("speed")
    transport, host, port = given.pop("transport"), given.pop("host"), given.pop("port")
    flags = {name: value for name, value in given.items() if value is not None}
    try:
        with _exporting(), backend(speed if emulate else None, flags) as (settings, credentials, clock):
            _writable(settings)
            if transport == "http":
                _over_http(settings, credentials, clock, host, port)
            else:
                if sys.stdin.isatty():
                    print(_ON_A_TERMINAL, file=sys.stderr)
                server(settings, credentials, clock).run()
    except OSError as error:
        print(f"pai-dlc-mcp serve: {error.filename} cannot be written ({error.strerror})", file=sys.stderr)
        return 2
    except ValueError as error:
        print(f"pai-dlc-mcp serve: {problem(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        pass
    return 0


def _over_http(settings: Settings, credentials: Credentials, clock: Clock, host: str, port: int) -> None:
    from pai_dlc_mcp.server import auth, http  # not needed for stdio

    made = server(settings, credentials, clock, auth.verifier(settings))
    http.serve(made, settings, host, port, lambda: _writable(settings, made.app.store))


def server(
    settings: Settings, credentials: Credentials, clock: Clock, callers: TokenVerifier | None = None
) -> app.Server:
    return app.build(
        settings,
        tools.TOOLSETS,
        credentials,
        additions=ADDITIONS,
        extensions=EXTENSIONS,
        callers=callers,
        clock=clock,
    )


@contextmanager
def _exporting() -> Generator[None]:
    """Export spans and metrics meanwhile, if the OTEL_* variables configure an exporter."""
    if not telemetry.is_wanted():
        yield
        return
    try:
        from pai_dlc_mcp.server import exporting  # an optional dependency
    except ImportError:
        raise ValueError("OTEL_EXPORTER_OTLP_ENDPOINT needs: pip install 'pai-dlc-mcp[otel]'") from None
    end = exporting.start([tool.name for toolset in tools.TOOLSETS for tool in toolset.tools])
    try:
        yield
    finally:
        end()


@contextmanager
def backend(emulator_speed: float | None, flags: dict[str, Any]) -> Generator[tuple[Settings, Credentials, Clock]]:
    """The configured account, or an emulator that runs as long as the server."""
    if emulator_speed is None:
        yield Settings(**flags), DefaultChain(), Clock()
        return
    from pai_dlc_mcp.emulator import clock, embedded  # only needed with --emulator

    with embedded.start(clock=clock.Clock(datetime.now(UTC), speed=emulator_speed)) as emulator:
        # Nobody assumes a role of an account that is not asked
        here: dict[str, Any] = {"endpoint": emulator.endpoint, "protocol": "http", "emulator": True, "role_arn": None}
        chosen: dict[str, Any] = {"region": "cn-hangzhou", **flags, **here}
        key = StaticKey(emulator.access_key_id, emulator.access_key_secret)
        yield Settings(**chosen), key, Clock(epoch=lambda: emulator.clock.now().timestamp())


def _writable(settings: Settings, store: Store | None = None) -> None:
    """Raises OSError or ValueError if the records of writes cannot be stored."""
    if settings.audit_file:
        audit.append(settings.audit_file, "")
    if not settings.read_only:
        (store or open_store(settings.state)).put("probe", "probe", {}, 1)
