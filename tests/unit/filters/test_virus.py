"""The filter `virus`: input and expected findings, and what a real clamd sees of it."""

from __future__ import annotations

import base64
import binascii
import io
import os
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from filters.virus import MAX_SINGLE_SCANS, MEBIBYTE, TRACE, UNPROVEN, Virus, VirusSettings, code_of
from gateway.contract import (
    DIRECTIONS,
    ON_ERROR,
    Away,
    Client,
    Defect,
    Envelope,
    Filter,
    Finding,
    Mail,
    Message,
    Part,
    Recipient,
    Scan,
    ScannerTooLarge,
    ScannerUnavailable,
)
from gateway.message.parse import parse
from gateway.services.clamd import Clamd
from tests.clamd import EICAR, PATTERNS
from tests.clamd import Clamd as Server

PATTERN = PATTERNS["Mailwarden.Test.Pattern"]
PLAIN = b"Received: from a by b\r\nFrom: x@other.example\r\nSubject: t\r\n\r\nhello\r\n"


class Recorder:
    """A scanner that notes what it is shown, and answers or fails by what the octets contain."""

    def __init__(self, answers: Mapping[bytes, str | Exception] | None = None, blind: str | Exception | None = None):
        self.seen: list[bytes] = []
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
    assert [(e.what, e.quote) for e in finding.evidence] == [("signature", signature)]
    assert finding.part is None
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
    uuencoded = attachment(b"x-uuencode", uuencode(b"second"))
    scanner = Recorder({b"hello": "One", b"second": "Two"})
    (finding,) = await check(multipart(TEXT, uuencoded), scanner)
    assert [(e.quote, e.part) for e in finding.evidence] == [("One", None), ("Two", "1.2")]


async def test_scanner_that_goes_away_between_parts_keeps_what_was_found() -> None:
    """A finding of the first scan stands beside the one that says the rest was not scanned."""
    uuencoded = attachment(b"x-uuencode", uuencode(b"second"))
    scanner = Recorder({b"hello": "One", b"second": ScannerUnavailable("away")})
    findings = await check(multipart(TEXT, uuencoded, uuencoded), scanner)
    assert [(f.code, f.part) for f in findings] == [("virus.found", None), ("virus.unavailable", "1.2")]
    assert len(scanner.seen) == 2


# --- what is scanned -------------------------------------------------------------------------------------------------


def uuencode(content: bytes) -> bytes:
    lines = [binascii.b2a_uu(content[at : at + 45]).replace(b"\n", b"\r\n") for at in range(0, len(content), 45)]
    return b"begin 644 a.bin\r\n" + b"".join(lines) + b"`\r\nend"


@pytest.mark.parametrize(
    "raw",
    [
        PLAIN,
        multipart(TEXT),
        multipart(TEXT, attachment(b"base64", base64.b64encode(b"x"))),
        multipart(TEXT, attachment(b"QUOTED-printable", b"=41")),
        multipart(TEXT, attachment(b"8bit", b"\xc3\xa9"), attachment(b"binary", b"\0\1")),
    ],
)
async def test_plain_well_formed_message_is_scanned_once(raw: bytes) -> None:
    """clamd undoes the five encodings of RFC 2045 itself: one scan, of exactly the message."""
    scanner = Recorder()
    await check(raw, scanner)
    assert scanner.seen == [raw]


@pytest.mark.parametrize("encoding", [b"x-uuencode", b"uuencode", b"x-uue"])
async def test_encoding_that_clamd_does_not_undo_is_scanned_decoded(encoding: bytes) -> None:
    """Such a part is scanned a second time, without its encoding; its neighbours are not."""
    scanner = Recorder()
    raw = multipart(TEXT, attachment(encoding, uuencode(b"payload")))
    await check(raw, scanner)
    assert scanner.seen == [raw, b"payload"]


async def test_part_with_a_defect_is_scanned_decoded() -> None:
    """What clamd may read otherwise than a mail program does is shown to it in the clear."""
    broken = attachment(b"base64", b"cGF5!bG9h?ZA==")
    scanner = Recorder()
    raw = multipart(TEXT, broken)
    await check(raw, scanner)
    assert scanner.seen == [raw, b"payload"]


