"""The only room that imports the Alibaba SDKs. gateway.py sends the requests; each noun has a file with its models and
operations."""
