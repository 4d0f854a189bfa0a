# Each target sets up what it needs. Variables: PYTHON=python3.12, PORT=8010, DATA_DIR=… (docs/operations.md)

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip install --quiet --disable-pip-version-check --no-input --root-user-action=ignore
RUNS := $(VENV)/.runs
CHECKS := $(VENV)/.checks

.PHONY: help run test e2e soak bench fmt lock
.DEFAULT_GOAL := help

help:
	@echo "make run    start everything: web, worker, broker, sandbox; prints address and login"
	@echo "make test   format, lint, types, deploy check and all tests, on SQLite and on PostgreSQL"
	@echo "make e2e    drive a running copy with Chromium"
	@echo "make soak   the long versions of the randomised tests"
	@echo "make bench  speeds: history, home and an export at up to 5,000,000 trades, a first load with its memory, a mirror from then on"
	@echo "make fmt    format and mend what the linter can mend"
	@echo "make lock   pin requirements.in and requirements-dev.in anew (needs uv)"

run: $(RUNS)
	@exec $(PY) -m dashboard.launch --end-with-parent

test: $(CHECKS)
	@exec $(PY) -m tests.check $(ARGS)

e2e: $(CHECKS)
	@exec $(PY) -m tests.browse $(ARGS)

soak: $(CHECKS)
	@exec $(PY) -m tests.soak $(ARGS)

bench: $(CHECKS)
	@exec $(PY) -m tests.measure $(ARGS)

fmt: $(CHECKS)
	@$(PY) -m ruff check --fix --quiet . ; $(PY) -m ruff format .

lock:
	@uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate requirements.in -o requirements.txt
	@uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate requirements-dev.in -o requirements-dev.txt

$(RUNS): requirements.txt
	@command -v $(PYTHON) >/dev/null || { \
	  echo "Sellside needs Python 3.11 or newer, and there is no $(PYTHON): install python3 and python3-venv, or say make PYTHON=…"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Sellside needs Python 3.11 or newer, $(PYTHON) is $$($(PYTHON) -c 'import platform; print(platform.python_version())'): install a newer one and say make PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "$(PYTHON) lacks its venv module: install it (on Debian and Ubuntu: apt install python3-venv)"; exit 1; }
	@$(PY) -m pip --version >/dev/null 2>&1 || { \
	  echo "Making $(VENV) (first run only)…"; $(PYTHON) -m venv --clear $(VENV); }
	@echo "Installing what runs (first run, and after requirements changed)…"
	@$(PIP) -r requirements.txt
	@touch $@

$(CHECKS): $(RUNS) requirements-dev.txt
	@echo "Installing what checks (first run, and after requirements changed)…"
	@$(PIP) -r requirements-dev.txt
	@touch $@
