#!/usr/bin/env bash
# Builds the Debian package into FOLDER (default: dist). Usage: tools/deb.sh [FOLDER]
# SOURCE_DATE_EPOCH is the date of all files in it; default: the date of the last commit.
set -euo pipefail
cd "$(dirname "$0")/.."
out=$(mkdir -p "${1:-dist}" && cd "${1:-dist}" && pwd)
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
version=$(<VERSION)

tools/packages.sh build-essential debhelper python3-venv python3-dev python3-minimal
# The same path in each build, so that no path makes a difference.
place=$PWD/build/deb
rm -rf "$place" && mkdir -p "$place/mailwarden/dist"
.venv/bin/uv build --quiet --no-build-isolation --out-dir "$place/wheel" .
cp -r debian config docs tools README.md CHANGELOG.md VERSION requirements.lock "$place/mailwarden"
cp "$place"/wheel/*.whl "$place/mailwarden/dist"
cd "$place/mailwarden"
cat >debian/changelog <<END
mailwarden ($version) unstable; urgency=medium

  * Version $version; see CHANGELOG.md.

 -- Mailwarden <postmaster@localhost>  $(date --utc --rfc-email --date="@$SOURCE_DATE_EPOCH")
END
log=$place/build.log
dpkg-buildpackage --build=binary --unsigned-changes --unsigned-buildinfo >"$log" 2>&1 || {
  tail -40 "$log" >&2
  exit 1
}
cp "$place"/*.deb "$out"
ls "$out"/mailwarden_"${version}"_*.deb
