"""Searches: their conditions, their pages, and damage of all kinds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.contract import Envelope, Recipient
from gateway.remember.mail_journal import journal_search
from gateway.remember.mail_journal.entries import Damage
from gateway.remember.mail_journal.journal_keys import JournalKeys, UnreadableMessage
from gateway.remember.mail_journal.journal_reader import JournalReader
from gateway.remember.mail_journal.journal_search import Search
from gateway.remember.mail_journal.segments import indexes_of
from tests.unit.remember.mail_journal.conftest import AT, DAY, HOUR, OpenJournal, find, relayed, subjects


def found(reader: JournalReader, **search: object) -> list[str | None]:
    return subjects(find(reader, Search(**search), 100))  # type: ignore[arg-type]


# --- find ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ({}, [None, "Invoice of March", "Lunch", "First invoice"]),
        ({"text": "ann@EXAMPLE.co.uk"}, ["Lunch"]),
        ({"text": "@outside.example"}, [None, "Invoice of March", "First invoice"]),
        ({"text": "@example.co.uk"}, [None, "Lunch", "First invoice"]),
        ({"text": "X@y"}, ["Invoice of March"]),
        ({"text": "<X@y>"}, ["Invoice of March"]),
        ({"text": "x@y"}, []),
        ({"text": "m-2"}, ["Lunch"]),
        ({"text": "00000003-one"}, ["Invoice of March"]),
        ({"text": "\u00fc@example.co.uk"}, []),
        ({"sender": "eve@outside.example", "recipient": "bob@example.co.uk"}, [None, "First invoice"]),
        ({"sender": "bob@example.co.uk"}, []),
        ({"recipient": "@x.example"}, ["Lunch"]),
        ({"subject": "MARCH invoice"}, ["Invoice of March"]),
        ({"subject": "invoice"}, ["Invoice of March", "First invoice"]),
        ({"since": AT + HOUR}, [None, "Invoice of March", "Lunch"]),
        ({"until": AT + HOUR}, ["First invoice"]),
        ({"since": AT + HOUR, "until": AT + DAY}, ["Lunch"]),
        ({"since": AT + 3 * DAY}, []),
    ],
)
async def test_a_search(filled: JournalReader, search: dict[str, object], expected: list[str | None]) -> None:
    """Newest first; personal mail has no subject, and isn't searched for one."""
    assert found(filled, **search) == expected


async def test_odd_addresses_are_found(open_journal: OpenJournal, reader: JournalReader) -> None:
    """Quoted ones, and those of RFC 6531."""
    odd = ('"a\\\\b \\"c"@x.example', "J\u00fcRGEN@m\u00fcller.example")
    envelope = Envelope("eve@x", tuple(Recipient(one, "inbound") for one in odd), smtputf8=True)
    await open_journal().keep([relayed("odd", envelope=envelope)], AT)
    for address in (*odd, "j\u00fcrgen@M\u00fcller.example", "@m\u00fcller.example"):
        assert found(reader, text=address) == ["odd"]


async def test_a_journal_that_is_not_there(reader: JournalReader) -> None:
    result = find(reader, Search(), 10)
    assert (result.found, result.damages, result.behind) == ([], [], None)
    assert reader.named("00000001") == []
    assert list(reader.messages()) == []


# --- pages -----------------------------------------------------------------------------------------------------------


def pages(reader: JournalReader, search: Search, limit: int) -> list[list[str | None]]:
    """Return the subjects of all pages."""
    told, behind = [], None
    for _ in range(30):
        result = find(reader, search, limit, behind)
        told.append(subjects(result))
        behind = result.behind
        if behind is None:
            return told
    raise AssertionError("the pages have no end")


