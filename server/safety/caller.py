"""The caller of a tool, for questions, store records and audit lines."""

import json
import re
from dataclasses import dataclass
from typing import Any

from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.provider import principal_components
from mcp.server.mcpserver import Context

from pai_dlc_mcp.server.safety.store import digest

_LOCAL = "local"
_SESSION = re.compile(r"(?!local$|.*-[0-9a-f]{20}$)[A-Za-z0-9.@_-]{2,64}")  # none that is made here


@dataclass(frozen=True)
class Caller:
    """`principal`: client, issuer and subject of the access token over HTTP, `local` over stdio. `client`: name and
    version that the MCP client reports."""

    principal: str
    client: str | None = None


def session_name() -> str:
    """The caller as the session name of a RAM role: the subject if it is a valid name, else its valid characters and a
    digest, so that two subjects never share a name."""
    token = get_access_token()
    if token is None:
        return _LOCAL
    who = token.subject or token.client_id
    if _SESSION.fullmatch(who):
        return who
    readable = re.sub(r"[^A-Za-z0-9.@_-]+", "-", who)[:43]
    return f"{readable}-{digest(who)[:20]}"


def caller_of(ctx: Context[Any]) -> Caller:
    token = get_access_token()
    params = ctx.session.client_params
    client = params.client_info if params else None
    return Caller(
        json.dumps(principal_components(token)) if token else _LOCAL,  # never equal to "local": it is a JSON list
        f"{client.name} {client.version}"[:80] if client else None,
    )
