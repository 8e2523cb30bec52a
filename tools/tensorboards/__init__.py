"""Tensorboards: read.py lists and reads, change.py has the other tools."""
