"""`python -m pai_dlc_mcp.cli`, if the console script is not on the PATH."""

import sys

from pai_dlc_mcp.cli import main

sys.exit(main())
