"""Dependencies of tools as Annotated[T, Resolve(fn)]: not in the tool's input schema, resolved before its body runs."""

import os
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated

from mcp.server.mcpserver import Context, Resolve

from pai_dlc_mcp.server import state
from pai_dlc_mcp.server.budget.redact import Redactor
from pai_dlc_mcp.server.clock import Clock
from pai_dlc_mcp.server.cloud import endpoints
from pai_dlc_mcp.server.cloud.access import Access
from pai_dlc_mcp.server.cloud.account import Account, Identity
from pai_dlc_mcp.server.cloud.api import Api
from pai_dlc_mcp.server.cloud.dashboards import Dashboards
from pai_dlc_mcp.server.cloud.events import Events
from pai_dlc_mcp.server.cloud.gateway import Gateway
from pai_dlc_mcp.server.cloud.images import Images
from pai_dlc_mcp.server.cloud.jobs import Job, Jobs
from pai_dlc_mcp.server.cloud.logs import Logs
from pai_dlc_mcp.server.cloud.metrics import Metrics
from pai_dlc_mcp.server.cloud.quotas import Quotas
from pai_dlc_mcp.server.cloud.ray import RayHistoryServers
from pai_dlc_mcp.server.cloud.sanity import Sanity
from pai_dlc_mcp.server.cloud.secret_fields import secrets_of
from pai_dlc_mcp.server.cloud.signals import Signals
from pai_dlc_mcp.server.cloud.sources import Sources
from pai_dlc_mcp.server.cloud.specs import Specs
from pai_dlc_mcp.server.cloud.tags import Tags
from pai_dlc_mcp.server.cloud.templates import Templates
from pai_dlc_mcp.server.cloud.tensorboards import Tensorboards
from pai_dlc_mcp.server.cloud.workspaces import Workspaces
from pai_dlc_mcp.server.safety.gate import Gate
from pai_dlc_mcp.server.safety.store import Store
from pai_dlc_mcp.server.settings import Settings


@dataclass(frozen=True)
class App:
    """The state that all calls share; one for each process."""

    settings: Settings
    gateway: Gateway
    gate: Gate
    key: bytes = field(repr=False)  # for every digest that leaves this server; all replicas have the same
    store: Store
    identity: Identity  # account of the credentials; one STS call
    clock: Clock = field(default_factory=Clock)
    looked_at: dict[str, None] = field(default_factory=dict[str, None])
    """Digests of the bodies that a dry run looked at, the oldest first."""

    @cached_property
    def own(self) -> Redactor:
        """A redactor that knows this server's own secrets: keys, addresses with a key in them, and its environment."""
        settings = self.settings
        named = [
            *(("confirm_key", key) for key in settings.confirm_keys),
            ("notify", settings.notify),
            ("notify_secret", settings.notify_secret),
        ]
        # The name marks the value as a secret, even if it looks like ordinary words
        keys = [(f"credential.{name}", key.get_secret_value()) for name, key in named if key]
        return Redactor([*keys, *state.secrets(settings.state), *secrets_of({"Env": dict(os.environ)})])


class CloudInRegion:
    """The operations of each noun in one region, for one call."""

    def __init__(self, app: App, region: endpoints.Region) -> None:
        self.settings, self.region, self.region_source = app.settings, region.id, region.source
        self.key, self.store = app.key, app.store
        self.looked_at = app.looked_at
        self.clock = app.clock
        at = Api(app.gateway, region.id)
        self.access = Access(at)
        self.account = Account(at)
        self.dashboards = Dashboards(at)
        self.events = Events(at)
        self.images = Images(at)
        self.jobs = Jobs(at)
        self.logs = Logs(at)
        self.metrics = Metrics(at)
        self.quotas = Quotas(at)
        self.ray = RayHistoryServers(at)
        self.sanity = Sanity(at)
        self.signals = Signals(at)
        self.sources = Sources(at)
        self.specs = Specs(at)
        self.tags = Tags(at)
        self.templates = Templates(at)
        self.tensorboards = Tensorboards(at)
        self.workspaces = Workspaces(at)


async def _cloud(region: str | None, ctx: Context[App]) -> CloudInRegion:
    app = ctx.request_context.lifespan_context
    return CloudInRegion(app, endpoints.resolve_region(region, app.settings))


Cloud = Annotated[CloudInRegion, Resolve(_cloud)]


async def _fresh_job(job_id: str, cloud: Cloud) -> Job:
    return await cloud.jobs.get(job_id)


FreshJob = Annotated[Job, Resolve(_fresh_job)]


@dataclass(frozen=True)
class Progress:
    """Progress notifications of a long call. `heard`: the client sent a progress token. Hosts that do so keep a call
    that reports progress; others drop a call after about 60 s."""

    heard: bool
    _context: Context[App]

    async def tell(self, done: float, total: float, message: str) -> None:
        """Send a progress notification; does nothing if the client sent no progress token."""
        await self._context.report_progress(done, total, message)


async def _progress(ctx: Context[App]) -> Progress:
    meta = ctx.request_context.meta
    return Progress(meta is not None and meta.get("progress_token") is not None, ctx)


Reporting = Annotated[Progress, Resolve(_progress)]
