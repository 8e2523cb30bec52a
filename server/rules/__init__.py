"""The skill's hard rules as pure functions: one function and one test a rule."""
