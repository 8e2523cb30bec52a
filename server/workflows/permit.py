"""The permission to send a write.

A tool that needs a confirmation declares a Permit: policy, question, answer and second look are done before its body
runs, and the permit sends only what the user was shown. A tool that needs none declares a Sender.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Generic, TypeVar

from mcp.server.mcpserver import Context, Elicit, ElicitationResult, Resolve

from pai_dlc_mcp.server.cloud.account import account_in
from pai_dlc_mcp.server.cloud.api import Write
from pai_dlc_mcp.server.cloud.errors import CloudError, sent_once
from pai_dlc_mcp.server.deps import App
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.protocol.reply import Facts, Quoting
from pai_dlc_mcp.server.protocol.toolset import Leave
from pai_dlc_mcp.server.safety.caller import Caller, caller_of
from pai_dlc_mcp.server.safety.confirmation import keyed
from pai_dlc_mcp.server.safety.intent import writing
from pai_dlc_mcp.server.safety.risks import asks
from pai_dlc_mcp.server.safety.types import Outcome, Preview, Refusal, Verdict, Yes, verdict_of
from pai_dlc_mcp.server.workflows.shielded import finished

T = TypeVar("T")

_MAKES = frozenset({"CreateJob", "CreateJobTemplate", "CreateTensorboard"})  # these return the id of what they created


class Gated(Facts, Outcome):
    """`status` says how it ended: what was done, confirmation_required, or not_executed with a `reason`."""

    question: Quoting | None = None


class Ended(Exception):  # no error: door.py renders the reply
    """Ends a call with this reply instead of its body: nothing was sent and the reply says why, or the state after a
    write could not be read."""

    def __init__(self, reply: Facts) -> None:
        super().__init__()
        self.reply = reply


@dataclass(frozen=True)
class Plan(Generic[T]):
    """The writes of a call, planned from facts read just now. `preview` is shown to the user; None if no confirmation
    is needed. `reply` and `about` are the class and fields of the reply if nothing is sent."""

    preview: Preview | None
    writes: tuple[Write[T], ...]
    reply: type[Gated]
    about: dict[str, Any]

    def refused(self, refusal: Refusal) -> Ended:
        return Ended(self.reply(**self.about, **dict(refusal)))


Look = Callable[[], Awaitable[Plan[T]]]
"""Reads the job and plans the writes; called before the question and again before the write. Raises Ended, Failure."""


class SentFailure(Failure):
    """A failure that already says what was sent and what to do next."""


@dataclass
class Sent:
    """The requests that a call has sent: accepted, or not answered."""

    accepted: list[Write[Any]] = field(default_factory=list[Write[Any]])
    unanswered: list[tuple[Write[Any], Failure]] = field(default_factory=list[tuple[Write[Any], Failure]])

    def told(self, failure: Failure) -> tuple[str, str] | None:
        """What was sent before the call failed, and what to do next. None if `failure` itself says both."""
        if isinstance(failure, SentFailure) or not (self.accepted or self.unanswered):
            return None
        if not self.accepted and all(failure is error for _, error in self.unanswered):
            return None
        parts = [_named(self.accepted, "accepted"), _named([write for write, _ in self.unanswered], "not answered")]
        first = next(iter(self.accepted), None) or self.unanswered[0][0]
        said = f"{'; '.join(filter(None, parts))}; what came of it could not be looked at: {failure.what}"
        return said, f"Do not send it again: look with {first.shown_by}."


@dataclass(frozen=True)
class Permit(Leave, Generic[T]):
    """Permission to send each planned write once. `about`: what the second look found, for the reply. `asked`: the
    user, or the operator's policy, approved this plan."""

    plan: Plan[T]
    app: App
    caller: Caller
    asked: bool
    sent: Sent = field(default_factory=Sent)
    _tried: list[Write[T]] = field(default_factory=list[Write[T]])

    @property
    def writes(self) -> Sequence[Write[T]]:
        return self.plan.writes

    @property
    def about(self) -> Mapping[str, Any]:
        return self.plan.about

    async def send(self, write: Write[T] | None = None) -> T:
        """Send a planned write; without an argument, the only one. Raises CloudError."""
        if write is None:
            (write,) = self.writes
        if write not in self.writes or write in self._tried:
            raise RuntimeError(f"{write.action} is not, or no longer, permitted")
        self._tried.append(write)
        return await _send(self.app, write, self.caller, self.sent, asked=self.asked)

    def after(self, failure: Failure) -> Exception:
        """The exception to raise when a read after the write failed: it says what was sent."""
        if not (told := self.sent.told(failure)):
            return failure
        return Ended(self.plan.reply(**self.plan.about, status="sent_unseen", reason=told[0], next=told[1]))


