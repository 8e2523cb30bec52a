"""`--execute`: jobs whose command really runs, one process a pod.

ranks.py says what environment a pod gets, runner.py starts and ends the pods of an account's jobs, and supervisor.py is
the process that stands over each pod and leaves nothing of it behind. canary.py tries that out before anything runs.
"""
