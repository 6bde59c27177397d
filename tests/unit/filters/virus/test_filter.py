"""The filter `virus`: input and expected findings, and what a real clamd sees of it."""

from __future__ import annotations

import asyncio
import base64
import binascii
import io
import os
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from benchmarks.messages import messages
from filters.virus.filter import MAX_SCANS, SCANS_AT_A_TIME, UNPROVEN, Virus, code_of
from filters.virus.scanned_contents import KEPT_TEXT_BYTES, TRACE
from filters.virus.settings import MEBIBYTE, VirusSettings
from gateway.contract import (
    DIRECTIONS,
    ON_ERROR,
    Client,
    Envelope,
    Filter,
    Finding,
    Mail,
    Recipient,
    Scan,
    ScannerTooLarge,
    ScannerUnavailable,
    Unreachable,
)
from gateway.message.defect import Defect
from gateway.message.mime.parse import parse
from gateway.message.model import Message
from gateway.message.part import Part
from gateway.services.clamd import Clamd
from tests.support.servers.clamd import EICAR, PATTERNS
from tests.support.servers.clamd import Clamd as Server

PATTERN = PATTERNS["Mailwarden.Test.Pattern"]
PLAIN = b"Received: from a by b\r\nFrom: x@other.example\r\nSubject: t\r\n\r\nhello\r\n"


class Recorder:
    """A scanner that notes what it is shown, and answers or fails by what the octets contain."""

    def __init__(self, answers: Mapping[bytes, str | Exception] | None = None, blind: str | Exception | None = None):
        self.seen: list[bytes] = []
        self.leaves: list[bytes] = []
        self.clients: list[str] = []
        self.without_signatures: str | None = None
        self._answers = answers or {}
        self._blind = blind

    async def scan(self, content: bytes, *, client: str = "") -> Scan:
        self.seen.append(content)
        self.clients.append(client)
        found = [answer for octets, answer in self._answers.items() if octets in content]
        for answer in found:
            if isinstance(answer, Exception):
                raise answer
        return Scan(tuple(str(answer) for answer in found))

    async def scan_leaf(self, content: bytes, *, client: str = "") -> Scan:
        self.leaves.append(content)
        return await self.scan(content, client=client)

    async def blind(self) -> str | None:
        if isinstance(self._blind, Exception):
            raise self._blind
        return self._blind

    async def unarmed(self) -> str | None:
        return self.without_signatures


def mail(raw: bytes) -> Mail:
    envelope = Envelope("x@other.example", (Recipient("b@example.co.uk", "inbound"),))
    return Mail("id", datetime.now(UTC), "inbound", Client("192.0.2.1"), envelope, parse(raw))


async def check(raw: bytes, scanner: Any) -> list[Finding]:
    return list(await Virus(VirusSettings(), scanner).check(mail(raw)))


async def test_scans_take_their_turns_by_client() -> None:
    """The scanner is told whose mail each content is of."""
    scanner = Recorder()
    await check(PLAIN, scanner)
    assert set(scanner.clients) == {"192.0.2.0/24"}


def multipart(*parts: bytes, first: bytes = b"Received: from a by b\r\n") -> bytes:
    head = first + b"From: x@other.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=q\r\n\r\n"
    return head + b"".join(b"--q\r\n" + part + b"\r\n" for part in parts) + b"--q--\r\n"


def attachment(encoding: bytes, body: bytes) -> bytes:
    head = b"Content-Type: application/octet-stream; name=a.bin\r\nContent-Transfer-Encoding: "
    return head + encoding + b"\r\n\r\n" + body


TEXT = b"Content-Type: text/plain\r\n\r\nhello"


