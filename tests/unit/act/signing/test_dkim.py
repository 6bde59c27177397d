"""The signature's field: what it covers, so that nothing can be added or changed on the way, and its form."""

from __future__ import annotations

import re
import time

import pytest

from gateway.act.signing.dkim import MAX_INSTANCES, SEALED, SIGNED, SigningKey, signatures
from gateway.message.header.fieldblock import read_fields
from gateway.message.mime.parse import parse
from gateway.understand.authentication.dkim import verify_signatures
from tests.support.builders.authentication import FakeResolver, ed25519_key, published, rsa_key

KEY = SigningKey("example.co.uk", "mw1", rsa_key())
RAW = (
    b"From: Ann Example <ann@example.co.uk>\r\nTo: joe@outside.example\r\nSubject: Hello\r\n"
    b"Date: Mon, 2 Mar 2026 09:30:00 +0000\r\nMessage-ID: <1@example.co.uk>\r\n"
    b"List-Unsubscribe: <mailto:x@example.co.uk>\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: text/plain\r\n\r\nHello \t Joe\r\n\r\n"
)


def field(raw: bytes = RAW, key: SigningKey = KEY) -> bytes:
    block = read_fields(raw, 0, len(raw))
    return signatures(block.headers, raw[block.body_start :], [key], int(time.time()))


async def result(raw: bytes, key: SigningKey = KEY) -> str:
    (found,) = await verify_signatures(parse(raw), FakeResolver(published(key)))
    return found.result


def names(raw: bytes = RAW) -> list[str]:
    listed = re.search(rb"; h=([^;]+);", field(raw).replace(b"\r\n", b""))
    assert listed
    return [name.strip() for name in listed[1].decode().split(":")]


async def test_it_verifies() -> None:
    """The unchanged message verifies."""
    assert await result(field() + RAW) == "pass"


@pytest.mark.parametrize("name", SEALED)
async def test_nothing_can_be_added_to_what_a_reader_is_shown(name: str) -> None:
    """Each is signed once more than it is there, also where it is not there."""
    assert await result(field() + b"%s: boss@bank.example\r\n" % name.encode() + RAW) == "fail"


@pytest.mark.parametrize("name", [b"Date", b"Content-Type", b"MIME-Version", b"Message-ID"])
async def test_a_second_field_that_stands_once_breaks_it(name: bytes) -> None:
    """A second field breaks the signature: these fields are signed where there is one."""
    assert await result(field() + name + b": x\r\n" + RAW) == "fail"


async def test_what_a_server_on_the_way_may_add_breaks_nothing() -> None:
    """RFC 6409 8: a Date or a Message-ID where there is none; trace fields always."""
    bare = b"From: ann@example.co.uk\r\n\r\nHello\r\n"
    added = b"Received: from x by y\r\nDate: x\r\nMessage-ID: <x@y>\r\nX-Spam: no\r\nSender: list@outside.example\r\n"
    assert await result(added + field(bare) + bare) == "pass"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (b"Hello \t Joe", b"Hello Joe", "pass"),
        (b"Joe\r\n\r\n", b"Joe \r\n\r\n\r\n", "pass"),
        (b"Subject: Hello", b"SUBJECT:\r\n  Hello ", "pass"),
        (b"Hello \t Joe", b"HelloJoe", "fail"),
        (b"List-Unsubscribe: <mailto:x@", b"List-Unsubscribe: <mailto:y@", "fail"),
    ],
)
async def test_blanks_may_change_and_nothing_else(old: bytes, new: bytes, expected: str) -> None:
    """relaxed/relaxed (RFC 6376 3.4)."""
    assert await result(field() + RAW.replace(old, new)) == expected


def test_the_names_that_are_signed() -> None:
    """The names are in order, as often as they occur, and once more where nothing may be added."""
    assert names() == [
        *("from", "from", "reply-to", "subject", "subject", "to", "to", "cc"),
        *("date", "date", "message-id", "message-id", "mime-version", "mime-version", "content-type", "content-type"),
        "list-unsubscribe",
    ]
    assert not {"received", "return-path", "bcc", "comments"} & {*SEALED, *SIGNED}  # RFC 6376 5.4.1


@pytest.mark.parametrize("number", [MAX_INSTANCES - 1, MAX_INSTANCES, MAX_INSTANCES + 1])
async def test_fields_of_one_name_have_a_limit(number: int) -> None:
    """The lowest are signed, and it verifies all the same where none is left out."""
    raw = b"References: <x@y>\r\n" * number + RAW
    assert names(raw).count("references") == min(number, MAX_INSTANCES)
    assert await result(field(raw) + raw) == "pass"


@pytest.mark.parametrize("key", [rsa_key(), ed25519_key()])
async def test_a_long_domain_and_selector_are_not_cut(key: object) -> None:
    """The field is folded between words only."""
    long = SigningKey(".".join(["d" * 60] * 3) + ".example", "s" * 63, key)  # type: ignore[arg-type]
    raw = RAW.replace(b"example.co.uk", long.domain.encode())
    written = field(raw, long)
    assert long.domain.encode() in written
    assert all(len(line) <= 998 for line in written.split(b"\r\n"))
    assert await result(written + raw, long) == "pass"


def test_it_is_one_field() -> None:
    """Folded, with CRLF line ends alone, and closed by one."""
    written = field()
    assert written.startswith(b"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; t=")
    assert written.endswith(b"\r\n")
    assert all(line[:1] == b" " for line in written.split(b"\r\n")[1:-1])
    assert b"\n" not in written.replace(b"\r\n", b"")
    assert written.isascii()


def test_it_has_no_expiry() -> None:
    """A copy may wait in the outbox for a day, and at the receiver's."""
    assert b"; x=" not in field().replace(b"\r\n", b"")
