"""Mutation testing of the pure rooms: `python bench/mutants.py -n 400 --seed 1`.

A mutant is a module with one small change. It is killed when a test fails, breaks or runs too long; one that survives
shows a line whose change no test notices. The tests of the rooms run once unchanged, which tells what each of them
reaches (reached.py): a mutant meets the test file of its own name, then the others that reach it, the dearest last.

The tree is never written to: each mutant is a forked process whose import of that one module is answered with the
changed source. The libraries are imported before the fork.
"""

import argparse
import ast
import importlib
import os
import pickle
import random
import re
import signal
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from mutations import changes
from reached import PRODUCT, ROOT, Finder, Only, Reached, Watch, block_of, file_of, marked

ROOMS = ("budget", "insight", "rules", "safety", "workflows")
TESTS = ("tests/server", "tests/tools")
PRELOADED = (
    "alibabacloud_aiworkspace20210204.client",
    "alibabacloud_credentials.client",
    "alibabacloud_pai_dlc20201203.client",
    "hypothesis.strategies",
    "mcp.server.mcpserver",
    "pai_dlc_mcp.emulator.embedded",
    "pydantic_settings",
    "pytest_asyncio",
)
OPTIONS = (
    *("-q", "-p", "no:cacheprovider", "-m", "not long", "--hypothesis-profile", "mutants"),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),  # of what was imported before the fork
)
_DEAR = 0.5  # seconds of a test
_FIRST, _CHEAP_ONES, _DEAR_ONES = 30, 150, 20  # tests that a mutant meets outside its own file, at most
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


class Job(NamedTuple):
    """One forked process: pytest with these arguments and plugin, killed after so many seconds."""

    finder: Finder
    arguments: Sequence[str]
    plugin: object
    seconds: float
    done: Callable[[], Any] | None = None
    """Called in the process after its tests, which need not pass then."""


def start(job: Job) -> int:
    """Run the job in a process of its own group; returns its id. It exits 0 if all passed."""
    if child := os.fork():
        return child
    os.setpgid(0, 0)
    os.dup2(DEVNULL, 1)
    os.dup2(DEVNULL, 2)
    sys.meta_path.insert(0, job.finder)  # pyright: ignore[reportArgumentType] - a finder by its shape
    code = pytest.main([*OPTIONS, *job.arguments], plugins=[job.plugin])
    if job.done:
        job.done()
    os._exit(int(not job.done and code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)))


def run(work: Sequence[tuple[Any, Sequence[Job]]], workers: int) -> Iterator[tuple[Any, bool]]:
    """Each name with whether all of its jobs passed, `workers` at a time; after one that fails no other runs."""
    waiting, running = list(reversed(work)), dict[int, tuple[Any, Sequence[Job], float]]()
    while waiting or running:
        while waiting and len(running) < workers:
            name, jobs = waiting.pop()
            if jobs:
                running[start(jobs[0])] = (name, jobs, time.monotonic())
            else:
                yield name, True
        for child, (name, jobs, began) in list(running.items()):
            done, status = os.waitpid(child, os.WNOHANG)
            late = time.monotonic() - began > jobs[0].seconds
            if late and not done:
                os.killpg(child, signal.SIGKILL)
                _, status = os.waitpid(child, 0)
            if done or late:
                del running[child]
                if status:
                    yield name, False
                else:
                    waiting.append((name, jobs[1:]))
        time.sleep(0.02)


def _tell(watch: Watch, file: Path) -> None:
    file.write_bytes(pickle.dumps(watch.tests))


def reached(workers: int) -> dict[str, Reached]:
    """What each test reaches, without a mutant."""
    files = sorted(file for path in TESTS for file in (ROOT / path).rglob("test_*.py"))
    server = ROOT / "server"
    finder, found = Finder(lambda file: marked(file) if server in file.parents else None), dict[str, Reached]()
    with tempfile.TemporaryDirectory() as folder:
        work: list[tuple[int, list[Job]]] = []
        for number in range(workers):
            watch, told = Watch(), Path(folder, str(number))
            share = [str(file) for file in files[number::workers]]
            work.append((number, [Job(finder, share, watch, 1_200, partial(_tell, watch, told))]))
        if not all(passed for _, passed in run(work, workers)):
            sys.exit("the tests do not end without a mutant")
        for told in Path(folder).iterdir():
            found |= pickle.loads(told.read_bytes())
    return found


