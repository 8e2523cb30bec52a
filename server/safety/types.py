"""Types of a gated call: Preview (what the user is shown), Verdict (the decision), Refusal, and the form (Yes)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from mcp.server.mcpserver import AcceptedElicitation, DeclinedElicitation, ElicitationResult
from pydantic import BaseModel, Field, StrictBool, model_validator

from pai_dlc_mcp.server.budget.redact import Issued
from pai_dlc_mcp.server.cloud.shape import as_object
from pai_dlc_mcp.server.safety.risks import RISKS, Effect

Word = Literal[
    "approved", "confirmation_required", "waiting", "declined", "cancelled", "unanswered", "timed_out",
    "not_possible", "denied", "changed",
]  # fmt: skip


class Yes(BaseModel):
    """The form a user answers. Whatever is not exactly true is a no: a string such as "yes" is none."""

    confirm: StrictBool = Field(title="Go ahead", description="Yes, do it")

    @model_validator(mode="before")
    @classmethod
    def _nothing_else_is_a_yes(cls, value: Any) -> dict[str, bool]:
        return {"confirm": as_object(value).get("confirm") is True}


@dataclass(frozen=True)
class Preview:
    """What a call would do: all effects of its requests, from facts read just now. `facts` is the paragraph before the
    question; `state` is a fingerprint of the facts, `request` of the requests."""

    effects: tuple[Effect, ...]
    ids: tuple[str, ...]
    region: str
    facts: str
    state: str
    account: str = "account not known"
    request: str = ""
    """A keyed digest of the requests that an approval would send."""

    @property
    def question(self) -> str:
        """The question's text. It depends on facts and timestamps only, so that it is the same each time; a changed
        state is a new question."""
        risks = [RISKS[effect] for effect in self.effects]
        included = frozenset[Effect]().union(*(risk.includes for risk in risks))
        consequences = [risk.consequence for risk in risks if risk.consequence]
        said = " ".join([*consequences, *(RISKS[effect].asks for effect in self.effects if effect not in included)])
        return f"{self.facts} {said} ({self.account}, {self.region}, state {self.request[:4]}{self.state[:4]})"

    @property
    def effect(self) -> str:
        """All effects joined by +, for tokens and audit lines."""
        return "+".join(self.effects)


@dataclass(frozen=True)
class Verdict:
    """The result of asking. Only `approved` permits the call. `token`: a token, or a code for a terminal if `human`; in
    an approval, the handle to redeem."""

    word: Word
    said: str = ""
    token: str | None = None
    expires: datetime | None = None
    human: bool = False


class Outcome(BaseModel):
    """The reply of a gated call, whether it acted or not."""

    status: str
    reason: str | None = None
    question: str | None = None
    confirmation_token: Annotated[str | None, Issued()] = None
    expires_at: str | None = None
    next: str | None = None


class Refusal(Outcome):
    """The reply of a gated call that did not act."""


_BY_AGENT = (
    "Nothing was done. Put the question to the user word for word; only if the user says yes, call again with the same "
    "arguments and this confirmation_token."
)
_BY_HUMAN = (
    "Nothing was done. Ask the user to run `pai-dlc-mcp approve {code}` in a terminal; then call again with the same "
    "arguments and this code as confirmation_token."
)
_BARRED = (
    "Nothing was done. A no holds for 24 hours against every way of asking but a new form, three an hour. Do not look "
    "for another way. Should the user want it after all: {approve}, or the operator allows it in PAI_DLC_EFFECTS."
)
_APPROVE = "they run `pai-dlc-mcp approve {code}` in a terminal and you call again with {code} as confirmation_token"
_LATER = "call again on their word (a form is shown, or the answer names a code for `pai-dlc-mcp approve`)"
_NEXT: dict[Word, str] = {
    "changed": "Nothing was done. Look again and, if it still should happen, call again.",
    "waiting": "Nothing was done. Call again with the same code after the user has approved it in a terminal.",
    "not_possible": "Nothing was done. Ask the user to do it in the PAI console, or to use a client that can ask.",
    "denied": "Nothing was done, and asking again changes nothing. Tell the user what denies it.",
}
_ASK_THE_USER = "Nothing was done. Ask the user in the conversation; call again only on their word."
IN_MEMORY = " This server keeps its records in memory: a restart or a second replica does not know them."


def verdict_of(answer: ElicitationResult[Any]) -> Verdict:
    """The verdict in an answer: made by our resolver without a question, or the client's form."""
    if isinstance(answer, AcceptedElicitation):
        data: object = answer.data  # pyright: ignore[reportUnknownMemberType] - or a resolver's plain value
        if isinstance(data, Verdict):
            return data
        if isinstance(data, Yes) and data.confirm is True:
            return Verdict("approved")
        return Verdict("declined", "The form was returned without a yes.")
    if isinstance(answer, DeclinedElicitation):
        return Verdict("declined", "The user declined, or this client declined without showing the question.")
    return Verdict("cancelled", "The question was dismissed without an answer.")


def refused(verdict: Verdict, preview: Preview, *, durable: bool) -> Refusal:
    """The refusal for a verdict that is no approval: the reason, and what to do next. `durable`: the store's records
    outlive the process."""
    shared = "" if durable else IN_MEMORY
    if verdict.word == "confirmation_required":
        follow = _BY_HUMAN.format(code=verdict.token) if verdict.human else _BY_AGENT
        return Refusal(
            status="confirmation_required",
            reason=verdict.said or None,
            question=preview.question,
            confirmation_token=verdict.token,
            expires_at=verdict.expires.strftime("%Y-%m-%dT%H:%M:%SZ") if verdict.expires else None,
            next=follow + shared,
        )
    said = f"{verdict.word}: {verdict.said}"
    if verdict.word in ("declined", "cancelled"):
        approve = _APPROVE.format(code=verdict.token) if verdict.token else _LATER
        return Refusal(status="not_executed", reason=said, next=_BARRED.format(approve=approve) + shared)
    return Refusal(status="not_executed", reason=said, next=_NEXT.get(verdict.word, _ASK_THE_USER))
