"""`make bench-amend`: the cost of the disclaimer and of the signature, as multiples of a reference in the same run.

Amending covers reading the message, finding the places, choosing and filling in the template, and making the new
octets. It is compared with the time that `email` takes to parse the same message and to write it unchanged.
`benchmarks.sign` measures signing. Run by hand: a figure is never a test. Writes benchmarks/AMEND.md; exits with 1 when
a bar is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import email
import email.policy
import os
import platform
import re
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.messages import messages
from benchmarks.parse import quickest
from benchmarks.sign import BAR as SIGNING_BAR
from benchmarks.sign import Cost, measure
from filters.disclaimer.filter import Disclaimer
from gateway.contract import Mail
from gateway.message.edits import render
from gateway.message.mime.parse import parse
from tests.support.builders.disclaimers import FIELDS, disclaimer, entity, mail, multipart, shipped

RESULTS = Path(__file__).with_name("AMEND.md")

AMENDING_BAR = 0.5  # of the time of `email`
TIMES = 30  # calls in a round

SENTENCE = "Please find below the figures for the third quarter, as we said on Friday. "
ATTRIBUTION = "On Mon, 2 Mar 2026 at 10:00, Bob Other <bob@partner.example> wrote:"


@dataclass(frozen=True, slots=True)
class Row:
    """Figures for one message; times are of the quickest round. A row without a bar is for information."""

    what: str
    reference: str
    reference_seconds: float
    our_seconds: float
    bar: float | None = AMENDING_BAR

    @property
    def ratio(self) -> float:
        return self.our_seconds / self.reference_seconds

    @property
    def held(self) -> bool:
        return self.bar is None or self.ratio < self.bar

    @property
    def verdict(self) -> str:
        if self.bar is None:
            return "none"
        return f"less than {self.bar:g} times {'held' if self.held else 'MISSED'}"


def reply() -> bytes:
    """Return a reply of 4 KB as Gmail writes it, in plain text and HTML, with a quotation that is found."""
    plain = "Dear Bob,\r\n\r\n" + f"{SENTENCE}\r\n" * 12 + f"\r\nKind regards\r\nAnn\r\n\r\n{ATTRIBUTION}\r\n"
    plain += f"> {SENTENCE}\r\n" * 7
    said = ATTRIBUTION.replace("<", "&lt;").replace(">", "&gt;")
    bar = "margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex"
    page = '<div dir="ltr"><div>Dear Bob,</div>\r\n' + f"<div>{SENTENCE}</div>\r\n" * 12
    page += '<div>Kind regards<br>Ann</div></div><br><div class="gmail_quote">'
    page += f'<div dir="ltr" class="gmail_attr">{said}<br></div><blockquote class="gmail_quote" style="{bar}">'
    page += f"<div>{SENTENCE}</div>\r\n" * 7 + "</blockquote></div>\r\n"
    texts = (entity(f"text/{kind}; charset=utf-8", text) for kind, text in (("plain", plain), ("html", page)))
    return FIELDS.encode() + multipart("alternative", *texts)


def by_email(raw: bytes, policy: email.policy.Policy) -> bytes:
    return email.message_from_bytes(raw, policy=policy).as_bytes()


async def by_us(raw: bytes, about: Mail, filter_: Disclaimer) -> bytes:
    message = parse(raw)
    (finding,) = await filter_.check(dataclasses.replace(about, message=message))
    return render(message, finding.edits)


def amending(rounds: int) -> list[Row]:
    """Return rows for the message of `bench-parse`, which has the bar, and for a reply, by both of email's policies."""
    default, compat = email.policy.default, email.policy.compat32
    usual = messages()["4 KB text and HTML"]
    return [
        _row("4 KB text and HTML", usual, default, rounds, AMENDING_BAR),
        _row("4 KB text and HTML", usual, compat, rounds, None),
        _row("4 KB reply by Gmail", reply(), default, rounds, None),
    ]


def _row(what: str, raw: bytes, policy: email.policy.Policy, rounds: int, bar: float | None) -> Row:
    filter_, about = disclaimer(clock=None, **shipped()), mail(raw)
    name = "compat32" if policy is email.policy.compat32 else "default"

    async def ours() -> bytes:
        return [await by_us(raw, about, filter_) for _ in range(TIMES)][-1]

    with asyncio.Runner() as runner:
        if runner.run(ours()).count(b"is monitored") != 2:
            raise ValueError(f"{what}: the disclaimer isn't in both forms")
        reference, amended = quickest(
            rounds, lambda: [by_email(raw, policy) for _ in range(TIMES)], lambda: runner.run(ours())
        )
    return Row(what, f"`email`, policy {name}", reference / TIMES, amended / TIMES, bar)


INTRODUCTION = """# What the disclaimer and the signature cost

Written by `make bench-amend` (quickest of {rounds} interleaved rounds) on {date}: {cores} cores, Python {python},
{machine}.

## Amending

Ours is all of it, from the octets that came to those that leave: parsing, what was written and quoted, the places,
the shipped template filled in, both parts encoded again. With `email` it is
`message_from_bytes(policy=…).as_bytes()`, which adds nothing. *4 KB text and HTML* is the message of
[PARSE.md](PARSE.md), and has the bar; what has none shows the rest of the picture: `compat32` is email's old policy,
which reads next to nothing, and the cost of HTML grows with its elements, of which the reply has {tags}.

| message | compared with | it takes, ms | ours, ms | ratio | bar |
|---|---|---|---|---|---|
"""

SIGNING = f"""
## Signing

Reading the header, canonicalisation, hashing, RSA and the field together; at most {SIGNING_BAR:g} times the RSA-2048
operation of `openssl speed`, and the canonicalisation once.

| message | openssl, ms | canonicalisation, ms | allowed, ms | ours, ms | bar |
|---|---|---|---|---|---|
"""


def report(rows: list[Row], costs: list[Cost], rounds: int) -> str:
    """Return the text of AMEND.md."""
    introduction = INTRODUCTION.format(
        rounds=rounds,
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        cores=os.cpu_count(),
        python=platform.python_version(),
        machine=platform.machine(),
        tags=len(re.findall(rb"<[a-z]", reply().partition(b"text/html")[2])),
    )
    return introduction + "".join(map(_amended, rows)) + SIGNING + "".join(map(_signed, costs))


def _amended(row: Row) -> str:
    times = (f"{seconds * 1000:.3f}" for seconds in (row.reference_seconds, row.our_seconds))
    return f"| {' | '.join([row.what, row.reference, *times, f'{row.ratio:.2f}', row.verdict])} |\n"


def _signed(cost: Cost) -> str:
    seconds = (cost.rsa_seconds, cost.canonical_seconds, cost.allowed_seconds, cost.our_seconds)
    times = (f"{one * 1000:.3f}" for one in seconds)
    return f"| {' | '.join([cost.what, *times, 'held' if cost.held else 'MISSED'])} |\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--keep", action="store_true", help="print the tables only, leave AMEND.md alone")
    arguments = parser.parse_args()
    rows, costs = amending(arguments.rounds), measure()
    text = report(rows, costs, arguments.rounds)
    print(text)
    if not arguments.keep:
        RESULTS.write_text(text)
    sys.exit(0 if all(row.held for row in rows) and all(cost.held for cost in costs) else 1)


if __name__ == "__main__":
    main()
