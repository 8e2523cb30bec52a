"""check_setup: whether credentials, region, endpoints and permissions work."""

import anyio
from mcp.server.mcpserver import Context

from pai_dlc_mcp.server.cloud import endpoints
from pai_dlc_mcp.server.cloud.account import PRODUCTS, Probe
from pai_dlc_mcp.server.cloud.endpoints import Product
from pai_dlc_mcp.server.cloud.errors import CloudError
from pai_dlc_mcp.server.cloud.permissions import policy
from pai_dlc_mcp.server.deps import App, CloudInRegion
from pai_dlc_mcp.server.errors import Failure
from pai_dlc_mcp.server.protocol.reply import Facts, Row
from pai_dlc_mcp.server.protocol.toolset import Toolset
from pai_dlc_mcp.server.workflows import spend
from pai_dlc_mcp.tools.params import Region

tools = Toolset("core")


class EndpointRow(Row):
    product: str
    host: str
    reachable: bool
    permitted: bool | None = None
    ms: int
    problem: str | None = None


class SetupReply(Facts):
    ready: bool
    region_source: str
    credentials: str
    identity: str | None = None
    endpoints: list[EndpointRow]
    missing_permissions: list[str] | None = None
    policy: str | None = None
    spend_limits: list[str] | None = None
    fix: str | None = None


async def _started(region: str | None, ctx: Context[App]) -> "tuple[CloudInRegion, str] | SetupReply":
    """The cloud and the source of the key; or the reply, if there is no key or the configured region is invalid."""
    app = ctx.request_context.lifespan_context
    source, fixes, cloud = "none found", list[str](), None
    try:
        cloud = CloudInRegion(app, endpoints.resolve_region(region, app.settings))
    except Failure as failure:
        if region:
            raise
        fixes.append(f"{failure.what} {failure.fix}")
    try:
        source = await app.gateway.key_source()
    except CloudError as error:
        fixes.append(error.fix)
    if cloud and not fixes:
        return cloud, source
    region_source = cloud.region_source if cloud else "none"
    fix = " ".join(fixes)
    return SetupReply(ready=False, region_source=region_source, credentials=source, endpoints=[], fix=fix)


@tools.read("Check the setup")
async def check_setup(ctx: Context[App], region: Region = None) -> SetupReply:
    """Check credentials (their source, never a value), region, endpoints and read permission for each product. Use it
    first when calls fail; for missing permissions it gives the RAM policy to ask the user for."""
    started = await _started(region, ctx)
    if isinstance(started, SetupReply):
        return started
    cloud, source = started
    probes: list[Probe] = []
    identity: list[str] = []

    async def look(product: Product) -> None:
        probes.append(await cloud.account.probe(product))

    async def who() -> None:
        if known := await cloud.account.identity():
            identity.append(known)

    async with anyio.create_task_group() as group:
        group.start_soon(who)
        for product in PRODUCTS:
            group.start_soon(look, product)
    missing = sorted(action for probe in probes if probe.error for action in probe.error.ram)
    return SetupReply(
        ready=not any(probe.error for probe in probes),
        region_source=cloud.region_source,
        credentials=source,
        identity=identity[0] if identity else None,
        endpoints=[_row(probe) for probe in sorted(probes, key=lambda probe: probe.product)],
        missing_permissions=missing or None,
        policy=policy(missing) if missing else None,
        spend_limits=await _limits(cloud),
        fix=next((probe.error.fix for probe in sorted(probes, key=lambda probe: probe.product) if probe.error), None),
    )


async def _limits(cloud: CloudInRegion) -> list[str] | None:
    """The operator's spend limits with what is left of each."""
    try:
        return list(map(str, await spend.figures(cloud, []))) or None
    except Failure as error:
        return [f"not known: {error.what}"]


def _row(probe: Probe) -> EndpointRow:
    error = probe.error
    answered = error is None or error.http_status is not None
    return EndpointRow(
        product=probe.product,
        host=probe.host,
        reachable=answered,
        permitted=(error is None or error.kind != "permission") if answered else None,
        ms=probe.milliseconds,
        problem=error.what if error else None,
    )
