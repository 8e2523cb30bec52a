"""Operations that take several calls to the cloud.

create_once.py creates a job; existence.py checks the names in a draft; polling.py and waiting.py poll jobs;
diagnosis.py chooses a diagnose_*.py by the job's status, and these read through evidence.py; permit.py sends the writes
of gated tools.
"""
