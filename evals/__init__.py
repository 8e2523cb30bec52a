"""Thirty tasks on the emulator, their cost by three ways to the service, and which habits fail which task."""
