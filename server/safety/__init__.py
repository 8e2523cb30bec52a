"""Asking a human before a risky effect: risks.py is the table, policy.py may decide alone, gate.py asks and acts,
confirmation.py issues and redeems tokens, audit.py writes one line a step.
"""