# --- findings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("signature", "code"),
    [
        ("Eicar-Test", "virus.found"),
        ("Eicar-Test.UNOFFICIAL", "virus.found"),
        ("Win.Test.EICAR_HDB-1", "virus.found"),
        ("Heuristics.Limits.Exceeded.MaxRecursion", "virus.limits"),
        ("Heuristics.Limits.Exceeded.MaxFileSize.UNOFFICIAL", "virus.limits"),
        ("Heuristics.Encrypted.Zip", "virus.encrypted"),
        ("Heuristics.Encrypted.PDF", "virus.encrypted"),
        ("Heuristics.Phishing.Email.SpoofedDomain", "virus.heuristic"),
        ("Heuristics.Broken.Executable", "virus.heuristic"),
        ("PUA.Win.Packer.Upx", "virus.heuristic"),
        ("PUA.Win.Packer.Upx.UNOFFICIAL", "virus.heuristic"),
        ("NotPUA.Heuristics.Limits.X", "virus.found"),
        ("", "virus.found"),
    ],
)
async def test_signature_names_become_codes(signature: str, code: str) -> None:
    """Each family of names has its code, with or without .UNOFFICIAL; every other name is a virus."""
    assert code_of(signature) == code
    (finding,) = await check(PLAIN, Recorder({b"hello": signature}))
    assert finding.code == code
    assert [(e.what, e.quote, e.part) for e in finding.evidence] == [
        ("signature", signature, None),  # in the message as a whole
        ("signature", signature, "1"),  # and in its text
    ]
    assert not finding.edits


@pytest.mark.parametrize(
    ("error", "code"),
    [(ScannerUnavailable("away"), "virus.unavailable"), (ScannerTooLarge("9 octets"), "virus.too_large")],
)
async def test_what_was_not_scanned_is_a_finding(error: Exception, code: str) -> None:
    """No answer, or too large to ask: never nothing."""
    (finding,) = await check(PLAIN, Recorder({b"hello": error}))
    assert finding.code == code
    assert finding.evidence[0].quote == str(error)


async def test_any_other_error_is_left_to_the_chain() -> None:
    """A programmer's error is not disguised as a finding here."""
    with pytest.raises(ZeroDivisionError):
        await check(PLAIN, Recorder({b"hello": ZeroDivisionError()}))


async def test_clean_mail_has_no_findings() -> None:
    """Nothing found is no finding."""
    assert await check(PLAIN, Recorder()) == []


async def test_summary_never_quotes_the_signature() -> None:
    """The sender is told what kind of thing it is; the name is the reviewer's."""
    (finding,) = await check(PLAIN, Recorder({b"hello": "Secret.Name"}))
    assert "Secret.Name" not in finding.summary
    assert finding.summary == "A virus or a test virus was found in the message."


async def test_same_code_in_two_places_is_one_finding() -> None:
    """One finding for each code, with the evidence of every place."""
    scanner = Recorder({b"first": "One", b"second": "Two"})
    raw = multipart(TEXT, attachment(b"base64", b64(b"first")), attachment(b"x-uuencode", uuencode(b"second")))
    (finding,) = await check(raw, scanner)
    assert [(e.quote, e.part) for e in finding.evidence] == [("One", "1.2"), ("Two", "1.3")]
    assert finding.part == "1.2"


async def test_scanner_that_goes_away_between_parts_keeps_what_was_found() -> None:
    """A finding of the first scan stands beside the one that says the rest was not scanned."""
    parts = [attachment(b"base64", b64(b"file %d" % number)) for number in range(2, SCANS_AT_A_TIME + 2)]
    scanner = Recorder({b"hello": "One", b"file 2": ScannerUnavailable("away")})
    findings = await check(multipart(TEXT, *parts), scanner)
    assert [(f.code, f.part) for f in findings] == [("virus.found", None), ("virus.unavailable", "1.2")]
    assert len(scanner.seen) == SCANS_AT_A_TIME


async def test_a_message_s_contents_are_scanned_at_the_same_time() -> None:
    """A plain message waits for the scanner once, not for its parts and its copy one after another."""

    class Together(Recorder):
        def __init__(self) -> None:
            super().__init__()
            self._all_asked = asyncio.Barrier(SCANS_AT_A_TIME)

        async def scan(self, content: bytes, *, client: str = "") -> Scan:
            await self._all_asked.wait()
            return await super().scan(content, client=client)

    scanner = Together()
    parts = [attachment(b"base64", b64(b"file %d" % number)) for number in range(2, SCANS_AT_A_TIME)]
    assert await asyncio.wait_for(check(multipart(TEXT, *parts), scanner), 5) == []
    assert len(scanner.seen) == SCANS_AT_A_TIME


