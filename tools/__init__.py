"""What an agent can call, in the order it is listed: one file a family, one function a tool."""

from pai_dlc_mcp.tools import (
    access,
    admin,
    dashboards,
    diagnosis,
    events,
    images,
    logs,
    metrics,
    quotas,
    ray,
    sanity,
    setup,
    signals,
    sources,
    specs,
    tags,
    templates,
    waiting,
    workspaces,
)
from pai_dlc_mcp.tools.jobs import change, create, read
from pai_dlc_mcp.tools.tensorboards import change as tensorboard_changes
from pai_dlc_mcp.tools.tensorboards import read as tensorboards

TOOLSETS = (
    workspaces.tools,
    images.tools,
    sources.tools,
    specs.tools,
    create.tools,
    read.tools,
    change.tools,
    diagnosis.tools,
    logs.tools,
    events.tools,
    metrics.tools,
    sanity.tools,
    waiting.tools,
    access.tools,
    setup.tools,
    admin.tools,
    quotas.tools,
    templates.tools,
    tensorboards.tools,
    tensorboard_changes.tools,
    dashboards.tools,
    metrics.monitor,
    signals.tools,
    tags.tools,
    ray.tools,
)
