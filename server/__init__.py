"""What every tool stands on; never imports a tool.

app.py builds the server and is the one way out; http.py serves it; safety/ asks before anything irreversible;
deps.py hands a tool what it needs and reply.py takes its answer; rules/ and budget/ are pure; cloud/ is the only
code that talks to Alibaba Cloud.
"""
