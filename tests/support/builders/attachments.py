"""Messages with attachments, opened as in the sandbox, and the findings of the filter `attachments`."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from filters.attachments.filter import Attachments
from filters.attachments.settings import AttachmentsSettings
from gateway.contract import Client, Envelope, Finding, Mail, Organisation, Recipient
from gateway.message.defect import Defect
from gateway.message.mime.parse import parse
from gateway.message.model import Message
from gateway.settings.yaml.document import read_document
from gateway.understand.budget import Allowance, Budget
from gateway.understand.member import Declared, Member, Opener
from gateway.understand.tree import grown
from gateway.understand.true_type import LibMagic
from gateway.understand.walk import Walk

CONFIG = Path(__file__).parents[3] / "config"
CATEGORIES: dict[str, Any] = yaml.load((CONFIG / "attachments.yaml").read_text(), yaml.CSafeLoader)
NOT_PASSWORDS: dict[str, Any] = read_document(CONFIG / "not_passwords.yaml").data
NOTICE = (CONFIG / "notices" / "attachment_removed.txt").read_text()

#: A Windows program of a few hundred octets that does nothing: DOS stub, PE header, one section.
PROGRAM = (b"MZ\x90\0" + bytes(56) + b"\x80\0\0\0" + bytes(64) + b"PE\0\0L\1\1\0" + bytes(12) + b"\xe0\0\2\1\x0b\1") + (
    bytes(222) + b".text\0\0\0" + bytes(300)
)
PDF = b"%PDF-1.4 hi"
TEXT = b"Content-Type: text/plain\r\n\r\nhello"

_MAGIC = LibMagic()


def settings(**values: Any) -> AttachmentsSettings:
    return AttachmentsSettings(**{"categories": CATEGORIES, "not_passwords": NOT_PASSWORDS, "notice": NOTICE, **values})


def mail(message: Message) -> Mail:
    envelope = Envelope("x@other.example", (Recipient("b@example.co.uk", "inbound"),))
    return Mail("id", datetime.now(UTC), "inbound", Client("192.0.2.1"), envelope, message)


def opened(raw: bytes) -> Message:
    """Return the message with true types and the members of its zip files; the real openers aren't used."""
    message = parse(raw)
    walk = Walk([ZIP], lambda _: (), _MAGIC.of, Budget(Allowance(), len(raw)))
    return grown(message, list(walk.message(raw)))


async def judge(message: Message, **values: Any) -> list[Finding]:
    return list(
        await Attachments(settings(**values), Organisation(contact="IT Service Desk <it@example.co.uk>")).check(
            mail(message)
        )
    )


async def check(raw: bytes, **values: Any) -> list[Finding]:
    return await judge(opened(raw), **values)


def codes(findings: Sequence[Finding]) -> list[str]:
    return [finding.code for finding in findings]


def multipart(*parts: bytes, subject: bytes = b"s") -> bytes:
    head = b"From: x@other.example\r\nSubject: " + subject + b"\r\nMIME-Version: 1.0\r\n"
    head += b"Content-Type: multipart/mixed; boundary=q\r\n\r\n"
    return head + b"".join(b"--q\r\n" + part + b"\r\n" for part in parts) + b"--q--\r\n"


def part(fields: bytes, content: bytes) -> bytes:
    """Return a part with these fields, its content in base64."""
    encoded = base64.encodebytes(content).replace(b"\n", b"\r\n")
    return fields + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + encoded


def named(name: bytes, content: bytes = b"hello") -> bytes:
    fields = b'Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename="' + name + b'"'
    return part(fields, content)


def archive(*names: str, content: bytes = b"x") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        for name in names:
            made.writestr(zipfile.ZipInfo(name), b"" if name.endswith("/") else content)
    return buffer.getvalue()


def locked(content: bytes) -> bytes:
    """Return a zip file whose members are marked as encrypted."""
    return content.replace(b"PK\1\2\x14\3\x14\0\0", b"PK\1\2\x14\3\x14\0\1").replace(
        b"PK\3\4\x14\0\0", b"PK\3\4\x14\0\1"
    )


def _members(content: bytes, declared: Declared, budget: Budget) -> Iterator[Member | Defect]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for one in archive.infolist():
            budget.take_entry()
            if one.flag_bits & 1:
                yield Member((one.filename,), None, defects=(Defect("container.encrypted", "It is encrypted", 0),))
            else:
                yield Member((one.filename,), None if one.is_dir() else archive.read(one))


ZIP = Opener("zip", lambda content, _: content.startswith(b"PK"), _members)
