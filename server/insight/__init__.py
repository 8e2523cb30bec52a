"""Pure functions that read a job: lines.py (a log), signatures.py (what failures look like), errors.py (find and rank
them), pods.py (many pods that ended alike), re2.py (the linear-time engine of every pattern that meets a whole log)."""
