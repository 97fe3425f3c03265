# Everything a person needs to run, test and change Reprise. `make help` lists it.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run install test torture check format bench lock chromium clean

# The system's own is kept up to date by the system, and built to be quick; one that was built by hand takes a sixth longer.
PYTHON ?= $(shell /usr/bin/python3 -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo /usr/bin/)python3
VENV := .venv
BIN := $(VENV)/bin
UV ?= uv
ARGS ?=
export PIP_DISABLE_PIP_VERSION_CHECK = 1

help: ## list what `make` can do
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/.runtime ## set up, migrate, import content/ and serve (PORT=8000; the first time takes a minute)
	@PATH="$(CURDIR)/$(BIN):$$PATH" exec tools/start

# Files run in their order: sorted by their number of tests, the slow ones would come last, and one core would wait.
install: $(VENV)/.runtime ## set up without starting, for systemd or a new version (docs/operating.md)

test: $(VENV)/.dev chromium $(VENV)-anki/.ready ## run every test, on SQLite, PostgreSQL and in Chromium (ARGS="-k undo" for some)
	@$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder $(ARGS)

torture: $(VENV)/.dev ## kill, fill, stop and slow a real portal, a hundred rounds of it (`make test` does a few)
	@TORTURE_ROUNDS=$${TORTURE_ROUNDS:-100} $(BIN)/python -m pytest tests/torture $(ARGS)

check: $(VENV)/.dev ## style, formatting, types and import rules
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy --strict
	$(BIN)/lint-imports --no-logo

format: $(VENV)/.dev ## put the code into its format and fix what can be fixed by itself
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: $(VENV)/.dev ## measure, and fail where a bound is not kept
	@$(BIN)/python -m tools.bench $(ARGS)

lock: ## choose versions anew within pyproject.toml (ARGS=--upgrade for the newest); needs the tool uv
	@command -v $(UV) >/dev/null || { echo >&2 "make lock needs uv; install it with pip or pipx, or say UV=/path/to/uv."; exit 1; }
	$(LOCK) -o requirements.lock >/dev/null
	$(LOCK) --extra dev -c requirements.lock -o requirements-dev.lock >/dev/null
	$(UV) pip compile --group pyproject.toml:anki $(LOCKED) -o requirements-anki.lock >/dev/null

LOCKED = --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate \
  --no-header --quiet $(ARGS)
LOCK = $(UV) pip compile pyproject.toml --group install $(LOCKED)

clean: ## remove what `make` made; the database in var/ stays
	rm -rf $(VENV) $(VENV)-anki build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find app migrations tests tools -name __pycache__ -type d -prune -exec rm -rf {} +

chromium: $(VENV)/.dev
	@tools/ensure-chromium $(BIN)/python

# The stamps say which lock was installed last; the environment is made anew when its Python is gone.
$(BIN)/python:
	@tools/make-venv "$(PYTHON)" $(VENV)

INSTALL = $(BIN)/python -m pip install --quiet

$(VENV)/.runtime: requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing what Reprise needs to run (once) …"
	@$(INSTALL) --require-hashes -r requirements.lock
	@$(INSTALL) --no-deps --no-build-isolation --no-index -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(BIN)/python
	@echo "Installing what Reprise's tests need (once) …"
	@$(INSTALL) --require-hashes -r requirements-dev.lock
	@$(INSTALL) --no-deps --no-build-isolation --no-index -e .
	@touch $(VENV)/.runtime $@

# Anki's licence is AGPL: it is run by tests, in an environment of its own, and nothing of the portal imports it.
$(VENV)-anki/.ready: requirements-anki.lock
	@echo "Installing Anki's engine, for tests alone (once) …"
	@tools/make-venv "$(PYTHON)" $(VENV)-anki
	@$(VENV)-anki/bin/python -m pip install --quiet --require-hashes -r requirements-anki.lock
	@touch $@
