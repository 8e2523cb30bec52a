"""What takes several calls to the cloud: create_once.py, existence.py, polling.py, and permit.py for gated tools."""