# --- what is scanned -------------------------------------------------------------------------------------------------


def uuencode(content: bytes) -> bytes:
    lines = [binascii.b2a_uu(content[at : at + 45]).replace(b"\n", b"\r\n") for at in range(0, len(content), 45)]
    return b"begin 644 a.bin\r\n" + b"".join(lines) + b"`\r\nend"


def b64(content: bytes) -> bytes:
    return base64.encodebytes(content).replace(b"\n", b"\r\n")


async def shown(raw: bytes) -> list[bytes]:
    """Return the octets that the scanner is shown of a message that was not unfolded."""
    scanner = Recorder()
    await check(raw, scanner)
    return scanner.seen


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        (b"base64", b64(b"payload")),
        (b"BASE64 (comment)", b64(b"payload")),
        (b"quoted-printable", b"=70ayload"),
        (b"7bit", b"payload"),
        (b"8bit", b"payload"),
        (b"binary", b"payload"),
        (b"x-uuencode", uuencode(b"payload")),
        (b"base64", b"cGF5!bG9h?ZA=="),
    ],
)
async def test_every_leaf_is_scanned_by_itself(encoding: bytes, body: bytes) -> None:
    """Decoded, whatever the encoding; text too. The copy of the message keeps the text and none of the file."""
    raw = multipart(TEXT, attachment(encoding, body))
    whole, *leaves = await shown(raw)
    assert leaves == [b"hello", b"payload"]
    assert whole == raw.replace(body, b"")


async def test_message_of_one_part() -> None:
    """Its body is a leaf too."""
    assert await shown(PLAIN) == [PLAIN, b"hello\r\n"]
    head = PLAIN.partition(b"\r\n\r\n")[0] + b"\r\nContent-Type: application/pdf;\r\nContent-Transfer-Encoding: base64"
    assert await shown(head + b"\r\n\r\n" + b64(b"payload")) == [head + b"\r\n\r\n", b"payload"]


async def test_only_leaves_may_be_known_already() -> None:
    """A copy of a message is scanned each time."""
    scanner = Recorder()
    await check(multipart(TEXT, attachment(b"base64", b64(b"payload"))), scanner)
    assert scanner.leaves == [b"hello", b"payload"]
    assert len(scanner.seen) == 3


async def test_message_without_a_trace_line_is_given_one() -> None:
    """A trace line of ours stands in front: clamd recognises mail by its first octets, which are the sender's."""
    raw = b"GIF89a: x\r\n" + PLAIN
    assert (await shown(raw))[0] == TRACE + raw


ATTACHED = b"Subject: inner\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n"


async def test_attached_message_is_scanned_in_cut_form() -> None:
    """The message is scanned by itself as mail, and not in the copy of the message around it; its parts are leaves."""
    inner = ATTACHED + b64(b"payload")
    raw = multipart(TEXT, b"Content-Type: message/rfc822\r\n\r\n" + inner)
    assert await shown(raw) == [raw.replace(inner, b""), b"hello", ATTACHED, b"payload"]


async def test_attached_message_that_clamd_would_not_know() -> None:
    """It is shown twice: with a trace line, and as the file that a program saves."""
    raw = multipart(TEXT, b"Content-Type: message/rfc822\r\n\r\nX-Odd:x\r\n\r\nbody")
    inner = b"X-Odd:x\r\n\r\nbody"
    assert (await shown(raw))[2:] == [TRACE + inner, inner, b"body"]


