"""The hard rules of the skill as pure functions, each with its own test. Also other pure calculations about jobs,
quotas, prices."""