@cache
def importers() -> Mapping[str, frozenset[str]]:
    """By module of server/, as a path from the root: itself and the modules of server/ that import from it."""
    users = defaultdict[str, set[str]](set)
    for file in (ROOT / "server").rglob("*.py"):
        name = file.relative_to(ROOT).as_posix()
        users[name].add(name)
        for module in re.findall(rf"(?m)^ *from {PRODUCT}\.([\w.]+) import", file.read_text("utf-8")):
            users[f"{module.replace('.', '/')}.py"].add(name)
    return {name: frozenset(by) for name, by in users.items()}


def jobs_of(mutant: Mutant, tests: Mapping[str, Reached]) -> list[Job]:
    """The tests that a mutant has to survive, in the order they are run: its own file, what else reaches its block,
    the cheapest first, and then those that are dear. Of many, those that reach the most of the module: one left out can
    only make a survivor more."""
    module, block = mutant.file.relative_to(ROOT).as_posix(), block_of(mutant.file, mutant.line)
    own = f"tests/server/{mutant.file.parent.name}/test_{mutant.file.stem}.py"
    reach = [
        test
        for test, one in tests.items()
        if one.passed and (block in one.blocks if block else not importers()[module].isdisjoint(one.modules))
    ]
    reach.sort(key=lambda test: (-tests[test].modules.get(module, 0), tests[test].seconds))
    first = [test for test, one in tests.items() if file_of(test) == own and one.passed]
    others = [test for test in reach if file_of(test) != own]
    cheap = [test for test in others if tests[test].seconds < _DEAR][:_CHEAP_ONES]
    dear = [test for test in others if tests[test].seconds >= _DEAR][:_DEAR_ONES]
    files = dict.fromkeys(map(file_of, sorted(cheap, key=lambda test: tests[test].seconds)))
    cheap.sort(key=lambda test: list(files).index(file_of(test)))
    first.sort(key=lambda test: tests[test].seconds >= _DEAR)
    parts = [first, cheap[:_FIRST], cheap[_FIRST:], sorted(dear, key=lambda test: tests[test].seconds)]
    compiled = compile(mutant.source, str(mutant.file), "exec")
    finder = Finder(lambda file: compiled if file == mutant.file else None)
    jobs: list[Job] = []
    for part in filter(None, parts):
        seconds = 30 + 4 * sum(tests[test].seconds for test in part)
        jobs.append(Job(finder, ["-x", *dict.fromkeys(map(file_of, part))], Only(part, tests.keys()), seconds))
    return jobs


def main() -> int:
    """Prints each survivor as it is found, then the score by room. 1 if a test failed without a mutant."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", type=int, default=400, help="mutants of the sample; 0 takes all")
    parser.add_argument("--seed", type=int, default=1, help="of the sample")
    parser.add_argument("--rooms", nargs="+", choices=ROOMS, default=ROOMS)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    given = parser.parse_args()
    os.chdir(ROOT)
    for name in PRELOADED:
        importlib.import_module(name)
    every = list(mutants(given.rooms))
    chosen = random.Random(given.seed).sample(every, min(given.n or len(every), len(every)))
    began, lived, tried = time.monotonic(), Counter[str](), Counter[str]()
    tests = reached(given.jobs)
    failing = [test for test, one in tests.items() if not one.passed]
    print(f"{len(tests)} tests without a mutant: {time.monotonic() - began:.0f} s", flush=True)
    print(*(f"fails without a mutant, left out: {test}" for test in failing), sep="\n", end="\n" if failing else "")
    for mutant, survived in run([(one, jobs_of(one, tests)) for one in chosen], given.jobs):
        room = mutant.file.parent.name
        tried[room] += 1
        lived[room] += survived
        if survived:
            print(f"{mutant}  ({tried.total()} tried)", flush=True)
    for room in given.rooms:
        print(f"{room:8} {_score(tried[room], lived[room])}")
    minutes = (time.monotonic() - began) / 60
    print(f"{'all':8} {_score(tried.total(), lived.total())}, seed {given.seed}, of {len(every)}; {minutes:.1f} min")
    return int(bool(failing))


def _score(tried: int, lived: int) -> str:
    return f"{tried - lived} of {tried} killed" + (f" ({(tried - lived) / tried:.0%})" if tried else "")


if __name__ == "__main__":
    sys.exit(main())
