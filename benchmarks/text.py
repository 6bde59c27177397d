"""`make bench-text`: the cost of reading a message's text, as multiples of the standard library's parse.

Both are measured in the same run. A 4 KB message, its view included, is compared with `email` (policy=default). The
growth of the cost with the size is measured up to 1 MB, and that of payment_change with the number of its rules. Run by
hand: a figure is never a test. Writes benchmarks/TEXT.md; exits with 1 when a bar is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import email
import email.policy
import math
import os
import platform
import re
import string
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import re2
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.messages import messages
from benchmarks.parse import quickest
from filters.registry import FILTERS
from gateway.assemble.judge import build_filter
from gateway.assemble.services import build_services
from gateway.contract import Filter, Mail
from gateway.message.mime.parse import parse
from gateway.services.clock import SystemClock
from tests.corpus.ham import sample
from tests.corpus.letters import Letter, entity, header, multipart
from tests.corpus.obfuscation import OBFUSCATIONS
from tests.support.builders.judgement import mail, settings

RESULTS = Path(__file__).with_name("TEXT.md")

ASCII = frozenset(string.ascii_lowercase)

WHOLE_BAR = 2.0  # times `email`, view included
#: Highest cost of an octet of the large message, as a multiple of that of the small one.
GROWTH_BAR = 1.5
SMALL_BYTES, LARGE_BYTES = 64 * 1024, 1024 * 1024
#: Messages that are read in one measured round of the small ones.
TIMES = 40
#: Highest time of payment_change with ten times the rules, as a multiple of that with those shipped.
RULES_BAR = 1.5
RULES = (1, 3, 10)  # times those shipped
SHIPPED_RULES = Path(__file__).resolve().parents[1] / "config/payment_change.yaml"
HAM_MESSAGES = 100

PARAGRAPH = (
    "Thank you for the meeting last week. The minutes are on the intranet; please send corrections by Friday, and let "
    "Ann know (extension 1234) whether you need a room. The invoice for £1,250.00 is due on 3 December.\r\n\r\n"
)
REPLY = "Kind regards\r\nJo Field\r\n\r\nOn 3 Mar 2026 at 10:11, Ann Lee <ann@example.com> wrote:\r\n"


@dataclass(frozen=True, slots=True)
class Row:
    """Figures for one 4 KB message; seconds of the quickest round."""

    what: str
    octets: int
    reference_seconds: float
    our_seconds: float
    has_bar: bool

    @property
    def ratio(self) -> float:
        return self.our_seconds / self.reference_seconds

    @property
    def held(self) -> bool:
        return not self.has_bar or self.ratio <= WHOLE_BAR


@dataclass(frozen=True, slots=True)
class Growth:
    """Figures for one kind of text, small and large; seconds for each octet."""

    what: str
    small: float
    large: float

    @property
    def held(self) -> bool:
        return self.large <= GROWTH_BAR * self.small


@dataclass(frozen=True, slots=True)
class RulesRow:
    """Seconds of payment_change for some messages, by the number of rules."""

    what: str
    seconds: Mapping[int, float]  # nothing where the filter can't be built with so many

    @property
    def growth(self) -> float:
        return self.seconds.get(max(RULES), math.inf) / self.seconds[min(RULES)]

    @property
    def held(self) -> bool:
        return self.growth <= RULES_BAR


def reply(octets: int) -> str:
    """Return a letter of about `octets` octets, half of it quoted."""
    count = max(1, octets // (2 * len(PARAGRAPH)))
    quoted = "".join(f"> {line}\r\n" for line in (PARAGRAPH * count).split("\r\n"))
    return PARAGRAPH * count + REPLY + quoted


def page(octets: int) -> str:
    """Return the same text as HTML of a mail program."""
    style = "<style>p.MsoNormal{margin:0cm;font-size:11pt} .muted{color:#777}</style>"
    line = '<p class=MsoNormal><span style="font-size:11.0pt;font-family:Calibri">{}<o:p></o:p></span></p>\r\n'
    count = max(1, octets // (len(PARAGRAPH) + len(line)))
    return (
        f"<html><head>{style}</head><body>{''.join(line.format(PARAGRAPH.strip()) for _ in range(count))}</body></html>"
    )


def plain(text: str) -> bytes:
    return header(Letter(text)) + entity("text/plain; charset=utf-8", text.encode(), "8bit")


def html(text: str) -> bytes:
    return header(Letter(text)) + entity("text/html; charset=utf-8", text.encode(), "8bit")


def both(octets: int) -> bytes:
    text = entity("text/plain; charset=utf-8", reply(octets // 3).encode(), "quoted-printable")
    return header(Letter("")) + multipart(
        "alternative", text, entity("text/html; charset=utf-8", page(octets * 2 // 3).encode(), "quoted-printable")
    )


def small() -> dict[str, bytes]:
    """Return messages of 4 KB by their names."""
    long = Letter("We have changed our bank details. Please use the new account for all payments.\n" * 40)
    names = ("T01 zero width space", "T02 cyrillic", "T07 leet", "T10 class")
    disguised = {name: OBFUSCATIONS[name](Letter(long.text[: 4096 // 3])) for name in names}
    return {
        "text and HTML (the benchmark's own)": messages()["4 KB text and HTML"],
        "text and HTML of a mail program": both(4096),
        "text, half quoted": plain(reply(4096)),
        "HTML": html(page(4096)),
        **disguised,
    }


#: Messages with the bar, as most programs write them. For a message of one part, `email` reads no more than the header.
WITH_BAR = frozenset({"text and HTML (the benchmark's own)", "text and HTML of a mail program"})


def by_email(raw: bytes) -> object:
    return email.message_from_bytes(raw, policy=email.policy.default)


def viewed(raw: bytes) -> object:
    return parse(raw).view


def whole(what: str, raw: bytes, rounds: int) -> Row:
    reference, ours = quickest(
        rounds, lambda: [by_email(raw) for _ in range(TIMES)], lambda: [viewed(raw) for _ in range(TIMES)]
    )
    return Row(what, len(raw), reference / TIMES, ours / TIMES, what in WITH_BAR)


def growth(what: str, made: Callable[[int], bytes], rounds: int) -> Growth:
    little, much = made(SMALL_BYTES), made(LARGE_BYTES)
    times = LARGE_BYTES // SMALL_BYTES
    one, other = quickest(rounds, lambda: [viewed(little) for _ in range(times)], lambda: viewed(much))
    return Growth(what, one / times / len(little), other / len(much))


KINDS: dict[str, Callable[[int], bytes]] = {
    "text": lambda octets: plain(PARAGRAPH * (octets // len(PARAGRAPH))),
    "text, half quoted": lambda octets: plain(reply(octets)),
    "HTML": lambda octets: html(page(octets)),
    "Cyrillic": lambda octets: plain("Просим вас изменить банковские реквизиты\r\n" * (octets // 78)),
    "zero width in every word": lambda octets: plain("b\u200ba\u200bn\u200bk " * (octets // 14)),
    "letters apart": lambda octets: plain("b a n k  d e t a i l s\r\n" * (octets // 24)),
    "digits for letters": lambda octets: plain("b4nk d3t41l5\r\n" * (octets // 14)),
}  # fmt: skip


def more_rules(rules: Any, times: int) -> Any:
    """Return the rules of payment_change with so many times their patterns; the lists of `words` stay as they are.

    Each added pattern has the common words and the lists of a shipped one, and other words of the same length in place
    of the longer ones, as rules about another matter would.
    """
    if isinstance(rules, dict):
        return {key: _more(value, times) if key == "any" else more_rules(value, times) for key, value in rules.items()}
    return rules


def _more(shipped: Sequence[str], times: int) -> list[str]:
    return list(dict.fromkeys(_other_words(pattern, shift) for shift in range(times) for pattern in shipped))


def _other_words(pattern: str, shift: int) -> str:
    """Return a pattern with its longer words in other letters; names of lists (`<account>`, `@money`) stay."""

    def shifted(word: re.Match[str]) -> str:
        return "".join(chr((ord(letter) - 97 + shift) % 26 + 97) if letter in ASCII else letter for letter in word[0])

    return re.sub(r"(?<![<@\w])\w{5,}(?![\w>])", shifted, pattern)


def with_rules(messages_: Sequence[bytes], rounds: int, what: str, filters: Mapping[int, Filter]) -> RulesRow:
    """Time the filters, each with its rules, on these messages. The view, which filters share, is there already."""
    best = dict.fromkeys(filters, float("inf"))
    with asyncio.Runner() as runner:
        for _ in range(rounds):
            for times, one in filters.items():
                mails = [mail(raw=raw) for raw in messages_]
                for each in mails:
                    _ = each.message.view
                began = time.process_time()
                for each in mails:
                    runner.run(_checked(one, each))
                best[times] = min(best[times], time.process_time() - began)
    return RulesRow(what, {times: seconds / len(messages_) for times, seconds in best.items()})


async def _checked(filter_: Filter, about: Mail) -> None:
    await filter_.check(about)


def rules_rows(rounds: int) -> list[RulesRow]:
    shipped = yaml.safe_load(SHIPPED_RULES.read_text())
    with tempfile.TemporaryDirectory() as made:
        folder, filters = Path(made), {}
        for times in RULES:
            rules = folder / f"rules-{times}.yaml"
            rules.write_text(yaml.safe_dump(more_rules(shipped, times), allow_unicode=True, sort_keys=False))
            known = settings(folder, f"- payment_change: {{rules: {rules}}}", FILTERS)
            (entry,) = known.filters
            try:
                filters[times] = build_filter(entry, build_services(known, SystemClock()))
            except re2.error as error:
                print(f"  {times} times the rules: {error}", flush=True)
        return [
            with_rules([one.raw for one in sample(HAM_MESSAGES)], rounds, f"{HAM_MESSAGES} real messages", filters),
            with_rules([plain(reply(4096))], rounds, "text, half quoted, 4 KB", filters),
            with_rules([plain(reply(SMALL_BYTES))], rounds, "text, half quoted, 64 KB", filters),
        ]


INTRODUCTION = """# What reading a message's text costs

