"""Tensorboards, which show what a job wrote for TensorBoard: read.py finds them, change.py does the rest."""