@pytest.mark.parametrize("surplus", [-1, 0, 1])
async def test_text_stays_in_the_copy_up_to_a_length(surplus: int) -> None:
    """Longer text is scanned whole as a leaf, and its beginning once more as mail."""
    text = b"x" * (KEPT_TEXT_BYTES + surplus)
    head = PLAIN.partition(b"hello")[0]
    assert await shown(head + text) == [head + text[:KEPT_TEXT_BYTES], text]


async def test_texts_share_that_length() -> None:
    """Many parts, and messages in one another, can't make the scanner read ever more."""
    text = b"Content-Type: text/plain\r\n\r\n" + b"x" * KEPT_TEXT_BYTES
    raw = multipart(text, text + b"y", b"Content-Type: message/rfc822\r\n\r\nSubject: a\r\n\r\n" + text)
    assert sum(map(len, await shown(raw))) < len(raw) + KEPT_TEXT_BYTES + 1000


@pytest.mark.parametrize("name", messages())
async def test_octets_scanned_of_ordinary_mail(name: str) -> None:
    """About a tenth more than the message has, and text once more."""
    raw = messages()[name]
    assert sum(map(len, await shown(raw))) <= 1.1 * len(raw) + min(KEPT_TEXT_BYTES, len(raw))
    if len(raw) > 50_000:
        assert sum(map(len, await shown(raw))) <= 1.1 * len(raw)


@pytest.mark.parametrize(
    ("charset", "octets"),
    [
        ("utf-16le", "payload".encode("utf-16-le")),
        ("utf-7", b"+AHAAYQB5AGw-oad"),
        ("cp037", "payload".encode("cp037")),
        ("iso-2022-jp", b"pay\x1b(Bload"),
    ],
)
async def test_text_in_a_charset_that_spells_ascii_otherwise(charset: str, octets: bytes) -> None:
    """A program that saves it in UTF-8 would write the payload."""
    text = f"Content-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: base64\r\n\r\n".encode()
    assert (await shown(multipart(text + b64(octets))))[1:3] == [octets, b"payload"]


@pytest.mark.parametrize(
    ("parameters", "body", "text"),
    [
        ("charset=utf-8", b"\xef\xbb\xbfpayload", b"payload"),
        ("charset=utf-32", "payload".encode("utf-32-be"), b"payload"),
        ("charset=utf-32", "payload".encode("utf-32-le") + b"\r\n", "payload\ufffd".encode()),
        ("charset=csUnicode", "payload".encode("utf-16-le"), b"payload"),
        ("charset=unicodeFFFE", "payload".encode("utf-16-be"), b"payload"),
        ("format=flowed", b" payload", b"payload"),
        ("format=flowed", b"pay \r\nload", b"pay load"),
        ("format=flowed; delsp=yes", b"pay \r\nload", b"payload"),
        ("FORMAT=Flowed; DelSp=YES", b" pay \r\n load", b"payload"),
        ("format*=us-ascii''flowed; delsp*=''yes", b"pay \nload", b"payload"),
    ],
)
async def test_text_as_programs_show_it(parameters: str, body: bytes, text: bytes) -> None:
    """Text is scanned in other charsets too, without a mark at its start, and with flowed lines joined."""
    fields = f"Content-Type: text/plain; {parameters}\r\nContent-Transfer-Encoding: base64\r\n\r\n".encode()
    assert text in (await shown(multipart(fields + b64(body))))[1:]


@pytest.mark.parametrize(
    ("parameters", "body"),
    [("format=flowed", b"-- \r\npayload"), ("format=fixed", b"pay \r\nload"), ("charset=utf-8", "né".encode())],
)
async def test_text_that_is_shown_as_it_is(parameters: str, body: bytes) -> None:
    """The line above a signature isn't joined; nothing is scanned twice for foreign letters."""
    raw = multipart(f"Content-Type: text/plain; {parameters}\r\n\r\n".encode() + body)
    assert (await shown(raw))[1:] == [body]


async def test_other_charsets_are_not_decoded() -> None:
    """Octets below 128 are what they are in most charsets, known or not."""
    raw = multipart(b"Content-Type: text/plain; charset=x-unknown\r\n\r\nhello", attachment(b"8bit", b"\xe9"))
    assert (await shown(raw))[1:] == [b"hello", b"\xe9"]


