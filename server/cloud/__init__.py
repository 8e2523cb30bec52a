"""The only code that imports the Alibaba SDKs: gateway.py makes the call, one file a noun shapes it."""
