"""The chain as shipped, compared with its first two filters: rates, times of messages, and the cost of each filter.

Both gateways run side by side and take turns in each round. Part of `make bench` (`run.py`), and of its RESULTS.md.
"""

from __future__ import annotations

import json
import os
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean, median

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.filter_costs import Costs, costs
from benchmarks.measure import INBOUND, OUTBOUND, SESSIONS, cost, databases, percentiles, smtp_load, smtp_sink
from benchmarks.messages import from_us, inbound, messages, zip_of_texts
from gateway.act.signing.key_record import new_key
from gateway.cli.new_files import write_new
from gateway.processes.process import spare_collector
from tests.corpus import ham
from tests.corpus.shipped import Shipped
from tests.support.servers.clamd import Clamd
from tests.support.servers.gateway import Gateway, command, with_virus

NOTHING_KEPT = "cache_entries: 0"
CONFIG = Path(__file__).resolve().parents[1] / "config"

HAM, TEXTS = "ham", "1 MB, texts"
HAM_MESSAGES = 1000
#: Messages of one round, over 20 connections and over one.
COUNTS = {
    "4 KB": (2000, 200),
    "60 KB": (1000, 200),
    "1 MB": (100, 20),
    TEXTS: (100, 20),
    "8 MB": (20, 5),
    HAM: (HAM_MESSAGES, 200),
}
#: Real messages whose filters are timed, and how often another message is.
HAM_TIMED, TIMES = 300, 5
#: Lowest ratio of the rates.
BARS = {"4 KB": 0.75, HAM: 0.75, "60 KB": 0.9, "1 MB": 0.9, TEXTS: 0.9}
#: Highest median of CPU milliseconds that the filters of the text take together.
TEXT_BARS_MS = {HAM: 1.0, "1 MB": 25.0, TEXTS: 25.0}
STAGES = ("understand", "judge", "act")


@dataclass(slots=True)
class Row:
    """Figures for one kind of mail in one direction."""

    size: str
    way: str
    two: list[float] = field(default_factory=list)  # messages a second, by rounds
    shipped: list[float] = field(default_factory=list)
    single: list[float] = field(default_factory=list)  # seconds of each message, over one connection
    many: list[float] = field(default_factory=list)  # ... over 20
    cpu: list[float] = field(default_factory=list)  # seconds for 1,000 messages
    stages: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))  # ms of single messages

    @property
    def ratios(self) -> list[float]:
        return [ours / theirs for ours, theirs in zip(self.shipped, self.two, strict=True)]

    @property
    def bar(self) -> float | None:
        return BARS.get(self.size)

    @property
    def held(self) -> bool:
        return self.bar is None or median(self.ratios) >= self.bar


@dataclass(frozen=True, slots=True)
class FilterRow:
    """CPU milliseconds of each filter for one kind of mail, medians of several messages."""

    size: str
    way: str
    ms: Mapping[str, float]
    text: float  # of the filters of the text together
    text_mean: float

    @property
    def bar(self) -> float | None:
        return TEXT_BARS_MS.get(self.size)

    @property
    def held(self) -> bool:
        return self.bar is None or self.text <= self.bar


def program(folder: Path, hop: str, filters: str, more: str = "") -> Gateway:
    """Return a gateway that is started as a program of its own, with a worker for each core."""
    return Gateway(folder, hop, filters, workers=os.cpu_count() or 1, command=command(), more=more)


def two_filters(clamd: str) -> str:
    """Return `virus` and `attachments`, without a memory of clean parts: each message is as one never seen before."""
    return with_virus(clamd, NOTHING_KEPT)


def shipped_chain(clamd: str) -> str:
    """Return the chain as shipped, with the scanner at this address, and without a memory of clean parts."""
    shipped = (CONFIG / "filters.yaml").read_text()
    shipped = shipped.replace("clamd: 127.0.0.1:3310", f"clamd: {clamd}\n      {NOTHING_KEPT}", 1)
    return shipped.replace(" disclaimers/", f" {CONFIG}/disclaimers/")


