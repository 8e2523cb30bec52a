"""Tools that relate jobs to each other: clone with changes, compare two, and create many over a grid."""

from typing import Annotated, Any

from mcp.server.mcpserver import Context, Resolve
from pydantic import Field

from pai_dlc_mcp.server.budget.redact import of_call
from pai_dlc_mcp.server.deps import App, Cloud
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.protocol.reply import Facts, ForeignName, ForeignText, Row
from pai_dlc_mcp.server.protocol.toolset import Toolset
from pai_dlc_mcp.server.rules import comparison, job_body
from pai_dlc_mcp.server.safety.caller import caller_of
from pai_dlc_mcp.server.workflows import clone, compare, creation
from pai_dlc_mcp.server.workflows.clone import Clone, Original
from pai_dlc_mcp.server.workflows.creation import Checked, CreateReply
from pai_dlc_mcp.server.workflows.permit import Look, Permit, Plan, Sender, asking
from pai_dlc_mcp.tools.params import ConfirmationToken, JobId, Region

tools = Toolset("runs")

Changes = Annotated[
    dict[str, Any],
    Field(
        description='Fields of create_job: {"envs": {"LR": "0.1"}, "job_specs": {"Worker": {"pod_count": 4}}}; the '
        "rest stays, null removes."
    ),
]
ClientRequestId = Annotated[
    str | None, Field(pattern=r"^[A-Za-z0-9_-]{8,64}$", description="Same id, same job: safe to repeat.")
]


class ChangeRow(Row):
    field: ForeignName
    before: ForeignText
    after: ForeignText


class CloneReply(CreateReply):
    """As create_job's reply. `changes`: differences from the job `cloned_from`; of environment variables only the
    names."""

    cloned_from: str
    display_name: str
    changes: list[ChangeRow]


class _Ready:
    """A clone that passed all checks; built once a call."""

    def __init__(self, original: Original, made: Clone, checked: Checked) -> None:
        self.original, self.made, self.checked = original, made, checked

    @property
    def about(self) -> dict[str, Any]:
        return {
            "cloned_from": self.original.job.job_id,
            "display_name": self.made.draft.display_name,
            "changes": [ChangeRow.model_validate(change) for change in self.made.differences],
            "note": "; ".join(self.original.notes) or None,
        }


async def _cloned(job_id: str, changes: dict[str, Any] | None, cloud: Cloud) -> _Ready:
    original = await clone.read(cloud, job_id)
    made = clone.changed(original, changes or {})
    try:
        checked = await creation.check(cloud, made.draft)
    except Failure as failure:
        raise clone.gone(original, failure) if failure.code == "NotInCatalog" else failure from None
    return _Ready(original, made, checked)


async def _asked(
    ready: Annotated[_Ready, Resolve(_cloned)],
    client_request_id: str | None,
    send_again: bool,
    dry_run: bool,
    cloud: Cloud,
    ctx: Context[App],
) -> Look[None]:
    async def look() -> Plan[None]:
        about = {**ready.checked.size, **ready.about, "client_request_id": client_request_id}
        if dry_run:
            return Plan(None, (), CloneReply, about)
        caller = caller_of(ctx)
        preview, sent = await creation.asks(cloud, caller, [ready.checked], client_request_id, send_again=send_again)
        return Plan(preview, (), CloneReply, {**about, "sent": sent})

    return look


@tools.write("Clone a training job")
async def clone_job(
    job_id: JobId,
    cloud: Cloud,
    sender: Sender,
    ready: Annotated[_Ready, Resolve(_cloned)],
    permit: Annotated[Permit[None], asking(_asked)],
    changes: Changes | None = None,
    dry_run: Annotated[bool, Field(description="Check everything, create nothing.")] = False,
    client_request_id: ClientRequestId = None,
    allow_same_name: Annotated[bool, Field(description="Although a live job has it.")] = False,
    send_again: Annotated[bool, Field(description="After unknown; asks the user.")] = False,
    confirmation_token: ConfirmationToken = None,
    region: Region = None,
) -> CloneReply:
    """Create a job like another one, except for the listed changes: rerun a failed job with one thing different. Env
    values are copied inside the server and never shown. dry_run=true shows what differs, whether it would start now and
    its most cost: show that to the user first. Named <name>-clone unless changes.display_name says otherwise."""
    if dry_run:
        found = await creation.dry_run(cloud, ready.checked, allow_same_name=allow_same_name)
    else:
        found = await creation.create(
            cloud,
            sender,
            ready.checked,
            client_request_id=client_request_id,
            allow_same_name=allow_same_name,
            again=permit.about.get("sent"),
            asked=permit.asked,
        )
    return CloneReply(**{**found, **ready.about})


_DIFFERENCES = 20  # differences shown


class FigureRow(Row):
    what: str
    a: str
    b: str


class DifferenceRow(Row):
    """For an environment variable only the fact that it differs."""

    field: ForeignName
    a: ForeignName
    b: ForeignName


class Comparison(Facts):
    """`figures`: facts of both runs. `configuration`: the differences."""

    a: str
    b: str
    figures: list[FigureRow]
    configuration: list[DifferenceRow]
    more_differences: int | None = None
    not_comparable: list[str] | None = None


@tools.read("Compare two training jobs")
async def compare_jobs(
    a: Annotated[JobId, Field(description="The earlier one.")],
    b: Annotated[JobId, Field(description="The other.")],
    cloud: Cloud,
    region: Region = None,
) -> Comparison:
    """Compare two jobs: what differs in configuration (environment variables by name), outcome, time queued, preparing
    and running, step time, loss and GPU use, and which of these cannot be compared and why. Use it before saying that
    one is faster or better; get_job_metrics draws one job's curves."""
    one, other, unseen = await compare.read(cloud, a, b)
    before, after = job_body.copied(one.job.raw).body, job_body.copied(other.job.raw).body
    differs = job_body.differences(before, after, of_call())
    told = [change for change in differs if not change.field.startswith("Settings.Tags.mcp-")]
    return Comparison(
        a=a,
        b=b,
        figures=[FigureRow.model_validate(figure) for figure in comparison.figures(one, other)],
        configuration=[DifferenceRow(field=name, a=old, b=new) for name, old, new in told[:_DIFFERENCES]],
        more_differences=len(told[_DIFFERENCES:]) or None,
        not_comparable=list(comparison.not_comparable(one, other)) or None,
        note=f"could not be read: {'; '.join(unseen)}" if unseen else None,
    )
