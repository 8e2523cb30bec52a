"""Training jobs: read.py lists and reads, create.py creates, change.py updates and stops."""
