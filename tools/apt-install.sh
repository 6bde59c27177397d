#!/usr/bin/env bash
# The part of the set-up that runs as root: apt-get, and nothing else. Asks no question and starts no service.
# Usage: apt-install.sh PACKAGE[|OTHER-NAME]…
#
# Debian starts a service when its package is installed unless /usr/sbin/policy-rc.d forbids it, with systemd or without.
# A policy of the machine's own is never touched: where it forbids starting, it serves; where it allows it, nothing is
# installed. Where there is none, ours exists while apt-get runs. Postfix is left without a configuration ("No
# configuration") and slapd likewise, so that they don't come up at the next boot either, and PostgreSQL without a
# cluster; the tests bring their own.
set -euo pipefail
policy=/usr/sbin/policy-rc.d
mark="# temporary: written by Mailwarden's set-up, to be removed"
export DEBIAN_FRONTEND=noninteractive

no_cluster=/etc/postgresql-common/createcluster.d/mailwarden.conf # read by the package, which is installed after it
ours=()
trap 'rm -f "${ours[@]}"' EXIT

die() {
  echo "mailwarden: $*" >&2
  exit 1
}

services_stay_stopped() {
  if [[ -e $policy ]] && ! grep -qxF "$mark" "$policy"; then # one with our mark is left over from a killed set-up
    local answer=0
    "$policy" postfix start >/dev/null 2>&1 || answer=$?
    ((answer == 101)) || die "this machine's $policy lets services start on installation." \
      "Nothing was installed. Install by hand: apt-get install $*"
    return
  fi
  ours+=("$policy")
  printf '#!/bin/sh\n%s\nexit 101\n' "$mark" >"$policy"
  chmod 755 "$policy"
}

name_here() { # the name, of PACKAGE|OTHER-NAME, that this Debian release has
  local name names
  IFS='|' read -r -a names <<<"$1"
  for name in "${names[@]}"; do
    [[ ! $(apt-cache policy "$name") =~ Candidate:\ [^\(] ]] || { echo "$name" && return; }
  done
  die "apt-get knows no package $1"
}

services_stay_stopped "$@"
apt() { apt-get -qq -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0 "$@" </dev/null; }
apt update

names=()
for package in "$@"; do
  names+=("$(name_here "$package")")
done

if [[ " ${names[*]} " == *" postfix "* && ! -e /etc/postfix/main.cf ]]; then
  echo "postfix postfix/main_mailer_type select No configuration" | debconf-set-selections
fi
if [[ " ${names[*]} " == *" postgresql "* ]]; then
  mkdir -p "${no_cluster%/*}"
  ours+=("$no_cluster")
  printf '%s\ncreate_main_cluster = false\n' "$mark" >"$no_cluster"
fi
if [[ " ${names[*]} " == *" slapd "* && ! -e /etc/ldap/slapd.d ]]; then
  echo "slapd slapd/no_configuration boolean true" | debconf-set-selections
fi
if ! said=$(apt install --yes --no-install-recommends "${names[@]}" 2>&1); then
  printf '%s\n' "$said" >&2
  die "apt-get could not install ${names[*]}"
fi
