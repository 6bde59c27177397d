"""A real Postfix of the test's own, and its test programs: private folders, loopback, free ports, stopped by its pid.

It never touches /etc/postfix or the system's instance. Postfix's master needs root, so tests that start one are skipped
for anybody else; `smtp-source` and `smtp-sink` run for everybody.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from tests.support.servers.ports import free_port, wait_port, wait_until

#: What a Postfix without network look-ups, chroot and TLS needs besides its smtpd entries.
SERVICES = """\
cleanup   unix  n       -       n       -       0       cleanup
qmgr      unix  n       -       n       300     1       qmgr
rewrite   unix  -       -       n       -       -       trivial-rewrite
bounce    unix  -       -       n       -       0       bounce
defer     unix  -       -       n       -       0       bounce
trace     unix  -       -       n       -       0       bounce
smtp      unix  -       -       n       -       -       smtp
error     unix  -       -       n       -       -       error
retry     unix  -       -       n       -       -       error
virtual   unix  -       n       n       -       -       virtual
anvil     unix  -       -       n       -       1       anvil
postlog   unix-dgram n  -       n       -       1       postlogd
"""

#: Who owns the maildirs: virtual(8) refuses ids below 100, and every system has this one.
MAIL_USER = "nobody"

#: Mail servers end within a second; the stop command itself waits five.
STOP_SECONDS = 30.0

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="Postfix's master process needs root")


def program(name: str) -> str:
    """Return the path of one of Postfix's programs: /usr/sbin may be missing from PATH."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if found is None:
        raise FileNotFoundError(f"{name} is not installed: it comes with Debian's package postfix")
    return found


class PostfixFailed(RuntimeError):
    """Postfix did not start; the text says why."""


