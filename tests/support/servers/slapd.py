"""A real OpenLDAP server (slapd) on loopback, with a configuration, a database and a certificate of the test's own.

`with Slapd(LDIF) as server`: `server.url`, `server.bind_dn`, `server.password_file`, `server.ca_file`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType

from tests.support.servers.ports import free_port, wait_port

BASE = "dc=example,dc=com"
ADMINISTRATOR = f"cn=admin,{BASE}"
READER = f"cn=mailwarden,{BASE}"
PASSWORD = "correct horse"

#: Anonymous people see nothing; one search gives 5 entries at most, unless it is paged.
_CONFIGURATION = """\
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {folder}/slapd.pid
TLSCertificateFile {folder}/certificate.pem
TLSCertificateKeyFile {folder}/key.pem
database mdb
suffix "{base}"
rootdn "{administrator}"
rootpw "{password}"
directory {folder}/database
maxsize 1073741824
limits dn.exact="{reader}" size.soft=5 size.hard=5 size.pr=3 size.prtotal=unlimited
access to * by dn.exact="{reader}" read by * auth
"""

_ROOT = f"""\
dn: {BASE}
objectClass: dcObject
objectClass: organization
o: Example
dc: example

dn: {READER}
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: mailwarden
userPassword: {PASSWORD}

dn: ou=people,{BASE}
objectClass: organizationalUnit
ou: people

"""


class Slapd:
    """ReleaseStopped by its process at the end; `stop` and `start` in between."""

    def __init__(self, ldif: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="mailwarden-slapd-"))
        self.port, self.tls_port = free_port(), free_port()
        self.url, self.tls_url = f"ldap://127.0.0.1:{self.port}", f"ldaps://127.0.0.1:{self.tls_port}"
        self.bind_dn, self.ca_file = READER, self.folder / "certificate.pem"
        self.password_file = self.folder / "password"
        self._process: subprocess.Popen[bytes] | None = None
        self._ldif = ldif

    def __enter__(self) -> Slapd:
        (self.folder / "database").mkdir()
        self.password_file.write_text(PASSWORD + "\n")
        self._make_certificate()
        names = {"folder": self.folder, "base": BASE, "administrator": ADMINISTRATOR, "reader": READER}
        (self.folder / "slapd.conf").write_text(_CONFIGURATION.format(password=PASSWORD, **names))
        (self.folder / "entries.ldif").write_text(_ROOT + self._ldif)
        self._run("slapadd", "-f", str(self.folder / "slapd.conf"), "-l", str(self.folder / "entries.ldif"))
        try:
            self.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> None:
        configuration = str(self.folder / "slapd.conf")
        command = [_program("slapd"), "-f", configuration, "-h", f"{self.url} {self.tls_url}", "-d", "0"]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        wait_port(self.port)
        wait_port(self.tls_port)

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(30)

    def change(self, ldif: str) -> None:
        """Entries are changed, with `changetype:` in each."""
        who = ["-x", "-H", self.url, "-D", ADMINISTRATOR, "-w", PASSWORD]
        self._run("ldapmodify", *who, input=ldif)

    def _make_certificate(self) -> None:
        # fmt: off
        self._run(
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-keyout", str(self.folder / "key.pem"), "-out", str(self.ca_file), "-days", "2",
            "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
        )
        # fmt: on

    def _run(self, name: str, *arguments: str, input: str | None = None) -> None:
        done = subprocess.run(
            [_program(name), *arguments], input=input, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, done.stderr or done.stdout


def _program(name: str) -> str:
    found = shutil.which(name, path=f"/usr/sbin:/usr/bin:{os.environ.get('PATH', '')}")
    assert found, f"{name} is not installed (slapd, ldap-utils)"
    return found
