"""`make bench-parse`: the cost of reading a message, as multiples of a reference in the same run.

Mapping is compared with `bytes.find`, checks and decoding of bodies with `binascii`, and a small message as a whole
with `email`. Run by hand: a figure is never a test. Writes benchmarks/PARSE.md; exits with 1 when a bar is missed.
"""

from __future__ import annotations

import argparse
import binascii
import email
import email.policy
import os
import platform
import quopri
import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.messages import messages
from gateway.message.mime.parse import parse
from gateway.message.model import Message

RESULTS = Path(__file__).with_name("PARSE.md")

MILLISECOND = 1e-3
MAPPING_BAR = 3.0  # times `bytes.find`, and one millisecond for work that doesn't grow with the size
DECODING_BAR = 3.0  # times `binascii`
WHOLE_BAR = 0.2  # of the time of `email`

BOUNDARY = b"----=_NextPart_000_0012_01C9D4A6.7F3B2C10"


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison; times are of the quickest round."""

    what: str
    reference: str
    reference_seconds: float
    our_seconds: float
    bar: float  # our time may be this many times the reference
    free_seconds: float = 0.0  # and this much more

    @property
    def ratio(self) -> float:
        return self.our_seconds / self.reference_seconds

    @property
    def held(self) -> bool:
        return self.our_seconds <= self.bar * self.reference_seconds + self.free_seconds


@dataclass(frozen=True, slots=True)
class Large:
    """An 8 MB message: two parts, the second in `encoding`."""

    encoding: str
    raw: bytes
    body: bytes
    decode: Callable[[bytes], bytes]


def large(encoding: str, media_type: bytes, body: bytes, decode: Callable[[bytes], bytes]) -> Large:
    head = b"From: a@x.test\r\nTo: b@y.test\r\nSubject: s\r\nMIME-Version: 1.0\r\n"
    kind = b'Content-Type: multipart/mixed; boundary="' + BOUNDARY + b'"\r\n\r\n'
    text = b"--" + BOUNDARY + b"\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nGood morning\r\n"
    part = b"--" + BOUNDARY + b"\r\nContent-Type: " + media_type + b"\r\nContent-Transfer-Encoding: "
    raw = head + kind + text + part + encoding.encode() + b"\r\n\r\n" + body + b"\r\n--" + BOUNDARY + b"--\r\n"
    return Large(encoding, raw, body, decode)


def larges() -> list[Large]:
    """Return a message with 8 MB of base64, and one with 8 MB of quoted-printable HTML."""
    encoded = binascii.b2a_base64(random.Random(1).randbytes(5_900_000), newline=False)
    lines = b"\r\n".join(encoded[at : at + 76] for at in range(0, len(encoded), 76))
    html = "<p>The quarterly figures (in £, as you asked) are below.</p>\n".encode() * 100
    page = quopri.encodestring(html).replace(b"\n", b"\r\n")
    return [
        large("base64", b"application/zip; name=photos.zip", lines, binascii.a2b_base64),
        large("quoted-printable", b"text/html; charset=utf-8", page * (len(lines) // len(page)), binascii.a2b_qp),
    ]


def quickest(rounds: int, *works: Callable[[], object]) -> list[float]:
    """Return the processor time of each work, the quickest of interleaved rounds: other work only ever adds time."""
    best = [float("inf")] * len(works)
    for _ in range(rounds):
        for number, work in enumerate(works):
            started = time.process_time()
            work()
            best[number] = min(best[number], time.process_time() - started)
    return best


def find_all(raw: bytes, needle: bytes) -> int:
    count, at = 0, raw.find(needle)
    while at >= 0:
        count, at = count + 1, raw.find(needle, at + 1)
    return count


def read_bodies(message: Message) -> int:
    """Run every check and every decoding of a body that the gateway makes before the filters."""
    return sum(len(part.decoded) + len(part.defects) + len(part.names) for part in message.parts)


def by_email(raw: bytes) -> int:
    """Run the same work with the standard library."""
    message: Any = email.message_from_bytes(raw, policy=email.policy.default)
    return sum(len(part.get_payload(decode=True) or b"") + len(part.defects) for part in message.walk())


def mapping(one: Large, rounds: int) -> Row:
    reference, ours = quickest(rounds, lambda: find_all(one.raw, b"--" + BOUNDARY), lambda: parse(one.raw))
    what = f"map of 8 MB, {one.encoding}"
    return Row(what, "`bytes.find` of the boundary", reference, ours, MAPPING_BAR, MILLISECOND)


def decoding(one: Large, rounds: int) -> Row:
    fresh = iter([parse(one.raw) for _ in range(rounds)])  # decoded content is kept, so each map is read once
    reference, ours = quickest(rounds, lambda: one.decode(one.body), lambda: read_bodies(next(fresh)))
    what = f"bodies of 8 MB, {one.encoding}"
    return Row(what, f"`binascii.{one.decode.__name__}`", reference, ours, DECODING_BAR)


def whole(rounds: int) -> Row:
    raw = messages()["4 KB text and HTML"]
    times = 50
    reference, ours = quickest(
        rounds,
        lambda: [by_email(raw) for _ in range(times)],
        lambda: [read_bodies(parse(raw)) for _ in range(times)],
    )
    return Row("4 KB in all", "`email`, policy default", reference / times, ours / times, WHOLE_BAR)


def run(rounds: int) -> list[Row]:
    both = larges()
    return [*(mapping(one, rounds) for one in both), *(decoding(one, rounds) for one in both), whole(rounds)]


INTRODUCTION = """# What reading a message costs

Written by `make bench-parse` (quickest of {rounds} interleaved rounds) on {date}: {cores} cores, Python {python},
{machine}. *In all* is the map, every name, every defect and every body decoded; with `email` it is
`message_from_bytes(policy=default)`, `walk()` and `get_payload(decode=True)`.

| message | compared with | it takes, ms | ours, ms | ratio | bar |
|---|---|---|---|---|---|
"""


def report(rows: list[Row], rounds: int) -> str:
    """Return the text of PARSE.md."""
    introduction = INTRODUCTION.format(
        rounds=rounds,
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        cores=os.cpu_count(),
        python=platform.python_version(),
        machine=platform.machine(),
    )
    return introduction + "".join(map(line, rows))


def line(r: Row) -> str:
    """Return one row of the table."""
    free = f" + {r.free_seconds * 1000:g} ms" if r.free_seconds else ""
    bar = f"at most {r.bar:g} times{free} {'held' if r.held else 'MISSED'}"
    times = (f"{seconds * 1000:.3f}" for seconds in (r.reference_seconds, r.our_seconds))
    return f"| {' | '.join([r.what, r.reference, *times, f'{r.ratio:.2f}', bar])} |\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--keep", action="store_true", help="print the table only, leave PARSE.md alone")
    arguments = parser.parse_args()
    rows = run(arguments.rounds)
    text = report(rows, arguments.rounds)
    print(text)
    if not arguments.keep:
        RESULTS.write_text(text)
    sys.exit(0 if all(row.held for row in rows) else 1)


if __name__ == "__main__":
    main()
