#!/usr/bin/env bash
# Installs the Debian package in a fresh Debian, runs it there as its unit does, and removes it again. Needs root and a
# Debian mirror. Usage: tools/deb_test.sh PACKAGE.deb [FOLDER]   (FOLDER: default build/deb-test, about 600 MB)
#
# Where systemd-nspawn can boot the root file system, the unit is started by a real systemd. Elsewhere (in a container)
# bubblewrap gives the gateway what the unit's sandboxing leaves it: a read-only system with its data folder alone
# writable, no home folders, a /tmp and a /dev of its own, no capability, no new privileges.
set -euo pipefail
cd "$(dirname "$0")/.."
package=$(realpath "${1:?usage: tools/deb_test.sh PACKAGE.deb [FOLDER]}")
place=$(realpath -m "${2:-build/deb-test}")
root=$place/root
suite=${SUITE:-trixie}
mirror=${MIRROR:-http://deb.debian.org/debian}

say() { printf '\n== %s\n' "$*"; }
die() {
  echo "deb-test: $*" >&2
  exit 1
}
inside() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/root DEBIAN_FRONTEND=noninteractive "$@"; }

started=
prometheus=
finish() {
  [[ -z $started ]] || kill "$started" 2>/dev/null || true
  [[ -z $prometheus ]] || kill "$prometheus" 2>/dev/null || true
  inside postfix stop >/dev/null 2>&1 || true
  mountpoint -q "$root/proc" && umount "$root/proc" || true
}
trap finish EXIT

tools/packages.sh debootstrap bubblewrap systemd-container
if [[ ! -e $place/made-$suite ]]; then
  say "A fresh $suite in $root"
  rm -rf "$root" && mkdir -p "$place"
  debootstrap --variant=minbase --include=ca-certificates "$suite" "$root" "$mirror" >"$place/debootstrap.log"
  touch "$place/made-$suite"
fi
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d" && chmod 755 "$root/usr/sbin/policy-rc.d"
mountpoint -q "$root/proc" || mount -t proc proc "$root/proc"
cp /etc/resolv.conf "$root/etc/resolv.conf"
cp "$package" "$root/mailwarden.deb"

inside dpkg --purge mailwarden >/dev/null 2>&1 || true # of a run that was broken off
rm -rf "$root/etc/mailwarden" "$root/var/lib/mailwarden"

say "Install"
inside apt-get -qq update
inside apt-get -qq install --yes --no-install-recommends /mailwarden.deb systemd logrotate man-db bash-completion zsh \
  fish >"$place/install.log" 2>&1 || { tail -20 "$place/install.log"; die "the package can't be installed"; }
grep "mailwarden init" "$place/install.log"
inside id mailwarden
inside mailwarden --version
[[ $(inside stat -c '%U:%G %a' /var/lib/mailwarden) == "mailwarden:mailwarden 750" ]] || die "wrong data folder"
inside systemctl is-enabled mailwarden
inside systemd-analyze verify mailwarden.service
inside systemd-analyze --no-pager security --offline=true mailwarden.service | tail -1
inside logrotate --debug /etc/logrotate.d/mailwarden 2>&1 | grep -q "var/log/mailwarden" || die "no logrotate"
inside sh -c 'test -z "$(find /usr/lib/mailwarden ! -user root -o -perm /022 ! -type l)"' || die "the program is writable"
inside sh -c 'gunzip -c /usr/share/man/man1/mailwarden-quarantine.1.gz' | grep -q 'mailwarden quarantine release' ||
  die "no manual page"

say "Completion"
inside bash -ic '. /usr/share/bash-completion/completions/mailwarden; COMP_WORDS=(mailwarden qu); COMP_CWORD=1
  _mailwarden_completion mailwarden; echo "bash: ${COMPREPLY[*]}"' 2>/dev/null | grep "bash: quarantine"
inside fish -c 'complete -C "mailwarden qu"' | sed 's/^/fish: /' | grep "fish: quarantine"
inside env _TYPER_COMPLETE_ARGS="mailwarden qu" _MAILWARDEN_COMPLETE=complete_zsh mailwarden | sed 's/^/zsh: /' |
  grep quarantine
inside zsh -n /usr/share/zsh/vendor-completions/_mailwarden

say "A mail server and a Prometheus of Debian's beside it"
inside apt-get -qq install --yes --no-install-recommends postfix prometheus >>"$place/install.log" 2>&1 ||
  { tail -20 "$place/install.log"; die "Postfix or Prometheus can't be installed"; }
inside id bob >/dev/null 2>&1 || inside useradd --create-home bob
inside postconf -e compatibility_level=3.10 inet_interfaces=127.0.0.1 mydestination=example.co.uk home_mailbox=Maildir/ \
  maillog_file=/var/log/postfix.log
inside postconf -M# smtp/inet
inside postconf -M "127.0.0.1:52526/inet=127.0.0.1:52526 inet n - n - - smtpd"

say "Configuration"
inside mailwarden init --domain example.co.uk --upstream none --next-hop smtp://127.0.0.1:52526 |
  grep -E "^(Wrote|Kept|The configuration)"
inside sed -i -e 's/0\.0\.0\.0:25 *\(#.*\)\?$/127.0.0.1:52525/' -e 's/^# http: 127.0.0.1:8025/http: 127.0.0.1:52527/' \
  /etc/mailwarden/gateway.yaml
# No clamd here: mail would wait for it.
inside sed -i 's/^      on_error: defer/      mode: off/' /etc/mailwarden/filters.yaml
inside mailwarden check | tail -2