async def test_same_content_is_scanned_once() -> None:
    """Whatever number of parts have it."""
    uuencoded = attachment(b"x-uuencode", uuencode(b"payload"))
    assert (await shown(multipart(TEXT, uuencoded, uuencoded, TEXT)))[1:] == [b"hello", b"payload"]


async def test_newsletter_with_a_hundred_pictures() -> None:
    """It is scanned to its end."""
    scanner = Recorder()
    raw = multipart(TEXT, *(attachment(b"base64", b64(b"picture %d" % n)) for n in range(100)))
    assert await check(raw, scanner) == []
    assert len(scanner.seen) == 102


@pytest.mark.parametrize(("parts", "codes"), [(-1, []), (0, []), (1, ["virus.limits"])])
async def test_scans_are_bounded(parts: int, codes: list[str]) -> None:
    """The contents beyond the bound are a finding, not a pass."""
    scanner = Recorder()
    raw = multipart(*(attachment(b"7bit", b"payload %d" % n) for n in range(MAX_SCANS - 1 + parts)))
    assert [finding.code for finding in await check(raw, scanner)] == codes
    assert len(scanner.seen) == min(MAX_SCANS, MAX_SCANS + parts)


# --- what was unpacked -----------------------------------------------------------------------------------------------

ZIP = b"PK\x03\x04rest"


def unpacked(path: str, content: bytes, *inside: Part, defects: tuple[Defect, ...] = (), name: str = "") -> Part:
    names = (name,) if name else ()
    return Part(content, path, (), 0, 0, len(content), "a/b", "binary", defects, unpacked=inside, given_names=names)


def opened(content: bytes, *inside: Part, defects: tuple[Defect, ...] = ()) -> Mail:
    """Return a message with this attachment, in which these parts were found."""
    raw = multipart(TEXT, attachment(b"base64", b64(content)))
    message = parse(raw)
    first, second = message.root.children
    root = replace(message.root, children=(first, replace(second, unpacked=inside, structure_defects=defects)))
    return replace(mail(raw), message=Message(raw, root, tuple(all_of(root))))


def all_of(part: Part) -> Iterator[Part]:
    yield part
    for one in (*part.children, *part.unpacked):
        yield from all_of(one)


async def scanned(content: bytes, *inside: Part) -> list[bytes]:
    """Return the octets that are scanned beside the attachment itself."""
    scanner = Recorder()
    await Virus(VirusSettings(), scanner).check(opened(content, *inside))
    assert scanner.seen[1:3] == [b"hello", content]
    return scanner.seen[3:]


def tarred(*files: bytes, form: int = tarfile.USTAR_FORMAT, pax: Mapping[str, str] | None = None) -> bytes:
    """Return a tar file with these files."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w", format=form) as archive:
        for number, content in enumerate(files):
            about = tarfile.TarInfo(str(number))
            about.size, about.pax_headers = len(content), dict(pax or {})
            archive.addfile(about, io.BytesIO(content))
    return written.getvalue()


def zipped(method: int, *, zip64: bool = False) -> bytes:
    """Return a zip file with one file, packed in this way."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", method) as archive, archive.open("a", "w", force_zip64=zip64) as file:
        file.write(b"member")
    return written.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        ZIP,
        zipped(zipfile.ZIP_BZIP2),
        tarred(ZIP, b"", b"member"),
        tarred(ZIP, b"member", form=tarfile.GNU_FORMAT),
        tarred(ZIP, b"member", form=tarfile.PAX_FORMAT, pax={"mtime": "1.5"}),
    ],
)
async def test_what_clamd_opens_is_left_to_it(content: bytes) -> None:
    """Members of ordinary archives and documents cost no scan, those of archives in them neither."""
    inner = unpacked("1.2/a/b", ZIP, unpacked("1.2/a/b/c", b"deep", name="c"), name="b")
    assert await scanned(content, inner, unpacked("1.2/a/d", b"member", name="d")) == []


