"""Looks for viruses: has the scanner look at the message, and says what it found and what it could not scan.

It never edits, and nothing unscanned is called clean. What each signature's name means is the table `_CODES`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from gateway.contract import (
    ON_ERROR,
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
    "The virus scanner gives no answer, so `on_error` decides about mail ({}). Nor is it known whether it reports what "
    "it does not scan."
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
        """Prove that the scanner reports what it does not scan; one sentence if it does not, or gave no answer."""
        try:
            return await self._scanner.blind()
        except (ScannerUnavailable, ScannerTooLarge) as error:
            return UNPROVEN.format(error)

    async def check(self, mail: Mail) -> Sequence[Finding]:
        """Findings for what the scanner found, or that it could not scan."""
        evidence: dict[str, list[Evidence]] = {}
        for content, part in _contents(mail.message):
            try:
                scan = await self._scanner.scan(content)
            except ScannerUnavailable as error:
                evidence.setdefault("virus.unavailable", []).append(Evidence("scanner", str(error), part))
                break  # the other parts would only wait for it as well
            except ScannerTooLarge as error:
                evidence.setdefault("virus.too_large", []).append(Evidence("scanner", str(error), part))
                continue
            for name in scan.names:
                evidence.setdefault(code_of(name), []).append(Evidence("signature", name, part))
        return [
            Finding(code, _SUMMARIES[code], evidence=tuple(found), part=found[0].part)
            for code, found in evidence.items()
        ]


def code_of(signature: str) -> str:
    """The code for a signature's name, whether or not clamd added ".UNOFFICIAL" to it."""
    return next((code for start, code in _CODES if signature.startswith(start)), "virus.found")


def _contents(message: Message) -> Iterator[tuple[bytes, str | None]]:
    """What is scanned, and the path of its part; None = the message as a whole."""
    raw = message.raw
    yield (raw if raw.startswith(TRACE_NAME) else TRACE + raw), None
    for part in _doubtful(message):
        if part.decoded:
            yield part.decoded, part.path


def _doubtful(message: Message) -> Iterator[Part]:
    """Leaf parts in an encoding that clamd doesn't undo, or with a defect of their own or of a part around them."""
    defective: set[str] = set()
    for part in message.parts:
        around = part.path.rpartition(".")[0]
        if part.defects or around in defective:
            defective.add(part.path)
        if part.is_leaf and (part.path in defective or part.encoding not in CLAMD_DECODES):
            yield part
