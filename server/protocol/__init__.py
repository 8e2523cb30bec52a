"""Turns this server's values into MCP: toolset.py declares tools, schemas.py validates their arguments, reply.py has
the models of results, render.py makes content of them."""