GZIP_WITH_MARKS = b"\x1f\x8b\x08\4\0\0\0\0\0\xff" + bytes(114) + b"%011o\0" % 9 + bytes(121) + b"ustar"


@pytest.mark.parametrize(
    "content",
    [
        zipped(zipfile.ZIP_LZMA),
        zipped(zipfile.ZIP_DEFLATED, zip64=True),
        zipped(zipfile.ZIP_DEFLATED) + b"PK\x06\x07",
        tarred(b"member").replace(b"%011o\0" % 6, b"%011o\0" % 0),
        tarred(b"member").replace(b"%011o\0" % 6, b"\x80" + (6).to_bytes(11)),
        b"BMW" + tarred(b"member")[3:],
        b"a" * 257 + b"ustar",
        GZIP_WITH_MARKS,
        GZIP_WITH_MARKS.ljust(32769, b"x") + b"CD001",
    ],
)
async def test_members_that_clamd_would_not_find_are_scanned(content: bytes) -> None:
    """It undoes some ways of packing alone, and reads the sizes of the oldest tar; a mark may stand in any file."""
    assert await scanned(content, unpacked("1.2/a", b"member", name="a")) == [b"member"]


async def test_members_of_other_containers_are_scanned() -> None:
    """And what they hold in turn only where clamd doesn't open that."""
    inner = unpacked("1.2/a/b", ZIP, unpacked("1.2/a/b/c", b"deep", name="c"), name="b")
    other = unpacked("1.2/a/d", b"unknown", unpacked("1.2/a/d/e", b"deeper", name="e"), name="d")
    assert await scanned(b"unknown too", inner, other) == [ZIP, b"unknown", b"deeper"]


@pytest.mark.parametrize(
    "content",
    [
        b"\x1f\x8b\x08\xe0x",
        b"BZh9\x17rE8P\x90\0\0\0\0BZh9",
        b"\xfd7zXZ\0x",
        b"%PDF-1.4",
        b"Rar!\x1a\x07x",
        b"7z\xbc\xaf\x27\x1cx",
        b"MSCFx",
        b"\x78\x9f\x3e\x22x",
    ],
)
async def test_what_clamd_opens_in_part_is_scanned_singly(content: bytes) -> None:
    """It stops at flags and first streams, and doesn't know all filters of PDF and all places of files in TNEF."""
    assert await scanned(content, unpacked("1.2/a", b"member", name="a")) == [b"member"]


async def test_readings_are_scanned() -> None:
    """A part's octets read otherwise are nothing that clamd sees; a member may be called so and is none."""
    member = unpacked("1.2/(as base64)", b"member", name="(as base64)")
    assert await scanned(ZIP, unpacked("1.2/(as uuencode)", b"reading"), member) == [b"reading"]


@pytest.mark.parametrize(
    ("code", "doubtful"), [("container.mismatch", True), ("container.encrypted", True), ("name.bidi", False)]
)
async def test_containers_that_clamd_may_open_otherwise(code: str, doubtful: bool) -> None:
    """It may see other members, or lack a password that we know: each is shown to it."""
    clean = unpacked("1.2/a/b", b"clean", name="b")
    odd = unpacked("1.2/a/c", b"odd", name="c", defects=(Defect(code, "It is so", 0),))
    assert await scanned(ZIP, clean, odd) == ([b"clean", b"odd"] if doubtful else [])


LIMIT = (Defect("container.limit", "Too many files", 0),)


@pytest.mark.parametrize(
    "about",
    [
        opened(ZIP, defects=LIMIT),
        opened(ZIP, unpacked("1.2/a", ZIP, defects=LIMIT, name="a")),
        opened(ZIP, unpacked("1.2/a", ZIP, unpacked("1.2/a/b", ZIP, defects=LIMIT, name="b"), name="a")),
    ],
)
async def test_container_that_our_budget_refused_is_not_scanned(about: Mail) -> None:
    """It would keep the scanner busy for longer still: it is a finding, and text beside it is scanned."""
    scanner = Recorder()
    (finding,) = await Virus(VirusSettings(), scanner).check(about)
    assert (finding.code, finding.part) == ("virus.limits", "1.2")
    assert scanner.seen[1:] == [b"hello"]


