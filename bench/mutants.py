"""Mutation testing of the pure rooms: `python bench/mutants.py -n 400 --seed 1`.

A mutant is a module with one small change. It is killed when a test of its room fails, breaks or runs too long; one
that survives shows a line whose change no test notices. The tree is never written to: each mutant is a forked process
whose import of that one module is answered with the changed source. The libraries are imported before the fork.
"""

import argparse
import ast
import importlib
import importlib.util
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from typing import Any, NamedTuple

from mutations import changes

ROOT = Path(__file__).parents[1]
TESTS = {
    "budget": ("tests/server/budget", "tests/tools/test_logs.py", "tests/tools/test_events.py"),
    "insight": ("tests/server/insight", "tests/server/budget/test_pipeline.py", "tests/tools/test_logs.py"),
    "rules": (
        "tests/server/rules",
        *(f"tests/tools/test_{tool}.py" for tool in ("said", "create", "change", "spend", "runs")),
    ),
    "safety": ("tests/server/safety", "tests/server/workflows/test_permit.py", "tests/tools/test_said.py"),
    "workflows": (
        "tests/server/workflows",
        *(f"tests/tools/test_{tool}.py" for tool in ("create", "diagnosis", "preflight", "quotas", "waiting")),
    ),
}
"""By room of server/: what a mutant of it has to survive, besides the test file of its own name, which comes first."""
PRELOADED = (
    "alibabacloud_aiworkspace20210204.client",
    "alibabacloud_credentials.client",
    "alibabacloud_pai_dlc20201203.client",
    "hypothesis.strategies",
    "mcp.server.mcpserver",
    "pai_dlc_mcp.emulator.embedded",
    "pydantic_settings",
)
TIMEOUT = 120  # seconds a mutant may run
DEVNULL = os.open(os.devnull, os.O_WRONLY)


class Mutant(NamedTuple):
    """`source` is the module with `old`, at `line`, replaced by `new`."""

    file: Path
    line: int
    old: str
    new: str
    source: str

    def __str__(self) -> str:
        return f"{self.file.relative_to(ROOT)}:{self.line}  {_short(self.old)}  ->  {_short(self.new)}"


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 70 else f"{flat[:67]}..."


def mutants(rooms: Sequence[str]) -> Iterator[Mutant]:
    """Every mutant of these rooms, in the order of the files."""
    for file in (file for room in rooms for file in sorted((ROOT / "server" / room).glob("*.py"))):
        source = file.read_text("utf-8")
        starts = [0]
        for line in source.encode().splitlines(keepends=True):
            starts.append(starts[-1] + len(line))
        for node, new in changes(ast.parse(source)):
            first = starts[node.lineno - 1] + node.col_offset
            last = starts[(node.end_lineno or 1) - 1] + (node.end_col_offset or 0)
            text = source.encode()
            changed = (text[:first] + new.encode() + text[last:]).decode()
            yield Mutant(file, node.lineno, text[first:last].decode(), new, changed)


class Changed(SourceFileLoader):
    """Loads a module from the mutant's source; never from a compiled file, and writes none."""

    def __init__(self, name: str, mutant: Mutant) -> None:
        super().__init__(name, str(mutant.file))
        self.mutant = mutant

    def get_code(self, fullname: str) -> Any:
        return compile(self.mutant.source, str(self.mutant.file), "exec")


class Finder:
    """Answers the import of the mutated module before anybody else does."""

    def __init__(self, mutant: Mutant) -> None:
        path = mutant.file.relative_to(ROOT).with_suffix("").parts
        self.name = ".".join(("pai_dlc_mcp", *path)).removesuffix(".__init__")
        self.mutant = mutant

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if name != self.name:
            return None
        return importlib.util.spec_from_file_location(name, self.mutant.file, loader=Changed(name, self.mutant))


def start(mutant: Mutant) -> int:
    """Run the mutant's tests in a process of its own group; returns its id. It exits 0 if all passed."""
    if child := os.fork():
        return child
    os.setpgid(0, 0)
    os.dup2(DEVNULL, 1)
    os.dup2(DEVNULL, 2)
    sys.meta_path.insert(0, Finder(mutant))  # pyright: ignore[reportArgumentType] - a finder by its shape
    import pytest  # registers the assertion rewriting of this process

    room = mutant.file.parent.name
    own = ROOT / "tests" / "server" / room / f"test_{mutant.file.stem}.py"
    chosen = [str(path) for path in (own, *(ROOT / path for path in TESTS[room])) if path.exists()]
    options = ["-q", "-x", "-p", "no:cacheprovider", "-m", "not long", "--hypothesis-profile", "mutants"]
    options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # of what was imported before the fork
    os._exit(int(pytest.main([*options, *dict.fromkeys(chosen)])) != 0)


def survivors(chosen: Sequence[Mutant], jobs: int) -> Iterator[tuple[Mutant, bool]]:
    """Each mutant with whether it survived, `jobs` of them at a time."""
    waiting, running = list(reversed(chosen)), dict[int, tuple[Mutant, float]]()
    while waiting or running:
        while waiting and len(running) < jobs:
            mutant = waiting.pop()
            running[start(mutant)] = (mutant, time.monotonic())
        for child, (mutant, began) in list(running.items()):
            done, status = os.waitpid(child, os.WNOHANG)
            late = time.monotonic() - began > TIMEOUT
            if late and not done:
                os.killpg(child, signal.SIGKILL)
                _, status = os.waitpid(child, 0)
            if done or late:
                del running[child]
                yield mutant, status == 0
        time.sleep(0.02)


def main() -> int:
    """Prints each survivor as it is found, then the score by room. 1 if the unchanged code fails its own tests."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", type=int, default=400, help="mutants of the sample; 0 takes all")
    parser.add_argument("--seed", type=int, default=1, help="of the sample")
    parser.add_argument("--rooms", nargs="+", choices=TESTS, default=list(TESTS))
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    given = parser.parse_args()
    os.chdir(ROOT)
    for name in PRELOADED:
        importlib.import_module(name)
    every = list(mutants(given.rooms))
    chosen = random.Random(given.seed).sample(every, min(given.n or len(every), len(every)))
    began, lived, tried = time.monotonic(), Counter[str](), Counter[str]()
    unchanged = [Mutant(ROOT / "server" / room / "__init__.py", 1, "", "", "") for room in given.rooms]
    if failing := [one.file.parent.name for one, fine in survivors(unchanged, given.jobs) if not fine]:
        print(f"the tests of {', '.join(failing)} fail without a mutant")
        return 1
    for mutant, survived in survivors(chosen, given.jobs):
        room = mutant.file.parent.name
        tried[room] += 1
        lived[room] += survived
        if survived:
            print(mutant, flush=True)
    for room in given.rooms:
        print(f"{room:8} {_score(tried[room], lived[room])}")
    minutes = (time.monotonic() - began) / 60
    print(f"{'all':8} {_score(tried.total(), lived.total())}, seed {given.seed}, of {len(every)}; {minutes:.0f} min")
    return 0


def _score(tried: int, lived: int) -> str:
    return f"{tried - lived} of {tried} killed" + (f" ({(tried - lived) / tried:.0%})" if tried else "")


if __name__ == "__main__":
    sys.exit(main())
