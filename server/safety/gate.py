"""The gate before a risky write: policy, question, answer, second look. Only an explicit yes passes.

workflows/permit.py calls ask() for the question and admit() with the answer. A refusal is an ordinary result with its
own status, not an error: some hosts disconnect a server after a few errors in a row.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import anyio
from mcp.server.mcpserver import Context, Elicit
from mcp.shared.exceptions import MCPError
from mcp.types import ElicitResult
from pydantic import ValidationError

from pai_dlc_mcp.server import deadline
from pai_dlc_mcp.server.safety import policy
from pai_dlc_mcp.server.safety.audit import Audit
from pai_dlc_mcp.server.safety.caller import Caller, caller_of
from pai_dlc_mcp.server.safety.confirmation import Confirmations, Redeemed, Subject, is_code
from pai_dlc_mcp.server.safety.declines import About, Declines
from pai_dlc_mcp.server.safety.policy import Ruling, strictest
from pai_dlc_mcp.server.safety.risks import RISKS
from pai_dlc_mcp.server.safety.store import Store, kept
from pai_dlc_mcp.server.safety.types import Preview, Refusal, Verdict, Yes, refused, verdict_of
from pai_dlc_mcp.server.settings import Settings

MRTR_SINCE = "2026-07-28"  # from this version on a question is a result, and the client repeats the call
_SOON = 5.0  # seconds: if redeemed sooner, a person has hardly read the preview

_TROUBLE: dict[Redeemed, str] = {
    "unknown": "The {} is not known here: it has expired, or this server did not issue it.",
    "mismatch": "The {} was issued for another call.",
    "changed": "It has changed since it was previewed.",
    "used": "The {} has been used already.",
}


class Gate:
    """Asks in the best way that the client supports and the settings and policies allow; audits each step."""

    def __init__(self, settings: Settings, now: Callable[[], float], store: Store) -> None:
        self._settings, self._store = settings, store
        self._confirmations = Confirmations(store, settings.confirm_timeout, now)
        self._declines = Declines(store)
        self._effects = policy.parse_effects(settings.effects)
        self.audit = Audit(settings.audit_file)

    async def ask(self, preview: Preview, ctx: Context[Any], token: str | None) -> Verdict | Elicit[Yes]:
        """Decide, or return the question. A resolver calls this, possibly in each round, so it redeems nothing."""
        caller = caller_of(ctx)
        ruling, why = self._ruling(preview)
        if ruling == "deny":
            return Verdict("denied", why)
        if ruling == "allow":
            return Verdict("approved", why)
        if token and is_code(token) and (verdict := await self._redeemed(preview, caller, token)):
            return verdict  # an answer given at a terminal is accepted in each mode
        way = self._settings.confirm
        if way in ("auto", "elicit"):
            if _blank_form(ctx):  # would raise in the SDK
                return Verdict("declined", "The form came back empty.")
            if can_ask(ctx):  # no token for a client that can show a form: else a token could undo a decline
                return await self._form(preview, ctx, caller)
            if way == "elicit":
                return Verdict("not_possible", "This client cannot show a question, and this server asks no other way.")
        if await kept(self._declines.bars, _about(preview, caller)):
            return await self._barred(preview, caller)
        if token and way != "human" and (verdict := await self._redeemed(preview, caller, token)):
            return verdict
        return await self._issue(preview, caller, await self._trouble(preview, caller, token), human=way == "human")

    async def admit(
        self, preview: Preview, verdict: Verdict, caller: Caller, again: Callable[[], Awaitable[Preview | None]]
    ) -> Refusal | None:
        """None if the answer is yes and a second look finds the same facts; otherwise the refusal.

        The handle is redeemed here, after the second look: if the look fails the handle stays valid, and of several
        calls with the same handle only one is admitted.
        """
        if verdict.word == "approved":
            fresh = await again()
            if fresh is None or (fresh.state, fresh.request) != (preview.state, preview.request):
                verdict = Verdict("changed", "It changed while the question was open.")
            elif verdict.token and not await self._take(preview, caller, verdict.token):
                verdict = Verdict("changed", "Its confirmation was used, or ended, a moment ago.")
            else:
                if not verdict.said:  # approved by the user, not by the operator's policy
                    await kept(self._declines.forget, _about(preview, caller))
                self._note("answered", preview, caller, word="approved")
                return None
        if verdict.word in ("declined", "cancelled") and not verdict.token:
            await kept(self._declines.note, _about(preview, caller))
        if verdict.word != "confirmation_required":
            self._note("refused", preview, caller, word=verdict.word)
        return refused(verdict, preview, durable=self._store.durable)

    async def _form(self, preview: Preview, ctx: Context[Any], caller: Caller) -> Verdict | Elicit[Yes]:
        answers = ctx.request_state is not None  # second round: the client sent the state of the question back
        about = _about(preview, caller)
        if not answers and not await kept(self._declines.may_show_form, about):
            return await self._barred(preview, caller)
        if not answers:
            self._note("asked", preview, caller, rung="elicitation")
        if (ctx.protocol_version or "") >= MRTR_SINCE:
            return Elicit(preview.question, Yes)
        return await self._ask_now(preview, ctx)

    def _ruling(self, preview: Preview) -> tuple[Ruling, str]:
        """The strictest ruling on any effect of the call, and its reason. Each effect has a default; the operator's
        setting can replace it; the user's aliyun CLI policy can only make it stricter."""
        cli = policy.read_cli_policy()
        rulings: list[tuple[Ruling, str]] = []
        for effect in preview.effects:
            action = RISKS[effect].action
            own = self._effects.get(effect, RISKS[effect].ruling)
            why = {"deny": f"The operator of this server denies {effect}.", "allow": "Allowed by the operator."}
            if effect not in self._effects:
                why["deny"] = f"{effect} is denied unless the operator sets PAI_DLC_EFFECTS={effect}=confirm."
            rulings.append((own, why.get(own, "")))
            said = cli.ruling("pai-dlc", action)
            denied = cli.broken or f"The user's aliyun CLI safety policy denies pai-dlc:{action}."
            rulings.append((said, denied if said == "deny" else why.get(own, "")))
        strictest_of_all = strictest(ruling for ruling, _ in rulings)
        return next((ruling, why) for ruling, why in rulings if ruling == strictest_of_all)

    async def _redeemed(self, preview: Preview, caller: Caller, handle: str) -> Verdict | None:
        """The approval that `handle` gives, None if it gives none. It is redeemed only in admit()."""
        redeemed = await kept(self._confirmations.look, handle, _subject(preview, caller))
        if redeemed == "waiting":
            return Verdict("waiting", f"Nobody has approved {handle} yet.")
        if redeemed != "valid":
            return None
        age = await kept(self._confirmations.age, handle)
        soon = True if age is not None and age < _SOON else None
        rung = "human" if is_code(handle) else "token"
        self._note("redeemed", preview, caller, rung=rung, word=redeemed, within_seconds=soon)
        return Verdict("approved", token=handle)

    async def _take(self, preview: Preview, caller: Caller, handle: str) -> bool:
        """Redeem a handle. False also for a token while the user's decline of the same effect holds."""
        if not is_code(handle) and await kept(self._declines.bars, _about(preview, caller)):
            return False
        return await kept(self._confirmations.take, handle, _subject(preview, caller))

    async def _trouble(self, preview: Preview, caller: Caller, handle: str | None) -> str:
        """Why a handle sent with the call was not accepted."""
        if not handle:
            return ""
        human = self._settings.confirm == "human"
        redeemed = await kept(self._confirmations.look, handle, _subject(preview, caller))
        self._note("redeemed", preview, caller, rung="human" if human else "token", word=redeemed)
        return _TROUBLE.get(redeemed, "The {} opens nothing here.").format("code" if human else "confirmation token")

    async def _issue(self, preview: Preview, caller: Caller, said: str, *, human: bool) -> Verdict:
        """Issue a token for the agent or, with `human`, a code for a person at a terminal."""
        question = preview.question if human else None
        ticket = await kept(self._confirmations.issue, _subject(preview, caller), question)
        self._note("previewed", preview, caller, rung="human" if human else "token")
        return Verdict("confirmation_required", said, ticket.token, datetime.fromtimestamp(ticket.expires, UTC), human)

    async def _barred(self, preview: Preview, caller: Caller) -> Verdict:
        """The answer while a decline holds; with a code by which a person at a terminal can lift it."""
        ticket = await kept(self._confirmations.issue, _subject(preview, caller), preview.question)
        return Verdict("declined", "The user declined this before.", ticket.token)

    async def _ask_now(self, preview: Preview, ctx: Context[Any]) -> Verdict:
        """Protocols before 2026-07-28: ask during the call. An error counts as unanswered, never as a yes."""
        try:
            with deadline.not_counted(), anyio.fail_after(self._settings.confirm_timeout):
                return verdict_of(await ctx.elicit(preview.question, Yes))
        except TimeoutError:
            return Verdict("timed_out", "No answer came in time.")
        except (MCPError, ValidationError, ValueError):
            return Verdict("unanswered", "The client could not put the question to the user.")

    def _note(self, step: Any, preview: Preview, caller: Caller, **facts: Any) -> None:
        action = RISKS[preview.effects[0]].action
        self.audit.write(step, action, preview.ids, preview.region, caller, effect=preview.effect, **facts)


def can_ask(ctx: Context[Any]) -> bool:
    """Whether the client declares form elicitation and can be asked. An empty capability `{}` means forms; URL mode
    alone is not enough."""
    capabilities = ctx.client_capabilities
    elicitation = capabilities.elicitation if capabilities else None
    if elicitation is None or (elicitation.form is None and elicitation.url is not None):
        return False
    return (ctx.protocol_version or "") >= MRTR_SINCE or ctx.session.can_send_request


def _blank_form(ctx: Context[Any]) -> bool:
    answers = (ctx.input_responses or {}).values()
    return any(
        isinstance(answer, ElicitResult) and answer.action == "accept" and not answer.content for answer in answers
    )


def _subject(preview: Preview, caller: Caller) -> Subject:
    return Subject(preview.effects, preview.ids, preview.region, caller.principal, preview.request, preview.state)


def _about(preview: Preview, caller: Caller) -> About:
    return About(caller.principal, preview.effects, preview.ids, preview.region)
