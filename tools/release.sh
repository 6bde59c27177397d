#!/usr/bin/env bash
# Builds a release in dist: wheel, sdist, Debian package, SBOM (CycloneDX) and checksums. It builds everything twice and
# stops unless both builds are equal, octet for octet. DRAFT=1 takes a tree with changes, or a version without a date.
set -euo pipefail
cd "$(dirname "$0")/.."
version=$(<VERSION)
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}

die() {
  echo "release: $*" >&2
  exit 1
}

if [[ ${DRAFT:-} != 1 ]]; then
  grep -qE "^## ${version//./\\.} \([0-9]{4}-[0-9]{2}-[0-9]{2}\)$" CHANGELOG.md ||
    die "CHANGELOG.md has no section \"## $version (YYYY-MM-DD)\": write the date of the release (DRAFT=1 tries without)"
  [[ -z $(git status --porcelain) ]] || die "the tree has changes that are not committed (DRAFT=1 takes them)"
fi

sdist() { # ARCHIVE: packed anew, since setuptools writes the times and owners of this machine into it
  local folder
  folder=$(mktemp -d)
  tar --extract --gzip --file "$1" --directory "$folder"
  tar --create --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX \
    --format=gnu --directory "$folder" . | gzip --no-name --best >"$1"
  rm -rf "$folder"
}

build() { # FOLDER
  rm -rf "$1" && mkdir -p "$1"
  .venv/bin/uv build --quiet --no-build-isolation --out-dir "$1" .
  rm -f "$1/.gitignore"
  sdist "$1/mailwarden-$version.tar.gz"
  tools/deb.sh "$1" >/dev/null
  # What is in the package's environment, with licences and dependencies. Its link is relative to the installed place.
  ln -sfn /usr/bin/python3 build/deb/mailwarden/debian/mailwarden/usr/lib/mailwarden/bin/python3
  .venv/bin/cyclonedx-py environment --output-reproducible --pyproject pyproject.toml --mc-type application \
    --output-format JSON --output-file "$1/mailwarden-$version.cdx.json" \
    build/deb/mailwarden/debian/mailwarden/usr/lib/mailwarden
  (cd "$1" && sha256sum -- * >SHA256SUMS)
}

build dist
build build/second
diff --recursive --brief dist build/second || die "two builds differ"
rm -rf build/second
cat dist/SHA256SUMS
