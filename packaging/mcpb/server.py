# /// script
# requires-python = ">=3.11"
# dependencies = ["pai-dlc-mcp==0.1.0"]
# ///
"""Starts the server; `uv run --script` installs what it needs first."""

import sys

from pai_dlc_mcp.cli import main

sys.exit(main(sys.argv[1:]))