@dataclass
class Postfix:
    """`with Postfix(main={...}, master="...") as postfix`. `ports` are those that must answer once it has started.

    `main` overrides what this instance has in main.cf; `master` are its smtpd entries. `mailboxes` get a maildir each.
    """

    master: str
    ports: Sequence[int]
    main: Mapping[str, str] = field(default_factory=dict)
    mailboxes: Sequence[str] = ()
    name: str = "postfix.test"

    def __post_init__(self) -> None:
        # Not pytest's own folder: Postfix's processes run under other users, who must be able to go through it.
        self.folder = Path(tempfile.mkdtemp(prefix="mailwarden-postfix-"))
        self.folder.chmod(0o755)
        self.config = self.folder / "config"
        self.queue = self.folder / "queue"
        self.log = self.folder / "log"
        self.maildirs = self.folder / "mail"

    @property
    def pid(self) -> int | None:
        """Process id of the running master."""
        try:
            return int((self.queue / "pid/master.pid").read_text())
        except (FileNotFoundError, ValueError):
            return None

    @property
    def running(self) -> bool:
        pid = self.pid
        return pid is not None and Path(f"/proc/{pid}").exists()

    def start(self) -> Self:
        self._write()
        done = self._command("start")
        if done.returncode:
            raise PostfixFailed(f"{done.stdout}{done.stderr}{self.said}")
        for port in self.ports:
            wait_port(port)
        return self

    def stop(self) -> None:
        """Stop Postfix by its own command, and check that none of its processes is left."""
        if not self.running:
            return
        done = self._command("stop")
        ends = time.monotonic() + STOP_SECONDS
        while self.running:
            if time.monotonic() > ends:
                raise PostfixFailed(f"it does not stop: {done.stdout}{done.stderr}{self.said}")
            time.sleep(0.05)

    def flush(self) -> None:
        """Have Postfix try again now whatever waits in its queue."""
        done = self._command("flush")
        if done.returncode:
            raise PostfixFailed(f"{done.stdout}{self.said}")

    @property
    def said(self) -> str:
        """Its log so far."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def delivered(self, mailbox: str) -> list[bytes]:
        """Messages in a mailbox, with CRLF as line ends: a maildir has LF."""
        folder = self.maildirs / mailbox / "new"
        files = sorted(folder.iterdir()) if folder.exists() else []
        return [file.read_bytes().replace(b"\n", b"\r\n") for file in files]

    def wait_delivered(self, mailbox: str, subject: str, seconds: float = 30) -> bytes:
        """Return the message with this subject. Raises TimeoutError with the log."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            for content in self.delivered(mailbox):
                if f"\r\nSubject: {subject}\r\n".encode() in content:
                    return content
            time.sleep(0.05)
        raise TimeoutError(f"no {subject!r} in {mailbox} after {seconds} s\n{self.said}")

    def wait_said(self, text: str, seconds: float = 30) -> str:
        """Return the first line of the log that has this text. Raises TimeoutError with the log."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            for line in self.said.splitlines():
                if text in line:
                    return line
            time.sleep(0.05)
        raise TimeoutError(f"the log does not say {text!r} after {seconds} s\n{self.said}")

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _command(self, what: str) -> subprocess.CompletedProcess[str]:
        command = [program("postfix"), "-c", str(self.config), what]
        # Its daemons keep standard output open for as long as they live: never a pipe.
        with tempfile.TemporaryFile("w+") as output:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False)
            output.seek(0)
            return subprocess.CompletedProcess(command, done.returncode, output.read(), "")

    def _write(self) -> None:
        for folder in ("config", "queue", "data", "mail"):
            (self.folder / folder).mkdir(exist_ok=True)
        shutil.chown(self.folder / "data", "postfix", "postfix")
        owner = pwd.getpwnam(MAIL_USER)
        os.chown(self.folder / "mail", owner.pw_uid, owner.pw_gid)
        (self.config / "mailboxes").write_text("".join(f"{address} {address}/\n" for address in self.mailboxes))
        settings = {**self._settings(owner), **self.main}
        (self.config / "main.cf").write_text("".join(f"{key} = {value}\n" for key, value in settings.items()))
        (self.config / "master.cf").write_text(f"{self.master}\n{SERVICES}")

    def _settings(self, owner: pwd.struct_passwd) -> dict[str, str]:
        domains = sorted({address.rpartition("@")[2] for address in self.mailboxes})
        return {
            "compatibility_level": "3.6",
            "queue_directory": str(self.folder / "queue"),
            "data_directory": str(self.folder / "data"),
            "maillog_file": str(self.log),
            "maillog_file_prefixes": str(self.folder),
            "mail_owner": "postfix",
            "myhostname": self.name,
            "mydestination": "",
            "mynetworks": "127.0.0.1/32",
            "inet_interfaces": "127.0.0.1",
            "inet_protocols": "ipv4",
            "smtputf8_enable": "yes",
            "alias_maps": "",
            "local_recipient_maps": "",
            "local_transport": "error:no local mail here",
            "virtual_mailbox_domains": " ".join(domains),
            "virtual_mailbox_maps": f"texthash:{self.config}/mailboxes",
            "virtual_mailbox_base": str(self.folder / "mail"),
            "virtual_mailbox_limit": "0",
            "virtual_uid_maps": f"static:{owner.pw_uid}",
            "virtual_gid_maps": f"static:{owner.pw_gid}",
            "smtp_dns_support_level": "disabled",
            "smtpd_peername_lookup": "no",
            "smtpd_tls_security_level": "none",
            "smtp_tls_security_level": "none",
            "smtp_connection_cache_on_demand": "no",
            "fast_flush_domains": "",
        }


# --- smtp-source and smtp-sink ---------------------------------------------------------------------------------------


def smtp_source(port: int, *arguments: str, seconds: float = 300) -> subprocess.CompletedProcess[str]:
    """Postfix's load generator, until it has ended. It exits with an error at the first reply that isn't positive."""
    command = [program("smtp-source"), *arguments, f"127.0.0.1:{port}"]
    return subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)


@dataclass
class SmtpSink:
    """Postfix's smtp-sink: takes everything, and writes each message to a file of its own in `folder`."""

    port: int = field(default_factory=free_port)
    backlog: int = 512
    host: str = "127.0.0.1"

    def __enter__(self) -> Self:
        self.folder = Path(tempfile.mkdtemp(prefix="mailwarden-smtp-sink-"))
        user: list[str] = []
        if os.geteuid() == 0:
            user = ["-u", MAIL_USER]
            shutil.chown(self.folder, MAIL_USER)
        self._process = subprocess.Popen(
            [
                program("smtp-sink"),
                *user,
                "-d",
                f"{self.folder}/%H%M%S.",
                f"{self.host}:{self.port}",
                str(self.backlog),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_port(self.port, host=self.host)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def messages(self) -> list[bytes]:
        """All that came, each with the X- lines that smtp-sink writes before it."""
        return [file.read_bytes() for file in sorted(self.folder.iterdir())]

    def wait_message(self, said: Callable[[], str], *texts: bytes) -> bytes:
        """Return the first message with all these texts. Raises TimeoutError with what a server has said."""
        found = wait_until(lambda: [one for one in self.messages() if all(text in one for text in texts)], said)
        return found[0]
