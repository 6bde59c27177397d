# Mailwarden. `make run` starts the gateway, `make test` runs every test; both set up all that they need.
# PYTHON=/usr/bin/python3.13 uses another interpreter (3.11 or later).

PYTHON ?= python3
FORCE ?=
UPGRADE ?=
export PYTHON FORCE UPGRADE

BIN := .venv/bin
TESTS ?= tests
SCRIPTS := $(wildcard tools/*.py)

.PHONY: help setup run sample test lint bench lock clean dev

help:           ## this list
	@awk -F':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup:          ## install what the gateway needs, into .venv
	@tools/setup.sh run

run: setup      ## start the gateway, and clamd if none answers; Ctrl-C ends both
	@$(BIN)/python tools/run.py

sample: setup   ## send sample messages to the running gateway and show what becomes of them
	@$(BIN)/python tools/sample.py

test: lint      ## lint, types and every test (TESTS=tests/unit for some); FORCE=1 lets Postfix replace another MTA
	$(BIN)/python -m pytest $(TESTS)

lint: dev       ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --strict $(SCRIPTS)

bench: dev      ## compare with a direct connection; writes benchmarks/RESULTS.md
	$(BIN)/python benchmarks/run.py

lock:           ## write the lock files from pyproject.toml; UPGRADE=1 takes newer versions
	@tools/lock.sh

clean:          ## remove .venv and what tools left; var/, which holds mail, stays
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

dev:
	@tools/setup.sh dev
