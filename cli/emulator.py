"""`pai-dlc-mcp emulator`: runs the emulator alone, for another server or an SDK."""

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pai_dlc_mcp.cli import arguments
from pai_dlc_mcp.emulator import embedded
from pai_dlc_mcp.emulator.clock import Clock
from pai_dlc_mcp.emulator.control import LOOPBACK
from pai_dlc_mcp.emulator.execute.canary import Unkillable
from pai_dlc_mcp.emulator.scenarios import catalog


def run(argv: Sequence[str]) -> int:
    """Serve on the loopback until interrupted."""
    parser = argparse.ArgumentParser(prog="pai-dlc-mcp emulator", description=__doc__)
    parser.add_argument("--port", type=arguments.port_or_free, default=8420, help="0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1", help="another address than the loopback needs --token")
    parser.add_argument("--token", default="", help="what the control API then asks for as a bearer token")
    parser.add_argument("--seeds", type=arguments.folder, help="a folder of JSON files in place of the emulator's own")
    parser.add_argument("--state", type=Path, help="a JSON file to go on from, and to keep the state in")
    parser.add_argument("--execute", action="store_true", help="run the commands of jobs on this machine, as you")
    parser.add_argument("--speed", type=arguments.speed, default=1.0, help="virtual seconds a second")
    parser.add_argument("--scenarios", action="store_true", help="list what a job may play, and leave")
    given = parser.parse_args(argv)
    if given.scenarios:
        print(f"A job plays what its environment's EMULATOR_SCENARIO names:\n{catalog.table()}")
        return 0
    if given.host not in LOOPBACK and not given.token:
        parser.error(f"{given.host} is not the loopback: --token is needed")
    try:
        clock = Clock(datetime.now(UTC), speed=given.speed)
        where: dict[str, Any] = {"host": given.host, "port": given.port, "token": given.token, "seeds": given.seeds}
        what: dict[str, Any] = {"state_file": given.state, "execute": given.execute}
        with embedded.start(clock=clock, **where, **what) as emulator:
            print(
                f"PAI-DLC emulator on {emulator.endpoint}, plain HTTP. To use it:\n"
                f"  export PAI_DLC_ENDPOINT={emulator.endpoint} PAI_DLC_PROTOCOL=http PAI_DLC_REGION=cn-hangzhou\n"
                f"  export ALIBABA_CLOUD_ACCESS_KEY_ID={emulator.access_key_id} "
                f"ALIBABA_CLOUD_ACCESS_KEY_SECRET={emulator.access_key_secret}\n"
                f"Control: GET http://{emulator.endpoint}/emulator/requests (POST to reset, clock, faults, state).",
                flush=True,
            )
            signal.signal(signal.SIGTERM, signal.default_int_handler)  # what Ctrl-C does: it may have a file to write
            threading.Event().wait()
    except (ValueError, Unkillable) as error:
        print(f"pai-dlc-mcp emulator: {error}.", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"pai-dlc-mcp emulator: port {given.port}: {error.strerror}. Try --port 0.", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 0
    return 0
