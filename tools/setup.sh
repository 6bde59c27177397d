#!/usr/bin/env bash
# Makes .venv ready, with the Debian packages that it needs. Usage: tools/setup.sh run | lint | dev
#   run   what the gateway needs                              (requirements.lock)
#   lint  its Python packages, ruff and mypy; of Debian's packages only Python
#   dev   also the test servers and the developers' tools     (requirements-dev.lock)
# PYTHON names the interpreter. A second call does nothing: a stamp in .venv holds a hash of all that it was made from.
set -euo pipefail
cd "$(dirname "$0")/.."
purpose=${1:?usage: tools/setup.sh run | lint | dev}
python=${PYTHON:-python3}
venv=.venv

debian_packages=(clamav-daemon clamav-freshclam "libmagic1t64|libmagic1" "libarchive13t64|libarchive13" libseccomp2 tzdata)
test_servers=(
  postfix unbound opendkim-tools libmail-dkim-perl libcryptx-perl libemail-mime-perl openssl docker-compose npm gcab
  xorriso jlha-utils arj 7zip libarchive-tools unar postgresql slapd ldap-utils libmime-tools-perl
  poppler-utils prometheus haproxy
)
# ruff and mypy with what mypy needs; `pip check` misses what this list lacks.
linters=(ruff mypy mypy-extensions ast-serialize librt pathspec types-pyyaml)
# What python-ldap is built with, of which there is no wheel.
build_packages=(gcc libc6-dev "libldap-dev|libldap2-dev" libsasl2-dev)
# Python packages that are published as source alone; all but python-ldap, which only the tests need, are pure Python.
source_only=dkimpy,pyspf,authres,python-ldap
declare -A what=(
  [clamav-daemon]="clamd, the virus scanner"
  [postfix]="a real Postfix before and behind the gateway, smtp-source and smtp-sink"
  [openssl]="makes the tests' certificates"
  [npm]="fetches the real mail of which next to none may be held, and two mail readers"
  [prometheus]="scrapes the gateway; promtool tries the alert rules"
  [haproxy]="a load balancer before the gateway, with the PROXY protocol"
  [poppler-utils]="another reader of PDFs, pdftotext"
  [gcab]="makes the tests' cabinets"
  [xorriso]="makes the tests' disc images"
  [jlha-utils]="makes the tests' LHA archives"
  [arj]="makes the tests' ARJ archives"
  [7zip]="makes and extracts the tests' archives, independently"
  [libarchive-tools]="extracts them as well (bsdtar)"
  [unar]="the same, as macOS users do"
  [postgresql]="a database server, for a store that gateways share"
  [slapd]="OpenLDAP, a directory of people"
  [ldap-utils]="changes what is in it"
  [unbound]="a DNS server for the tests' keys and policies"
  [opendkim-tools]="verifies our signatures"
  [libmail-dkim-perl]="the same, independently"
  [libcryptx-perl]="gives it Ed25519"
  [libemail-mime-perl]="reads messages, independently"
  [libmime-tools-perl]="the same"
  [dovecot-core]="checks logins, as it does beside a mail server"
  [docker-compose]="checks docker-compose.yml; no Docker engine is needed"
)

die() {
  echo "mailwarden: $*" >&2
  exit 1
}

python_packages() { # the Debian packages that give $python, or its venv module, where it lacks them
  if ! command -v "$python" >/dev/null; then
    case ${python#/usr/bin/} in
      python3) echo python3 python3-venv ;;
      python3.[0-9]*) echo "${python##*/}" "${python##*/}-venv" ;;
      *) die "there is no $python; PYTHON=python3.12, say, names another" ;;
    esac
    return
  fi
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    die "$("$python" --version) is too old: Mailwarden needs 3.11 or later. PYTHON=python3.12, say, names another."
  ! "$python" -c 'import ensurepip, venv' 2>/dev/null || return 0
  "$python" -c 'import sys; sys.exit(sys.base_prefix != "/usr")' ||
    die "$python has no venv module; PYTHON=/usr/bin/python3, say, names another"
  "$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'
}

