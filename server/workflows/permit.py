"""What a tool behind the gate declares: the question as a resolver, and a reply that can carry it."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from mcp.server.mcpserver import Context, Elicit, Resolve

from pai_dlc_mcp.server.deps import App, GateDep
from pai_dlc_mcp.server.protocol.reply import Facts
from pai_dlc_mcp.server.safety.types import Outcome, Preview, Verdict, Yes


class Gated(Facts, Outcome):
    """`status` says how it ended: what was done, confirmation_required, or not_executed with a `reason`."""


def asking(preview: Callable[..., Awaitable[Preview | None]]) -> Callable[..., Awaitable[Verdict | Elicit[Yes]]]:
    """A resolver that puts a preview's question to the user. `preview` is itself a resolver; None: nothing to ask."""

    async def ask(
        shown: Annotated[Any, Resolve(preview)], gate: GateDep, ctx: Context[App], confirmation_token: str | None
    ) -> Verdict | Elicit[Yes]:
        return await gate.ask(shown, ctx, confirmation_token) if shown else Verdict("approved")

    ask.__qualname__ = f"ask_{preview.__name__.strip('_')}"
    return ask
