"""How fast a log becomes a view, how much memory it takes, and how far the token estimate is from a real tokenizer.

.venv/bin/python bench/budget.py
"""

import gc
import importlib.util
import json
import shutil
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path
from types import ModuleType

from pai_dlc_mcp.server.budget import blocks
from pai_dlc_mcp.server.budget.clean import clean
from pai_dlc_mcp.server.budget.estimate import tokens
from pai_dlc_mcp.server.budget.fold import fold
from pai_dlc_mcp.server.budget.lines import Lines
from pai_dlc_mcp.server.budget.redact import Redactor
from pai_dlc_mcp.server.budget.view import view

SMALL, LARGE = 1_000_000, 15_000_000  # bytes
TARGET_MB_S = 25
ROUNDS = 7
UNDER, OVER = 0.05, 0.60  # allowed error of the estimate


def corpus() -> ModuleType:
    path = Path(__file__).parents[1] / "tests/server/budget/corpus.py"
    spec = importlib.util.spec_from_file_location("corpus", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["corpus"] = module
    spec.loader.exec_module(module)
    return module


def of_size(source, size: int) -> list[str]:
    records: list[str] = []
    while size > 0:
        records += islice(source, 1000)
        size -= sum(len(record.encode("utf-8", "ignore")) + 1 for record in records[-1000:])
    return records


def best(run: Callable[[], object]) -> float:
    """Seconds, the least of several rounds."""
    times: list[float] = []
    for _ in range(ROUNDS):
        gc.collect()
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


def measure(records: list[str], redactor: Redactor) -> dict[str, float]:
    """Megabytes a second by stage; `clean + fold + select` is the target's, `total` has the redaction too."""
    text = clean(records)
    log = Lines(redactor.lines(text)[0])
    found = blocks.find(log)
    nobody = Redactor({})
    nobody.lines = lambda text: (text, 0)
    megabytes = sum(len(record.encode("utf-8", "ignore")) + 1 for record in records) / 1e6
    stages: dict[str, Callable[[], object]] = {
        "clean": lambda: clean(records),
        "redact": lambda: redactor.lines(text),
        "find errors": lambda: blocks.find(Lines(log.text)),
        "fold": lambda: fold(log, found),
        "clean + fold + select": lambda: show(records, nobody),
        "total": lambda: show(records, redactor),
    }
    return {name: megabytes / best(stage) for name, stage in stages.items()}


def show(records: list[str], redactor: Redactor) -> object:
    return view(records, max_tokens=4000, redactor=redactor, source="bench")


def peak(records: list[str], redactor: Redactor) -> float:
    """MB of Python memory above the records themselves."""
    gc.collect()
    tracemalloc.start()
    show(records, redactor)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most / 1e6


def speed(logs: ModuleType) -> None:
    redactor = Redactor(logs.ENV)
    sources = dict(logs.NOISE)
    sources["all failures"] = lambda seed: cycle(
        line for name in logs.FAILURES if name != "far in a line" for line in logs.failing(name, 500).records
    )
    print(
        f"{'log':14}{'MB':>4}"
        + "".join(f"{name:>12}" for name in ("clean", "redact", "errors", "fold", "c+f+s", "total"))
        + f"{'peak MB':>9}{'1x->15x':>9}"
    )
    for name, source in sources.items():
        small, large = of_size(source(0), SMALL), of_size(source(0), LARGE)
        slow = fast = 0.0
        for records, size in ((small, SMALL), (large, LARGE)):
            rates = measure(records, redactor)
            slow, fast = rates["total"], slow or rates["total"]
            print(
                f"{name:14}{size // 1_000_000:>4}"
                + "".join(f"{rate:>12.0f}" for rate in rates.values())
                + f"{peak(records, redactor):>9.0f}",
                end="",
            )
            print(f"{fast / slow:>9.2f}" if size == LARGE else "")


def main() -> None:
    logs = corpus()
    speed(logs)


if __name__ == "__main__":
    main()
