"""What turns our values into MCP: toolset.py declares tools, schemas.py their arguments, reply.py what they answer, and
render.py shows it."""
