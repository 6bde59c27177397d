"""Messages for `make sample`: one of each kind that the shipped policy treats differently, and some plain ones.

The module makes messages and sends nothing. No message is harmful. EICAR, the harmless file that every scanner reports,
is put together from two pieces so that no scanner reports this file.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate
from typing import Literal
from uuid import uuid4

from sample_macro import CONTENT_TYPE, macro_document

OUTSIDE = "ann@partner.example"
OURS = "bob@example.co.uk"
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
WINDOWS_PROGRAM = b"MZ" + bytes(58) + b"\x80\0\0\0" + bytes(64) + b"PE\0\0\x4c\x01" + bytes(400)  # headers and no code
PDF = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"
LARGE_BYTES = 3 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Sample:
    """One message and the envelope that it is sent with."""

    title: str
    listener: Literal["inbound", "outbound"]
    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage

    @property
    def message_id(self) -> str:
        return str(self.message["Message-ID"])


def samples() -> list[Sample]:
    """Return all samples, each with its own Message-ID, so that a second run isn't taken for a retry of the first."""
    return [
        _inbound("plain text", _text),
        _inbound("HTML and text", _html_and_text),
        _inbound("UTF-8 subject", _utf8_subject),
        _inbound("PDF attached", _attached(PDF, "application/pdf", "minutes.pdf")),
        _inbound("program attached", _attached(WINDOWS_PROGRAM, "application/octet-stream", "setup.exe")),
        _inbound("program named photo.jpg", _attached(WINDOWS_PROGRAM, "image/jpeg", "photo.jpg")),
        _inbound("script attached", _attached(b"WScript.Echo('hello')\r\n", "application/javascript", "invoice.js")),
        _inbound("program in a zip", _attached(_zip("setup.exe", WINDOWS_PROGRAM), "application/zip", "documents.zip")),
        _inbound("macro document", _attached(macro_document(), CONTENT_TYPE, "report.docm")),
        _inbound("EICAR test virus", _attached(EICAR, "application/octet-stream", "eicar.com")),
        _inbound("large, 3 MB", _attached(_photograph(), "image/tiff", "scan.tiff")),
        _inbound("three recipients", _text, OURS, "carol@example.com", "dave@example.co.uk"),
        _inbound("relaying refused", _text, "someone@elsewhere.example"),
        _outbound("outbound, plain", _text, OUTSIDE),
        _outbound("outbound, program", _attached(WINDOWS_PROGRAM, "application/octet-stream", "tool.exe"), OUTSIDE),
    ]


Body = Callable[[EmailMessage], None]


def _inbound(title: str, body: Body, *recipients: str) -> Sample:
    return Sample(
        title, "inbound", OUTSIDE, recipients or (OURS,), _message(title, OUTSIDE, recipients or (OURS,), body)
    )


def _outbound(title: str, body: Body, *recipients: str) -> Sample:
    return Sample(title, "outbound", OURS, recipients, _message(title, OURS, recipients, body))


def _message(title: str, sender: str, recipients: tuple[str, ...], body: Body) -> EmailMessage:
    message = EmailMessage()
    message["From"] = sender
    message["To"] = ", ".join(recipients)
    message["Subject"] = f"Sample: {title}"
    message["Date"] = formatdate(localtime=True)
    message["Message-ID"] = f"<{uuid4()}@sample.invalid>"
    body(message)
    return message


def _text(message: EmailMessage) -> None:
    message.set_content("Dear Bob,\n\nshall we meet at ten?\n\nAnn\n")


def _html_and_text(message: EmailMessage) -> None:
    _text(message)
    message.add_alternative("<p>Dear Bob,</p><p>shall we meet at <b>ten</b>?</p><p>Ann</p>", subtype="html")


def _utf8_subject(message: EmailMessage) -> None:
    message.replace_header("Subject", "Sample: Größe, naïve café, 日本語, 🙂")
    message.set_content("Zürich, Kraków, Αθήνα.\n")


def _attached(content: bytes, content_type: str, name: str) -> Body:
    maintype, subtype = content_type.split("/")

    def body(message: EmailMessage) -> None:
        message.set_content("Please see the attachment.\n")
        message.add_attachment(content, maintype=maintype, subtype=subtype, filename=name)

    return body


def _zip(name: str, content: bytes) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as entries:
        entries.writestr(name, content)
    return archive.getvalue()


def _photograph() -> bytes:
    return b"II*\0\x08\0\0\0" + bytes(range(256)) * (LARGE_BYTES // 256)
