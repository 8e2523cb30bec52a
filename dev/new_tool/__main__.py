"""`python -m dev.new_tool NAME [TOOLSET]`: write and wire the files of a noun's first read."""

import sys
from pathlib import Path

from dev.new_tool import files, operation, wiring
from pai_dlc_mcp.emulator.schema.check import OPERATIONS

ROOT = Path(__file__).parents[2]


def main(name: str, toolset: str) -> None:
    found = operation.read(name)
    noun = files.plural(name.partition("_")[2])
    if found.action in OPERATIONS[found.version]:
        raise SystemExit(f"The emulator has {found.action}: write the rest by hand, as CONTRIBUTING.md says.")
    made = {ROOT / path: text for path, text in files.of(found, noun, toolset).items()}
    if there := [str(file.relative_to(ROOT)) for file in made if file.exists()]:
        raise SystemExit(f"{', '.join(there)} exists: add {name} to it by hand, as CONTRIBUTING.md says.")
    for file, text in made.items():
        file.write_text(text, "utf-8")
    changed = wiring.wire(ROOT, found, noun)
    for word, paths in (("new", made), ("changed", changed)):
        for path in paths:
            print(f"{word:8}{path.relative_to(ROOT)}")  # noqa: T201
    print(f"Now say in tools/{noun}.py what {name} is for, and run: make snapshots docs test")  # noqa: T201


main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 and sys.argv[2] else "core")
