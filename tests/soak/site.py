"""Everything that a soak starts: clamd and the proxy before it, a name server, the next hop, and the gateway."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.soak.clock import JumpingClock
from tests.soak.next_hop import TroubledHop
from tests.soak.scanner_proxy import ScannerProxy
from tests.support.servers.clamd import Clamd
from tests.support.servers.gateway import PROJECT, Gateway
from tests.support.servers.name_server import NameServer, txt
from tests.support.servers.ports import free_port

WORKERS = 3
#: A stalled clamd is given up after so many seconds; the shipped 45 would make each stall one long wait.
SCAN_SECONDS = 5
#: Most seconds until all processes run: a machine with much else to do may need minutes.
START_SECONDS = 300.0

RECORDS = (txt("far.example", "v=spf1 ip4:127.0.0.0/8 -all"), txt("example.co.uk", "v=spf1 -all"))


@dataclass
class Site:
    """The gateway and what is around it."""

    folder: Path
    gateway: Gateway
    clamd: Clamd
    proxy: ScannerProxy
    hop: TroubledHop
    names: NameServer
    clock: JumpingClock

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """Return rows of the store."""
        with closing(sqlite3.connect(f"file:{self.store}?mode=ro", uri=True, timeout=60)) as connection:
            return connection.execute(query).fetchall()

    def pids(self) -> dict[str, int]:
        """Return the supervisor, and those of its processes that are not being started; nothing if nobody answers."""
        assert self.gateway.process is not None
        with suppress(OSError, ValueError):  # the keeper, which answers, is one of those that are killed
            answer = self.gateway.question("status", {})
            processes = answer["result"]["running"]["processes"] if "result" in answer else []
            own = {"supervisor": self.gateway.process.pid}
            return own | {one["name"]: int(one["pid"]) for one in processes if one.get("pid")}
        return {}

    @property
    def store(self) -> Path:
        return self.gateway.data_dir / "mailwarden.db"


def shipped_chain(scanner_port: int) -> str:
    """Return the shipped filters with this scanner, and internet shortcuts refused at the door."""
    text = (PROJECT / "config" / "filters.yaml").read_text()
    for before, after in (
        ("clamd: 127.0.0.1:3310 ", f"clamd: 127.0.0.1:{scanner_port}\n      timeout_seconds: {SCAN_SECONDS} "),
        ("block: [executables,", "actions: {attachment.shortcut: reject}\n      block: [executables,"),
    ):
        assert before in text, f"config/filters.yaml has no {before!r} any more"
        text = text.replace(before, after, 1)
    return text


@asynccontextmanager
async def running_site(
    folder: Path, clock: JumpingClock, *, has_journal: bool, workers: int, command: list[str] | None
) -> AsyncIterator[Site]:
    """Start all, and stop all at the end. `command` is the gateway's program; None: a copy of a loaded one."""
    data = folder / "gateway"
    data.mkdir(parents=True)
    more = "limits: {connections_per_client: 200}\n"
    if has_journal:
        (data / "journal.key").write_text("00" * 32)
        (data / "journal.key").chmod(0o600)
        more += "journal: {days: 7, key_file: journal.key}\n"
    with Clamd() as clamd, NameServer(RECORDS) as names:
        more += f"authentication: {{verify: true, nameservers: ['127.0.0.1:{names.port}'], timeout_seconds: 3}}\n"
        async with TroubledHop() as hop, ScannerProxy(clamd.port) as proxy:
            gateway = Gateway(
                data,
                next_hop=f"smtp://127.0.0.1:{hop.port}",
                filters=shipped_chain(proxy.port),
                workers=workers,
                more=more,
                http=free_port(),
                command=command,
                start_seconds=START_SECONDS,
            )
            async with gateway:
                yield Site(folder, gateway, clamd, proxy, hop, names, clock)


async def gone(pids: list[int], seconds: float = 60) -> None:
    """Until none of these processes is left. Raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while any(_runs(pid) for pid in pids):
            await asyncio.sleep(0.05)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
