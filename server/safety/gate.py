"""The one gate before a risky effect: policy, ask, re-read, act. Nothing but an explicit yes opens it.

workflows/permit.py calls ask() for the question and admit() with the answer. Every outcome is an ordinary result with a
word of its own: a host may cut a server off after a few errors in a row.
"""

import sys
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import anyio
from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.mcpserver import Context, Elicit
from mcp.shared.exceptions import MCPError
from mcp.types import ElicitResult
from pydantic import ValidationError

from pai_dlc_mcp.server.cloud.api import Write
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.safety import policy
from pai_dlc_mcp.server.safety.approvals import Approvals
from pai_dlc_mcp.server.safety.audit import Audit, Step
from pai_dlc_mcp.server.safety.confirmation import Confirmations, Subject
from pai_dlc_mcp.server.safety.policy import Ruling, strictest
from pai_dlc_mcp.server.safety.risks import RISKS
from pai_dlc_mcp.server.safety.types import Preview, Refusal, Verdict, Yes, refused, verdict_of
from pai_dlc_mcp.server.settings import Settings

MRTR_SINCE = "2026-07-28"  # from this protocol version a question is a result, and the call comes again
_SOON = 5.0  # seconds: a token redeemed so fast was hardly read by a person

_TROUBLE = {
    "invalid": "The confirmation token is not one this server issued.",
    "expired": "The confirmation token has expired.",
    "mismatch": "The confirmation token was issued for another call.",
    "changed": "It has changed since it was previewed.",
    "used": "The confirmation token has been used already.",
}


