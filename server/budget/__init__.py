"""Pure functions that clean and redact any text of a job and cut it to a number of tokens.

pipeline.py has the stages every log passes; events.py does the same for events. limits.py estimates tokens and caps
results, cursor.py says where a reader stopped, fence.inline is for names."""
