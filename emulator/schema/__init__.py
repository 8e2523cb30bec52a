"""The service's API metadata of requests: operations.json, written by generate.py and read by check.py."""
