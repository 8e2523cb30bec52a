"""What an agent can call, in the order it is listed: one file a family, one function a tool."""

from pai_dlc_mcp.tools import (
    access,
    admin,
    change,
    create,
    events,
    images,
    jobs,
    logs,
    setup,
    sources,
    specs,
    workspaces,
)

TOOLSETS = (
    workspaces.tools,
    images.tools,
    sources.tools,
    specs.tools,
    create.tools,
    jobs.tools,
    change.tools,
    logs.tools,
    events.tools,
    access.tools,
    setup.tools,
    admin.tools,
)