def signing(folder: Path) -> str:
    """Return settings that sign outbound mail by a new RSA key."""
    key = folder / "dkim.pem"
    pem = new_key("rsa", 2048).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_new(key, pem)
    return f"dkim:\n  - {{domain: example.co.uk, selector: bench, key: {key}}}\n"


def kinds(only: str, rounds: int) -> Iterator[tuple[str, str, list[list[bytes]]]]:
    """Yield each selected kind of mail in both directions, with the messages of each round."""
    made_here = {" ".join(name.split()[:2]): raw for name, raw in messages().items()} | {TEXTS: zip_of_texts()}
    for size, raw in made_here.items():
        if only in size:
            yield size, "inbound", [[inbound(raw)]] * rounds
            yield size, "outbound", [[raw]] * rounds
    if only in HAM:
        real = [one.raw for one in ham.sample(rounds * HAM_MESSAGES)]
        several = len(real) // HAM_MESSAGES  # each round has others, as long as there are any
        starts = [number % several * HAM_MESSAGES for number in range(rounds)]
        made = [real[start : start + HAM_MESSAGES] for start in starts]
        yield HAM, "inbound", made
        yield HAM, "outbound", [list(map(from_us, contents)) for contents in made]


def chain_rows(rounds: int, folder: Path, only: str) -> list[Row]:
    """Measure each kind of mail in both directions."""
    rows = []
    with smtp_sink() as sink, Clamd(databases=databases(), DisableCache="yes", MaxThreads="10") as clamd:
        hop, more = f"smtp://127.0.0.1:{sink.port}", signing(folder) + "log: {format: json}\n"
        with (
            program(folder / "two", hop, two_filters(clamd.address), more) as two,
            program(folder / "shipped", hop, shipped_chain(clamd.address), more) as shipped,
        ):
            for size, way, made in kinds(only, rounds):
                row = Row(size, way)
                for number, contents in enumerate(made):
                    files = write(folder / f"{size.replace(' ', '')}-{way}-{number}", contents)
                    measure(row, two, shipped, files)
                rows.append(row)
    return rows


def write(folder: Path, contents: Sequence[bytes]) -> Path:
    """Write a folder of messages."""
    folder.mkdir()
    for number, raw in enumerate(contents):
        (folder / f"{number:05}.eml").write_bytes(raw)
    return folder


def measure(row: Row, two: Gateway, shipped: Gateway, files: Path) -> None:
    """Run one round of both gateways, after a short one that is not counted if it is the first."""
    many, single = COUNTS[row.size]
    envelope = INBOUND if row.way == "inbound" else OUTBOUND
    ports = [gateway.inbound if row.way == "inbound" else gateway.outbound for gateway in (two, shipped)]
    if not row.two:
        for port in ports:
            smtp_load(port, files, SESSIONS, SESSIONS, envelope)
    load = smtp_load(ports[0], files, many, SESSIONS, envelope)
    row.two.append(load.rate)
    before = cost(shipped.children()).cpu_seconds
    load = smtp_load(ports[1], files, many, SESSIONS, envelope)
    row.cpu.append((cost(shipped.children()).cpu_seconds - before) / many * 1000)
    row.shipped.append(load.rate)
    row.many += load.each
    logged = shipped.log.stat().st_size
    row.single += smtp_load(ports[1], files, single, 1, envelope).each
    for event in _messages(shipped.log, logged):
        for stage in STAGES:
            row.stages[stage].append(event["ms"].get(stage, 0.0))
    print(f"  {row.size:>6} {row.way:<8} {row.two[-1]:9.1f}/s   as shipped {row.shipped[-1]:8.1f}/s", flush=True)


def _messages(log: Path, offset: int) -> Iterable[dict[str, dict[str, float]]]:
    """Return the events `message` that stand behind this offset of a log."""
    with log.open("rb") as lines:
        lines.seek(offset)
        events = [json.loads(line) for line in lines if line.startswith(b"{")]
    return [event for event in events if event.get("event") == "message"]


