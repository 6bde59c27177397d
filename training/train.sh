#!/usr/bin/env bash
# Makes weights.onnx and gate.json of gateway/language_model from the labelled mails; .venv is there already. Debian's
# PyTorch computes: PyPI's comes with CUDA alone. What else training needs is in an environment of its own,
# build/training/venv.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=build/training
venv=$folder/venv

tools/packages.sh python3 python3-venv python3-torch libopenblas0-pthread
made_from=$(cat training/requirements.lock | sha256sum)
if [[ ! -f $venv/.made-from || $(<"$venv/.made-from") != "$made_from" ]]; then
  rm -rf "$venv"
  /usr/bin/python3 -m venv --system-site-packages "$venv"
  "$venv/bin/python" -m pip --quiet --disable-pip-version-check --no-input install --require-hashes --no-deps \
    --only-binary :all: --ignore-installed --requirement training/requirements.lock
  echo "$made_from" >"$venv/.made-from"
fi

# Two threads that wait asleep: those that wait awake take five times as long on a machine that does something else too.
export OMP_NUM_THREADS=2 OMP_WAIT_POLICY=passive
# onnxruntime would tell its maker of its use.
export ORT_DISABLE_TELEMETRY=1
.venv/bin/python -m training.labelled "$folder"
"$venv/bin/python" -m training.fit
"$venv/bin/python" -m training.export
.venv/bin/python -m training.words "$folder/words.json"
"$venv/bin/python" -m training.calibrate
"$venv/bin/python" -m training.read_outs
.venv/bin/python -m training.gate
