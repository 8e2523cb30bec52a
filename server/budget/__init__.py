"""Bytes in, tokens out: pure functions that make any text of a job fit a model's context.

pipeline.py names the stages and is what every log goes through; events.py is the same for events. limits.py has the
estimate and the ceilings of every result, cursor.py where a reader stopped, fence.inline is for names.
"""
