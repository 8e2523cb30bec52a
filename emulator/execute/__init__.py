"""`--execute`: jobs whose command really runs, one process for each pod.

ranks.py has the environment of a pod; runner.py starts and ends the pods of an account's jobs; supervisor.py is the
parent process of each pod, which ends all its descendants; canary.py tests that before any command runs.
"""
