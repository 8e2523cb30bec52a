"""Time and memory to make a view of a log, and the error of the token estimate against a real tokenizer.

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
from collections.abc import Callable, Iterator
from itertools import cycle, islice
from pathlib import Path
from types import ModuleType

from pai_dlc_mcp.server.budget.clean import clean
from pai_dlc_mcp.server.budget.fold import fold
from pai_dlc_mcp.server.budget.limits import tokens
from pai_dlc_mcp.server.budget.pipeline import view
from pai_dlc_mcp.server.budget.redact import Redactor
from pai_dlc_mcp.server.insight import errors as blocks
from pai_dlc_mcp.server.insight.lines import Lines

SMALL, LARGE = 1_000_000, 15_000_000  # bytes
ROUNDS = 3
TARGET_MB_S, TARGET_GROWTH = 25, 1.20
UNDER, OVER = 0.05, 0.40  # allowed error of the estimate
TOKENIZER = "gpt-tokenizer@3"
COUNT = """
const { encode } = require('gpt-tokenizer/encoding/o200k_base');
const texts = JSON.parse(require('fs').readFileSync(0, 'utf8'));
console.log(JSON.stringify(texts.map((text) => encode(text, { disallowedSpecial: new Set() }).length)));
"""


def corpus() -> ModuleType:
    """The tests' corpus module, loaded by path because tests are not a package."""
    path = Path(__file__).parents[1] / "tests/server/budget/corpus.py"
    spec = importlib.util.spec_from_file_location("corpus", path)
    assert spec
    assert spec.loader
    module = sys.modules["corpus"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def every_failure(logs: ModuleType) -> Iterator[str]:
    """A log with an error in every 500 lines."""
    names = [name for name in logs.FAILURES if name != "far in a line"]
    return cycle(line for name in names for line in logs.failing(name, 500).records)


def sources(logs: ModuleType) -> dict[str, Iterator[str]]:
    return {name: make(0) for name, make in logs.NOISE.items()} | {
        "64 KiB lines": logs.long_lines(),
        "every failure": every_failure(logs),
    }


def size(records: list[str]) -> int:
    return sum(len(record.encode("utf-8", "ignore")) + 1 for record in records)


def of_size(source: Iterator[str], most: int) -> list[str]:
    records: list[str] = []
    have = 0
    while have < most:
        more = list(islice(source, 50))
        records += more
        have += size(more)
    return records


def seconds(run: Callable[[], object]) -> float:
    """The shortest of several rounds."""
    times: list[float] = []
    for _ in range(ROUNDS):
        gc.collect()
        start = time.process_time()  # of this process, since the machine may be busy
        run()
        times.append(time.process_time() - start)
    return min(times)


def show(records: list[str], redactor: Redactor) -> object:
    return view(records, max_tokens=4000, redactor=redactor, source="bench")


def stages(records: list[str], redactor: Redactor) -> dict[str, float]:
    """Seconds by stage. `total`: the whole view. `c+f+s`: without redaction; the figure of the target."""
    text = clean(records)
    log = Lines(redactor.lines(text)[0])
    found = blocks.find(log)
    took = {
        "clean": seconds(lambda: clean(records)),
        "redact": seconds(lambda: redactor.lines(text)),
        "errors": seconds(lambda: blocks.find(Lines(log.text))),
        "fold": seconds(lambda: fold(log, found)),
        "total": seconds(lambda: show(records, redactor)),
    }
    return took | {"c+f+s": took["total"] - took["redact"]}


def peak(records: list[str], redactor: Redactor) -> float:
    """Bytes of Python memory in addition to the records."""
    gc.collect()
    tracemalloc.start()
    show(records, redactor)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


def speed(logs: ModuleType) -> tuple[float, float]:
    """Prints one line for each log and size. Returns the largest growth of the time for a byte, and the lowest MB/s of
    `c+f+s`."""
    redactor = Redactor(logs.ENV.items())
    names = ("clean", "redact", "errors", "fold", "c+f+s", "total")
    print(f"MB/s by stage; target c+f+s >= {TARGET_MB_S}, growth of the time a byte from 1 to 15 MB <= {TARGET_GROWTH}")
    print(f"{'log':15}{'MB':>4}" + "".join(f"{name:>8}" for name in names) + f"{'peak MB':>9}{'growth':>8}")
    growths: list[float] = []
    paces: list[float] = []
    for name, source in sources(logs).items():
        pace = 0.0
        for most in (SMALL, LARGE):
            records = of_size(source, most)
            have = size(records)
            took = stages(records, redactor)
            paces.append(have / 1e6 / took["c+f+s"])
            row = "".join(f"{have / 1e6 / took[stage]:8.0f}" for stage in names)
            growths += [took["total"] / have / pace] if pace else []
            growth = f"{growths[-1]:8.2f}" if pace else ""
            print(f"{name:15}{have / 1e6:4.0f}{row}{peak(records, redactor) / 1e6:9.0f}{growth}")
            pace = took["total"] / have
    return max(growths), min(paces)


def estimates(logs: ModuleType) -> list[float]:
    """Prints the estimate and a real tokenizer's count, if one is installed. Returns the errors."""
    """On cleaned logs, and on views as a model gets them."""
    redactor = Redactor(logs.ENV.items())
    texts: dict[str, str] = {}
    for name, source in sources(logs).items():
        records = of_size(source, 200_000)
        texts[name] = redactor.lines(clean(records))[0].decode()
        texts[f"view of {name}"] = view(records, max_tokens=4000, redactor=redactor, source="bench").text
    texts["tracebacks"] = "\n".join(logs.frames(200))
    counts = real_tokens(list(texts.values()))
    if counts is None:
        print("token estimate: not compared, node and npm are needed to install", TOKENIZER)
        return []
    errors: list[float] = []
    print(f"estimate against o200k; allowed {-UNDER:+.0%} to {OVER:+.0%}")
    for (name, text), real in zip(texts.items(), counts, strict=True):
        error = tokens(text) / real - 1
        errors.append(error)
        verdict = "" if -UNDER <= error <= OVER else "  outside"
        print(f"{name:24}{len(text.encode()) / real:6.2f} bytes a token{error:+8.0%}{verdict}")
    return errors


def real_tokens(texts: list[str]) -> list[int] | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return None
    with tempfile.TemporaryDirectory() as folder:
        install = [npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", folder, TOKENIZER]
        if subprocess.run(install, capture_output=True, check=False).returncode:
            return None
        script = Path(folder) / "count.js"
        script.write_text(COUNT)
        run = subprocess.run([node, str(script)], input=json.dumps(texts), capture_output=True, text=True, check=True)
    return json.loads(run.stdout)


def rows() -> list[tuple[str, float, str]]:
    loaded = corpus()
    errors = estimates(loaded)
    growth, pace = speed(loaded)
    found = [("logs: time a byte at 15 MB, times at 1 MB", growth, f"<= {TARGET_GROWTH}")]
    found += [("logs: MB/s without redaction, slowest log", pace, f">= {TARGET_MB_S}")]
    if errors:
        found += [("token estimate, most under", -min(errors), f"<= {UNDER}")]
        found += [("token estimate, most over", max(errors), f"<= {OVER}")]
    return found


if __name__ == "__main__":
    rows()
