#!/usr/bin/env bash
# Writes requirements.lock and requirements-dev.lock from pyproject.toml: every version with its hashes, for every
# Python from 3.11 on, naming no index, no host and no path. UPGRADE=1 takes the newest versions that pyproject.toml
# allows; without it only what pyproject.toml changed moves.
set -euo pipefail
cd "$(dirname "$0")/.."

# The lock holds uv itself. A lock that no longer fits pyproject.toml still installs uv before set-up complains.
[[ -x .venv/bin/uv ]] || tools/setup.sh dev || [[ -x .venv/bin/uv ]]

options=(--quiet --universal --generate-hashes --python-version 3.11 --no-header --no-annotate)
[[ ${UPGRADE:-} != 1 ]] || options+=(--upgrade)

.venv/bin/uv pip compile "${options[@]}" --extra build --output-file requirements.lock pyproject.toml
.venv/bin/uv pip compile "${options[@]}" --extra build --extra dev --constraint requirements.lock \
  --output-file requirements-dev.lock pyproject.toml
training=(--quiet --no-deps --generate-hashes --python-version 3.13 --no-header --no-annotate) # Debian's, as its PyTorch
.venv/bin/uv pip compile "${training[@]}" --output-file training/requirements.lock training/requirements.in
echo "Wrote requirements.lock, requirements-dev.lock and training/requirements.lock. Commit them."
