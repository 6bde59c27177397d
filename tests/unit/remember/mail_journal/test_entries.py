"""The line of an entry: there and back, and lines that nobody has written so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.contract import Client, Envelope, Recipient
from gateway.remember.mail_journal.entries import DamagedLine, JournalEntry, entry_of_line, line_of_entry
from tests.unit.remember.mail_journal.conftest import AT, relayed

INDEX = Path("day/one.index")
WHERE = {"key": "k", "nonce": bytes(12), "offset": 7, "length": 30}


def test_an_entry_is_read_as_it_was_written() -> None:
    """It has all parameters of the envelope, and whatever stands in an address."""
    recipients = (
        Recipient("bob@example.co.uk", "inbound", "SUCCESS,FAILURE", "rfc822;bob@example.co.uk"),
        Recipient('"a \\"b\\" \n\u00e9\u202e"@example.com', "internal"),
    )
    envelope = Envelope("", recipients, "8BITMIME", smtputf8=True, ret="HDRS", envid="e1", auth="<>")
    client = Client("192.0.2.7", "mx", port=25, login="ann", trusted=True)
    message = relayed(envelope=envelope, client=client, personal=True, above_bytes=9)
    line = line_of_entry("e1", AT, message, **WHERE)
    entry = entry_of_line(line, INDEX)
    assert (entry.envelope, entry.client, entry.listener) == (envelope, client, "inbound")
    assert (entry.id, entry.at, entry.mail_id, entry.message_id) == ("e1", AT, "m1", "<Hello@outside.example>")
    assert (entry.personal, entry.size_bytes, entry.above_bytes) == (True, message.size_bytes, 9)
    assert (entry.place.index, entry.place.line, entry.place.offset, entry.place.length) == (INDEX, line, 7, 30)
    assert (entry.place.key, entry.place.nonce) == ("k", bytes(12))
    assert line.isascii()
    assert b"\n" not in line


def test_the_subject_is_not_in_the_line() -> None:
    """It is personal data, and encrypted with the message."""
    message = relayed(content=(b"Subject: Salaries of March\r\n\r\nHello\r\n",))
    assert b"Salaries" not in line_of_entry("e1", AT, message, **WHERE)


def test_mail_without_a_client() -> None:
    entry = entry_of_line(line_of_entry("e1", AT, relayed(client=None), **WHERE), INDEX)
    assert entry.client is None


def changed(**values: object) -> bytes:
    return json.dumps(json.loads(line_of_entry("e1", AT, relayed(), **WHERE)) | values).encode()


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\0" * 40,
        b"[]",
        b"{}",
        b"[" * 100_000,
        changed(at="2026-03-02T09:30:00"),
        changed(at="0001-01-01T00:00:00+23:59"),
        changed(to=[[1, "inbound"]]),
        changed(to=None),
        changed(parameters={"unknown": 1}),
        changed(nonce="no"),
        changed(offset="x"),
        changed(offset=float("inf")),
        changed(client=[1]),
    ],
)
def test_a_damaged_line_is_told(line: bytes) -> None:
    with pytest.raises(DamagedLine):
        entry_of_line(line, INDEX)


@given(st.binary(max_size=80))
def test_no_line_is_a_crash(line: bytes) -> None:
    with pytest.raises(DamagedLine):
        entry_of_line(line, INDEX)


@given(st.integers(min_value=0), st.binary(max_size=3))
def test_a_line_with_other_octets_is_an_entry_or_damaged(at: int, octets: bytes) -> None:
    """Nothing else is raised."""
    line = changed()
    at %= len(line)
    try:
        entry = entry_of_line(line[:at] + octets + line[at + len(octets) :], INDEX)
    except DamagedLine:
        return
    assert isinstance(entry, JournalEntry)
    assert entry.at.tzinfo
