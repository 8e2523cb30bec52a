"""What the repository holds of its own code's output, apart from the README's tables: `make docs` writes it."""