@dataclass(frozen=True)
class UnaskedSender(Leave):
    """Sends writes that need no confirmation: those listed with a reason in safety/risks.py."""

    app: App
    caller: Caller
    sent: Sent = field(default_factory=Sent)

    async def send(self, write: Write[T]) -> T:
        """Send one write. Raises CloudError; Failure if the user's aliyun CLI policy denies it."""
        if asks(write.action):
            raise RuntimeError(f"{write.action} needs a permit")
        return await _send(self.app, write, self.caller, self.sent, asked=False)

    def after(self, failure: Failure) -> Exception:
        """As Permit.after, but an error: this sender has no tool's reply."""
        told = self.sent.told(failure)
        return Failure(told[0], fix=told[1], code="SentUnseen") if told else failure


def _named(writes: Sequence[Write[Any]], how: str) -> str:
    """`StopJob dlc… was sent and accepted`; empty without writes."""
    named = ", ".join(" ".join((write.action, *write.path)) for write in writes)
    return f"{named} {'were' if len(writes) > 1 else 'was'} sent and {how}" if writes else ""


async def _send(app: App, write: Write[T], caller: Caller, sent: Sent, *, asked: bool) -> T:
    if app.settings.account:  # gated writes are checked in _shown
        await _account(app, write.region)
    with writing(app.gate.audit, write, caller, asked=asked) as made, sent_once(write.shown_by):
        try:
            body = await finished(
                lambda: app.gateway.send(write.product, write.action, write.region, write.path, write.params)
            )
        except CloudError as error:
            if error.maybe_done:
                sent.unanswered.append((write, error))
            raise
        sent.accepted.append(write)
        answer = write.answer(body)
        if write.action in _MAKES and answer:
            made.append(str(answer))
    return answer


async def _account(app: App, region: str) -> str:
    """The account as a question names it. Raises Failure if the operator configured another account."""
    arn = None if app.settings.emulator else await app.identity.arn(region)
    unknown = "the emulator's account" if app.settings.emulator else "account not known: STS gave no answer"
    named = f"account {account_in(arn)} as {arn}" if arn else unknown
    if app.settings.account not in (None, account_in(arn)):
        raise Failure(
            f"Nothing was sent: writes may go to account {app.settings.account} alone; here it is {named}.",
            fix="Ask the operator to correct the credentials, or PAI_DLC_ACCOUNT.",
            code="WrongAccount",
        )
    return named


async def _shown(app: App, plan: Plan[T]) -> Plan[T]:
    """Adds the account and digests of requests and facts to the preview: an approval is valid only while all of these
    stay the same."""
    if plan.preview is None:
        return plan
    requests = [(write.action, write.path, write.region, dict(write.params)) for write in plan.writes]
    preview = replace(
        plan.preview,
        account=await _account(app, plan.preview.region),
        request=keyed(app.key, requests),
        state=keyed(app.key, plan.preview.state, plan.preview.facts),
    )
    return replace(plan, preview=preview)


async def _app(ctx: Context[App]) -> App:
    return ctx.request_context.lifespan_context


async def _sender(ctx: Context[App]) -> UnaskedSender:
    return UnaskedSender(ctx.request_context.lifespan_context, caller_of(ctx))


Sender = Annotated[UnaskedSender, Resolve(_sender)]
AppDep = Annotated[App, Resolve(_app)]


def asking(prepare: Callable[..., Awaitable[Look[Any]]]) -> Resolve:
    """The resolver of a Permit. `prepare` is a resolver; it returns the function that plans the writes."""

    async def first(look: Annotated[Look[Any], Resolve(prepare)], app: AppDep) -> Plan[Any]:
        return await _shown(app, await look())

    async def question(
        plan: Annotated[Plan[Any], Resolve(first)], app: AppDep, ctx: Context[App], confirmation_token: str | None
    ) -> Verdict | Elicit[Yes]:
        return await app.gate.ask(plan.preview, ctx, confirmation_token) if plan.preview else Verdict("approved")

    async def permit(
        look: Annotated[Look[Any], Resolve(prepare)],
        plan: Annotated[Plan[Any], Resolve(first)],
        answer: Annotated[ElicitationResult[Yes], Resolve(question)],
        app: AppDep,
        ctx: Context[App],
    ) -> Permit[Any]:
        caller = caller_of(ctx)
        if plan.preview is None:
            return Permit(plan, app, caller, False)
        fresh: Plan[Any] | None = None

        async def again() -> Preview | None:
            nonlocal fresh
            try:
                fresh = await _shown(app, await look())
            except Ended:  # the second look found nothing to send
                return None
            return fresh.preview

        if refusal := await app.gate.admit(plan.preview, verdict_of(answer), caller, again):
            raise plan.refused(refusal)
        return Permit(fresh or plan, app, caller, True)

    return Resolve(permit)
