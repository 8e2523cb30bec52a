"""A tool's leave to change something. A gated tool declares one Permit: policy, question, answer and re-read are done
when its body runs, and what was shown is all the permit sends. Others declare a Sender, which sends what asks nobody.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Generic, TypeVar

from mcp.server.mcpserver import Context, Elicit, ElicitationResult, Resolve

from pai_dlc_mcp.server.cloud.api import Write
from pai_dlc_mcp.server.cloud.errors import sent_once
from pai_dlc_mcp.server.deps import App
from pai_dlc_mcp.server.protocol.reply import Facts
from pai_dlc_mcp.server.safety.gate import Gate
from pai_dlc_mcp.server.safety.risks import asks
from pai_dlc_mcp.server.safety.types import Outcome, Preview, Refusal, Verdict, Yes, verdict_of

T = TypeVar("T")


class Gated(Facts, Outcome):
    """`status` says how it ended: what was done, confirmation_required, or not_executed with a `reason`."""


class NotSent(Exception):  # an ending of a call, not an error: app.py renders the reply
    """Nothing was sent, and the reply says why. Raised by a look or by a permit, so that no body runs without leave."""

    def __init__(self, reply: Facts) -> None:
        super().__init__()
        self.reply = reply


@dataclass(frozen=True)
class Plan(Generic[T]):
    """What a call would send, from facts read just now. `preview` is what its user is shown; None: nothing to ask.
    `reply` and `about` make the tool's reply where nothing is sent."""

    preview: Preview | None
    writes: tuple[Write[T], ...]
    reply: type[Gated]
    about: dict[str, Any]

    def refused(self, refusal: Refusal) -> NotSent:
        return NotSent(self.reply(**self.about, **dict(refusal)))


Look = Callable[[], Awaitable[Plan[T]]]
"""Reads the job and plans: called for the question, and again right before the write. Raises NotSent or Failure."""


@dataclass(frozen=True)
class Permit(Generic[T]):
    """Leave to send the planned writes, each once. `about`: what the look saw, for the reply."""

    writes: Sequence[Write[T]]
    about: Mapping[str, Any]
    _app: App
    _asked: bool
    _sent: list[Write[T]] = field(default_factory=list[Write[T]])

    async def send(self, write: Write[T] | None = None) -> T:
        """Send a planned write, by default the only one. Raises CloudError."""
        if write is None:
            (write,) = self.writes
        if write not in self.writes or write in self._sent:
            raise RuntimeError(f"{write.action} is not, or no longer, permitted")
        self._sent.append(write)
        return await _send(self._app, write, asked=self._asked)


@dataclass(frozen=True)
class UnaskedSender:
    """Sends writes that ask nobody: those that safety/risks.py lists with the reason."""

    _app: App

    async def send(self, write: Write[T]) -> T:
        """Raises CloudError; Failure where the user's CLI policy says no."""
        if asks(write.action):
            raise RuntimeError(f"{write.action} needs a permit")
        return await _send(self._app, write, asked=False)


async def _send(app: App, write: Write[T], *, asked: bool) -> T:
    with app.gate.writing(write, asked=asked), sent_once(write.shown_by):
        body = await app.gateway.send(write.product, write.action, write.region, write.path, write.params)
    return write.answer(body)


async def _gate(ctx: Context[App]) -> Gate:
    return ctx.request_context.lifespan_context.gate


async def _sender(ctx: Context[App]) -> UnaskedSender:
    return UnaskedSender(ctx.request_context.lifespan_context)


Sender = Annotated[UnaskedSender, Resolve(_sender)]
GateDep = Annotated[Gate, Resolve(_gate)]


def asking(prepare: Callable[..., Awaitable[Look[Any]]]) -> Resolve:
    """The resolver of a Permit. `prepare` is itself a resolver; the look it returns plans what the tool may send."""

    async def first(look: Annotated[Look[Any], Resolve(prepare)]) -> Plan[Any]:
        return await look()

    async def question(
        plan: Annotated[Plan[Any], Resolve(first)], gate: GateDep, ctx: Context[App], confirmation_token: str | None
    ) -> Verdict | Elicit[Yes]:
        return await gate.ask(plan.preview, ctx, confirmation_token) if plan.preview else Verdict("approved")

    async def permit(
        look: Annotated[Look[Any], Resolve(prepare)],
        plan: Annotated[Plan[Any], Resolve(first)],
        answer: Annotated[ElicitationResult[Yes], Resolve(question)],
        ctx: Context[App],
    ) -> Permit[Any]:
        app = ctx.request_context.lifespan_context
        if plan.preview is None:
            return Permit(plan.writes, plan.about, app, False)
        fresh: Plan[Any] | None = None

        async def again() -> Preview | None:
            nonlocal fresh
            try:
                fresh = await look()
            except NotSent:  # nothing left to ask about
                return None
            return fresh.preview

        if refusal := await app.gate.admit(plan.preview, verdict_of(answer), again):
            raise plan.refused(refusal)
        seen = fresh or plan
        return Permit(seen.writes, seen.about, app, True)

    return Resolve(permit)
