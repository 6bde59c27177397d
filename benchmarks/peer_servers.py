"""Other mail gateways for `make bench-peers`: their configurations and processes, on loopback, stopped by their pids.

Each is set up to do what the filters `virus` and `attachments` do, and next to nothing else: clamd scans the message,
an attachment named .exe is refused, and the rest goes to the next hop. None looks anything up in the network. Nothing
is installed as a service: the programs are unpacked below build/peers (`benchmarks/fetch_peers.sh`).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from tests.support.servers.ports import free_port, wait_port
from tests.support.servers.postfix import MAIL_USER, Postfix, program

BUILD = Path(__file__).resolve().parents[1] / "build/peers"
START_SECONDS, STOP_SECONDS = 60, 30


@dataclass(frozen=True, slots=True)
class Peer:
    """A running gateway: the port that takes mail, and the processes at the top of its trees."""

    port: int
    pids: tuple[int, ...]


@contextmanager
def _folder(name: str, files: Mapping[str, str]) -> Iterator[Path]:
    """Write these files into a temporary folder, which other users may read, and remove it at the end."""
    folder = Path(tempfile.mkdtemp(prefix=f"mailwarden-bench-{name}-"))
    folder.chmod(0o755)
    try:
        for file, text in files.items():
            path = folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _program(command: list[str], folder: Path, port: int, more: Mapping[str, str] | None = None) -> Iterator[int]:
    """Run a program in the foreground until its port answers; yield its pid. Raises ChildProcessError with its log."""
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            command, cwd=folder, env={**os.environ, **(more or {})}, stdout=output, stderr=output
        )
    try:
        try:
            wait_port(port, START_SECONDS)
        except TimeoutError as late:
            log = (folder / "output").read_text(errors="replace")
            raise ChildProcessError(f"{command[0]} does not answer:\n{log[-4000:]}") from late
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


# --- Haraka ----------------------------------------------------------------------------------------------------------

#: Attachments by name, inside archives too, as the plugin ships; zip files alone are allowed.
HARAKA = {
    "config/plugins": "rcpt_to.in_host_list\nattachment\nclamd\nqueue/smtp_forward\n",
    "config/host_list": "example.co.uk\n",
    "config/smtp.ini": "listen=127.0.0.1:{port}\nnodes=2\n",
    "config/smtp_forward.ini": "host=127.0.0.1\nport={hop}\n",
    "config/clamd.ini": "clamd_socket=127.0.0.1:{clamd}\n",
    "config/attachment.ini": "disallowed_extensions=exe,com,pif,bat,scr,vbs,cmd,cpl,dll\n"
    "[archive]\nmax_depth=10\nextensions=zip,tar,tgz,taz,z,gz,rar,7z\n",
    "config/log.ini": "[main]\nlevel=notice\nformat=default\n",
    "package.json": "{{}}\n",
}


@contextmanager
def haraka(clamd: int, hop: int) -> Iterator[Peer]:
    """Run Haraka as a cluster of two, with the plugins attachment, clamd and smtp_forward."""
    port = free_port()
    files = {name: text.format(port=port, hop=hop, clamd=clamd) for name, text in HARAKA.items()}
    shipped = BUILD / "node_modules/Haraka/config"
    files = {f"config/{file.name}": file.read_text() for file in shipped.iterdir() if file.is_file()} | files
    with _folder("haraka", files) as folder:
        (folder / "node_modules").symlink_to(BUILD / "node_modules")
        command = ["node", str(BUILD / "node_modules/.bin/haraka"), "-c", str(folder)]
        with _program(command, folder, port) as pid:
            yield Peer(port, (pid,))


# --- Postfix and rspamd ----------------------------------------------------------------------------------------------

RSPAMD = {
    "rspamd.conf": """\
options {{
  pidfile = "$RUNDIR/rspamd.pid"; tempdir = "$RUNDIR"; control_socket = "$RUNDIR/control mode=0600";
  url_tld = "$RUNDIR/suffixes"; hs_cache_dir = "$RUNDIR/";
  filters = ""; history_rows = 0; explicit_modules = ["antivirus", "multimap"];
  dns {{ nameserver = ["127.0.0.1:{nowhere}"]; }}
}}
logging {{ type = "console"; level = "warning"; }}
worker "rspamd_proxy" {{
  bind_socket = "127.0.0.1:{milter}"; count = 2; milter = yes; timeout = 60s;
  upstream "local" {{ default = yes; self_scan = yes; }}
}}
lua = "$RUNDIR/globals.lua"
modules {{ path = "$PLUGINSDIR/antivirus.lua"; path = "$PLUGINSDIR/multimap.lua"; }}
actions {{ reject = 15; }}
antivirus {{
  clamav {{
    type = "clamav"; servers = "127.0.0.1:{clamd}"; symbol = "CLAM_VIRUS"; action = "reject";
    scan_mime_parts = false; max_size = 104857600;
  }}
}}
multimap {{
  EXE {{ type = "filename"; filter = "extension"; map = "$RUNDIR/extensions"; action = "reject"; prefilter = true; }}
}}
""",
    "suffixes": "com\norg\nnet\nuk\nco.uk\nexample\n",  # the whole list takes a minute to compile
    "globals.lua": 'require "global_functions"()\nconfig["regexp"] = {{}}\nrspamd_maps = {{}}\n',
    "extensions": "exe\ncom\npif\nbat\nscr\nvbs\ncmd\ncpl\ndll\n",
}

POSTFIX = """\
127.0.0.1:{port} inet n - n - - smtpd
  -o smtpd_milters=inet:127.0.0.1:{milter} -o milter_default_action=tempfail
