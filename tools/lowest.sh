#!/usr/bin/env bash
# Runs the unit tests with the lowest versions that pyproject.toml allows of what the gateway needs itself; those of the
# project's own set-up are about the locked versions.
# Usage: tools/lowest.sh [TESTS…]   (default: tests/unit)
set -euo pipefail
cd "$(dirname "$0")/.."
place=build/lowest
uv=.venv/bin/uv
$uv venv --quiet --clear --python .venv/bin/python "$place"
$uv pip compile --quiet --universal --python-version 3.11 --resolution lowest-direct --no-header --no-annotate \
  --extra build --output-file "$place/lowest.txt" pyproject.toml
# The developers' tools as they are locked, but for what both need.
sed 's/ \\$//; /^ /d' requirements-dev.lock >"$place/dev.txt"
$uv pip install --quiet --python "$place" --requirement "$place/lowest.txt"
cut -d= -f1 "$place/lowest.txt" | sed 's/\[.*//' >"$place/names"
sed 's/.*/^&==/' "$place/names" >"$place/patterns"
grep -vif "$place/patterns" "$place/dev.txt" | $uv pip install --quiet --python "$place" --no-deps --requirement -
$uv pip install --quiet --python "$place" --no-deps --no-build-isolation --editable .
"$place/bin/python" -m pytest -q -p no:cacheprovider --numprocesses "$(nproc)" --dist=loadfile \
  --ignore=tests/unit/project "${@:-tests/unit}"
