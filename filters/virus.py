"""Looks for viruses: has the scanner look at the message, and says what it found and what it could not scan.

It never edits, and nothing unscanned is called clean. What each signature's name means is the table `_CODES`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from gateway.contract import (
    ON_ERROR,
    Away,
    Codes,
    Direction,
    Evidence,
    Finding,
    Mail,
    Message,
    Mode,
    Part,
    Scanner,
    ScannerTooLarge,
    ScannerUnavailable,
    Settings,
)

MEBIBYTE = 1024 * 1024

#: Transfer encodings that clamd's own mail parser undoes (RFC 2045 6.1; measured on 1.4). Parts in any other are
#: decoded here and scanned singly.
CLAMD_DECODES = frozenset({"7bit", "8bit", "binary", "base64", "quoted-printable"})

#: Of these, the ones that change the octets, so that decoding may go wrong.
CHANGING = frozenset({"base64", "quoted-printable"})

#: First octets of containers that clamd opens as well, by its own list; what came out of any other is scanned singly.
_CLAMD_OPENS = (
    *(b"PK\x03\x04", b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"MSCF"),
    *(b"%PDF-", b"\x78\x9f\x3e\x22"),  # the last is TNEF
)

#: First octets by which clamd knows mail, and unpacks it, inside a container too (measured on 1.4).
_CLAMD_READS_MAIL = tuple(
    name + b": "
    for name in (
        b"Received",
        b"Return-Path",
        b"From",
        b"Date",
        b"Subject",
        b"Message-ID",
        b"Delivered-To",
        b"MIME-Version",
    )
)

#: Where these octets mark a tar file and an ISO image.
_CLAMD_OPENS_AT = ((257, b"ustar"), (32769, b"CD001"))

#: Defects that say nothing about which octets of a MIME part clamd sees.
_SETTLED = ("name.", "charset.", "container.", "document.", "html.", "message.")

#: Defects of a container with which clamd may see other members than we do.
_CONFUSED = frozenset({"container.mismatch", "container.unreadable", "container.limit"})

#: Scans of single parts for one message; ordinary mail needs none. Each takes milliseconds, and all filters have 60 s.
MAX_SINGLE_SCANS = 64

#: clamd takes a file for mail by its first octets. With "GIF89a: x" or "MZ: x" for a first header line no attachment
#: would be unpacked; so a message is shown with a trace line in front, as relaying puts one there anyway.
TRACE_NAME = b"Received: "
TRACE = TRACE_NAME + b"by mailwarden\r\n"

_SUMMARIES = {
    "virus.found": "A virus or a test virus was found in the message.",
    "virus.heuristic": "The virus scanner found something suspicious or unwanted in the message.",
    "virus.limits": "The message could not be scanned completely for viruses: something in it exceeds a limit.",
    "virus.encrypted": "Something in the message is encrypted and could not be scanned for viruses.",
    "virus.unavailable": "The message could not be scanned for viruses at the moment.",
    "virus.too_large": "The message is too large to be scanned for viruses.",
}

#: Beginning of a signature's name -> code; the first that fits, else `virus.found`.
_CODES = (
    ("Heuristics.Limits.", "virus.limits"),
    ("Heuristics.Encrypted.", "virus.encrypted"),
    ("Heuristics.", "virus.heuristic"),
    ("PUA.", "virus.heuristic"),
)

UNPROVEN = (
    "The virus scanner gives no answer: start clamd ({}). Until it answers, `on_error` decides about mail. Nor is it "
    "known whether it reports what it does not scan."
)


def _address(value: str) -> str:
    """Refuse what can't be an address, where the configuration is read."""
    path = value.removeprefix("unix:")
    host, _, port = value.rpartition(":")
    if not path.startswith("/") and not (host and port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise ValueError("must be HOST:PORT or the absolute path of a socket")
    return value


class VirusSettings(Settings):
    """What an administrator may set."""

    #: Where clamd listens: host:port, or the path of a unix socket.
    clamd: Annotated[str, AfterValidator(_address)] = "127.0.0.1:3310"
    #: Octets that clamd takes in one stream; at most its StreamMaxLength. The largest message (50 MiB) and headroom for
    #: a header line. More is `virus.too_large`.
    max_stream_bytes: int = Field(default=51 * MEBIBYTE, ge=1024)
    #: Seconds for one scan, waiting for a free slot included; under the 60 that all filters have together.
    timeout_seconds: float = Field(default=45, gt=0, le=600)
    #: Scans at a time in each worker; clamd has ten threads as shipped, and queues what is more.
    concurrency: int = Field(default=8, ge=1, le=1000)


class Virus:
    """The whole message in one scan; singly, only the parts that clamd might read otherwise than a mail program."""

    name: ClassVar[str] = "virus"
    Settings: ClassVar[type[Settings]] = VirusSettings
    codes: ClassVar[Codes] = {
        "virus.found": ("security.viruses", "quarantine"),
        "virus.heuristic": ("security.viruses", "quarantine"),
        "virus.limits": ("security.viruses", "quarantine"),
        "virus.encrypted": ("security.viruses", {"inbound": "tag", "outbound": "log", "internal": "log"}),
        "virus.unavailable": ("security.viruses", ON_ERROR),
        "virus.too_large": ("security.viruses", "quarantine"),
    }
    shipped_mode: ClassVar[Mode] = "enforce"
    shipped_directions: ClassVar[tuple[Direction, ...]] = ("inbound", "outbound", "internal")

    def __init__(self, settings: VirusSettings, scanner: Scanner) -> None:
        self._scanner = scanner

    async def start(self) -> str | None:
        """Prove that the scanner reports what it does not scan, and has signatures; one sentence for each that it does
        not, or if it gave no answer.
        """
        try:
            doubts = [await self._scanner.unarmed(), await self._scanner.blind()]
            return " ".join(filter(None, doubts)) or None
        except (ScannerUnavailable, ScannerTooLarge) as error:
            return Away(UNPROVEN.format(error))

    async def check(self, mail: Mail) -> Sequence[Finding]:
        """Findings for what the scanner found, or that it could not scan."""
        evidence: dict[str, list[Evidence]] = {}
        scanned: set[bytes] = set()
        for content, part in _contents(mail.message):
            if content in scanned:
                continue
            if len(scanned) > MAX_SINGLE_SCANS:  # the whole message is one of them
                left = f"more than {MAX_SINGLE_SCANS} parts that have to be scanned singly"
                evidence.setdefault("virus.limits", []).append(Evidence("limit", left, part))
                break
            scanned.add(content)
            try:
                scan = await self._scanner.scan(content, client=mail.client.network)
            except ScannerUnavailable as error:
                evidence.setdefault("virus.unavailable", []).append(Evidence("scanner", str(error), part))
                break  # the other parts would only wait for it as well
            except ScannerTooLarge as error:
                evidence.setdefault("virus.too_large", []).append(Evidence("scanner", str(error), part))
                continue
            for name in scan.names:
                evidence.setdefault(code_of(name), []).append(Evidence("signature", name, part))
        return [
            Finding(code, _SUMMARIES[code], evidence=tuple(found), part=_carrier(found[0].part))
            for code, found in evidence.items()
        ]


def _carrier(path: str | None) -> str | None:
    """The part of the message itself that a path leads into."""
    return path.partition("/")[0] if path else None


def code_of(signature: str) -> str:
    """The code for a signature's name, whether or not clamd added ".UNOFFICIAL" to it."""
    return next((code for start, code in _CODES if signature.startswith(start)), "virus.found")


def _contents(message: Message) -> Iterator[tuple[bytes, str | None]]:
    """What is scanned, and the path of its part; None = the message as a whole."""
    yield _as_mail(message.raw), None
    for part in _doubtful(message):
        if _is_entity(part):
            yield _as_mail(part.decoded), part.path
        elif part.is_leaf and part.decoded:
            yield part.decoded, part.path


def _as_mail(raw: bytes) -> bytes:
    return raw if raw.startswith(TRACE_NAME) else TRACE + raw


def _doubtful(message: Message) -> Iterator[Part]:
    """Parts that clamd may not see, or not as they are, in the scan of what is around them; in order.

    Of MIME parts those in an encoding that it doesn't undo, or with a defect of their own or of a part around them. Of
    what was unpacked: other readings, messages, and what came out of something that it doesn't open or in which
    anything was amiss.
    """
    waiting = [(message.root, False, False)]
    while waiting:
        part, singly, amiss = waiting.pop()
        amiss = amiss or _is_amiss(part)
        if singly or amiss or part.encoding not in CLAMD_DECODES:
            yield part
        waiting += [(child, False, amiss) for child in reversed(part.children)]
        hidden = bool(part.unpacked) and (not _is_opened(part) or _is_confused(part))
        waiting += [(one, _is_singly(one, part, hidden), False) for one in reversed(part.unpacked)]


def _is_singly(one: Part, container: Part, hidden: bool) -> bool:
    if one.raw is container.raw:  # the root of an entity, which is scanned as mail
        return False
    if _is_entity(one) and not one.raw.startswith(_CLAMD_READS_MAIL):
        return True
    return hidden or (not one.given_names and one.path.rpartition("/")[2].startswith("("))


def _is_entity(part: Part) -> bool:
    """Whether it was unpacked and is a message, whose map is inside it."""
    return any(one.raw is part.raw for one in part.unpacked)


def _is_amiss(part: Part) -> bool:
    """Whether its octets or its place are in doubt. A charset says nothing about them: no text is decoded here."""
    if any(not defect.code.startswith(_SETTLED) for defect in part.structure_defects):
        return True
    return part.is_leaf and part.encoding in CHANGING and bool(part.transfer.problem)


def _is_confused(part: Part) -> bool:
    waiting = [part]
    while waiting:
        one = waiting.pop()
        if any(defect.code in _CONFUSED for defect in one.structure_defects):
            return True
        waiting += one.unpacked
    return False


def _is_opened(part: Part) -> bool:
    content = part.decoded
    return content.startswith(_CLAMD_OPENS) or any(content.startswith(mark, at) for at, mark in _CLAMD_OPENS_AT)
