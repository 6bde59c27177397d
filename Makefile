# Mailwarden. `make run` starts the gateway, `make test` runs every test; both install everything that they need.
# PYTHON=/usr/bin/python3.13 uses another interpreter (3.11 or later).

PYTHON ?= python3
FORCE ?=
UPGRADE ?=
DRAFT ?=
SECONDS ?= 60
COUNT ?= 1000
MINUTES ?=
SEED ?=
TARGET ?=
RULE ?= payment_change
BEFORE ?=
export PYTHON FORCE UPGRADE DRAFT

BIN := .venv/bin
TESTS ?= tests
# One more than there are cores: some tests wait for a server, and each process collects all tests.
JOBS ?= $(shell expr 1 + $$(nproc))
SCRIPTS := $(wildcard tools/*.py)

.PHONY: help setup run sample test compiled lint linters bench bench-desk bench-desk-script bench-trace bench-move bench-slow bench-parse bench-amend bench-text bench-commands bench-peers bench-expensive soak evaluate train screenshots fuzz search deb deb-test release lowest audit lock clean dev

help:           ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "make %-19s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup:          ## install the gateway's packages into .venv
	@tools/setup.sh run

run: setup      ## start the gateway, and clamd if none answers; Ctrl-C ends both
	@$(BIN)/python tools/run.py

sample: setup   ## send sample messages to the running gateway; show the outcome of each
	@$(BIN)/python tools/sample.py

test: dev compiled lint  ## lint, types, all tests; TESTS=tests/unit: some; FORCE=1: replace another MTA
	$(BIN)/python -m pytest --numprocesses=$(JOBS) --dist=loadfile --no-loadscope-reorder $(TESTS)

# In a new clone the tests' modules are compiled beside mypy, which uses one core; else each process of tests does so.
compiled: dev
	@test -d tests/__pycache__ || $(BIN)/python -m pytest --collect-only --quiet $(TESTS) > /dev/null 2>&1 &

lint: linters   ## ruff and mypy; installs no test servers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --strict $(SCRIPTS)
	$(BIN)/mypy --strict --explicit-package-bases --follow-imports=silent -p training

bench: dev      ## rates, the shipped chain, its filters; writes benchmarks/RESULTS.md
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

evaluate: setup ## recall and false alarms of RULE= by words and model; FILES=mine.jsonl: yours
	$(BIN)/python -m tests.evaluation.evaluate $(RULE) $(FILES)

train: setup    ## train the language model (75 minutes): gateway/language_model/weights.onnx
	@training/train.sh

bench-text: dev ## time for reading a message's text; writes benchmarks/TEXT.md
	$(BIN)/python benchmarks/text.py

bench-commands: dev ## processor time of commands, BEFORE=FOLDER: and an older version's
	$(BIN)/python benchmarks/commands.py $(if $(BEFORE),--before $(BEFORE))

bench-peers: dev ## beside Haraka, rspamd and amavisd-new (root); adds to benchmarks/RESULTS.md
	@benchmarks/fetch_peers.sh
	$(BIN)/python benchmarks/peers.py

bench-expensive: dev ## search for texts that cost most; MINUTES=60; writes build/expensive
	$(BIN)/python benchmarks/expensive_texts.py --minutes $(or $(MINUTES),60)

soak: dev       ## load while everything breaks, then a balance; MINUTES=10, SEED=1
	$(BIN)/python -m tests.soak --minutes $(or $(MINUTES),10) $(if $(SEED),--seed $(SEED))

fuzz: dev       ## fuzzing of parser, names and unpacker; SECONDS=60 each, TARGET=parser: one
	$(BIN)/python tests/fuzz/run.py --seconds $(SECONDS) $(TARGET)

search: dev     ## odd mails and files, judged by other programs; COUNT=1000, TARGET=names
	$(BIN)/python -m tests.generated $(TARGET) --count $(COUNT)

deb: dev        ## the Debian package, in dist/
	@tools/deb.sh dist

deb-test: deb   ## install it in a fresh Debian, run it sandboxed, remove it; needs root
	@tools/deb_test.sh dist/mailwarden_$$(cat VERSION)_*.deb

release: dev    ## wheel, sdist, deb, SBOM in dist/, built twice; DRAFT=1: without a date
	@tools/release.sh

lowest: dev     ## unit tests with the lowest versions that pyproject.toml allows
	@tools/lowest.sh $(filter-out tests,$(TESTS))

audit: dev      ## asks the public database about known problems of our dependencies
	@tools/audit.sh

lock:           ## write the lock files from pyproject.toml; UPGRADE=1: newer versions
	@tools/lock.sh

clean:          ## remove .venv and files of tools; var/, which holds mail, stays
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

dev:
	@tools/setup.sh dev

linters:
	@tools/setup.sh lint
