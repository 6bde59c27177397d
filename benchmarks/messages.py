"""Messages that the benchmark sends: made here, the same on every machine."""

from __future__ import annotations

import io
import random
import re
import zipfile
from email.message import EmailMessage
from email.policy import SMTP

SENTENCE = "the quarterly figures are attached please let me know whether anything needs to change before Friday"

_FROM = re.compile(rb"(?i)\r\nfrom:[^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*")


def messages() -> dict[str, bytes]:
    """Return name -> message: 4 KB text and HTML, 60 KB with a PDF, 1 MB with a zip, 8 MB."""
    return {
        "4 KB text and HTML": _plain(1200),
        "60 KB with a PDF": with_attachment("report.pdf", "application/pdf", _pdf(42_000)),
        "1 MB with a zip": with_attachment("figures.zip", "application/zip", _zip(740_000)),
        "8 MB with a zip": with_attachment("photos.zip", "application/zip", _zip(5_900_000)),
    }


def inbound(raw: bytes) -> bytes:
    """Return an outbound message of these with sender and recipient exchanged."""
    names = {b"From": b"Alice Example <alice@example.co.uk>", b"To": b"Bob Other <bob@other.example>"}
    header, blank, body = raw.partition(b"\r\n\r\n")
    header = header.replace(b"From: " + names[b"From"], b"From: " + names[b"To"], 1)
    header = header.replace(b"To: " + names[b"To"], b"To: " + names[b"From"], 1)
    return header + blank + body


def from_us(raw: bytes) -> bytes:
    """Return any message with the sender of these in `From:`."""
    header, blank, body = raw.partition(b"\r\n\r\n")
    field = b"\r\nFrom: Alice Example <alice@example.co.uk>\r\n"
    return _FROM.sub(field, b"\r\n" + header + b"\r\n", count=1)[2:-2] + blank + body


def _plain(characters: int) -> bytes:
    text = _text(characters)
    message = _headers()
    message.set_content(text)
    message.add_alternative(f"<html><body><p>{text}</p></body></html>", subtype="html")
    return message.as_bytes()


def with_attachment(name: str, media_type: str, content: bytes) -> bytes:
    """Return an ordinary message with one attachment."""
    message = _headers()
    message.set_content(_text(1200))
    kind, subtype = media_type.split("/")
    message.add_attachment(content, maintype=kind, subtype=subtype, filename=name)
    return message.as_bytes()


def _headers() -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"] = "Alice Example <alice@example.co.uk>"
    message["To"] = "Bob Other <bob@other.example>"
    message["Subject"] = "Figures for the third quarter"
    message["Date"] = "Wed, 25 Nov 2026 10:00:00 +0000"
    message["Message-ID"] = "<benchmark@example.co.uk>"
    return message


def _text(characters: int, seed: int = 1) -> str:
    chooser = random.Random(seed)
    words = SENTENCE.split()
    lines, length = [], 0
    while length < characters:
        line = " ".join(chooser.choice(words) for _ in range(11))
        lines.append(line)
        length += len(line) + 1
    return "\n".join(lines) + "\n"


def _pdf(octets: int) -> bytes:
    body = random.Random(2).randbytes(octets)
    return b"%PDF-1.4\n1 0 obj\n<< /Length " + str(octets).encode() + b" >>\nstream\n" + body + b"\nendstream\n%%EOF\n"


def zip_of_texts() -> bytes:
    """Return a message of 1 MB with a zip file of texts, which aren't compressed."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_STORED) as archive:
        for number in range(4):
            archive.writestr(f"minutes-{number}.txt", _text(185_000, number))
    return with_attachment("minutes.zip", "application/zip", held.getvalue())


def _zip(octets: int) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_STORED) as archive:
        for number in range(4):
            archive.writestr(f"figures-{number}.csv", random.Random(number).randbytes(octets // 4))
    return held.getvalue()
