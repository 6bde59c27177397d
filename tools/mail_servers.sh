#!/usr/bin/env bash
# Unpacks Exim and Dovecot, which the tests of docs/deploy run, below build/mail-servers/root. A second call does nothing.
# They are not installed: Exim would remove Postfix, and Dovecot would become a service of the machine. The folder has
# their programs and the libraries that these load, so that they run in it as their /; BusyBox has a shell for it.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=build/mail-servers
root=$PWD/$folder/root
packages=(exim4-daemon-light exim4-base exim4-config dovecot-core dovecot-lmtpd busybox-static)
# Another release, or another list: made anew.
made_from="$(. /etc/os-release && echo "$ID $VERSION_ID") $(cksum <"$0")"
[[ ! -f $folder/.made || $(<"$folder/.made") != "$made_from" ]] || exit 0

echo "Unpacking mail servers for the tests: ${packages[*]}"
rm -rf "$folder"
mkdir -p "$folder/deb" "$root"
download() { (cd "$folder/deb" && apt-get -qq -o APT::Sandbox::User=root download "${packages[@]}"); }
update() {
  if ((EUID == 0)); then apt-get -qq update; else sudo apt-get -qq update; fi
}
if ! download 2>/dev/null; then
  update
  download
fi

needed=()
for package in "$folder"/deb/*.deb; do
  dpkg-deb --extract "$package" "$root"
  while read -r name; do
    needed+=("$name")
  done < <(dpkg-deb --field "$package" Depends | tr ',' '\n' | sed -n 's/^ *\(lib[^ (|:]*\).*/\1/p')
done
tools/packages.sh "${needed[@]}"

programs=("$root"/usr/sbin/{exim4,dovecot} "$root"/usr/bin/{doveconf,doveadm} "$root"/usr/lib/dovecot/*)
mapfile -t modules < <(find "$root/usr/lib/dovecot" -name '*.so*' -type f)
mapfile -t libraries < <(
  for file in "${programs[@]}" "${modules[@]}"; do
    [[ ! -f $file ]] || LD_LIBRARY_PATH=$root/usr/lib/dovecot ldd "$file" 2>/dev/null || true # scripts have none
  done | grep -o '/[^ ]*\.so[^ ]*' | grep -v "^$root" | sort -u
)
for library in "${libraries[@]}"; do
  mkdir -p "$root$(dirname "$library")"
  cp --dereference "$library" "$root$library"
done
rm -rf "$folder/deb" "$root"/usr/share/{doc,man,lintian,bug,locale}
echo "$made_from" >"$folder/.made"
