# `make` prints this list. Every target sets up what it needs in .venv; only Python 3.11 or newer has to be there.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin

help: ## print this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

.venv/ready: requirements.lock pyproject.toml
	@if command -v uv >/dev/null; then \
	  uv venv -q --allow-existing --python $(PYTHON) .venv && \
	  uv pip install -q --python $(BIN)/python --compile-bytecode --require-hashes -r requirements.lock && \
	  uv pip install -q --python $(BIN)/python --no-deps --no-build-isolation -e .; \
	else \
	  $(PYTHON) -m venv .venv && \
	  $(BIN)/python -m pip install -q --require-hashes -r requirements.lock && \
	  $(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .; \
	fi
	@touch $@

demo: .venv/ready ## watch an agent do a whole job on the emulator: no account, no network
	@$(BIN)/pai-dlc-mcp demo

test: .venv/ready ## lint, types, architecture and all tests
	@$(BIN)/ruff check -q . && $(BIN)/ruff format -q --check .
	@$(BIN)/basedpyright --level error
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/pytest -q

snapshots: .venv/ready ## rewrite the golden tools/list files after a change that is meant
	@$(BIN)/pytest -q tests/test_snapshots.py tests/server/budget/test_goldens.py --update-snapshots

docs: .venv/ready ## rewrite the README's table of tools
	@$(BIN)/pai-dlc-mcp tools --readme README.md
	@$(BIN)/python -m pai_dlc_mcp.emulator.coverage > docs/emulator-coverage.md

fuzz: .venv/ready ## send the emulator 20,000 signed requests
	@EMULATOR_FUZZ=20000 $(BIN)/pytest -q tests/emulator/test_fuzz.py

clients: .venv/ready ## run PAI's own SDK against the emulator, in an environment of its own
	@test -x .venv-clients/bin/python || $(PYTHON) -m venv .venv-clients
	@.venv-clients/bin/python -m pip install -q alipai==0.4.13
	@ALIPAI_PYTHON=$(CURDIR)/.venv-clients/bin/python $(BIN)/pytest -q tests/emulator/test_clients.py

bench: .venv/ready ## measure the log pipeline, answers beside the CLI's, and that a lost answer never makes two jobs
	@$(BIN)/python bench/create.py
	@$(BIN)/python bench/budget.py
	@$(BIN)/python bench/tokens.py

lock: .venv/ready ## refresh requirements.lock (needs uv)
	@uv pip compile -q pyproject.toml --extra cli --group dev --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --no-header --upgrade -o requirements.lock

.PHONY: help demo test snapshots docs fuzz clients bench lock
