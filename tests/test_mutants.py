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


def test_every_mutant_of_the_rooms_is_a_module_that_compiles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCH))
    spec = importlib.util.spec_from_file_location("mutants", BENCH / "mutants.py")
    assert spec
    assert spec.loader
    monkeypatch.setitem(sys.modules, "mutants", module := importlib.util.module_from_spec(spec))
    spec.loader.exec_module(module)
    made = list(module.mutants(["rules"]))
    assert len(made) > 100
    for mutant in made:
        assert mutant.source != mutant.file.read_text("utf-8")
        compile(mutant.source, "mutant", "exec")
    finder = module.Finder(made[0])
    assert finder.find_spec("pai_dlc_mcp.server.rules.advice").loader.mutant is made[0]
    assert finder.find_spec("pai_dlc_mcp.server.rules.labels") is None
