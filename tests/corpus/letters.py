"""A letter, and how it becomes a message: for the examples of what is written so that no filter reads it."""

from __future__ import annotations

import base64
import quopri
from collections.abc import Callable
from dataclasses import dataclass

SEPARATOR = "=_mailwarden"
BENIGN = "Thank you for the meeting last week. The minutes are on the intranet, and lunch was very good.\r\n"


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter that is to be read: its text, subject, sender and recipient."""

    text: str
    subject: str = "Note"
    sender: str = "Jo Field <jo@outside.example>"
    to: str = "ap@example.com"

    @property
    def line(self) -> str:
        """The text on one line."""
        return " ".join(self.text.split())


#: A letter as a raw message.
Obfuscation = Callable[[Letter], bytes]


def header(letter: Letter) -> bytes:
    lines = f"From: {letter.sender}\r\nTo: {letter.to}\r\nSubject: {letter.subject}\r\nMIME-Version: 1.0\r\n"
    date = "Date: Wed, 25 Nov 2026 10:00:00 +0000\r\nMessage-ID: <obfuscation@outside.example>\r\n"
    return (lines + date).encode("utf-8")


def entity(content_type: str, content: bytes, encoding: str = "base64") -> bytes:
    head = f"Content-Type: {content_type}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode()
    if encoding == "base64":
        return head + base64.encodebytes(content).replace(b"\n", b"\r\n")
    return head + (quopri.encodestring(content).replace(b"\n", b"\r\n") if encoding == "quoted-printable" else content)


def multipart(subtype: str, *entities: bytes) -> bytes:
    mark = f"--{SEPARATOR}".encode()
    inside = b"\r\n".join(mark + b"\r\n" + one for one in entities)
    return (
        f'Content-Type: multipart/{subtype}; boundary="{SEPARATOR}"\r\n\r\n'.encode()
        + inside
        + b"\r\n"
        + mark
        + b"--\r\n"
    )


def plain(letter: Letter, text: str) -> bytes:
    return header(letter) + entity(
        "text/plain; charset=utf-8", text.replace("\n", "\r\n").encode("utf-8", "surrogatepass")
    )


def page(letter: Letter, body: str, head: str = "") -> bytes:
    whole = f"<html><head>{head}</head><body>{body}</body></html>"
    return header(letter) + entity("text/html; charset=utf-8", whole.encode("utf-8"))
