"""Which tests reach which code: a mutant meets only tests that run the block of code it stands in.

A block is what runs from its first statement on: a function's body, a branch, a loop, a handler. Each of the product's
modules that a mutant can concern is loaded with a mark at the start of each block, and the tests run once with them.
"""

import ast
import builtins
import time
from collections import Counter
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from functools import cache
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType
from typing import Any, ClassVar, NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
PRODUCT = "pai_dlc_mcp"


class Reached(NamedTuple):
    """What a test took: `seconds` with its fixtures, the `blocks` it ran, how many of each module, and whether it
    `passed`."""

    seconds: float
    blocks: frozenset[str]
    modules: Mapping[str, int]
    passed: bool


class Loader(SourceFileLoader):
    """Loads a module from this code; never from a compiled file, and writes none."""

    def __init__(self, name: str, file: Path, code: CodeType) -> None:
        super().__init__(name, str(file))
        self.code = code

    def get_code(self, fullname: str) -> Any:
        return self.code


class Finder:
    """Answers the import of a module of the product before anybody else does, unless `code` of its file is None."""

    def __init__(self, code: Callable[[Path], CodeType | None]) -> None:
        self.code = code

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        package, _, module = name.partition(".")
        folder = ROOT.joinpath(*module.split("."))
        file = folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")
        if package != PRODUCT or not file.is_file() or (code := self.code(file)) is None:
            return None
        return spec_from_file_location(name, file, loader=Loader(name, file, code))


def _blocks(tree: ast.AST) -> list[list[ast.stmt]]:
    """Of all functions; what stands outside runs at the import, for every test."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    nodes = {id(node): node for function in functions for node in ast.walk(function)}.values()
    found = [getattr(node, name, None) for node in nodes for name in ("body", "orelse", "finalbody")]
    return [block for block in found if isinstance(block, list) and block]


@cache
def _places(file: Path) -> list[tuple[int, int]]:
    """First and last line of each block of this file."""
    return [(block[0].lineno, block[-1].end_lineno or 0) for block in _blocks(ast.parse(file.read_bytes()))]


def _key(file: Path, line: int) -> str:
    return f"{file.relative_to(ROOT).as_posix()}:{line}"


def block_of(file: Path, line: int) -> str | None:
    """The innermost block with this line; None outside all functions."""
    inside = [first for first, last in _places(file) if first <= line <= last]
    return _key(file, max(inside)) if inside else None


def marked(file: Path) -> CodeType:
    """The file's code, which tells `builtins._reached` each block that it enters."""
    tree = ast.parse(file.read_bytes())
    for block in _blocks(tree):
        said = isinstance(block[0], ast.Expr) and isinstance(block[0].value, ast.Constant)
        mark = ast.parse(f"_reached({_key(file, block[0].lineno)!r})").body[0]
        for node in ast.walk(mark):
            ast.copy_location(node, block[0])
        block.insert(int(said), mark)
    return compile(tree, str(file), "exec")


class Watch:
    """A pytest plugin that notes what each test reaches. One a process: the blocks seen are the process's."""

    seen: ClassVar[set[str]] = set()

    def __init__(self) -> None:
        self.tests: dict[str, Reached] = {}
        builtins._reached = self.seen.add  # pyright: ignore[reportAttributeAccessIssue]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        self.seen.clear()
        began, failed = time.monotonic(), item.session.testsfailed
        done = yield
        passed = item.session.testsfailed == failed
        modules = Counter(block.partition(":")[0] for block in self.seen)
        self.tests[item.nodeid] = Reached(time.monotonic() - began, frozenset(self.seen), modules, passed)
        return done


class Only:
    """A pytest plugin that runs these tests alone, in this order, and after them what was no test before."""

    def __init__(self, tests: Sequence[str], known: Collection[str]) -> None:
        self.places, self.known = {test: place for place, test in enumerate(tests)}, known

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        kept = [item for item in items if item.nodeid in self.places or item.nodeid not in self.known]
        items[:] = sorted(kept, key=lambda item: self.places.get(item.nodeid, len(self.places)))


def file_of(test: str) -> str:
    return test.partition("::")[0]
