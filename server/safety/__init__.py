"""Asks the user before a risky write. risks.py is the table of effects; policy.py can decide without a question;
gate.py asks and admits; confirmation.py issues and redeems tokens; audit.py writes one line for each step."""
