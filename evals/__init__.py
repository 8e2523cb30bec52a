"""Thirty tasks of an operator on the emulator, what they cost by three ways to the service, and who fails which."""
