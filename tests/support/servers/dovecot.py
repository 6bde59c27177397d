"""A real Dovecot that does nothing but check logins, with a folder of its own.

`with Dovecot({"ann@example.com": "secret"}) as server`: `server.socket` is that of its auth service.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

PROGRAM = shutil.which("dovecot", path="/usr/sbin:/usr/bin")

#: What an administrator sets, as docs/deploy.md has it.
SERVICE = """\
service auth {
  unix_listener auth-client {
    mode = 0660
    group = mailwarden
  }
}
"""
#: Its own folder, and passwords in a file, as Dovecot 2.4 and 2.3 write it.
_COMMON = """\
base_dir = {folder}/run
log_path = {folder}/log
protocols =
ssl = no
auth_mechanisms = plain login
default_internal_user = root
default_internal_group = root
default_login_user = root
auth_failure_delay = 0
service stats {{
  chroot =
}}
service anvil {{
  chroot =
}}
"""
_NEW = "dovecot_config_version = {version}\ndovecot_storage_version = {version}\n"
_NEW_USERS = "passdb passwd-file {{\n  passwd_file_path = {folder}/users\n}}\n"
_OLD_USERS = "passdb {{\n  driver = passwd-file\n  args = {folder}/users\n}}\n"


class Dovecot:
    """Dovecot with these logins and passwords."""

    def __init__(self, logins: Mapping[str, str]) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="mailwarden-dovecot-"))
        self.socket = self.folder / "run/auth-client"
        self._logins = logins

    def __enter__(self) -> Dovecot:
        assert PROGRAM, "Dovecot is not installed (dovecot-core)"
        said = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, check=True).stdout
        version = said.partition("-")[0].partition(" ")[0]
        is_new = version >= "2.4"
        names = {"folder": self.folder, "version": version}
        text = (_NEW if is_new else "") + _COMMON + (_NEW_USERS if is_new else _OLD_USERS)
        service = SERVICE.replace("group = mailwarden", "group = root")
        (self.folder / "dovecot.conf").write_text(text.format(**names) + service)
        lines = (f"{login}:{{PLAIN}}{password}\n" for login, password in self._logins.items())
        (self.folder / "users").write_text("".join(lines))
        self._process = subprocess.Popen([PROGRAM, "-F", "-c", str(self.folder / "dovecot.conf")])
        ends = time.monotonic() + 60
        while not self.socket.exists():
            assert self._process.poll() is None, "Dovecot has ended"
            assert time.monotonic() < ends, self.log
            time.sleep(0.02)
        return self

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace") if (self.folder / "log").exists() else ""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait(60)
        shutil.rmtree(self.folder, ignore_errors=True)
