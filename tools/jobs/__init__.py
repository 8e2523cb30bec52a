"""Training jobs: read.py finds them and looks at one, create.py creates, change.py updates and stops."""
