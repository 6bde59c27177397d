"""A real DNS server on loopback (unbound) that answers with the records that a test gives it.

`with NameServer(['outside.example. TXT "v=spf1 -all"']) as dns: …` A name that has no record doesn't exist. Names below
`silent.example` get no answer at all, those below `refused.example` a refusal.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from types import TracebackType

from tests.support.servers.ports import free_port, wait_port

PROGRAM = shutil.which("unbound", path="/usr/sbin:/usr/bin:/sbin:/bin")
#: unbound answers some milliseconds after its start; on a busy machine later.
START_SECONDS = 20

_CONFIGURATION = """\
server:
  interface: 127.0.0.1
  port: {port}
  directory: ""
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  do-daemonize: no
  verbosity: 0
  num-threads: 1
  module-config: "iterator"
  edns-buffer-size: 1232
  max-udp-size: 1232
  access-control: 127.0.0.0/8 allow
  local-zone: "." static
  local-zone: "silent.example." deny
  local-zone: "refused.example." refuse
{data}
remote-control:
  control-enable: no
"""


class NameServer:
    """One process; `port` is free unless it is named (53 in a network namespace)."""

    def __init__(self, records: Sequence[str], port: int = 0) -> None:
        assert PROGRAM, "unbound is not installed"
        self.port = port or free_port()
        self._records = records

    @property
    def servers(self) -> tuple[tuple[str, int], ...]:
        """Return the servers in the form that `DnsResolver` takes."""
        return (("127.0.0.1", self.port),)

    def start(self) -> None:
        """Start the server (again) and wait until it answers."""
        # Through a pipe: where AppArmor confines unbound, it may read no file of ours.
        self._process = subprocess.Popen([PROGRAM, "-c", "/dev/stdin"], stdin=subprocess.PIPE)
        assert self._process.stdin
        with self._process.stdin as stdin:
            stdin.write(configuration(self._records, self.port).encode())
        try:
            wait_port(self.port, START_SECONDS)
        except BaseException:
            self.stop()
            raise

    def __enter__(self) -> NameServer:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(START_SECONDS)


def configuration(records: Sequence[str], port: int) -> str:
    """unbound.conf, with each record as zone files have it."""
    data = "\n".join(f"  local-data: '{record}'" for record in records)
    return _CONFIGURATION.format(port=port, data=data)


def txt(name: str, text: str) -> str:
    """Return a TXT record, in strings of 255 octets."""
    strings = [text[at : at + 255] for at in range(0, len(text), 255)]
    return f"{name}. 60 IN TXT " + " ".join(f'"{string}"' for string in strings)
