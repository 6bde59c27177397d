"""The disclaimer on 500 real messages, read by two parsers that are not ours.

The disclaimer stands once in each form of the text. The rest is as it was.
"""

from __future__ import annotations

import asyncio
import email.policy
import json
import os
import re
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.message import EmailMessage, Message
from pathlib import Path

import pytest

from filters.disclaimer.body_texts import body_of
from gateway.contract import Finding
from gateway.message.edits import render
from gateway.message.mime.parse import parse
from tests.corpus.ham import Ham, NoHam, sample
from tests.support.builders.disclaimers import HTML, TEXT, WORDS, disclaimer, mail

MESSAGES = 500

#: Share of them that may be left alone: signed, or too broken.
MOST_SKIPPED = 0.06

PARSER = Path(__file__).resolve().parents[1] / "support/probes/mime_parts.pl"

Leaf = tuple[str, str, int, int]  # content type, disposition, octets of the body, how often it has the words


@dataclass(frozen=True, slots=True)
class Amended:
    """One message before and after."""

    name: str
    before: bytes
    after: bytes
    finding: Finding


@pytest.fixture(scope="module")
def messages() -> list[Ham]:
    """Return a sample of ham. Without ham the tests are skipped, but never in CI."""
    try:
        return sample(MESSAGES)
    except NoHam as reason:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(reason))


@pytest.fixture(scope="module")
def findings(messages: list[Ham]) -> list[tuple[Ham, Finding]]:
    async def judged() -> list[tuple[Ham, Sequence[Finding]]]:
        filter_ = disclaimer(text=TEXT, html=HTML)
        return [(ham, await filter_.check(mail(ham.raw))) for ham in messages]

    found = asyncio.run(judged())
    assert [ham.name for ham, one in found if len(one) != 1] == []
    return [(ham, one[0]) for ham, one in found]


@pytest.fixture(scope="module")
def amended(findings: list[tuple[Ham, Finding]]) -> list[Amended]:
    return [
        Amended(ham.name, ham.raw, render(parse(ham.raw), finding.edits), finding)
        for ham, finding in findings
        if finding.code == "disclaimer.added"
    ]


def test_few_are_left_alone(findings: list[tuple[Ham, Finding]]) -> None:
    """And each for a reason: PGP, S/MIME, reports, or a structure that programs read differently."""
    skipped = Counter(one.evidence[0].quote for _, one in findings if one.code == "disclaimer.skipped")
    print(dict(skipped))
    assert sum(skipped.values()) <= MOST_SKIPPED * MESSAGES
    assert all(one.edits == () for _, one in findings if one.code == "disclaimer.skipped")


def test_once_in_each_form_by_pythons_email(amended: list[Amended]) -> None:
    """Every text that the message shows has the words once more than before, and no other part has them."""
    for one in amended:
        before, after = by_email(one.before), by_email(one.after)
        assert_only_the_words_are_new(one, before, after)


def test_once_in_each_form_by_email_mime(amended: list[Amended], tmp_path: Path) -> None:
    """The same by Perl's Email::MIME."""
    before, after = (
        by_email_mime([a.before for a in amended], tmp_path),
        by_email_mime([a.after for a in amended], tmp_path),
    )
    for one, was, now in zip(amended, before, after, strict=True):
        assert_only_the_words_are_new(one, was, now)


def test_what_stands_around_is_octet_for_octet_the_same(amended: list[Amended]) -> None:
    """Header fields but those of the edited parts, and all bodies but theirs."""
    for one in amended:
        was, now = parse(one.before), parse(one.after)
        edited = {part.path for part in body_of(was).parts}
        if len(was.parts) != len(now.parts):
            continue  # a text part was added; that its rest is the same is judged by the other parsers
        for old, new in zip(was.parts, now.parts, strict=True):
            if old.path not in edited:
                assert old.raw[old.header_start : old.body_start] == new.raw[new.header_start : new.body_start], (
                    one.name
                )
            if old.is_leaf and old.path not in edited:
                assert old.body == new.body, one.name


def test_no_line_is_too_long(amended: list[Amended]) -> None:
    """998 octets at most in each edited part."""
    for one in amended:
        now = parse(one.after)
        for part in body_of(now).parts:
            assert max(map(len, part.body.splitlines()), default=0) <= 998, one.name


def test_the_text_that_was_there_reads_as_before(amended: list[Amended]) -> None:
    """The added text is all that is new."""
    for one in amended:
        was, now = parse(one.before), parse(one.after)
        for old in body_of(was).parts:
            new = now.part(old.path)
            assert new is not None
            assert _inside(_letters(old.text), _letters(new.text)), one.name


def _letters(text: str) -> str:
    return re.sub(r"\s+", "", text)


def _inside(old: str, new: str) -> bool:
    """Return whether `new` is `old` with one stretch put in."""
    head = next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    return any(new.endswith(old[at:]) for at in range(max(0, head - 200), head + 1))


# --- other parsers ---------------------------------------------------------------------------------------------------


def by_email(raw: bytes) -> list[Leaf]:
    message = email.message_from_bytes(raw, policy=email.policy.compat32)
    return [_leaf(part) for part in _leaves(message)]


def _leaves(message: Message) -> Iterator[Message]:
    return (part for part in message.walk() if not part.is_multipart())


def _leaf(part: Message) -> Leaf:
    content = part.get_payload(decode=True) or b""
    assert isinstance(content, bytes)
    charset = part.get_content_charset("ascii")
    try:
        text = content.decode(charset, "replace")
    except LookupError:
        text = content.decode("ascii", "replace")
    count = re.sub(r"\s+", " ", text).count(WORDS) if part.get_content_maintype() == "text" else 0
    return part.get_content_type(), part.get_content_disposition() or "", len(content), count


def by_email_mime(messages: Sequence[bytes], folder: Path) -> list[list[Leaf]]:
    files = [folder / f"{number}.eml" for number in range(len(messages))]
    for file, raw in zip(files, messages, strict=True):
        file.write_bytes(raw)
    listed = "".join(f"{file}\n" for file in files).encode()
    done = subprocess.run(["perl", str(PARSER), WORDS], input=listed, capture_output=True, check=True, timeout=120)
    rows = [json.loads(line)[1] for line in done.stdout.splitlines()]
    assert len(rows) == len(messages)
    return [[(kind, disposition, size, count) for kind, disposition, size, count in row] for row in rows]


def assert_only_the_words_are_new(one: Amended, before: list[Leaf], after: list[Leaf]) -> None:
    """The same parts in the same order; those that changed have the words once more; a text part may be new."""
    message = parse(one.before)
    body = body_of(message)
    if body.kind == "none":
        first, *rest = after
        assert (first[0], first[3]) == ("text/plain", 1), one.name
        assert rest == before, one.name
        return
    assert [leaf[:2] for leaf in before] == [leaf[:2] for leaf in after], one.name
    added = [now[3] - was[3] for was, now in zip(before, after, strict=True)]
    assert sorted(added) == [0] * (len(added) - len(body.parts)) + [1] * len(body.parts), one.name
    for was, now, more in zip(before, after, added, strict=True):
        assert more or was == now, one.name


def test_the_readers_are_strict() -> None:
    """A message that shows the words twice, or has lost a part, would be told."""
    whole = EmailMessage()
    whole.set_content(WORDS)
    whole.add_attachment(b"x", maintype="application", subtype="pdf", filename="a.pdf")
    assert [leaf[3] for leaf in by_email(whole.as_bytes())] == [1, 0]
