"""The MCP server without its tools. No module here imports a tool.

app.py builds the server; door.py wraps every tool call; http.py serves over HTTP; safety/ asks the user before a risky
write; deps.py resolves the dependencies that a tool declares; protocol/ declares tools and renders results; rules/,
budget/ and insight/ are pure; cloud/ is the only room that calls Alibaba Cloud.
"""