@pytest.mark.parametrize("search", [Search(), Search(subject="s")], ids=["all", "by-subject"])
@pytest.mark.parametrize("limit", [1, 3, 4])
async def test_pages_have_each_message_once(
    open_journal: OpenJournal, reader: JournalReader, search: Search, limit: int
) -> None:
    """Over the ends of days, with damage between, and with mail of one moment."""
    one, two = open_journal("one"), open_journal("two")
    for number in range(10):
        await (one, two)[number % 2].keep([relayed(f"s{number}")], AT + (number // 4) * DAY)
    spoil(reader, AT.date(), octets=other_first)
    told = [subject for page in pages(reader, search, limit) for subject in page]
    assert len(told) == len(set(told)) == 8
    assert set(told) == {f"s{number}" for number in range(2, 10)}


@pytest.mark.parametrize("limit", ["MOST_OPENED", "MOST_OPENED_BYTES", "MOST_LINES"])
async def test_a_question_is_bounded(filled: JournalReader, monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    """The next pages have the rest."""
    monkeypatch.setattr(journal_search, limit, 1)
    told = pages(filled, Search(subject="invoice"), 100)
    assert len(told) > 2
    assert [subject for page in told for subject in page] == ["Invoice of March", "First invoice"]


async def test_a_clock_that_is_set_back(open_journal: OpenJournal, reader: JournalReader) -> None:
    """Lines stay in order, so that no page leaves one out."""
    journal = open_journal()
    for number, at in enumerate((AT, AT - HOUR, AT)):
        await journal.keep([relayed(f"s{number}")], at)
    assert pages(reader, Search(), 1) == [["s2"], ["s1"], ["s0"], []]


# --- damage ----------------------------------------------------------------------------------------------------------


def other_first(octets: bytes) -> bytes:
    """Change the first octet, whatever it is: those of what is encrypted are random."""
    return bytes([octets[0] ^ 0xFF]) + octets[1:]


def spoil(
    reader: JournalReader,
    day: object,
    octets: Callable[[bytes], bytes] | None = None,
    index: Callable[[bytes], bytes] | None = None,
) -> None:
    """Change the files of a day."""
    for path in indexes_of(reader.folder, day):  # type: ignore[arg-type]
        for one, change in ((path.with_suffix(".mail"), octets), (path, index)):
            if change:
                one.write_bytes(change(one.read_bytes()))


@pytest.mark.parametrize(
    ("octets", "index", "left", "where", "sentence"),
    [
        (lambda o: o[:-1], None, ["b", "a"], "00000003-one", "missing or cut short"),
        (lambda o: o[:-1] + bytes([o[-1] ^ 1]), None, ["b", "a"], "00000003-one", "were changed"),
        (None, lambda i: i.replace(b'"m1"', b'"m2"', 1), ["c", "b"], "00000001-one", "were changed"),
        (None, lambda i: i.replace(b'"personal":false', b'"personal":true ', 1), ["c", "b"], "00000001-one", "changed"),
        (None, lambda i: i.replace(b'"offset":0', b'"offset":-1', 1), ["c", "b"], "00000001-one", "cut short"),
        (None, lambda i: i[:-20], ["b", "a"], ".index", "its last line is incomplete"),
        (None, other_first, ["c", "b"], ".index", "a line of the index is damaged"),
        (None, lambda i: b"", [], None, ""),
    ],
    ids=["cut", "octet", "id", "label", "offset", "torn-line", "line", "empty"],
)
async def test_damage_is_named_and_left_out(
    three: JournalReader,
    octets: Callable[[bytes], bytes] | None,
    index: Callable[[bytes], bytes] | None,
    left: list[str],
    where: str | None,
    sentence: str,
) -> None:
    """By a search and by the messages in turn; the others are read."""
    spoil(three, AT.date(), octets, index)
    result = find(three, Search(), 10)
    assert subjects(result) == left
    assert [one.where.endswith(where or "") for one in result.damages] == [True] * (where is not None)
    messages = list(three.messages())
    assert [one.where for one in messages if isinstance(one, Damage)] == [one.where for one in result.damages]
    assert all(sentence in one.sentence for one in result.damages)
    assert len(messages) - len(result.damages) == len(left)


async def test_the_octets_are_gone(three: JournalReader) -> None:
    for path in indexes_of(three.folder, AT.date()):
        path.with_suffix(".mail").unlink()
    result = find(three, Search(), 10)
    assert result.found == []
    assert {one.sentence for one in result.damages} == {"the file with its octets is missing or cut short"}


async def test_many_damages_are_counted(three: JournalReader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_search, "MOST_DAMAGES", 2)
    spoil(three, AT.date(), octets=lambda octets: bytes(len(octets)))
    result = find(three, Search(), 10)
    assert (len(result.damages), result.more_damages) == (2, 1)


async def test_a_lost_key_is_said(three: JournalReader, tmp_path: Path) -> None:
    """The message is listed without its subject, and can't be read."""
    other = JournalReader(three.folder, JournalKeys([bytes(32)]))
    result = find(other, Search(text="bob@example.co.uk"), 1)
    assert [(one.subject, "is not in the key file" in one.unreadable) for one in result.found] == [(None, True)]
    with pytest.raises(UnreadableMessage, match="put that key's line back from the backup"):
        other.content(result.found[0].entry)
