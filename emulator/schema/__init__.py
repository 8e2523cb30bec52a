"""What the service's API metadata says of a request: operations.json, written by generate.py, read by check.py."""
