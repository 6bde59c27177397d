"""`make bench`: the gateway compared with a direct connection and with clamd alone, on this machine, in one run.

Whole processes are measured, interleaved round by round; medians and ratios go to benchmarks/RESULTS.md. Run by hand: a
figure is never a test.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import secrets
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.chain import chain_report, chain_rows, filter_rows, program
from benchmarks.measure import (
    PEERS_HEADING,
    RESULTS,
    SESSIONS,
    clamd_rate,
    clamd_version,
    cost,
    databases,
    smtp_rate,
    smtp_sink,
)
from benchmarks.messages import messages
from gateway.cli.new_files import write_new
from tests.support.servers.clamd import Clamd
from tests.support.servers.gateway import ATTACHMENTS_ONLY, Gateway, with_virus

#: Messages of one round: through the gateway, and directly (several times as fast).
COUNTS = {"4 KB": (2000, 10000), "60 KB": (1500, 6000), "1 MB": (200, 400), "8 MB": (30, 60)}
#: Ratios that must hold on two cores: (message, compared with) -> at least.
BARS = {
    ("4 KB", "direct"): 0.12,
    ("1 MB", "direct"): 0.5,
    ("4 KB", "clamd alone"): 0.5,
    ("60 KB", "clamd alone"): 0.5,
    ("1 MB", "no verdicts kept"): 2.5,
}

#: Messages that are compared with `cache_entries` as shipped and with none.
REPEATED = ("4 KB", "1 MB")
#: Messages that are compared with the journal on and off.
JOURNALLED = ("4 KB",)


@dataclass(frozen=True, slots=True)
class Row:
    """Figures for one message size in one set-up."""

    size: str
    against: str  # "direct" (scanner off), "clamd alone" (scanner on), or another gateway
    reference: float  # messages a second, median
    gateway: float
    ratio: float  # median of the rounds' ratios
    spread: tuple[float, float]
    cpu_per_1000: float  # seconds of all the gateway's processes
    peak_mib: float

    @property
    def bar(self) -> float | None:
        return BARS.get((self.size, self.against))


def compare(
    size: str, against: str, reference: Callable[[int], float], gateway: Gateway, message: Path, rounds: int
) -> Row:
    """Run interleaved rounds of the reference and the gateway."""
    through, straight = COUNTS[size]
    smtp_rate(gateway.outbound, message, max(through // 10, SESSIONS))  # connections, caches
    pairs, spent = [], []
    for _ in range(rounds):
        asked = reference(straight)
        before = cost(gateway.children())
        reached = smtp_rate(gateway.outbound, message, through)
        after = cost(gateway.children())
        pairs.append((asked, reached))
        spent.append((after.cpu_seconds - before.cpu_seconds) / through * 1000)
        print(
            f"  {size:>6} {against:<18} {asked:9.1f}/s   gateway {reached:8.1f}/s   ratio {reached / asked:.3f}",
            flush=True,
        )
    ratios = [b / a for a, b in pairs]
    return Row(
        size,
        against,
        median(a for a, _ in pairs),
        median(b for _, b in pairs),
        median(ratios),
        (min(ratios), max(ratios)),
        median(spent),
        cost(gateway.children()).peak_mib,
    )


def run(rounds: int, folder: Path, only: str) -> list[Row]:
    files = {}
    for name, content in messages().items():
        size = " ".join(name.split()[:2])
        if only not in size:
            continue
        files[size] = folder / f"{size.replace(' ', '')}.eml"
        # smtp-source takes LF line ends and a message with its header.
        files[size].write_bytes(content.replace(b"\r\n", b"\n"))
    rows = []
    with smtp_sink() as sink:
        hop = f"smtp://127.0.0.1:{sink.port}"
        for size, file in files.items():
            with program(folder / f"off-{size.split()[0]}", hop, ATTACHMENTS_ONLY) as gateway:
                direct = lambda count, file=file: smtp_rate(sink.port, file, count)  # noqa: E731
                rows.append(compare(size, "direct", direct, gateway, file, rounds))
        rows += [journalled(size, files[size], folder, hop, rounds) for size in JOURNALLED if size in files]
        with Clamd(databases=databases(), DisableCache="yes", MaxThreads="10") as clamd:
            for size, file in files.items():
                folder_on = folder / f"on-{size.split()[0]}"
                with program(folder_on, hop, with_virus(clamd.address)) as gateway:
                    alone = lambda count, file=file: clamd_rate(clamd.port, file, count)  # noqa: E731
                    rows.append(compare(size, "clamd alone", alone, gateway, file, rounds))
            rows += [
                repeated(size, files[size], folder, hop, clamd.address, rounds) for size in REPEATED if size in files
            ]
    return rows


def repeated(size: str, file: Path, folder: Path, hop: str, clamd: str, rounds: int) -> Row:
    """Measure mail with repeated parts, compared with a gateway that keeps no clean verdicts."""
    kept, other = folder / f"kept-{size[0]}", folder / f"nothing-kept-{size[0]}"
    with (
        program(kept, hop, with_virus(clamd)) as gateway,
        program(other, hop, with_virus(clamd, "cache_entries: 0")) as without,
    ):
        reference = lambda _: smtp_rate(without.outbound, file, COUNTS[size][0])  # noqa: E731
        return compare(size, "no verdicts kept", reference, gateway, file, rounds)


def journalled(size: str, file: Path, folder: Path, hop: str, rounds: int) -> Row:
    """Measure mail that is kept in the journal, compared with a gateway without one; the scanner is off in both."""
    key = folder / "journal.key"
    write_new(key, f"{secrets.token_hex(32)}\n".encode())
    on = f"journal: {{days: 1, key_file: {key}}}\n"
    with (
        program(folder / f"journal-{size[0]}", hop, ATTACHMENTS_ONLY, on) as gateway,
        program(folder / f"no-journal-{size[0]}", hop, ATTACHMENTS_ONLY) as without,
    ):
        return compare(
            size, "journal off", lambda _: smtp_rate(without.outbound, file, COUNTS[size][0]), gateway, file, rounds
        )


INTRODUCTION = """# What the gateway costs

