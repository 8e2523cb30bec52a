"""`python -m dev.generated [--check]`: write the generated files, or list the outdated ones."""

import logging
import sys

from dev.generated.files import ROOT, generated


def main(*, check: bool) -> int:
    """Exit code 1 if a check found a missing or outdated file."""
    logging.disable(logging.INFO)  # messages of the emulator at start
    made = generated()
    stale = [
        path for path, text in made.items() if not (ROOT / path).exists() or (ROOT / path).read_text("utf-8") != text
    ]
    if check:
        print("\n".join(stale))
        return 1 if stale else 0
    for path in stale:
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(made[path], "utf-8")
    return 0


sys.exit(main(check="--check" in sys.argv[1:]))
