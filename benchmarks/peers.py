"""`make bench-peers`: Mailwarden beside Haraka, Postfix with rspamd, and amavisd-new, on this machine, in one run.

All of them run side by side, before the same clamd and the same next hop, and take turns in each round. First each must
show that it lets a clean message through and stops EICAR and a program. Writes a section of benchmarks/RESULTS.md, and
its plot. Needs root, as Postfix does. Run by hand: a figure is never a test.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import pygal
from pygal.style import CleanStyle

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.chain import program, shipped_chain, two_filters
from benchmarks.measure import (
    INBOUND,
    PEERS_HEADING,
    RESULTS,
    SESSIONS,
    Sink,
    clamd_version,
    databases,
    smtp_rate,
    smtp_sink,
    tree_cpu_seconds,
)
from benchmarks.messages import inbound, messages, with_attachment
from benchmarks.peer_servers import Peer, amavisd, haraka, postfix_rspamd, versions
from tests.support.servers.clamd import EICAR, Clamd
from tests.support.servers.gateway import send

PLOT = RESULTS.with_name("peers.svg")
PLOT_SIZE = {"width": 860, "height": 420}

TWO, SHIPPED = "virus, attachments", "chain as shipped"
PEERS: Mapping[str, Callable[[int, int], AbstractContextManager[Peer]]] = {
    "Haraka": haraka,
    "Postfix, rspamd": postfix_rspamd,
    "amavisd-new": amavisd,
}
#: Messages of one gateway in one round.
COUNTS = {"4 KB": 1000, "60 KB": 500, "1 MB": 60}
#: (message, setup, compared with) -> ratio of the rates, at least. None: the fastest peer.
BARS = {
    ("4 KB", SHIPPED): 1.5,
    ("60 KB", SHIPPED): 1.1,
    ("1 MB", SHIPPED): 1.05,
    ("4 KB", TWO): 2.3,
}
SETTLING_SECONDS = 3  # for a message that the gateway took, and must not pass on


@dataclass(frozen=True, slots=True)
class Row:
    """Figures for one message; by set-up, messages a second in each round, and CPU seconds for 1,000 messages."""

    size: str
    rates: Mapping[str, list[float]]
    cpu: Mapping[str, list[float]]

    def ratios(self, setup: str) -> list[float]:
        """Return the ratio to the fastest peer, by rounds. The fastest one is so by its median."""
        fastest = self.rates[self.fastest]
        return [ours / theirs for ours, theirs in zip(self.rates[setup], fastest, strict=True)]

    @property
    def fastest(self) -> str:
        return max(PEERS, key=lambda name: median(self.rates[name]))

    def held(self, setup: str) -> bool:
        bar = BARS.get((self.size, setup))
        return bar is None or median(self.ratios(setup)) >= bar


@contextmanager
def mailwarden(folder: Path, filters: str, hop: int) -> Iterator[Peer]:
    """Run Mailwarden with these filters and a worker for each core, and yield its inbound port."""
    with program(folder, f"smtp://127.0.0.1:{hop}", filters) as gateway:
        assert gateway.process is not None
        yield Peer(gateway.inbound, (gateway.process.pid,))


def check(name: str, peer: Peer, sink: Sink) -> None:
    """Raise ValueError unless a clean message arrives, and EICAR and a program don't."""
    for what, attached, content, arrives in (
        ("a clean message", "report.bin", b"nothing of note", True),
        ("EICAR", "report.bin", EICAR, False),
        ("a program", "report.exe", b"MZ" + bytes(200), False),
    ):
        before = sink.received()
        raw = inbound(with_attachment(attached, "application/octet-stream", content))
        sender, recipient = INBOUND
        reply = asyncio.run(send(peer.port, sender, [recipient], raw))
        ends = time.monotonic() + SETTLING_SECONDS
        while sink.received() == before and time.monotonic() < ends:
            time.sleep(0.05)
        if (sink.received() > before) != arrives:
            raise ValueError(f"{name} {'stops' if arrives else 'passes on'} {what}: {reply}")


def measure(peer: Peer, sink: Sink, message: Path, count: int) -> tuple[float, float]:
    """Return messages a second until all have reached the next hop, and CPU seconds for 1,000 of them."""
    cpu, before, began = tree_cpu_seconds(peer.pids), sink.received(), time.monotonic()
    smtp_rate(peer.port, message, count, INBOUND)
    sink.wait_received(before + count)
    seconds = time.monotonic() - began
    return count / seconds, (tree_cpu_seconds(peer.pids) - cpu) / count * 1000


def run(rounds: int, folder: Path, only: str) -> list[Row]:
    rows = []
    with ExitStack() as stack:
        sink = stack.enter_context(smtp_sink())
        clamd = stack.enter_context(Clamd(databases=databases(), DisableCache="yes", MaxThreads="10"))
        ours = {TWO: two_filters(clamd.address), SHIPPED: shipped_chain(clamd.address)}
        running = {
            name: stack.enter_context(mailwarden(folder / f"ours-{number}", filters, sink.port))
            for number, (name, filters) in enumerate(ours.items())
        }
        running |= {name: stack.enter_context(start(clamd.port, sink.port)) for name, start in PEERS.items()}
        for name, peer in running.items():
            check(name, peer, sink)
            print(f"  {name} passes a clean message on, and stops EICAR and a program", flush=True)
        for size, content in messages().items():
            short = " ".join(size.split()[:2])
            if short in COUNTS and only in short:
                file = folder / f"{short.replace(' ', '')}.eml"
                file.write_bytes(inbound(content).replace(b"\r\n", b"\n"))
                rows.append(compare(short, running, sink, file, rounds))
    return rows


