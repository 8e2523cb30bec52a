"""CPU time and memory from process start to tools/list over stdio, compared with a one-tool server of the same SDK.

Also prints the elapsed time, which depends on the load of the machine.

.venv/bin/python bench/startup.py
"""

import json
import os
import subprocess
import sys
import time

ROUNDS = 7
TARGET = 1.10  # factor over the one-tool server, for time and memory
HELLO = """
from mcp.server import MCPServer
server = MCPServer("hello")
@server.tool()
def hello(name: str) -> str:
    "Greets."
    return f"hello {name}"
server.run()
"""
SERVE = ["-m", "pai_dlc_mcp.cli", "serve", "--region", "cn-hangzhou"]
SERVERS = {"one tool": ["-c", HELLO], "core": SERVE, "all toolsets": [*SERVE, "--toolsets", "all"]}
CLIENT = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}}


def started(arguments: list[str]) -> tuple[float, float, float]:
    """Until tools/list is answered: CPU seconds, seconds, and MB of resident memory."""
    began = time.perf_counter()
    environment = {**os.environ, "PAI_DLC_STATE": "memory"}
    command = [sys.executable, *arguments]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    ) as server:
        assert server.stdin
        assert server.stdout

        def say(method: str, params: dict[str, object], number: int | None = None) -> None:
            message = {"jsonrpc": "2.0", "method": method, "params": params}
            print(json.dumps(message | ({"id": number} if number else {})), file=server.stdin, flush=True)

        say("initialize", CLIENT, 1)
        server.stdout.readline()
        say("notifications/initialized", {})
        say("tools/list", {}, 2)
        answer = json.loads(server.stdout.readline())
        took = time.perf_counter() - began
        assert answer["result"]["tools"], answer
        size = subprocess.run(["ps", "-o", "rss=", "-p", str(server.pid)], capture_output=True, text=True, check=True)
        server.kill()
        _, _, used = os.wait4(server.pid, 0)
        server.returncode = 0  # no longer a child
    return used.ru_utime + used.ru_stime, took, int(size.stdout) / 1000


def rows() -> list[tuple[str, float, str]]:
    """The lowest value of several rounds; each round starts every server once, so that load on the machine affects
    all."""
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in SERVERS}
    for number in range(ROUNDS + 1):
        for name, arguments in SERVERS.items():
            measured = started(arguments)
            if number:  # the first fills the file cache
                found[name].append(measured)
    least = {name: [min(column) for column in zip(*measured, strict=True)] for name, measured in found.items()}
    for name, (cpu, seconds, size) in least.items():
        print(f"{name:14}{cpu * 1000:6.0f} ms CPU{seconds * 1000:6.0f} ms{size:7.1f} MB")
    floor = least.pop("one tool")
    return [
        (f"{what}, {name}, times a one-tool server", values[at] / floor[at], f"<= {TARGET}")
        for name, values in least.items()
        for what, at in (("start to tools/list", 0), ("memory", 2))
    ]


if __name__ == "__main__":
    for name, value, threshold in rows():
        print(f"{name:60}{value:8.2f}  {threshold}")
