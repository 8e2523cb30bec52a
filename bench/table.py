"""One table of all benches with their thresholds: `make bench`.

Each bench that has `rows() -> [(name, value, threshold)]` runs in a process of its own; what it prints goes to stderr.
Values are ratios, shares and counts, measured side by side in one run, so that they hold on any machine; only the MB/s
of logs are of this one.

    .venv/bin/python bench/table.py [--write] [NAME...]

NAME is a bench, for example startup; --write puts the table into RESULTS.md. Exits with 1 if a threshold is missed or a
bench ends in an error.
"""

import argparse
import json
import operator
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
HOLDS = {"<=": operator.le, ">=": operator.ge}
PROGRAM = """
import contextlib, importlib, json, sys
with contextlib.redirect_stdout(sys.stderr):
    found = importlib.import_module(sys.argv[1]).rows()
print(json.dumps(found))
"""
VERSIONS = ("pai-dlc-mcp", "mcp", "pydantic", "anyio", "alibabacloud-pai-dlc20201203", "alibabacloud-tea-openapi")
Row = tuple[str, float, str]


def holds(value: float, threshold: str) -> bool:
    """Whether a value meets a threshold such as `<= 1.1`."""
    sign, limit = threshold.split()
    return HOLDS[sign](value, float(limit))


def benches() -> list[str]:
    return sorted(file.stem for file in HERE.glob("*.py") if "\ndef rows(" in file.read_text("utf-8"))


def measured(bench: str) -> list[Row]:
    """The rows of one bench; for a failed bench a row that meets no threshold."""
    command = [sys.executable, "-c", PROGRAM, bench]
    run = subprocess.run(command, cwd=HERE, stdout=subprocess.PIPE, text=True, check=False)
    if run.returncode:
        return [(f"ended with code {run.returncode}", 1, "<= 0")]
    return [tuple(row) for row in json.loads(run.stdout)]


def machine() -> str:
    cores = f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}, Python {platform.python_version()}"
    packages = ", ".join(f"{name} {version(name)}" for name in VERSIONS)
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC; {cores}; {packages}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="put the table into RESULTS.md")
    parser.add_argument("names", nargs="*", help="the benches to run; all without")
    given = parser.parse_args()
    lines, missed = ["| bench | what | value | threshold | |", "| --- | --- | ---: | --- | --- |"], 0
    for bench in given.names or benches():
        for name, value, threshold in measured(bench):
            good = holds(value, threshold)
            missed += not good
            lines.append(f"| {bench} | {name.strip()} | {value:.3g} | {threshold} | {'' if good else 'missed'} |")
            print(f"{bench:10}{name:66}{value:10.3g}  {threshold:10}{'' if good else '  MISSED'}", flush=True)
    print("every threshold holds" if not missed else f"{missed} missed")
    if given.write:
        head = f"# Results\n\nWritten by `make bench`. {machine()}.\n"
        (HERE / "RESULTS.md").write_text("\n".join([head, *lines]) + "\n", "utf-8")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
