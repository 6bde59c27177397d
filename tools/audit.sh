#!/usr/bin/env bash
# Asks the public database of advisories about the lock and about the lowest versions that pyproject.toml allows.
# Exit code 0: nothing is known; 1: something is; 2: the database can't be had, and tools/advisories.txt stands alone.
set -euo pipefail
cd "$(dirname "$0")/.."
lowest=$(mktemp) && trap 'rm -f "$lowest" "$lowest.json"' EXIT
.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --resolution lowest-direct --generate-hashes \
  --no-header --no-annotate --extra build --output-file "$lowest" pyproject.toml
status=0
for list in requirements.lock "$lowest"; do
  .venv/bin/uv tool run pip-audit --requirement "$list" --disable-pip --require-hashes --progress-spinner off \
    --format json >"$lowest.json" || status=1
  .venv/bin/python - "$lowest.json" <<'END' || exit 2
import json, sys
found = json.load(open(sys.argv[1]))["dependencies"]
unknown = [one["name"] for one in found if "skip_reason" in one]
if len(unknown) > len(found) / 2:
    sys.exit("audit: the database of advisories can't be had here; tools/advisories.txt is what is known")
for one in found:
    for problem in one.get("vulns", []):
        print(one["name"], one["version"], problem["id"], "mended in", *problem["fix_versions"])
END
done
exit "$status"
