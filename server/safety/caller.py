"""Who calls: what a question, a record and a line of the audit know of it."""

import json
from dataclasses import dataclass
from typing import Any

from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.provider import principal_components
from mcp.server.mcpserver import Context


@dataclass(frozen=True)
class Caller:
    """`principal` is the access token's client, issuer and subject over HTTP, `local` for the one user over stdio;
    `client` is what the program calls itself."""

    principal: str
    client: str | None = None


def caller_of(ctx: Context[Any]) -> Caller:
    token = get_access_token()
    params = ctx.session.client_params
    client = params.client_info if params else None
    return Caller(
        json.dumps(principal_components(token)) if token else "local",  # no JSON list is the word "local"
        f"{client.name} {client.version}"[:80] if client else None,
    )