Written by `make bench-text` (quickest of {rounds} interleaved rounds) on {date}: {cores} cores, Python {python},
{machine}. Ours is the map of the message and its view: every text that it shows, in its kinds, folded. With `email` it
is `message_from_bytes(policy=default)`, which decodes no body, and reads little more than the header of a message of
one part: those stand here without a bar.

| message | octets | `email`, ms | ours, ms | ratio | bar |
|---|---|---|---|---|---|
"""

GROWTH = """
Nanoseconds for each octet, of a message of {small} KB and one of {large} KB. In the gateway, what is over 64 KB is read
in the sandbox.

| text | small | large | growth | bar |
|---|---|---|---|---|
"""

RULES_TABLE = """
Milliseconds of payment_change for a message, with the rules as shipped and with more of them: the added patterns have
other words of the same length in place of those of five letters and more. The cost is to grow with the text alone.
*No start*: the filter can't be built with so many.

| messages | {rules} | growth | bar |
|---|{dashes}---|---|
"""


def report(rows: list[Row], grown: list[Growth], ruled: list[RulesRow], rounds: int) -> str:
    """Return the text of TEXT.md."""
    introduction = INTRODUCTION.format(
        rounds=rounds,
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        cores=os.cpu_count(),
        python=platform.python_version(),
        machine=platform.machine(),
    )
    second = GROWTH.format(small=SMALL_BYTES // 1024, large=LARGE_BYTES // 1024)
    third = RULES_TABLE.format(rules=" | ".join(f"{times} x" for times in RULES), dashes="---|" * len(RULES))
    tables = [introduction, *map(line, rows), second, *map(growth_line, grown), third, *map(rules_line, ruled)]
    return "".join(tables)


def line(row: Row) -> str:
    times = f"{row.reference_seconds * 1000:.3f} | {row.our_seconds * 1000:.3f} | {row.ratio:.2f}"
    bar = f"at most {WHOLE_BAR:g} times {'held' if row.held else 'MISSED'}" if row.has_bar else ""
    return f"| {row.what} | {row.octets} | {times} | {bar} |\n"


def growth_line(one: Growth) -> str:
    nanoseconds = f"{one.small * 1e9:.0f} | {one.large * 1e9:.0f} | {one.large / one.small:.2f}"
    return f"| {one.what} | {nanoseconds} | at most {GROWTH_BAR:g} times {'held' if one.held else 'MISSED'} |\n"


def rules_line(one: RulesRow) -> str:
    times = " | ".join(f"{one.seconds[times] * 1000:.2f}" if times in one.seconds else "no start" for times in RULES)
    verdict = f"at most {RULES_BAR:g} times {'held' if one.held else 'MISSED'}"
    return f"| {one.what} | {times} | {one.growth:.2f} | {verdict} |\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--keep", action="store_true", help="print the tables only, leave TEXT.md alone")
    arguments = parser.parse_args()
    rows = [whole(what, raw, arguments.rounds) for what, raw in small().items()]
    grown = [growth(what, made, max(2, arguments.rounds // 3)) for what, made in KINDS.items()]
    ruled = rules_rows(max(2, arguments.rounds // 3))
    text = report(rows, grown, ruled, arguments.rounds)
    print(text)
    if not arguments.keep:
        RESULTS.write_text(text)
    held = [one.held for one in rows] + [one.held for one in grown] + [one.held for one in ruled]
    sys.exit(0 if all(held) else 1)


if __name__ == "__main__":
    main()