class Gate:
    """Asks with the best the client has, as settings and policies allow, and writes down each step."""

    def __init__(self, settings: Settings, now: Callable[[], float]) -> None:
        self._settings, self._now = settings, now
        keys = [key.get_secret_value().encode() for key in settings.confirm_keys]
        self._confirmations = Confirmations(keys, settings.confirm_timeout, now)
        self._approvals = Approvals(settings.approvals, settings.confirm_timeout, now)
        self._effects = policy.parse_effects(settings.effects)
        self._audit = Audit(settings.audit_file)

    async def ask(self, preview: Preview, ctx: Context[Any], token: str | None) -> Verdict | Elicit[Yes]:
        """Decide, or put the question. Called by a resolver, so possibly once a round: reads only."""
        client = _client(ctx)
        ruling, why = self._ruling(preview)
        if ruling == "deny":
            self._note("refused", preview, client, word="denied")
            return Verdict("denied", why)
        if ruling == "allow":
            return Verdict("approved", why)
        subject = Subject(preview.effect, preview.ids, preview.region, _principal(), preview.state)
        way = self._settings.confirm
        if way == "human":
            return self._human(preview, subject, token, client)
        if way in ("auto", "elicit"):
            if _blank_form(ctx):  # the SDK would make an error of it
                return Verdict("declined", "The form came back empty.")
            if can_ask(ctx):  # a client that can be asked has no token: else a decline would be undone by one
                return await self._form(preview, ctx, client)
            if way == "elicit":
                self._note("refused", preview, client, word="not_possible")
                return Verdict("not_possible", "This client cannot show a question, and this server asks no other way.")
        if token:
            return self._token(preview, subject, token, client)
        return self._issue(preview, subject, client)

    async def _form(self, preview: Preview, ctx: Context[Any], client: str | None) -> Verdict | Elicit[Yes]:
        if not ctx.input_responses:  # the second round of the same question
            self._note("asked", preview, client, rung="elicitation")
        if (ctx.protocol_version or "") >= MRTR_SINCE:
            return Elicit(preview.question, Yes)
        return await self._ask_now(preview, ctx)

    async def admit(
        self, preview: Preview, verdict: Verdict, again: Callable[[], Awaitable[Preview | None]]
    ) -> Refusal | None:
        """None if and only if the answer is yes and a fresh look shows what the preview showed."""
        if verdict.word == "approved":
            fresh = await again()
            if fresh is not None and fresh.state == preview.state:
                self._note("answered", preview, word="approved")
                return None
            verdict = Verdict("changed", "It changed while the question was open.")
        if verdict.word != "confirmation_required":
            self._note("refused", preview, word=verdict.word)
        return refused(verdict, preview)

    @contextmanager
    def writing(self, write: Write[Any], *, asked: bool) -> Generator[dict[str, Any]]:
        """Around every write: the user's CLI policy and a line of intent before it, a line of its outcome after it.
        `asked`: its user said yes. What is put into the dictionary is told in the last line."""
        action, ids, region = write.action, write.path, write.region
        cli = policy.read_cli_policy()
        ruling = cli.ruling(write.product, action)
        if ruling == "deny" or (ruling == "confirm" and not asked):
            self._audit.write("refused", action, ids, region=region, word="denied", rung="aliyun CLI policy")
            raise _denied_by_cli(cli, action, ruling)
        self._audit.intend(action, ids, region=region)
        started, told = self._now(), dict[str, Any]()
        step: Step = "failed"
        try:
            yield told
            step = "executed"
        except Failure as failure:
            told["code"] = failure.code
            raise
        finally:
            if step == "failed" and (kind := sys.exc_info()[0]):
                told.setdefault("code", kind.__name__)
            self._audit.write(step, action, ids, region=region, seconds=round(self._now() - started, 3), **told)

    def _ruling(self, preview: Preview) -> tuple[Ruling, str]:
        """The strictest word on any effect of the call: confirm, unless the operator or the user's CLI policy says
        otherwise; the CLI's can only tighten."""
        cli = policy.read_cli_policy()
        rulings: list[tuple[Ruling, str]] = []
        for effect in preview.effects:
            action = RISKS[effect].action
            own = self._effects.get(effect, "confirm")
            why = {"deny": f"The operator of this server denies {effect}.", "allow": "Allowed by the operator."}
            rulings.append((own, why.get(own, "")))
            said = cli.ruling("pai-dlc", action)
            denied = cli.broken or f"The user's aliyun CLI safety policy denies pai-dlc:{action}."
            rulings.append((said, denied if said == "deny" else why.get(own, "")))
        strictest_of_all = strictest(ruling for ruling, _ in rulings)
        return next((ruling, why) for ruling, why in rulings if ruling == strictest_of_all)

    def _token(self, preview: Preview, subject: Subject, token: str, client: str | None) -> Verdict:
        redeemed, age = self._confirmations.redeem(token, subject), self._confirmations.age(token)
        soon = True if redeemed == "valid" and age is not None and age < _SOON else None
        self._note("redeemed", preview, client, rung="token", word=redeemed, within_seconds=soon)
        return Verdict("approved") if redeemed == "valid" else self._issue(preview, subject, client, _TROUBLE[redeemed])

    def _human(self, preview: Preview, subject: Subject, code: str | None, client: str | None) -> Verdict:
        redeemed = self._approvals.redeem(code, subject) if code else None
        if redeemed:
            self._note("redeemed", preview, client, rung="human", word=redeemed)
        if redeemed == "valid":
            return Verdict("approved")
        if redeemed == "waiting":
            return Verdict("waiting", f"Nobody has approved {code} yet.")
        said = _TROUBLE.get(redeemed or "", "").replace("confirmation token", "code")
        return self._issue(preview, subject, client, said, human=True)

    def _issue(
        self, preview: Preview, subject: Subject, client: str | None, said: str = "", *, human: bool = False
    ) -> Verdict:
        """A token for the agent, or a code for a person at a terminal."""
        ticket = self._approvals.issue(subject, preview.question) if human else self._confirmations.issue(subject)
        self._note("previewed", preview, client, rung="human" if human else "token")
        return Verdict("confirmation_required", said, ticket.token, datetime.fromtimestamp(ticket.expires, UTC), human)

    async def _ask_now(self, preview: Preview, ctx: Context[Any]) -> Verdict:
        """The handshake eras: a live question in the middle of the call. Any failure of it is no yes."""
        try:
            with anyio.fail_after(self._settings.confirm_timeout):
                return verdict_of(await ctx.elicit(preview.question, Yes))
        except TimeoutError:
            return Verdict("timed_out", "No answer came in time.")
        except (MCPError, ValidationError, ValueError):
            return Verdict("unanswered", "The client could not put the question to the user.")

    def _note(self, step: Any, preview: Preview, client: str | None = None, **facts: Any) -> None:
        action = RISKS[preview.effects[0]].action
        self._audit.write(
            step, action, preview.ids, effect=preview.effect, region=preview.region, client=client, **facts
        )


def can_ask(ctx: Context[Any]) -> bool:
    """Whether the client declares form elicitation and can be reached: `{}` counts as form, URL mode alone does not."""
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


def _client(ctx: Context[Any]) -> str | None:
    params = ctx.session.client_params
    return f"{params.client_info.name} {params.client_info.version}"[:80] if params and params.client_info else None


def _principal() -> str:
    """Who is calling: the access token's subject over HTTP, the one local user over stdio."""
    token = get_access_token()
    return (token.subject or token.client_id) if token else "local"


def _denied_by_cli(cli: policy.CliPolicy, action: str, ruling: Ruling) -> Failure:
    if cli.broken:
        return Failure(
            f"Nothing was sent: {cli.broken}, so every write is denied.",
            fix="Ask the user to repair or remove that safety policy.",
            code="DeniedByPolicy",
        )
    verb = "denies" if ruling == "deny" else "asks to confirm, which this server cannot for that call,"
    return Failure(
        f"Nothing was sent: the user's aliyun CLI safety policy {verb} pai-dlc:{action}.",
        fix="Ask the user to do it with the aliyun CLI, or to change ~/.aliyun/safety-policy.json.",
        code="DeniedByPolicy",
    )