async def filter_rows(only: str) -> list[FilterRow]:
    """Measure the filters for each kind of mail in both directions, one message after another in this process."""
    rows = []
    with Clamd(databases=databases(), DisableCache="yes") as clamd:
        async with Shipped(clamd.address) as shipped:
            spare_collector()
            for size, way, (made,) in kinds(only, 1):
                timed = made[:HAM_TIMED] if size == HAM else made * TIMES
                to = "in:alice@example.co.uk" if way == "inbound" else "out:bob@other.example"
                for raw in made[HAM_TIMED : 2 * HAM_TIMED] or made:
                    await costs(shipped, raw, to)  # what is made at its first use
                found = [await costs(shipped, raw, to) for raw in timed]
                rows.append(_filter_row(size, way, found))
    return rows


def _filter_row(size: str, way: str, found: Sequence[Costs]) -> FilterRow:
    ms = {name: median(one.ms[name] for one in found) for name in found[0].ms}
    text = [one.text for one in found]
    return FilterRow(size, way, ms, median(text), fmean(text))


CHAIN = f"""
## The chain as shipped

All filters of config/filters.yaml, compared with *virus, attachments* in the same rounds; outbound mail is signed in
both (DKIM, RSA-2048), and gets the disclaimer in the chain as shipped. The zip files hold random octets named .csv, or
*texts*. *Ham* is {HAM_MESSAGES:,} messages of SpamAssassin's public corpus: each round sends others, the fifth the
first ones again. No clean verdicts are kept (`cache_entries: 0`), so that each message is as one never seen before.
Times are those of the chain as shipped, from the connection to the last reply, in milliseconds; CPU is that of the
workers and the keeper.

"""
RATES_HEAD = (
    *("message", "direction", "virus, attachments, per s", "as shipped, per s", "ratio (min to max)", "bar"),
    *("p50, p99 at 1 connection", f"at {SESSIONS}", "CPU s per 1,000"),
)

STAGES_TEXT = """
Milliseconds by stage, at one connection, medians, as the log has them (`ms`).

"""

FILTERS_TEXT = """
CPU milliseconds by filter, medians, one message after another in one process. *Reading* is parsing and opening; what
filters share counts for the first that asks for it. *Text* is all of them but virus and attachments. clamd's time
counts nowhere. Other processes' time, the sandbox's, is counted in steps of 10. As many other messages came before
those that are timed: a pattern is compiled when a text first needs it. The language model isn't asked here.

"""


def chain_report(rows: list[Row], filters: list[FilterRow]) -> str:
    """Return the section of RESULTS.md."""
    names = list(dict.fromkeys(name for one in filters for name in one.ms))
    return "".join(
        (
            CHAIN,
            *_head(RATES_HEAD),
            *map(_rates_line, rows),
            STAGES_TEXT,
            *_head(("message", "direction", *STAGES)),
            *map(_stages_line, rows),
            FILTERS_TEXT,
            *_head(("message", "direction", *names, "text", "text, mean", "bar")),
            *(_filters_line(one, names) for one in filters),
        )
    )


def _rates_line(row: Row) -> str:
    ratio = f"{median(row.ratios):.2f} ({min(row.ratios):.2f} to {max(row.ratios):.2f})"
    bar = "" if row.bar is None else f"{row.bar:g} {'held' if row.held else 'MISSED'}"
    rates = [f"{median(row.two):.1f}", f"{median(row.shipped):.1f}", ratio, bar]
    return _line([row.size, row.way, *rates, percentiles(row.single), percentiles(row.many), f"{median(row.cpu):.2f}"])


def _stages_line(row: Row) -> str:
    return _line([row.size, row.way, *(f"{median(row.stages[stage]):.1f}" for stage in STAGES)])


def _filters_line(row: FilterRow, names: Sequence[str]) -> str:
    bar = "" if row.bar is None else f"{row.bar:g} {'held' if row.held else 'MISSED'}"
    return _line(
        [
            row.size,
            row.way,
            *(f"{row.ms[name]:.2f}" if name in row.ms else "" for name in names),
            f"{row.text:.2f}",
            f"{row.text_mean:.2f}",
            bar,
        ]
    )


def _head(cells: Sequence[str]) -> tuple[str, str]:
    return _line(cells), "|---" * len(cells) + "|\n"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |\n"