def compare(size: str, running: Mapping[str, Peer], sink: Sink, message: Path, rounds: int) -> Row:
    """Run interleaved rounds of all gateways, after one that is not counted."""
    rates: dict[str, list[float]] = {name: [] for name in running}
    cpu: dict[str, list[float]] = {name: [] for name in running}
    for peer in running.values():
        measure(peer, sink, message, SESSIONS)  # connections, caches
    for _ in range(rounds):
        for name, peer in running.items():
            rate, seconds = measure(peer, sink, message, COUNTS[size])
            rates[name].append(rate)
            cpu[name].append(seconds)
            print(f"  {size:>6} {name:<20} {rate:8.1f}/s   CPU s per 1,000 {seconds:8.2f}", flush=True)
    return Row(size, rates, cpu)


TEXT = """
Written by `make bench-peers` ({rounds} rounds, interleaved) on {date}: {cores} cores, {programs},
{clamd}.

Inbound mail from {sessions} connections of `smtp-source`, in messages a second until all have reached the same
`smtp-sink`; the same clamd for all (`DisableCache yes`). Before the rounds each gateway passed a clean message on, and
stopped EICAR and an attachment named .exe. All are on this machine, none looks anything up in the network, and the
load generator, clamd and the sink share its cores.

- *{two}*: Mailwarden with these two filters; *{shipped}*: with all filters of config/filters.yaml;
  {cores} workers. No clean verdicts are kept (`cache_entries: 0`): clamd scans each message anew, as for the others.
- Haraka: a cluster of two; `attachment` (names, also inside archives, by bsdtar), `clamd`, `queue/smtp_forward`.
- Postfix, rspamd: rspamd as a milter before the queue, two processes that scan; `antivirus` (the whole message) and a
  `multimap` of extensions, nothing else: no rules for spam, no language detection, no Redis, no greylisting, no DNS.
- amavisd-new: eight long-lived processes, with Debian's defaults; clamd for each decoded part, `banned_filename_re`,
  spam checks and DKIM verification off.

| message | set-up | per s | ratio to the fastest peer (min to max) | bar | CPU s per 1,000 |
|---|---|---|---|---|---|
"""


def report(rows: list[Row], rounds: int) -> str:
    """Return the section of RESULTS.md."""
    head = TEXT.format(
        rounds=rounds,
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        cores=os.cpu_count(),
        programs=", ".join(versions()),
        clamd=clamd_version(),
        sessions=SESSIONS,
        two=TWO,
        shipped=SHIPPED,
    )
    lines = "".join(line(row, setup) for row in rows for setup in row.rates)
    return (
        f"{PEERS_HEADING}{head}{lines}\nCPU is that of all processes of a gateway, without clamd.\n\n"
        f"![Messages a second, by message and gateway]({PLOT.name})\n"
    )


def line(row: Row, setup: str) -> str:
    """Return one row of the table."""
    rate, cpu = median(row.rates[setup]), median(row.cpu[setup])
    ratio = bar = ""
    if setup not in PEERS:
        ratios = row.ratios(setup)
        ratio = f"{median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}) to {row.fastest}"
        if least := BARS.get((row.size, setup)):
            bar = f"{least:g} {'held' if row.held(setup) else 'MISSED'}"
    return f"| {' | '.join([row.size, setup, f'{rate:.1f}', ratio, bar, f'{cpu:.2f}'])} |\n"


def plot(rows: list[Row]) -> bytes:
    """Return a bar chart, with the fastest peer of each message as 1."""
    chart = pygal.Bar(style=CleanStyle, js=[], legend_at_bottom=True, y_title="times the fastest peer", **PLOT_SIZE)
    chart.title = "Messages a second, as multiples of the fastest other gateway"
    chart.x_labels = [row.size for row in rows]
    for setup in rows[0].rates:
        name = setup if setup in PEERS else f"Mailwarden, {setup}"
        chart.add(name, [round(median(row.ratios(setup)), 3) for row in rows])
    drawn: bytes = chart.render()
    return drawn


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="only this size, such as '4 KB'")
    parser.add_argument("--keep", action="store_true", help="print the table only, leave RESULTS.md alone")
    arguments = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("bench-peers needs root: Postfix's master process does")
    with tempfile.TemporaryDirectory(prefix="mailwarden-bench-") as folder:
        rows = run(arguments.rounds, Path(folder), arguments.only)
    text = report(rows, arguments.rounds)
    print(text)
    if not arguments.keep:
        RESULTS.write_text(RESULTS.read_text().partition(PEERS_HEADING)[0] + text)
        PLOT.write_bytes(plot(rows))
    sys.exit(0 if all(row.held(setup) for row in rows for setup in (TWO, SHIPPED)) else 1)


if __name__ == "__main__":
    main()
