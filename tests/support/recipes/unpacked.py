"""Servers that tools/mail_servers.sh has unpacked, not installed: each runs with a folder of a test's own as its /.

Exim would remove Postfix from the machine, and Dovecot would become one of its services.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from tests.support.recipes.machine import DOVECOT_HERE, EXIM_HERE, Machine, Page
from tests.support.servers.ports import wait_port, wait_until

UNPACKED = Path(__file__).resolve().parents[3] / "build/mail-servers/root"

#: Users of such a machine: those of Debian's packages, and two people.
USERS = {
    "root": 0,
    "mail": 8,
    "uucp": 10,
    "nobody": 65534,
    "Debian-exim": 101,
    "dovecot": 102,
    "dovenull": 103,
    "vmail": 5000,
    "alice": 2001,
    "bob": 2002,
}
#: The servers that a page names, for unpacked programs: Exim sends nothing to an address of the machine's own.
SERVERS_ADDRESS = "127.0.0.2"
END_SECONDS = 30.0


def has_dovecot_24() -> bool:
    """Return whether Debian's Dovecot here reads the settings of version 2.4, which the page has."""
    shipped = UNPACKED / "usr/share/dovecot/dovecot.conf"
    return not shipped.exists() or "dovecot_config_version" in shipped.read_text()


def unpack(machine: Machine) -> None:
    """Put the unpacked packages into the machine's folder, with users, and the few devices that programs open."""
    if not UNPACKED.exists():
        raise FileNotFoundError(f"{UNPACKED} is missing: tools/mail_servers.sh makes it")
    for folder in ("usr", "lib", "lib64"):  # programs and libraries: nothing writes there
        shutil.copytree(UNPACKED / folder, machine.root / folder, symlinks=True, copy_function=_link)
    for folder in ("etc", "var"):
        shutil.copytree(UNPACKED / folder, machine.root / folder, symlinks=True, dirs_exist_ok=True)
    users = USERS | {"postfix": pwd.getpwnam("postfix").pw_uid}  # which is the machine's own, installed
    machine.path("/etc/passwd").write_text("".join(f"{name}:x:{n}:{n}::/home/{name}:\n" for name, n in users.items()))
    machine.path("/etc/group").write_text("".join(f"{name}:x:{n}:\n" for name, n in users.items()))
    hosts = "".join(f"{SERVERS_ADDRESS} {name}\n" for name in machine.servers)
    machine.path("/etc/hosts").write_text(f"127.0.0.1 localhost\n{hosts}")
    machine.path("/etc/nsswitch.conf").write_text("hosts: files\n")
    machine.path("/etc/services").write_text("smtp 25/tcp\nlmtp 24/tcp\n")
    for name in ("null", "urandom"):
        device = machine.path(f"/dev/{name}")
        os.mknod(device, 0o20666, os.stat(f"/dev/{name}").st_rdev)
        device.chmod(0o666)
    modes = {"/tmp": 0o1777, "/run/exim4": 0o1777, "/var/log": 0o755, "/bin": 0o755, "/var/mail": 0o1777}
    for folder, mode in modes.items():
        machine.path(f"{folder}/x").parent.chmod(mode)
    for person in ("alice", "bob"):
        home = machine.path(f"/home/{person}/x").parent
        os.chown(home, USERS[person], USERS[person])


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # the checkout is on another file system
        shutil.copy2(source, target)


def run(machine: Machine, *command: str, content: bytes = b"") -> str:
    """Run a program of the machine's, until it ends; its output. Raises RuntimeError with the output."""
    done = subprocess.run(
        ["chroot", str(machine.root), *command],
        input=content,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    said = done.stdout.decode(errors="replace")
    if done.returncode:
        raise RuntimeError(f"{command}: {said}")
    return said


@dataclass
class Server:
    """A server in the foreground, in a folder of its own: `with Server(...)`."""

    machine: Machine
    command: tuple[str, ...]
    ports: tuple[int, ...]
    logs: tuple[str, ...]
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def said(self) -> str:
        """Its log so far."""
        files = [self.machine.path(log) for log in self.logs]
        return "".join(file.read_text(errors="replace") for file in files if file.exists())

    def __enter__(self) -> Self:
        with self.machine.path("/output").open("ab") as output:
            command = ["chroot", str(self.machine.root), *self.command]
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        try:
            for port in self.ports:
                wait_port(port)
        except BaseException as error:
            self.__exit__()
            raise RuntimeError(self.machine.path("/output").read_text() + self.said) from error
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(END_SECONDS)

    def wait_said(self, text: str, seconds: float = 30) -> None:
        """Wait until the log has this text. Raises TimeoutError with the log."""
        wait_until(lambda: text in self.said, lambda: self.said, seconds)


def exim(machine: Machine, page: Page) -> Server:
    """Return an Exim with a page's files in Debian's configuration, made by Debian's own command."""
    unpack(machine)
    for block in page.blocks:
        if block.file.startswith("/etc/exim4/"):
            machine.path(block.file).write_text(machine.inside(block.text))
    with machine.path("/etc/exim4/conf.d/main/000_localmacros").open("a") as macros:
        macros.write(EXIM_HERE)
    machine.path("/etc/aliases").write_text("postmaster: alice\n")
    machine.path("/etc/mailname").write_text("mail.example.co.uk\n")
    for folder in ("/var/lib/exim4", "/var/spool/exim4", "/var/log/exim4"):
        machine.path(f"{folder}/x").parent.chmod(0o750)
        os.chown(machine.root / folder[1:], USERS["Debian-exim"], USERS["Debian-exim"])
    run(machine, "/usr/bin/busybox", "--install", "-s", "/bin")
    run(machine, "/bin/sh", "/usr/sbin/update-exim4.conf")
    ports = (machine.port(25), machine.port(2526))
    return Server(machine, ("/usr/sbin/exim4", "-bdf"), ports, ("/var/log/exim4/mainlog", "/var/log/exim4/paniclog"))


def dovecot(machine: Machine, page: Page, users: Mapping[str, str]) -> Server:
    """Return a Dovecot with a page's files; `users` are addresses with passwords."""
    unpack(machine)
    for block in page.blocks:
        if block.file.startswith("/etc/dovecot/"):
            with machine.path(block.file).open("a") as file:
                file.write(machine.inside(block.text))
    with machine.path("/etc/dovecot/local.conf").open("a") as file:
        file.write(DOVECOT_HERE)
    machine.path("/etc/dovecot/users").write_text(
        "".join(f"{name}:{{PLAIN}}{word}::::::\n" for name, word in users.items())
    )
    shutil.chown(machine.path("/var/mail/virtual/x").parent, USERS["vmail"], USERS["vmail"])
    return Server(machine, ("/usr/sbin/dovecot", "-F"), (machine.port(24),), ("/var/log/dovecot",))
