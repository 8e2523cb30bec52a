"""A tool's leave to change something. A gated tool declares one Permit: policy, question, answer and re-read are done
when its body runs, and what was shown is all the permit sends. Others declare a Sender, which sends what asks nobody.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Generic, TypeVar

from mcp.server.mcpserver import Context, Elicit, ElicitationResult, Resolve

from pai_dlc_mcp.server.cloud.api import Write
from pai_dlc_mcp.server.cloud.errors import sent_once
from pai_dlc_mcp.server.deps import App
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.protocol.reply import Facts
from pai_dlc_mcp.server.protocol.toolset import Leave
from pai_dlc_mcp.server.safety.confirmation import fingerprint
from pai_dlc_mcp.server.safety.gate import Gate
from pai_dlc_mcp.server.safety.risks import asks
from pai_dlc_mcp.server.safety.types import Outcome, Preview, Refusal, Verdict, Yes, verdict_of

T = TypeVar("T")

_MAKES = frozenset({"CreateJob", "CreateJobTemplate", "CreateTensorboard"})  # what these answer is an id


class Gated(Facts, Outcome):
    """`status` says how it ended: what was done, confirmation_required, or not_executed with a `reason`."""


class Ended(Exception):  # an ending of a call, not an error: app.py renders the reply
    """The call ends with this reply and without its body: nothing was sent and the reply says why, or what was sent
    could not be looked at."""

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

    def __post_init__(self) -> None:
        """A yes is to these very requests: they are part of the state that is shown, compared and confirmed."""
        if self.preview:
            requests = [(write.action, write.path, dict(write.params)) for write in self.writes]
            state = fingerprint(self.preview.state, requests)
            object.__setattr__(self, "preview", replace(self.preview, state=state))

    def refused(self, refusal: Refusal) -> Ended:
        return Ended(self.reply(**self.about, **dict(refusal)))


Look = Callable[[], Awaitable[Plan[T]]]
"""Reads the job and plans: called for the question, and again right before the write. Raises Ended or Failure."""


@dataclass(frozen=True)
class Permit(Leave, Generic[T]):
    """Leave to send the planned writes, each once. `about`: what the look saw, for the reply."""

    plan: Plan[T]
    _app: App
    _asked: bool
    _tried: list[Write[T]] = field(default_factory=list[Write[T]])
    _sent: list[Write[T]] = field(default_factory=list[Write[T]])

    @property
    def writes(self) -> Sequence[Write[T]]:
        return self.plan.writes

    @property
    def about(self) -> Mapping[str, Any]:
        return self.plan.about

    async def send(self, write: Write[T] | None = None) -> T:
        """Send a planned write, by default the only one. Raises CloudError."""
        if write is None:
            (write,) = self.writes
        if write not in self.writes or write in self._tried:
            raise RuntimeError(f"{write.action} is not, or no longer, permitted")
        self._tried.append(write)
        answer = await _send(self._app, write, asked=self._asked)
        self._sent.append(write)
        return answer

    def after(self, failure: Failure) -> Exception:
        """What was sent and accepted is told, although what came of it could not be looked at."""
        if not self._sent:
            return failure
        said = f"{_named(self._sent)} and accepted; what came of it could not be looked at: {failure.what}"
        follow = f"Do not send it again: look with {self._sent[0].shown_by}."
        return Ended(self.plan.reply(**self.plan.about, status="sent_unseen", reason=said, next=follow))


@dataclass(frozen=True)
class UnaskedSender(Leave):
    """Sends writes that ask nobody: those that safety/risks.py lists with the reason."""

    _app: App
    _sent: list[Write[Any]] = field(default_factory=list[Write[Any]])

    async def send(self, write: Write[T]) -> T:
        """Raises CloudError; Failure where the user's CLI policy says no."""
        if asks(write.action):
            raise RuntimeError(f"{write.action} needs a permit")
        answer = await _send(self._app, write, asked=False)
        self._sent.append(write)
        return answer

    def after(self, failure: Failure) -> Exception:
        """As a Permit's, as an error: it has no reply of its tool's."""
        if not self._sent:
            return failure
        return Failure(
            f"{_named(self._sent)} and accepted; what came of it could not be looked at: {failure.what}",
            fix=f"Do not send it again: look with {self._sent[0].shown_by}.",
            code="SentUnseen",
        )


def _named(sent: Sequence[Write[Any]]) -> str:
    """`StopJob dlc… was sent`."""
    named = ", ".join(" ".join((write.action, *write.path)) for write in sent)
    return f"{named} {'were' if len(sent) > 1 else 'was'} sent"


async def _send(app: App, write: Write[T], *, asked: bool) -> T:
    with app.gate.writing(write, asked=asked) as told, sent_once(write.shown_by):
        body = await app.gateway.send(write.product, write.action, write.region, write.path, write.params)
        answer = write.answer(body)
        if write.action in _MAKES:
            told["made"] = answer
    return answer


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
            return Permit(plan, app, False)
        fresh: Plan[Any] | None = None

        async def again() -> Preview | None:
            nonlocal fresh
            try:
                fresh = await look()
            except Ended:  # nothing left to ask about
                return None
            return fresh.preview

        if refusal := await app.gate.admit(plan.preview, verdict_of(answer), again):
            raise plan.refused(refusal)
        return Permit(fresh or plan, app, True)

    return Resolve(permit)
