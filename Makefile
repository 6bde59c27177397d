# Mailwarden. `make run` starts the gateway, `make test` runs every test; both install everything that they need.
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
# More than there are cores: many tests wait for a server.
JOBS ?= $(shell expr 2 \* $$(nproc))
SCRIPTS := $(wildcard tools/*.py)

.PHONY: help setup run sample test lint linters bench bench-desk bench-desk-script bench-trace bench-move bench-slow bench-parse bench-amend bench-text evaluate evaluate-disguised evaluate-personal screenshots fuzz search lock clean dev

help:           ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "make %-19s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup:          ## install the gateway's packages into .venv
	@tools/setup.sh run

run: setup      ## start the gateway, and clamd if none answers; Ctrl-C ends both
	@$(BIN)/python tools/run.py

sample: setup   ## send sample messages to the running gateway; show the outcome of each
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

bench-desk: dev  ## the reviewers' desk over 100,000 held messages; writes benchmarks/DESK.md
	$(BIN)/python benchmarks/desk.py

bench-trace: dev  ## trace on 10 million rows of both databases; writes benchmarks/TRACE.md
	$(BIN)/python benchmarks/trace.py

bench-move: dev   ## move 100,000 held messages to PostgreSQL and back; writes benchmarks/MOVE.md
	$(BIN)/python benchmarks/move.py

bench-desk-script: dev ## clear sixty held messages in tmux; writes benchmarks/DESK_SCRIPT.md
	$(BIN)/python benchmarks/desk_script.py

bench-slow: dev  ## ordinary mail beside slow scans; writes benchmarks/SLOW.md
	$(BIN)/python benchmarks/slow_scans.py

bench-parse: dev ## time and memory for reading a message; writes benchmarks/PARSE.md
	$(BIN)/python benchmarks/parse.py

bench-amend: dev ## time for disclaimer and signature; writes benchmarks/AMEND.md
	$(BIN)/python benchmarks/amend.py

screenshots: dev ## amended replies as Chromium (installed) shows them, in build/screenshots
	@tools/packages.sh chromium
	$(BIN)/python -m tests.support.probes.screenshots

evaluate: setup ## recall and false alarms of payment_change; FILES=mine.jsonl: of your mails
	$(BIN)/python -m tests.evaluation.evaluate $(FILES)

evaluate-disguised: dev ## how far disguises (T01 to T15) lower the recall of payment_change
	$(BIN)/python -m tests.evaluation.disguised

evaluate-personal: setup ## recall and false alarms of personal; FILES=mine.jsonl: of your mails
	$(BIN)/python -m tests.evaluation.unlabelled $(FILES)

bench-text: dev ## time for reading a message's text; writes benchmarks/TEXT.md
	$(BIN)/python benchmarks/text.py

fuzz: dev       ## fuzzing of parser, names and unpacker; SECONDS=60 each, TARGET=parser: one
	$(BIN)/python tests/fuzz/run.py --seconds $(SECONDS) $(TARGET)

search: dev     ## odd mails and files, judged by other programs; COUNT=1000, TARGET=names
	$(BIN)/python -m tests.generated $(TARGET) --count $(COUNT)

lock:           ## write the lock files from pyproject.toml; UPGRADE=1: newer versions
	@tools/lock.sh

clean:          ## remove .venv and files of tools; var/, which holds mail, stays
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

dev:
	@tools/setup.sh dev

linters:
	@tools/setup.sh lint
