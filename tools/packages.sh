#!/usr/bin/env bash
# Installs the Debian packages that are named and missing; asks for nothing, and calls no sudo, when none is missing.
# Usage: tools/packages.sh PACKAGE[|OTHER-NAME]…   (OTHER-NAME: what another Debian release calls it)
# FORCE=1 lets Postfix replace another mail transport agent.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

die() {
  echo "mailwarden: $*" >&2
  exit 1
}

installed() { # NAME[|NAME]…
  local name names
  IFS='|' read -r -a names <<<"$1"
  for name in "${names[@]}"; do
    # shellcheck disable=SC2016 # ${…} is dpkg-query's
    [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$name" 2>/dev/null) != installed ]] || return 0
  done
  return 1
}

other_mail_transport_agents() {
  # shellcheck disable=SC2016
  dpkg-query --show --showformat='${db:Status-Status}\t${Package}\t${Provides}\n' |
    awk -F'\t' '$1 == "installed" && $2 != "postfix" && $3 ~ /(^|[ ,])mail-transport-agent($|[ ,(])/ { print $2 }'
}

(($#)) || exit 0
command -v dpkg-query >/dev/null || die "this set-up needs Debian's package tools; install by hand: $*"

missing=()
for package in "$@"; do
  installed "$package" || missing+=("$package")
done
((${#missing[@]})) || exit 0

if [[ " ${missing[*]} " == *" postfix "* && ${FORCE:-} != 1 ]]; then
  others=$(other_mail_transport_agents | paste -s -d' ')
  [[ -z $others ]] || die "installing Postfix would remove this machine's mail transport agent ($others)." \
    "Nothing was installed. FORCE=1 (make test FORCE=1) replaces it."
fi

echo "Installing Debian packages: ${missing[*]}"
root=()
if ((EUID != 0)); then
  command -v sudo >/dev/null ||
    die "Debian packages are missing (${missing[*]}) and there is no sudo. As root: apt-get install ${missing[*]%%|*}"
  root=(sudo)
fi
"${root[@]}" bash "$here/apt-install.sh" "${missing[@]}"
