"""A real Dovecot that does nothing but check logins, with a folder of its own.

`with Dovecot({"ann@example.com": "secret"}) as server`: `server.socket` is that of its auth service.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType

from tests.support.recipes.machine import Machine
from tests.support.recipes.unpacked import Server, has_dovecot_24, run, unpack
from tests.support.servers.ports import wait_until

#: What an administrator sets, as docs/logins.md has it.
SERVICE = """\
service auth {
  unix_listener auth-client {
    mode = 0660
    group = mailwarden
  }
}
"""
#: Passwords in a file, as Dovecot 2.4 and 2.3 write it.
_COMMON = """\
log_path = /var/log/dovecot
protocols =
ssl = no
auth_mechanisms = plain login
auth_failure_delay = 0
"""
_NEW = "dovecot_config_version = {version}\ndovecot_storage_version = {version}\n"
_NEW_USERS = "passdb passwd-file {\n  passwd_file_path = /etc/dovecot/users\n}\n"
_OLD_USERS = "passdb {\n  driver = passwd-file\n  args = /etc/dovecot/users\n}\n"


class Dovecot:
    """Dovecot with these logins and passwords."""

    def __init__(self, logins: Mapping[str, str]) -> None:
        self._machine = Machine()
        self.folder = self._machine.root / "run/dovecot"
        self.socket = self.folder / "auth-client"
        self._server = Server(self._machine, ("/usr/sbin/dovecot", "-F"), (), ("/var/log/dovecot",))
        self._logins = logins

    def __enter__(self) -> Dovecot:
        unpack(self._machine)
        version = run(self._machine, "/usr/sbin/dovecot", "--version").partition("-")[0].partition(" ")[0]
        text = _NEW.format(version=version) + _NEW_USERS if has_dovecot_24() else _OLD_USERS
        service = SERVICE.replace("group = mailwarden", "group = root")
        self._machine.path("/etc/dovecot/dovecot.conf").write_text(text + _COMMON + service)
        lines = (f"{login}:{{PLAIN}}{password}\n" for login, password in self._logins.items())
        self._machine.path("/etc/dovecot/users").write_text("".join(lines))
        self._server.__enter__()
        wait_until(self.socket.exists, lambda: self._server.said)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.__exit__()
        self._machine.__exit__()