async def test_message_that_was_not_opened_to_its_end() -> None:
    """Nobody knows which part took so long: files are withheld, the text is scanned."""
    about = opened(ZIP)
    root = replace(about.message.root, structure_defects=LIMIT)
    scanner = Recorder()
    (finding,) = await Virus(VirusSettings(), scanner).check(
        replace(about, message=Message(about.message.raw, root, (root,)))
    )
    assert (finding.code, finding.part) == ("virus.limits", "1.2")
    assert scanner.seen[1:] == [b"hello"]


@pytest.mark.parametrize("first", [b"Date: x\r\n", b"GIF89a: x\r\n"])
async def test_messages_in_archives(first: bytes) -> None:
    """Their parts are leaves like any other's, and they are shown as mail in cut form."""
    inner = first + multipart(TEXT, attachment(b"x-uuencode", uuencode(b"payload")), first=b"")
    entity = unpacked("1.2/a/f.eml", inner, parse(inner, "1.2/a/f.eml/1").root, name="f.eml")
    copy = inner.replace(uuencode(b"payload"), b"")
    assert await scanned(ZIP, entity) == [*([TRACE + copy] if b"GIF" in first else []), copy, b"payload"]


# --- start, settings, declarations -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (None, None),
        ("It passes in silence.", "It passes in silence."),
        (ScannerUnavailable("refused"), UNPROVEN.format("refused")),
        (ScannerTooLarge("9 octets"), UNPROVEN.format("9 octets")),
    ],
)
async def test_start_tells_of_blindness(answer: Any, expected: str | None) -> None:
    """Proved, disproved, or unknown because the scanner is away: that is no error."""
    said = await Virus(VirusSettings(), Recorder(blind=answer)).start()
    assert said == expected
    assert isinstance(said, Unreachable) is isinstance(answer, Exception)


@pytest.mark.parametrize(("blind", "expected"), [(None, "None known."), ("It is blind.", "None known. It is blind.")])
async def test_start_tells_of_missing_signatures(blind: str | None, expected: str) -> None:
    """Beside what else there is to say."""
    scanner = Recorder(blind=blind)
    scanner.without_signatures = "None known."
    assert await Virus(VirusSettings(), scanner).start() == expected


def test_declarations() -> None:
    """Codes, clauses and shipped actions as the policy has them."""
    filter_class: type[Filter] = Virus
    assert filter_class.name == "virus"
    assert {one.clause for one in Virus.codes.values()} == {"security.viruses"}
    assert Virus.codes["virus.unavailable"].action == ON_ERROR
    assert Virus.codes["virus.encrypted"].action == {"inbound": "tag", "outbound": "log", "internal": "log"}
    others = {code for code, one in Virus.codes.items() if one.action == "quarantine"}
    assert others == {"virus.found", "virus.heuristic", "virus.limits", "virus.too_large"}
    assert Virus.shipped_directions == DIRECTIONS


def test_shipped_settings() -> None:
    """The scan ends before all filters' time does; the largest message and a header line fit into a stream."""
    settings = VirusSettings()
    assert settings.clamd == "127.0.0.1:3310"
    assert settings.timeout_seconds < 60
    assert settings.max_stream_bytes >= 50 * MEBIBYTE + len(TRACE)


@pytest.mark.parametrize(
    "values",
    [
        {"clamd": "localhost"},
        {"clamd": "localhost:0"},
        {"clamd": ":3310"},
        {"clamd": "relative/path"},
        {"timeout_seconds": 0},
        {"timeout_seconds": 601},
        {"concurrency": 0},
        {"concurrency": 1001},
        {"max_stream_bytes": 1023},
        {"timeout": 3},
    ],
)
def test_settings_that_are_refused(values: dict[str, Any]) -> None:
    """Wrong addresses, limits out of their range, unknown keys."""
    with pytest.raises(ValidationError):
        VirusSettings(**values)


