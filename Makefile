# What each target does: `make`. Nothing is needed but make and Python 3.11 or newer.
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test check bench chaos docs lock clean system browser python

# What is compiled is kept, whatever the shell says: else each of the hundred hubs that the tests start compiles itself anew.
unexport PYTHONDONTWRITEBYTECODE

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	--custom-compile-command 'make lock' --extra postgresql --extra cel --extra socket-mode --extra teams --extra sites --group build

help: ## show these lines
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | while IFS="$$(printf '\t')" read -r name what; do \
		printf '  make %-8s %s\n' "$$name" "$$what"; done

run: $(VENV)/.run ## set everything up and start the demo; prints its address (others: make run PORT=8081 LOCALE=ko)
	@exec $(BIN)/leverframe demo $(if $(PORT),--port $(PORT)) $(if $(LOCALE),--locale $(LOCALE))

test: system $(VENV)/.test browser ## set everything up (a real PostgreSQL and Chromium too) and run every test
	@$(BIN)/python -m compileall -q -j 2 src # once, else each of the workers does it, and the first hubs they start
	@find tests -name 'test_*.py' | xargs -n 150 -P 2 $(BIN)/python -m pytest --collect-only -qq >/dev/null 2>&1 || true # likewise; what is wrong is told below
	@$(BIN)/python -m pytest -n auto --dist worksteal

check: $(VENV)/.test ## lint, types, floors, generated docs
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python tools/docs.py --check

bench: $(VENV)/.test ## measure against a bare server in the same run
	@$(BIN)/python bench/run.py

chaos: $(VENV)/.test ## kill the hub at random moments under load, 20 rounds on SQLite and on PostgreSQL
	@$(BIN)/python bench/chaos.py

docs: $(VENV)/.test ## write the generated pages of docs/ anew
	@$(BIN)/python tools/docs.py

lock: python ## write the lock files anew from pyproject.toml (pins stay unless a lock file is deleted first)
	@test -x $(VENV)/lock/bin/uv || { $(PYTHON) -m venv $(VENV)/lock && $(VENV)/lock/bin/python -m pip install --quiet uv; }
	env -u UV_FIND_LINKS $(VENV)/lock/bin/$(LOCK) -o requirements.lock pyproject.toml
	env -u UV_FIND_LINKS $(VENV)/lock/bin/$(LOCK) --group dev -c requirements.lock -o requirements-dev.lock pyproject.toml

clean: ## remove what make made
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis

python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed. Run this line, then make again:"; \
		echo "  sudo apt-get install -y python3.11 python3.11-venv"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Python's venv is missing. Run this line, then make again:"; \
		echo "  sudo apt-get install -y $(notdir $(PYTHON))-venv"; exit 1; }

$(BIN)/pip:
	@$(MAKE) --no-print-directory python
	@$(PYTHON) -m venv $(VENV)

# The stamps say what is installed, so that a second call costs nothing. What the tests need includes what the hub needs.
$(VENV)/.run: $(BIN)/pip requirements.lock pyproject.toml
	@echo "Installing what the hub needs into $(VENV) (once) …"
	@$(PIP) install --quiet --require-hashes -r requirements.lock
	@$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.test: $(BIN)/pip requirements-dev.lock requirements.lock pyproject.toml
	@echo "Installing what the tests need into $(VENV) (once) …"
	@$(PIP) install --quiet --require-hashes -r requirements-dev.lock
	@$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@touch $(VENV)/.run $@

system:
	@$(or $(PYTHON),python3) tests/services

browser:
	@$(BIN)/python tests/services browser