Written by `make bench` ({rounds} rounds, interleaved) on {date}: {cores} cores, Python {python}, {machine}, {clamd}.

Postfix's `smtp-source` sends over {sessions} connections at a time, a new one for each message, to the gateway with
{cores} workers, which relays to `smtp-sink`. Everything runs on the same cores. *Direct* is the same source straight to
the same sink, with the scanner off in the gateway. *clamd alone* is what clamd scans from 20 parallel clients, compared
with the gateway with its scanner on: 20,000 body and 5,000 hash signatures, `DisableCache yes`.
Every message is the same, so the gateway knows the clean verdicts of its parts, and has clamd scan the rest. *No
verdicts kept* is a gateway that keeps none (`cache_entries: 0`), compared with one as shipped: what mail costs that
nobody has seen before. *Journal off* is a gateway with the scanner off, compared with one that keeps all mail
in its journal besides.

Rates are medians of the rounds; a ratio is the median of the rounds' own ratios. CPU is that of the workers and the
keeper, without the sandbox's processes that attachments are opened in; memory is the peak of the largest.

| message | compared with | it does, per s | gateway, per s | ratio (min to max) | bar | CPU s per 1,000 | peak MiB |
|---|---|---|---|---|---|---|---|
"""


def report(rows: list[Row], rounds: int) -> str:
    """Return the text of RESULTS.md."""
    introduction = INTRODUCTION.format(
        rounds=rounds,
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        cores=os.cpu_count(),
        python=platform.python_version(),
        machine=platform.machine(),
        clamd=clamd_version(),
        sessions=SESSIONS,
    )
    return introduction + "".join(map(line, rows))


def line(r: Row) -> str:
    """Return one row of the table."""
    bar = "" if r.bar is None else f"{r.bar} {'held' if r.ratio >= r.bar else 'MISSED'}"
    ratio = f"{r.ratio:.2f} ({r.spread[0]:.2f} to {r.spread[1]:.2f})"
    cells = [r.size, r.against, f"{r.reference:.0f}", f"{r.gateway:.0f}", ratio, bar]
    return f"| {' | '.join([*cells, f'{r.cpu_per_1000:.2f}', f'{r.peak_mib:.0f}'])} |\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="only this size, such as '4 KB'")
    parser.add_argument("--keep", action="store_true", help="print the table only, leave RESULTS.md alone")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mailwarden-bench-") as folder:
        rows = run(arguments.rounds, Path(folder), arguments.only)
        chain = chain_rows(arguments.rounds, Path(folder), arguments.only)
    stages = asyncio.run(filter_rows(arguments.only))
    text = report(rows, arguments.rounds) + chain_report(chain, stages)
    print(text)
    if not arguments.keep:
        RESULTS.write_text(text + "".join(RESULTS.read_text().partition(PEERS_HEADING)[1:]))
    missed = [r for r in rows if r.bar is not None and r.ratio < r.bar]
    held = [one.held for one in chain] + [one.held for one in stages]
    sys.exit(0 if all(held) and not missed else 1)


if __name__ == "__main__":
    main()
