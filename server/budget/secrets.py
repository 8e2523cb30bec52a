"""The shapes of secrets, as data: a pattern (RE2; its last group is what is removed), examples of what must be removed
and of what must stay.

In an example `{20}` is that many letters and digits, `{x40}` hex digits, `{U16}` capitals and digits, `{d9}` digits.
What must be removed stands in «»: nothing here looks like a live key to a scanner. The rows are in secret_places.py,
secret_tokens.py and secret_named.py."""

from pai_dlc_mcp.server.budget.secret_named import NAMED
from pai_dlc_mcp.server.budget.secret_places import PLACES
from pai_dlc_mcp.server.budget.secret_tokens import TOKENS

SHAPES = (*PLACES, *TOKENS, *NAMED)
"""The first that matches at the leftmost place wins."""