python_headers() { # the Debian package with the C headers of $python, or of the one that is about to be installed
  if ! command -v "$python" >/dev/null; then
    echo "${python##*/}-dev"
    return
  fi
  "$python" -c 'import os, sys, sysconfig; sys.exit(not os.path.exists(sysconfig.get_path("include") + "/Python.h"))' ||
    "$python" -c 'import sys; print("python%d.%d-dev" % sys.version_info[:2])'
}

list_test_servers() {
  echo "Servers and tools that the tests use:"
  local package
  for package in clamav-daemon "${test_servers[@]}"; do
    printf '  %-17s %s\n' "$package" "${what[$package]}"
  done
  printf '  %-17s %s\n' "exim4, dovecot" "mail servers of docs/deploy; unpacked, not installed"
}

hash_of() { sha256sum | cut -d' ' -f1; }

origin() { # another interpreter or lock, a copied or moved tree: the environment is made anew and holds nothing stale
  { pwd && "$python" -c 'import sys; print(sys.version, sys.base_prefix)' && cat requirements*.lock; } | hash_of
}

stamped() { # NAME KEY
  [[ -f $venv/.made-$1 && $(<"$venv/.made-$1") == "$2" ]]
}

make_environment() {
  [[ ! -e $venv || -f $venv/pyvenv.cfg ]] || die "$venv is in the way: it is no virtual environment"
  echo "Making $venv with $("$python" --version)"
  rm -rf "$venv"
  "$python" -m venv "$venv"
  echo "$1" >"$venv/.made-by"
}

entry_of() { # PACKAGE LOCK: its lines in the lock, hashes and all
  awk -v name="$1==" 'index($0, name) == 1 { on = 1; print; next } /^[^ ]/ { on = 0 } on' "$2"
}

entries_of() { # PACKAGE…: their lines in the developers' lock
  local package
  for package in "$@"; do
    entry_of "$package" requirements-dev.lock
  done
}

install_python_packages() { # LOCK [PACKAGE…]: those of the lock, and further ones of the developers' lock
  echo "Installing the Python packages of $1"
  local pip=("$venv/bin/python" -m pip --quiet --disable-pip-version-check --no-input)
  local locked=(install --require-hashes --no-deps --no-build-isolation --only-binary :all: --no-binary "$source_only")
  "${pip[@]}" "${locked[@]}" -r <(entry_of setuptools "$1") # builds the others
  "${pip[@]}" "${locked[@]}" -r <(entries_of "${@:2}") --requirement "$1"
  "${pip[@]}" install --no-deps --no-build-isolation --editable .
  "${pip[@]}" check || die "pyproject.toml and $1 don't agree: run 'make lock'"
}

packages=(requirements.lock)
case $purpose in
  run) ;;
  lint)
    packages+=("${linters[@]}")
    debian_packages=()
    ;;
  dev)
    packages=(requirements-dev.lock)
    debian_packages+=("${test_servers[@]}" "${build_packages[@]}")
    list_test_servers
    ;;
  *) die "usage: tools/setup.sh run | lint | dev" ;;
esac
for_python=$(python_packages)
[[ $purpose != dev ]] || for_python+=" $(python_headers)"
# shellcheck disable=SC2086 # several words, or none
tools/packages.sh $for_python "${debian_packages[@]}"
[[ $purpose != dev ]] || tools/mail_servers.sh

made_by=$(origin)
stamped by "$made_by" || make_environment "$made_by"
made_from=$(cat pyproject.toml VERSION | hash_of)
stamped "$purpose" "$made_from" && exit
install_python_packages "${packages[@]}"
# Each purpose's packages hold those of the ones before it.
for made in run lint dev; do
  echo "$made_from" >"$venv/.made-$made"
  [[ $made != "$purpose" ]] || break
done
