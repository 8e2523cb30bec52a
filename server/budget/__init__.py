"""Bytes in, tokens out: pure functions that make any text of a job fit a model's context.

view.py and events.py are what tools call, cut.fit is the ceiling of every result, fence.inline is for names.
The order is clean, redact, grep, fold, cut, fence; blocks.py finds the errors, page.py where a reader stopped.
"""
