"""Generated files, except the README's tables. `make docs` writes them."""
