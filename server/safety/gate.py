"""The one gate before a risky effect: preview, ask, re-read, act, verify. Nothing but an explicit yes opens it.

A tool's resolver builds the preview and calls ask(); its body calls pass_through() with the answer. Every outcome is
an ordinary result with a word of its own: a host may cut a server off after a few errors in a row.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, TypeVar

import anyio
from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.mcpserver import AcceptedElicitation, Context, DeclinedElicitation, Elicit, ElicitationResult
from mcp.shared.exceptions import MCPError
from pydantic import BaseModel, Field, StrictBool, ValidationError

from pai_dlc_mcp.server.safety.confirmation import Confirmations, Redeemed, Subject
from pai_dlc_mcp.server.safety.risks import RISKS, Effect
from pai_dlc_mcp.server.settings import Settings

T = TypeVar("T")

MRTR_SINCE = "2026-07-28"  # from this protocol version a question is a result, and the call comes again

Word = Literal[
    "approved",
    "confirmation_required",
    "declined",
    "cancelled",
    "unanswered",
    "timed_out",
    "not_possible",
    "changed",
]


class Yes(BaseModel):
    """The form a user answers. A string such as "yes" is no yes."""

    confirm: StrictBool = Field(title="Go ahead", description="Yes, do it")


@dataclass(frozen=True)
class Preview:
    """What a call would do, from facts read just now. `facts` is the paragraph that precedes the question;
    `state` changes when any of them does."""

    effect: Effect
    ids: tuple[str, ...]
    region: str
    facts: str
    state: str

    @property
    def question(self) -> str:
        """Facts and timestamps only, so that it reads the same each time it is asked; the reference pins the state,
        and a changed state is a new question."""
        risk = RISKS[self.effect]
        return f"{self.facts} {risk.consequence} {risk.asks} (state {self.state[:8]})"


@dataclass(frozen=True)
class Verdict:
    """What came of asking. Only `approved` acts."""

    word: Word
    said: str = ""
    token: str | None = None
    expires: datetime | None = None


class Passed(BaseModel):
    """How a gated call ended without acting, as the tool reports it."""

    status: str
    reason: str | None = None
    question: str | None = None
    confirmation_token: str | None = None
    expires_at: str | None = None
    next: str | None = None


_TOKEN_TROUBLE: dict[Redeemed, str] = {
    "invalid": "The confirmation token is not one this server issued.",
    "expired": "The confirmation token has expired.",
    "mismatch": "The confirmation token was issued for another call.",
    "changed": "The job has changed since it was previewed.",
    "used": "The confirmation token has been used already.",
}


class Gate:
    """Asks with the best the client has, as the settings allow."""

    def __init__(self, settings: Settings, now: Callable[[], float]) -> None:
        self._settings = settings
        keys = [key.get_secret_value().encode() for key in settings.confirm_keys]
        self.confirmations = Confirmations(keys, settings.confirm_timeout, now)

    async def ask(self, preview: Preview, ctx: Context[Any], token: str | None) -> Verdict | Elicit[Yes]:
        """Decide, or put the question. Called by a resolver, so possibly once a round: reads only."""
        subject = Subject(preview.effect, preview.ids, preview.region, _principal(), preview.state)
        why = ""
        if token:
            redeemed = self.confirmations.redeem(token, subject)
            if redeemed == "valid":
                return Verdict("approved")
            why = _TOKEN_TROUBLE[redeemed]
        elif self._settings.confirm in ("auto", "elicit") and can_ask(ctx):
            if (ctx.protocol_version or "") >= MRTR_SINCE:
                return Elicit(preview.question, Yes)
            return await self._ask_now(preview, ctx)
        if self._settings.confirm == "elicit":
            return Verdict(
                "not_possible",
                "This client cannot show the user a question, and this server asks no other way.",
            )
        ticket = self.confirmations.issue(subject)
        expires = datetime.fromtimestamp(ticket.expires, UTC)
        return Verdict("confirmation_required", why, ticket.token, expires)

    async def _ask_now(self, preview: Preview, ctx: Context[Any]) -> Verdict:
        """The handshake eras: a live question in the middle of the call. Any failure of it is no yes."""
        try:
            with anyio.fail_after(self._settings.confirm_timeout):
                return verdict_of(await ctx.elicit(preview.question, Yes))
        except TimeoutError:
            return Verdict("timed_out", "No answer came in time.")
        except (MCPError, ValidationError, ValueError):
            return Verdict("unanswered", "The client could not put the question to the user.")

    async def pass_through(
        self,
        preview: Preview,
        answer: ElicitationResult[Any],
        *,
        reread: Callable[[], Awaitable[Preview | None]],
        act: Callable[[], Awaitable[T]],
    ) -> T | Passed:
        """Act if and only if the answer is yes and a fresh look shows what the preview showed.

        `act` looks again afterwards and reports what it saw.
        """
        verdict = verdict_of(answer)
        if verdict.word == "approved":
            fresh = await reread()
            if fresh is not None and fresh.state == preview.state:
                return await act()
            verdict = Verdict("changed", "The job changed while the question was open.")
        return _refused(verdict, preview)


def verdict_of(answer: ElicitationResult[Any]) -> Verdict:
    """Read an answer: ours (a resolver that did not need to ask) or the client's."""
    if isinstance(answer, AcceptedElicitation):
        data: object = answer.data  # pyright: ignore[reportUnknownMemberType] - a resolver's plain value comes here too
        if isinstance(data, Verdict):
            return data
        if isinstance(data, Yes) and data.confirm is True:
            return Verdict("approved")
        return Verdict("declined", "The form was returned without a yes.")
    if isinstance(answer, DeclinedElicitation):
        return Verdict("declined", "The user declined, or this client declined without showing the question.")
    return Verdict("cancelled", "The question was dismissed without an answer.")


def can_ask(ctx: Context[Any]) -> bool:
    """Whether the client declares form elicitation and can be reached: `{}` counts as form, URL mode alone does not."""
    capabilities = ctx.client_capabilities
    elicitation = capabilities.elicitation if capabilities else None
    if elicitation is None or (elicitation.form is None and elicitation.url is not None):
        return False
    return (ctx.protocol_version or "") >= MRTR_SINCE or ctx.session.can_send_request


def _refused(verdict: Verdict, preview: Preview) -> Passed:
    if verdict.word == "confirmation_required":
        return Passed(
            status="confirmation_required",
            reason=verdict.said or None,
            question=preview.question,
            confirmation_token=verdict.token,
            expires_at=verdict.expires.strftime("%Y-%m-%dT%H:%M:%SZ") if verdict.expires else None,
            next="Nothing was done. Put the question to the user word for word; only if the user says yes, call again "
            "with the same arguments and this confirmation_token.",
        )
    follow = {
        "changed": "Nothing was done. Look at the job again and, if it still should happen, call again.",
        "not_possible": "Nothing was done. Ask the user to do it in the PAI console, or to use a client that can ask.",
    }
    advice = follow.get(
        verdict.word, "Nothing was done. Ask the user in the conversation; call again only on their word."
    )
    return Passed(status="not_executed", reason=f"{verdict.word}: {verdict.said}", next=advice)


def _principal() -> str:
    """Who is calling: the access token's subject over HTTP, the one local user over stdio."""
    token = get_access_token()
    return (token.subject or token.client_id) if token else "local"
