# Mailwarden. `make run` starts the gateway, `make test` runs every test; both set up all that they need.
# PYTHON=/usr/bin/python3.13 uses another interpreter (3.11 or later).

PYTHON ?= python3
FORCE ?=
UPGRADE ?=
SECONDS ?= 60
COUNT ?= 1000
TARGET ?=
export PYTHON FORCE UPGRADE

BIN := .venv/bin
TESTS ?= tests
# One more than there are cores: many tests wait for a server.
JOBS ?= $(shell expr $$(nproc) + 1)
SCRIPTS := $(wildcard tools/*.py)

.PHONY: help setup run sample test lint linters bench bench-slow bench-parse bench-amend bench-text evaluate evaluate-disguised evaluate-personal screenshots fuzz search lock clean dev

help:           ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "make %-19s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup:          ## install what the gateway needs, into .venv
	@tools/setup.sh run

run: setup      ## start the gateway, and clamd if none answers; Ctrl-C ends both
	@$(BIN)/python tools/run.py

sample: setup   ## send sample messages to the running gateway; show what becomes of them
	@$(BIN)/python tools/sample.py

test: dev lint  ## lint, types, all tests; TESTS=tests/unit: some; FORCE=1: replace another MTA
	$(BIN)/python -m pytest --numprocesses=$(JOBS) --dist=loadfile --no-loadscope-reorder $(TESTS)

lint: linters   ## ruff and mypy; installs no test servers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --strict $(SCRIPTS)

bench: dev      ## compare with a direct connection; writes benchmarks/RESULTS.md
	$(BIN)/python benchmarks/run.py

bench-slow: dev  ## ordinary mail beside slow scans; writes benchmarks/SLOW.md
	$(BIN)/python benchmarks/slow_scans.py

bench-parse: dev ## what reading a message costs; writes benchmarks/PARSE.md
	$(BIN)/python benchmarks/parse.py

bench-amend: dev ## what disclaimer and signature cost; writes benchmarks/AMEND.md
	$(BIN)/python benchmarks/amend.py

screenshots: dev ## amended replies as Chromium (installed) shows them, in build/screenshots
	@tools/packages.sh chromium
	$(BIN)/python -m tests.support.probes.screenshots

evaluate: setup ## how well payment_change finds changes, and alarms; FILES=mine.jsonl: yours
	$(BIN)/python -m tests.evaluation.evaluate $(FILES)

evaluate-disguised: dev ## what disguises of changes (T01 to T15) cost of recall
	$(BIN)/python -m tests.evaluation.disguised

evaluate-personal: setup ## how well personal tells private mail; FILES=mine.jsonl: yours
	$(BIN)/python -m tests.evaluation.unlabelled $(FILES)

bench-text: dev ## what reading a message's text costs; writes benchmarks/TEXT.md
	$(BIN)/python benchmarks/text.py

fuzz: dev       ## fuzzing of parser, names and unpacker; SECONDS=60 each, TARGET=parser: one
	$(BIN)/python tests/fuzz/run.py --seconds $(SECONDS) $(TARGET)

search: dev     ## odd mails and files, judged by other programs; COUNT=1000, TARGET=names
	$(BIN)/python -m tests.generated $(TARGET) --count $(COUNT)

lock:           ## write the lock files from pyproject.toml; UPGRADE=1: newer versions
	@tools/lock.sh

clean:          ## remove .venv and what tools left; var/, which holds mail, stays
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

dev:
	@tools/setup.sh dev

linters:
	@tools/setup.sh lint