one_mail() {
  python3 - <<'END'
import smtplib, time
for _ in range(100):
    try:
        client = smtplib.SMTP("127.0.0.1", 52525, timeout=20)
        break
    except OSError:
        time.sleep(0.3)
else:
    raise SystemExit("the gateway doesn't answer")
text = "From: a@outside.example\nTo: bob@example.co.uk\nSubject: One mail\nDate: Sat, 28 Nov 2026 10:00:00 +0000\nMessage-ID: <1@outside.example>\n\nHello\n"
print(client.sendmail("a@outside.example", ["bob@example.co.uk"], text) or "250: one mail taken")
client.quit()
END
  for _ in {1..50}; do
    ! grep -rl "Subject: One mail" "$root/home/bob/Maildir/new" 2>/dev/null || break
    sleep 0.2
  done
  grep -rl "Subject: One mail" "$root/home/bob/Maildir/new" >/dev/null || die "the mail was not delivered"
  echo "Postfix has delivered the mail to bob."
}

seen() { # waits up to two minutes for a sample of an expression in Prometheus: the keeper asks next hops once a minute
  for _ in {1..600}; do
    if curl --silent --get http://127.0.0.1:52528/api/v1/query --data-urlencode "query=$1" | grep '"value"'; then return; fi
    sleep 0.2
  done
  die "Prometheus never saw $1"
}

watched() {
  say "Watched"
  inside mkdir -p /tmp/prometheus
  inside sh -c "sed 's/for: [0-9]*m/for: 0s/' /usr/share/doc/mailwarden/monitoring/alerts.yaml >/tmp/prometheus/alerts.yaml"
  printf '%s\n' 'global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}' 'rule_files: [alerts.yaml]' \
    'scrape_configs: [{job_name: mailwarden, static_configs: [{targets: ["127.0.0.1:52527"]}]}]' \
    >"$root/tmp/prometheus/prometheus.yml"
  chroot "$root" prometheus --config.file=/tmp/prometheus/prometheus.yml --storage.tsdb.path=/tmp/prometheus/data \
    --web.listen-address=127.0.0.1:52528 >"$place/prometheus.log" 2>&1 &
  prometheus=$!
  seen 'mailwarden_messages_total == 1'
  inside postfix stop >>"$place/postfix.log" 2>&1
  seen 'ALERTS{alertname="MailwardenNextHopDown",alertstate="firing"}'
  kill "$prometheus" && wait "$prometheus" || true
  prometheus=
}

say "Run"
inside postfix start >"$place/postfix.log" 2>&1 || { cat "$place/postfix.log"; die "Postfix doesn't start"; }
rm -f "$root/usr/sbin/policy-rc.d"
umount "$root/proc"
systemd-nspawn --quiet --directory="$root" --boot --register=no >"$place/nspawn.log" 2>&1 &
started=$!
sleep 5
if kill -0 "$started" 2>/dev/null; then
  echo "Under a real systemd."
  one_mail
  watched
else
  started=
  echo "systemd-nspawn can't boot here ($(tail -1 "$place/nspawn.log")): under bubblewrap, with the unit's restrictions."
  user=$(inside id -u mailwarden) group=$(inside id -g mailwarden)
  bwrap --ro-bind "$root" / --bind "$root/var/lib/mailwarden" /var/lib/mailwarden --dev /dev --proc /proc \
    --tmpfs /tmp --tmpfs /home --tmpfs /root --unshare-pid --unshare-ipc --unshare-uts --die-with-parent --new-session \
    --cap-drop ALL --cap-add CAP_SETUID --cap-add CAP_SETGID --cap-add CAP_SETPCAP --clearenv --setenv PATH /usr/bin:/bin \
    setpriv --reuid "$user" --regid "$group" --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all \
    prlimit --nofile=8192 sh -c 'umask 0077
      touch /usr/lib/mailwarden/x /etc/mailwarden/x 2>/dev/null && exit 9
      grep -E "^(CapEff|CapBnd|NoNewPrivs)" /proc/self/status
      exec mailwarden serve --config /etc/mailwarden/gateway.yaml' >"$place/serve.log" 2>&1 &
  started=$!
  one_mail
  watched
  grep -E "^(Cap|NoNew)" "$place/serve.log"
  ! grep -E "sandbox.died|process.died|error" "$place/serve.log" || die "trouble in $place/serve.log"
fi
kill "$started" && wait "$started" || true
started=

say "Remove and purge"
mountpoint -q "$root/proc" || mount -t proc proc "$root/proc"
inside dpkg --remove mailwarden >"$place/remove.log" 2>&1
[[ ! -e $root/usr/lib/mailwarden ]] || die "left over: $(find "$root/usr/lib/mailwarden" | head -5)"
[[ -e $root/etc/mailwarden/gateway.yaml && -e $root/etc/mailwarden/filters.yaml ]] || die "the configuration is gone"
inside dpkg --install /mailwarden.deb >>"$place/remove.log" 2>&1
grep -q "mode: off" "$root/etc/mailwarden/filters.yaml" || die "an edited file was replaced"
inside dpkg --purge mailwarden 2>&1 | tee -a "$place/remove.log" | grep "stays"
[[ ! -e $root/etc/mailwarden ]] || die "left over: $(ls "$root/etc/mailwarden")"
[[ -e $root/var/lib/mailwarden/mailwarden.db ]] || die "mail was removed"
rm -rf "$root/var/lib/mailwarden"
say "All is well."
