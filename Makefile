# `make` prints this list. Every target sets up what it needs in .venv; only Python 3.11 or newer has to be there.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
unexport PYTHONDONTWRITEBYTECODE   # the servers that tests start would each compile everything anew

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

check: .venv/ready ## lint, types, architecture
	@$(BIN)/ruff check -q . && $(BIN)/ruff format -q --check .
	@$(BIN)/basedpyright --level error
	@$(BIN)/lint-imports --no-logo

test: .venv/ready ## the checks and, beside them, the tests on every core; the long ones are left to ci
	@$(MAKE) --no-print-directory --jobs 2 check short

short: .venv/ready
	@$(BIN)/pytest -q -n auto --dist loadfile -m "not long"

ci: check fuzz clients bench ## all that can be checked: long tests, more examples, 20,000 requests, branch coverage
	@$(BIN)/basedpyright --level error -p tests/pyrightconfig.json
	@$(BIN)/pytest -q -n auto --dist loadfile --hypothesis-profile thorough --cov --cov-report term:skip-covered

new-tool: .venv/ready ## NAME=list_members [TOOLSET=core]: write the files of a new read and wire them
	@$(BIN)/python -m dev.new_tool "$(NAME)" "$(or $(TOOLSET),core)"
	@$(BIN)/ruff check -q --fix . ; $(BIN)/ruff format -q .
	@$(BIN)/pytest -q tests/test_snapshots.py --update-snapshots

registered: .venv/ready
	@$(BIN)/pytest -q tests/test_registered.py

snapshots: registered ## rewrite the golden tools/list files after a change that is meant
	@$(BIN)/pytest -q tests/test_snapshots.py tests/page/test_extension.py tests/server/budget/test_goldens.py \
	  tests/tools/test_said.py tests/tools/test_diagnosis.py --update-snapshots

docs: registered ## rewrite what is generated: the README's tables, the skill, server.json, bundle, plugin, pages
	@$(BIN)/pai-dlc-mcp tools --readme README.md
	@$(BIN)/python -m pai_dlc_mcp.emulator.coverage > docs/emulator-coverage.md
	@$(BIN)/python -m dev.generated

site: ## build the documentation into build/site, in an environment of its own
	@test -x .venv-site/bin/mkdocs || { $(PYTHON) -m venv .venv-site && .venv-site/bin/python -m pip install -q "mkdocs-material>=9.6,<10"; }
	@NO_MKDOCS_2_WARNING=1 .venv-site/bin/mkdocs build --strict   # with --quiet no warning is counted

fuzz: .venv/ready ## send the emulator 20,000 signed requests, and the tools 5,000 calls while the service fails
	@EMULATOR_FUZZ=20000 $(BIN)/pytest -q tests/emulator/test_fuzz.py
	@TOOL_FUZZ=5000 $(BIN)/pytest -q tests/end_to_end/test_tool_fuzz.py

clients: .venv/ready ## run PAI's own SDK against the emulator, in an environment of its own
	@test -x .venv-clients/bin/python || $(PYTHON) -m venv .venv-clients
	@.venv-clients/bin/python -m pip install -q alipai==0.4.13
	@ALIPAI_PYTHON=$(CURDIR)/.venv-clients/bin/python $(BIN)/pytest -q tests/emulator/test_clients.py

hosts: .venv/ready ## agent frameworks load and call the tools, coding assistants start the server (needs npm)
	@for pair in "openai-agents openai-agents" "fastmcp fastmcp" "langchain-mcp-adapters langchain-mcp-adapters" \
	  "pydantic-ai pydantic-ai-slim[mcp]" "llama-index llama-index-tools-mcp" "google-adk google-adk[mcp]"; do set -- $$pair; \
	  test -x .venv-hosts/$$1/bin/python || $(PYTHON) -m venv .venv-hosts/$$1; \
	  .venv-hosts/$$1/bin/python -m pip install -q "$$2"; done
	@npm install --silent --no-audit --no-fund --prefix .venv-hosts/npm \
	  @anthropic-ai/claude-code @openai/codex @google/gemini-cli @qwen-code/qwen-code opencode-ai
	@HOSTS_VENVS=$(CURDIR)/.venv-hosts HOSTS_NPM=$(CURDIR)/.venv-hosts/npm/node_modules/.bin $(BIN)/pytest -q tests/hosts

browser: .venv/ready ## draw the job page in Chromium, and in ext-apps' own host (needs chromium or google-chrome, npm)
	@$(BIN)/python -m pip install -q playwright pillow
	@cd tests/page/host && npm install --silent --no-audit --no-fund && npm run --silent build
	@$(BIN)/pytest -q tests/page -m browser

conformance: .venv/ready ## run the official suite, the Inspector and old and new client SDKs against the server: needs npm
	@$(BIN)/python -m dev.conformance $(ONLY)

bench: .venv/ready ## ONLY="startup scale": one table of what is measured, with thresholds; exits 1 below them
	@$(BIN)/python bench/table.py $(or $(ONLY),--write)

soak: .venv/ready ## MINUTES=10: 32 clients over stdio and two HTTP replicas while the service fails
	@$(BIN)/python bench/soak.py --minutes $(or $(MINUTES),10)

inspect: .venv/ready ## play a task by inspect-ai with a model that says what it is told, in an environment of its own
	@test -x .venv-inspect/bin/python || $(PYTHON) -m venv .venv-inspect
	@.venv-inspect/bin/python -m pip install -q inspect-ai -e .
	@INSPECT_AI_PYTHON=$(CURDIR)/.venv-inspect/bin/python $(BIN)/pytest -q tests/test_evals_exports.py

evals: .venv/ready ## thirty tasks by the CLI, a thin proxy and this server: what they cost, and which a bad agent fails
	@$(BIN)/python -m evals

mutants: .venv/ready ## N=400 SEED=1 ROOMS="budget insight": change the pure rooms and see whether a test notices
	@$(BIN)/python bench/mutants.py -n $(or $(N),400) --seed $(or $(SEED),1) $(if $(ROOMS),--rooms $(ROOMS))

lock: ## refresh requirements.lock
	@test -x .venv-lock/bin/uv || { $(PYTHON) -m venv .venv-lock && .venv-lock/bin/python -m pip install -q uv; }
	@.venv-lock/bin/uv pip compile -q pyproject.toml --extra cli --extra charts --extra redis --extra otel --group dev --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --no-header --upgrade -o requirements.lock

.PHONY: help demo check test short ci new-tool registered snapshots docs fuzz clients site hosts browser conformance bench soak inspect \
  evals mutants lock