async def test_defect_of_a_multipart_concerns_the_parts_in_it() -> None:
    """If the structure is in doubt, clamd may not have seen the parts: each is scanned singly."""
    raw = multipart(TEXT, attachment(b"base64", base64.b64encode(b"payload")))
    doubtful = raw.replace(b"MIME-Version: 1.0\r\n", b"MIME-Version: 1.0\r\nno header line\r\n")
    assert parse(doubtful).root.defects
    scanner = Recorder()
    await check(doubtful, scanner)
    assert scanner.seen == [doubtful, b"hello", b"payload"]


async def test_message_without_a_trace_line_is_given_one() -> None:
    """clamd knows mail by its first octets, which are the sender's: ours stand in front of them."""
    scanner = Recorder()
    raw = b"GIF89a: x\r\n" + PLAIN
    await check(raw, scanner)
    assert scanner.seen == [TRACE + raw]


async def test_charset_makes_no_doubt() -> None:
    """A charset problem doesn't change the octets: the text is not even decoded."""
    raw = multipart(b"Content-Type: text/plain; charset=x-unknown\r\n\r\nhello", attachment(b"8bit", b"\xe9"))
    message = parse(raw)
    scanner = Recorder()
    await Virus(VirusSettings(), scanner).check(replace(mail(raw), message=message))
    assert scanner.seen == [raw]
    assert not any("reading" in part.__dict__ or "transfer" in part.__dict__ for part in message.leaves)


async def test_same_content_is_scanned_once() -> None:
    """Whatever number of parts have it."""
    uuencoded = attachment(b"x-uuencode", uuencode(b"payload"))
    scanner = Recorder()
    raw = multipart(TEXT, uuencoded, uuencoded)
    await check(raw, scanner)
    assert scanner.seen == [raw, b"payload"]


@pytest.mark.parametrize(("parts", "codes"), [(MAX_SINGLE_SCANS, []), (MAX_SINGLE_SCANS + 1, ["virus.limits"])])
async def test_single_scans_are_bounded(parts: int, codes: list[str]) -> None:
    """What is left over is a finding, not a pass."""
    scanner = Recorder()
    raw = multipart(*(attachment(b"x-uuencode", uuencode(b"payload %d" % n)) for n in range(parts)))
    assert [finding.code for finding in await check(raw, scanner)] == codes
    assert len(scanner.seen) == MAX_SINGLE_SCANS + 1


# --- what was unpacked -----------------------------------------------------------------------------------------------

ZIP = b"PK\x03\x04rest"


def unpacked(path: str, content: bytes, *inside: Part, defects: tuple[Defect, ...] = (), name: str = "") -> Part:
    names = (name,) if name else ()
    return Part(content, path, (), 0, 0, len(content), "a/b", "binary", defects, unpacked=inside, given_names=names)


async def scanned(content: bytes, *inside: Part) -> list[bytes]:
    """What is scanned singly of a message with this attachment, in which these parts were found."""
    raw = multipart(TEXT, attachment(b"base64", base64.encodebytes(content).replace(b"\n", b"\r\n")))
    message = parse(raw)
    first, second = message.root.children
    root = replace(message.root, children=(first, replace(second, unpacked=inside)))
    scanner = Recorder()
    await Virus(VirusSettings(), scanner).check(replace(mail(raw), message=Message(raw, root, (root,))))
    assert scanner.seen[0] == raw
    return scanner.seen[1:]


@pytest.mark.parametrize("content", [ZIP, b"Rar!\x1a\x07x", b"%PDF-1.4", bytes(257) + b"ustar", b"\x78\x9f\x3e\x22x"])
async def test_what_clamd_opens_is_left_to_it(content: bytes) -> None:
    """Members of ordinary archives and documents cost no scan, those of archives in them neither."""
    inner = unpacked("1.2/a/b", ZIP, unpacked("1.2/a/b/c", b"deep", name="c"), name="b")
    assert await scanned(content, inner, unpacked("1.2/a/d", b"member", name="d")) == []


async def test_members_of_other_containers_are_scanned() -> None:
    """And what they hold in turn only where clamd doesn't open that."""
    inner = unpacked("1.2/a/b", ZIP, unpacked("1.2/a/b/c", b"deep", name="c"), name="b")
    other = unpacked("1.2/a/d", b"unknown", unpacked("1.2/a/d/e", b"deeper", name="e"), name="d")
    assert await scanned(b"unknown too", inner, other) == [ZIP, b"unknown", b"deeper"]


async def test_readings_are_scanned() -> None:
    """A part's octets read otherwise are nothing that clamd sees; a member may be called so and is none."""
    member = unpacked("1.2/(as base64)", b"member", name="(as base64)")
    assert await scanned(ZIP, unpacked("1.2/(as uuencode)", b"reading"), member) == [b"reading"]


