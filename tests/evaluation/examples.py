"""Labelled examples, one JSON object a line, and the messages that are made of them.

What an example leaves open (transfer encoding, charset, date, Message-ID) follows from its id: the same example is
always the same octets.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from gateway.contract import DIRECTIONS, Direction

_ADDRESS = re.compile(r'\s*(?:"?(?P<name>.*?)"?\s*<(?P<angled>[^<>\s]+)>|(?P<bare>[^<>\s]+))\s*')
_CHARSETS = ("utf-8", "utf-8", "utf-8", "windows-1252", "iso-8859-1")
_ENCODINGS = ("7bit", "quoted-printable", "base64")
_REPLY = re.compile(r"(?i)(re|aw|fwd?|wg)\b\s*:")
#: Characters of a line that 7bit may have (RFC 5322 2.1.1 has 998).
_LONGEST_LINE = 900


#: What every example must have; the others are in `tests/evaluation/payment_change/README.md`.
_NEEDED = {"id": str, "label": bool, "direction": str, "from": str, "to": list, "subject": str}
_MEANT = {str: "text", bool: "true or false", list: "a list"}


class BadExample(ValueError):
    """A file of labelled mails that can't be used: `file:line: sentence`."""


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled mail."""

    id: str
    label: bool  # whether the rule should fire
    difficulty: str  # easy, medium, hard; "" = not said
    direction: Direction
    record: dict[str, Any] = field(repr=False)  # a test that fails must not show an unread one

    @property
    def raw(self) -> bytes:
        """The message, with CRLF line ends; an example may bring its own octets."""
        return self.record.get("raw") or message(self.record)

    @property
    def recipients(self) -> tuple[str, ...]:
        addresses = [address(one).addr_spec for one in (*self.record["to"], *(self.record.get("cc") or ()))]
        return tuple(dict.fromkeys(addresses))

    @property
    def sender(self) -> str:
        return address(self.record["from"]).addr_spec


def examples(path: Path) -> Iterator[Example]:
    """Those of a file, in its order. Raises BadExample."""
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise BadExample(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadExample(f"{path}: the file is not UTF-8") from error
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                yield _example(line)
            except ValueError as error:
                raise BadExample(f"{path}:{number}: {error}") from error


def _example(line: str) -> Example:
    """Raises ValueError with a sentence."""
    try:
        record = json.loads(line)
    except ValueError as error:
        raise ValueError(f"one JSON object a line is expected: {error}") from error
    if not isinstance(record, dict):
        raise ValueError("one JSON object a line is expected")
    for key, kind in _NEEDED.items():
        if key not in record:
            raise ValueError(f"{key} is missing")
        if not isinstance(record[key], kind):
            raise ValueError(f"{key}: {_MEANT[kind]} is expected")
    if record["direction"] not in DIRECTIONS:
        raise ValueError(f"direction: one of {', '.join(DIRECTIONS)} is expected, not {record['direction']!r}")
    for key in ("text", "html", "difficulty"):
        if not isinstance(record.get(key), str | None):
            raise ValueError(f"{key}: text is expected")
    if not record["to"]:
        raise ValueError("to: at least one address is expected")
    for one in (record["from"], *record["to"], *(record.get("cc") or ())):
        address(str(one))
    return Example(record["id"], record["label"], record.get("difficulty") or "", record["direction"], record)


def message(record: dict[str, Any]) -> bytes:
    """An example as RFC 5322 message."""
    id, sender = record["id"], address(record["from"])
    made = EmailMessage(policy=policy.SMTP.clone(max_line_length=76))
    made["From"] = sender
    made["To"] = [address(one) for one in record["to"]]
    if record.get("cc"):
        made["Cc"] = [address(one) for one in record["cc"]]
    made["Subject"] = record["subject"]
    day = datetime(2024, 6, 3, tzinfo=timezone(timedelta(hours=1)))
    made["Date"] = day + timedelta(days=_pick(id, "d", 26), hours=7 + _pick(id, "h", 12), minutes=_pick(id, "m", 60))
    made["Message-ID"] = f"<{_hash(id)[:24]}@{sender.domain}>"
    if _REPLY.match(record["subject"]):
        made["In-Reply-To"] = f"<{_hash(f'{id}parent')[:24]}@{address(record['to'][0]).domain}>"
        made["References"] = made["In-Reply-To"]
    _set_content(made, id, record.get("text") or "", record.get("html") or "")
    return made.as_bytes()


def _set_content(made: EmailMessage, id: str, text: str, html: str) -> None:
    """Text alone, HTML alone, or both as alternatives."""
    if text or not html:
        made.set_content(text, **_encoding(id, "text", text))
        if html:
            made.add_alternative(html, subtype="html", **_encoding(id, "html", html))
            made.set_boundary(f"----=_Part_{_hash(id)[:20]}")
    else:
        made.set_content(html, subtype="html", **_encoding(id, "html", html))


def _encoding(id: str, kind: str, text: str) -> dict[str, str]:
    charset = _CHARSETS[_pick(id, "cs", len(_CHARSETS))]
    try:
        text.encode(charset)
    except UnicodeEncodeError:
        charset = "utf-8"
    encoding = _ENCODINGS[_pick(id, f"cte{kind}", len(_ENCODINGS))]
    if encoding == "7bit" and (not text.isascii() or max(map(len, text.split("\n"))) > _LONGEST_LINE):
        encoding = "quoted-printable"
    return {"charset": charset, "cte": encoding}


def address(text: str) -> Address:
    """Return the address in `Name <a@b>` or `a@b`. Raises ValueError for any other text."""
    found = _ADDRESS.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is no address")
    user, _, domain = (found["angled"] or found["bare"]).rpartition("@")
    return Address(found["name"] or "", user, domain)


def _pick(id: str, what: str, of: int) -> int:
    return int(_hash(f"{id}|{what}")[:12], 16) % of


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
