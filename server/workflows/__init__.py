"""Operations that take several calls to the cloud: create_once.py, existence.py; polling.py and waiting.py;
diagnosis.py, which routes by status to diagnose_*.py on what evidence.py reads; and permit.py for gated tools."""
