#!/usr/bin/env bash
# Unpacks the gateways of `make bench-peers` below build/peers: Haraka from npm; rspamd and amavisd-new from Debian. A
# second call does nothing. Only what they need is installed: neither of them becomes a service or a user of the machine.
set -euo pipefail
cd "$(dirname "$0")/.."
peers=build/peers
node_packages=(Haraka@3.3.4 haraka-plugin-attachment@1.2.1 haraka-plugin-clamd@1.0.6)
debian_packages=(rspamd amavisd-new)
needed=(
  publicsuffix "libhyperscan5|libvectorscan5" libluajit-5.1-2 "libsodium23" file pax libarchive-zip-perl
  libberkeleydb-perl libconvert-tnef-perl libconvert-uulib-perl libio-stringy-perl libmailtools-perl libmime-tools-perl
  libnet-libidn-perl libnet-server-perl libunix-syslog-perl
)

tools/packages.sh "${needed[@]}"
mkdir -p "$peers/deb"
if [[ ! -x $peers/node_modules/.bin/haraka ]]; then
  npm install --prefix "$peers" --no-audit --no-fund --omit=optional --loglevel=error "${node_packages[@]}"
fi
if [[ ! -e $peers/root/usr/sbin/amavisd ]]; then
  (cd "$peers/deb" && apt-get -qq -o APT::Sandbox::User=root download "${debian_packages[@]}")
  for package in "$peers"/deb/*.deb; do
    dpkg-deb --extract "$package" "$peers/root"
  done
  # It starts itself again, so that only its first line can tell Perl where its modules are.
  sed -i "1s|.*|#!/usr/bin/perl -T -I$PWD/$peers/root/usr/share/perl5|" "$peers/root/usr/sbin/amavisd"
fi
