"""The MCP server without its tools; imports no tool.

app.py builds the server, door.py wraps every call; http.py serves it over HTTP; safety/ asks before a risky effect;
deps.py resolves what a tool declares; protocol/ declares tools and renders results; rules/, budget/ and insight/ are
pure; cloud/ is the only room that talks to Alibaba Cloud."""