@pytest.mark.parametrize(
    "values",
    [
        {"clamd": "/run/clamav/clamd.ctl"},
        {"clamd": "clamav:3310"},
        {"clamd": "[::1]:3310"},
        {"timeout_seconds": 600},
        {"concurrency": 1},
        {"concurrency": 1000},
        {"max_stream_bytes": 1024},
    ],
)
def test_settings_that_are_taken(values: dict[str, Any]) -> None:
    """Host or socket, and limits at the edge of their range."""
    settings = VirusSettings(**values)
    assert {key: getattr(settings, key) for key in values} == values


# --- on a real clamd -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture(scope="module")
def anchored() -> Iterator[Server]:
    with Server(anchored=True) as running:
        yield running


def real(server: Server) -> Clamd:
    return Clamd(server.address, max_stream_bytes=51 * MEBIBYTE, timeout_seconds=30, concurrency=4)


QUOTED = b"".join(b"=%02X" % octet for octet in PATTERN)


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        (b"base64", b64(PATTERN)),
        (b"quoted-printable", QUOTED),
        (b"7bit", PATTERN),
        (b"8bit", PATTERN + b"\xe9"),
        (b"binary", PATTERN + b"\0"),
        (b"x-uuencode", uuencode(PATTERN)),
    ],
)
async def test_real_clamd_finds_it_in_every_encoding(anchored: Server, encoding: bytes, body: bytes) -> None:
    """At the start of the file, where ClamAV's own signature of EICAR looks: clamd is shown the file itself."""
    (finding,) = await check(multipart(TEXT, attachment(encoding, body)), real(anchored))
    assert (finding.code, finding.part) == ("virus.found", "1.2")


@pytest.mark.parametrize(
    "first",
    [
        b"",
        b"GIF89a: x\r\n",
        b"MZ: x\r\n",
        b"Rar!: x\r\n",
        b"BZh9: x\r\n",
        b"RIFF: x\r\n",
        b"{\\rtf: x\r\n",
        b"begin 644 x:\r\n",
    ],
)
async def test_first_header_line_hides_no_attachment(server: Server, first: bytes) -> None:
    """A first line that makes clamd take the message for a picture or a program does not hide what is attached."""
    raw = multipart(TEXT, attachment(b"base64", base64.b64encode(PATTERN * 3)), first=first)
    assert [finding.code for finding in await check(raw, real(server))] == ["virus.found"]


@pytest.mark.parametrize(("method", "zip64"), [(zipfile.ZIP_DEFLATED, True), (zipfile.ZIP_LZMA, False)])
async def test_real_clamd_does_not_open_it(anchored: Server, method: int, zip64: bool) -> None:
    """Should these fail, a newer clamd knows more forms of zip: `clamd_opens` may then leave more to it."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", method) as archive, archive.open("a", "w", force_zip64=zip64) as file:
        file.write(EICAR)
    assert not (await real(anchored).scan(written.getvalue())).names


async def test_eicar_and_unwanted_programs(server: Server) -> None:
    """The test virus is a virus; a name of PUA is a suspicion."""
    eicar = multipart(TEXT, attachment(b"base64", base64.b64encode(EICAR)))
    unwanted = multipart(TEXT, attachment(b"base64", base64.b64encode(PATTERNS["PUA.Mailwarden.Test"])))
    assert [finding.code for finding in await check(eicar, real(server))] == ["virus.found"]
    assert [finding.code for finding in await check(unwanted, real(server))] == ["virus.heuristic"]
    assert await check(multipart(TEXT, attachment(b"base64", base64.b64encode(os.urandom(300)))), real(server)) == []


async def test_start_on_a_real_clamd(server: Server) -> None:
    """A clamd with AlertExceedsMax leads to no warning."""
    assert await Virus(VirusSettings(), real(server)).start() is None