@pytest.mark.parametrize(
    ("code", "doubtful"), [("container.mismatch", True), ("container.encrypted", False), ("name.bidi", False)]
)
async def test_containers_that_are_read_in_two_ways(code: str, doubtful: bool) -> None:
    """clamd may see other members: each is shown to it. What is encrypted is so for both."""
    clean = unpacked("1.2/a/b", b"clean", name="b")
    odd = unpacked("1.2/a/c", b"odd", name="c", defects=(Defect(code, "It is so", 0),))
    assert await scanned(ZIP, clean, odd) == ([b"clean", b"odd"] if doubtful else [])


@pytest.mark.parametrize(("first", "singly"), [(b"Date: x\r\n", False), (b"GIF89a: x\r\n", True)])
async def test_messages_in_archives(first: bytes, singly: bool) -> None:
    """clamd knows most by their first line; others are shown to it as mail. Their parts are like any other's."""
    inner = first + multipart(TEXT, attachment(b"x-uuencode", uuencode(b"payload")), first=b"")
    entity = unpacked("1.2/a/f.eml", inner, parse(inner, "1.2/a/f.eml/1").root, name="f.eml")
    assert await scanned(ZIP, entity) == [*([TRACE + inner] if singly else []), b"payload"]


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
    assert isinstance(said, Away) is isinstance(answer, Exception)


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
    assert {clause for clause, _ in Virus.codes.values()} == {"security.viruses"}
    assert Virus.codes["virus.unavailable"][1] == ON_ERROR
    assert Virus.codes["virus.encrypted"][1] == {"inbound": "tag", "outbound": "log", "internal": "log"}
    others = {code for code, (_, action) in Virus.codes.items() if action == "quarantine"}
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


def real(server: Server) -> Clamd:
    return Clamd(server.address, max_stream_bytes=51 * MEBIBYTE, timeout_seconds=30, concurrency=4)


QUOTED = b"".join(b"=%02X" % octet for octet in PATTERN)


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        (b"base64", base64.encodebytes(PATTERN).replace(b"\n", b"\r\n")),
        (b"quoted-printable", QUOTED),
        (b"7bit", PATTERN),
        (b"8bit", b"\xe9" + PATTERN),
        (b"binary", b"\0" + PATTERN),
        (b"x-uuencode", uuencode(PATTERN)),
    ],
)
async def test_real_clamd_finds_it_in_every_encoding(server: Server, encoding: bytes, body: bytes) -> None:
    """The claim of CLAMD_DECODES: a well-formed attachment is found in the scan of the whole message, or singly."""
    (finding,) = await check(multipart(TEXT, attachment(encoding, body)), real(server))
    assert finding.code == "virus.found"
    if encoding != b"x-uuencode":
        assert finding.part is None


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


@pytest.mark.parametrize(
    "first", [b"Received", b"Return-Path", b"From", b"Date", b"Subject", b"Message-ID", b"Delivered-To"]
)
async def test_real_clamd_knows_mail_in_an_archive(server: Server, first: bytes) -> None:
    """The claim of _CLAMD_READS_MAIL: what is attached to such a message is found without a scan of its own."""
    made = io.BytesIO()
    inner = multipart(TEXT, attachment(b"base64", base64.b64encode(PATTERN * 3)), first=first + b": x\r\n")
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("f.eml", inner)
    (finding,) = await check(multipart(TEXT, attachment(b"base64", base64.b64encode(made.getvalue()))), real(server))
    assert (finding.code, finding.part) == ("virus.found", None)


async def test_eicar_and_unwanted_programs(server: Server) -> None:
    """The test virus is a virus; a name of PUA is a suspicion."""
    eicar = multipart(TEXT, attachment(b"base64", base64.b64encode(EICAR)))
    unwanted = multipart(TEXT, attachment(b"base64", base64.b64encode(PATTERNS["PUA.Mailwarden.Test"])))
    assert [finding.code for finding in await check(eicar, real(server))] == ["virus.found"]
    assert [finding.code for finding in await check(unwanted, real(server))] == ["virus.heuristic"]
    assert await check(multipart(TEXT, attachment(b"base64", base64.b64encode(os.urandom(300)))), real(server)) == []


async def test_start_on_a_real_clamd(server: Server) -> None:
    """With AlertExceedsMax there is nothing to tell."""
    assert await Virus(VirusSettings(), real(server)).start() is None