scache unix - - n - 1 scache
"""


@contextmanager
def postfix_rspamd(clamd: int, hop: int) -> Iterator[Peer]:
    """Run Postfix with rspamd as its milter, before the message is accepted; two rspamd processes scan."""
    port, milter, root = free_port(), free_port(), BUILD / "root"
    files = {name: text.format(milter=milter, clamd=clamd, nowhere=free_port()) for name, text in RSPAMD.items()}
    main = {
        "relayhost": f"[127.0.0.1]:{hop}",
        "default_transport": "smtp",
        "smtp_connection_cache_on_demand": "yes",
        "message_size_limit": "104857600",
    }
    with ExitStack() as stack:
        folder = stack.enter_context(_folder("rspamd", files))
        shared = root / "usr/share/rspamd"
        places = {
            "CONFDIR": folder,
            "LOCAL_CONFDIR": folder,
            "RUNDIR": folder,
            "DBDIR": folder,
            "LOGDIR": folder,
            "SHAREDIR": shared,
            "RULESDIR": shared / "rules",
            "LUALIBDIR": shared / "lualib",
            "PLUGINSDIR": shared / "plugins",
        }
        command = [str(root / "usr/bin/rspamd"), "--no-fork", "--insecure", "-c", str(folder / "rspamd.conf")]
        command += [f"--var={name}={place}" for name, place in places.items()]
        libraries = {"LD_LIBRARY_PATH": str(root / "usr/lib/rspamd")}
        pid = stack.enter_context(_program(command, folder, milter, libraries))
        postfix = stack.enter_context(Postfix(POSTFIX.format(port=port, milter=milter), [port], main))
        assert postfix.pid is not None
        yield Peer(port, (pid, postfix.pid))


# --- amavisd-new -----------------------------------------------------------------------------------------------------

#: Debian's defaults come first. The spam checks are off, as in Debian.
AMAVIS = r"""use strict;
$MYHOME = '{home}'; $TEMPBASE = "$MYHOME/tmp"; $QUARANTINEDIR = undef; $helpers_home = $MYHOME;
$daemon_user = '{user}'; $daemon_group = '{group}';
$lock_file = "$MYHOME/lock"; $pid_file = "$MYHOME/pid"; $unix_socketname = undef;
$mydomain = 'example.co.uk'; $myhostname = 'gw.example.co.uk';
$max_servers = {servers}; $max_requests = 1000;
$inet_socket_bind = '127.0.0.1'; $inet_socket_port = {port}; @inet_acl = qw(127.0.0.1);
$forward_method = 'smtp:[127.0.0.1]:{hop}'; $notify_method = $forward_method;
$enable_db = 0; $do_syslog = 0; $DO_SYSLOG = 0; $LOGFILE = "$MYHOME/log"; $log_level = 0;
@bypass_spam_checks_maps = (1); $enable_dkim_verification = 0; $enable_dkim_signing = 0;
$final_virus_destiny = D_REJECT; $final_banned_destiny = D_REJECT; $virus_admin = undef;
@av_scanners = (['ClamAV-clamd', \&ask_daemon, ["CONTSCAN {{}}\n", '127.0.0.1:{clamd}'],
  qr/\bOK$/m, qr/\bFOUND$/m, qr/^.*?: (?!Infected Archive)(.*) FOUND$/m]);
@av_scanners_backup = ();
1;
"""
#: Processes that take mail; eight, and long-lived ones, were the quickest on two cores.
AMAVIS_SERVERS = 8


@contextmanager
def amavisd(clamd: int, hop: int) -> Iterator[Peer]:
    """Run amavisd-new before the next hop, which answers before amavisd-new does."""
    port, root = free_port(), BUILD / "root"
    with _folder("amavis", {}) as folder:
        home = folder / "home"
        names = {"home": home, "user": MAIL_USER, "group": "nogroup", "servers": AMAVIS_SERVERS}
        (folder / "amavis.conf").write_text(AMAVIS.format(port=port, hop=hop, clamd=clamd, **names))
        for own in (home, home / "tmp"):  # and not the folder of its configuration
            own.mkdir()
            shutil.chown(own, MAIL_USER)
        shipped = root / "etc/amavis/conf.d"
        settings = [shipped / "01-debian", shipped / "20-debian_defaults", folder / "amavis.conf"]
        command = [str(root / "usr/sbin/amavisd")]
        command += [argument for file in settings for argument in ("-c", str(file))] + ["foreground"]
        with _program(command, folder, port) as pid:
            yield Peer(port, (pid,))


def versions() -> list[str]:
    """Return name and version of each program."""
    manifest = json.loads((BUILD / "node_modules/Haraka/package.json").read_text())
    debian = [file.name.split("_")[:2] for file in sorted((BUILD / "deb").iterdir())]
    shown = subprocess.run(
        [program("postconf"), "-d", "-h", "mail_version"], capture_output=True, text=True, check=True
    )
    unpacked = [f"{name} {unquote(version).rpartition(':')[2]}" for name, version in debian]
    return [f"Haraka {manifest['version']}", f"Postfix {shown.stdout.strip()}", *reversed(unpacked)]
