"""The changes that mutation testing makes, and what a mutant is imported as."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

BENCH = Path(__file__).parents[1] / "bench"


@pytest.fixture
def mutations() -> ModuleType:
    spec = importlib.util.spec_from_file_location("mutations", BENCH / "mutations.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("code", "new"),
    [
        ("a = b < c", {"(b <= c)"}),
        ("a = b is None", {"(b is not None)"}),
        ("a = b and not c", {"(b or not c)", "(c)"}),
        ("a = b + 1", {"(b - 1)", "(2)"}),
        ("a = b if c else d", {"(b if not c else d)"}),
        ("a = True", {"(False)"}),
        ("a = 1.5, 0.0", {"(3.0)", "(1.0)"}),
        ("zip(a, b, strict=True)", {"pass"}),
        ("a = getattr(os, b, 0)", set()),
        ("f(x)", {"pass"}),
        ("def f(): return g", {"return None"}),
        ("def f():\n    raise E", {"pass"}),
        ("a = 'text' + b", set()),
        ("a: int | None = f'{b}'", set()),
        ('"""A docstring."""', set()),
    ],
)
def test_a_node_is_changed_in_one_way(mutations: ModuleType, code: str, new: set[str]) -> None:
    import ast

    assert {text for _, text in mutations.changes(ast.parse(code))} == new


@pytest.fixture
def mutants(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCH))
    spec = importlib.util.spec_from_file_location("mutants", BENCH / "mutants.py")
    assert spec
    assert spec.loader
    monkeypatch.setitem(sys.modules, "mutants", module := importlib.util.module_from_spec(spec))
    spec.loader.exec_module(module)
    return module


def test_every_mutant_of_the_rooms_is_a_module_that_compiles(mutants: ModuleType) -> None:
    made = list(mutants.mutants(["rules"]))
    assert len(made) > 100
    for mutant in made[::10]:
        assert mutant.source != mutant.file.read_text("utf-8")
        compile(mutant.source, "mutant", "exec")


def test_the_mutant_is_imported_and_all_else_as_it_is(mutants: ModuleType) -> None:
    file = BENCH.parent / "server" / "rules" / "labels.py"
    finder = mutants.Finder(lambda asked: compile("x = 1", "mutant", "exec") if asked == file else None)
    found = finder.find_spec("pai_dlc_mcp.server.rules.labels")
    found.loader.exec_module(module := importlib.util.module_from_spec(found))
    assert module.x == 1
    assert finder.find_spec("pai_dlc_mcp.server.rules.pods") is None
    assert finder.find_spec("json") is None


CODE = """
LIMIT = 3

def f(x):
    \"\"\"A docstring.\"\"\"
    if x:
        return g(x)
    elif x is None:
        x = 0
    return x

def g(x):
    return x
"""


def test_a_module_tells_which_blocks_ran(mutants: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reached = sys.modules["reached"]
    monkeypatch.setattr(reached, "ROOT", tmp_path)
    (file := tmp_path / "code.py").write_text(CODE)
    blocks: list[str] = []
    names: dict[str, object] = {"_reached": blocks.append}
    exec(reached.marked(file), names)
    assert blocks == []
    assert names["f"](1) == 1  # pyright: ignore[reportCallIssue]
    assert blocks == ["code.py:5", "code.py:7", "code.py:13"]
    blocks.clear()
    assert names["f"](None) == 0  # pyright: ignore[reportCallIssue]
    assert blocks == ["code.py:5", "code.py:8", "code.py:9"]
    lines = {1: None, 4: None, 6: "code.py:5", 7: "code.py:7", 8: "code.py:8", 9: "code.py:9", 10: "code.py:5"}
    assert {line: reached.block_of(file, line) for line in lines} == lines


def test_a_mutant_meets_its_own_file_and_what_reaches_it_the_dearest_last(mutants: ModuleType) -> None:
    mutant = next(one for one in mutants.mutants(["rules"]) if "labels.py" in one.file.name and one.line > 14)
    block = mutants.block_of(mutant.file, mutant.line)
    own, near, far, dear = (
        f"tests/{name}::test" for name in ("server/rules/test_labels.py", "a.py", "b.py", "server/rules/test_pods.py")
    )
    here, modules = frozenset({block}), {"server/rules/labels.py": 1}
    tests = {
        dear: mutants.Reached(9.0, here, modules, True),
        far: mutants.Reached(0.2, here, modules, True),
        near: mutants.Reached(0.1, here, modules, True),
        own: mutants.Reached(0.3, frozenset(), {}, True),
        "tests/c.py::elsewhere": mutants.Reached(0.1, frozenset({"server/rules/pods.py:1"}), {}, True),
        "tests/c.py::fails": mutants.Reached(0.1, here, modules, False),
    }
    assert [list(job.plugin.places) for job in mutants.jobs_of(mutant, tests)] == [[own], [near, far], [dear]]
