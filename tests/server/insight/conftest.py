"""The corpus, loaded by its path: under importlib mode test folders are no packages."""

import importlib.util
import sys
from pathlib import Path

_spec = importlib.util.spec_from_file_location("corpus", Path(__file__).parents[1] / "budget" / "corpus.py")
assert _spec
assert _spec.loader
sys.modules["corpus"] = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(sys.modules["corpus"])
