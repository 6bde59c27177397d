"""The header block: fields, folds, line ends, lines that are no fields, and the limits."""

from __future__ import annotations

import pytest

from gateway.message.header.fieldblock import MAX_FIELDS, MAX_HEADER_BYTES, FieldBlock, read_fields
from gateway.message.mime.parse import parse


def read(raw: bytes) -> FieldBlock:
    return read_fields(raw, 0, len(raw))


def codes(block: FieldBlock) -> list[str]:
    return [defect.code for defect in block.defects]


def test_fields_have_offsets_and_raw_values() -> None:
    """A field spans its octets with its line break; the value is what stands between."""
    raw = b"A: one\r\nB:\r\n two\r\n\r\nbody"
    first, second = read(raw).headers
    assert (first.name, first.raw_value, raw[first.start : first.end]) == ("A", b" one", b"A: one\r\n")
    assert (second.raw_value, raw[second.start : second.end]) == (b"\r\n two", b"B:\r\n two\r\n")
    assert read(raw).body_start == raw.index(b"body")


@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\r"])
def test_every_line_end_is_one(end: bytes) -> None:
    """Lone CR and LF end lines as CRLF does."""
    raw = end.join([b"A: 1", b" x", b"B: 2", b"", b"body"])
    block = read(raw)
    assert [(h.name, h.value) for h in block.headers] == [("A", "1 x"), ("B", "2")]
    assert raw[block.body_start :] == b"body"


@pytest.mark.parametrize(("raw", "fields"), [(b"", 0), (b"A: 1", 1), (b"A: 1\r\n", 1), (b"A:", 1)])
def test_a_header_without_a_body(raw: bytes, fields: int) -> None:
    """A header that just ends has an empty body, and no defect."""
    block = read(raw)
    assert (len(block.headers), block.body_start, codes(block)) == (fields, len(raw), [])


def test_a_message_that_starts_with_a_blank_line_has_no_header() -> None:
    """The blank line alone is the header block."""
    block = read(b"\r\nbody")
    assert (block.headers, block.body_start, codes(block)) == ([], 2, [])


def test_a_blank_before_the_colon_still_makes_a_field() -> None:
    """The name is kept as written; its key has no blanks."""
    (header,) = read(b"Content-Type : text/html\r\n\r\n").headers
    assert (header.name, header.key) == ("Content-Type ", "content-type")


def test_a_line_without_colon_is_passed_over_and_noted_once() -> None:
    """Fields behind it still count; the defect has its offset."""
    block = read(b"A: 1\r\nno field\r\nneither\r\nB: 2\r\n\r\n")
    assert [h.name for h in block.headers] == ["A", "B"]
    assert [(d.code, d.offset) for d in block.defects] == [("header.no_colon", 6)]


@pytest.mark.parametrize("line", [b": 1", b" : 1", b"Dear Bob: hello"])
def test_a_name_is_one_word(line: bytes) -> None:
    """An empty name, or one with blanks inside, makes no field."""
    assert codes(read(b"A: 1\r\n" + line.lstrip() + b"\r\n\r\n")) == ["header.no_colon"]


def test_text_at_once_means_there_is_no_header() -> None:
    """The body begins with the first octet, so that all of it is looked at."""
    block = read(b"Hello you\r\nA: 1\r\n\r\nmore")
    assert (block.headers, block.body_start, codes(block)) == ([], 0, ["header.missing"])


def test_the_line_that_mbox_puts_on_top_is_passed_over() -> None:
    """It is noted as no field and hides none."""
    block = read(b"From a@b Tue Nov 25 10:00:00 2025\r\nA: 1\r\n\r\n")
    assert ([h.name for h in block.headers], codes(block)) == (["A"], ["header.no_colon"])


def test_a_nul_is_noted_where_it_stands() -> None:
    """NUL in a name or value is kept and noted; one in the body is not the header's matter."""
    block = read(b"A: 1\r\nB: x\0y\r\n\r\n\0")
    assert [(d.code, d.offset) for d in block.defects] == [("header.nul", 10)]


@pytest.mark.parametrize(("more", "fields", "found"), [(-1, 2, []), (0, 2, []), (1, 1, ["limit.header"])])
def test_the_limit_of_octets(more: int, fields: int, found: list[str]) -> None:
    """Up to the limit all is read; past it the rest stays unread, and the body starts where it does."""
    first = b"A: 1\r\n"
    second = b"B: " + b"x" * (MAX_HEADER_BYTES - len(first) - 5 + more) + b"\r\n"
    block = read(first + second + b"C: 3\r\n\r\nbody"[6:])
    assert (len(block.headers), codes(block)) == (fields, found)
    assert block.body_start == len(first + second) + 2


@pytest.mark.parametrize(
    ("count", "found"), [(MAX_FIELDS - 1, []), (MAX_FIELDS, []), (MAX_FIELDS + 1, ["limit.header"])]
)
def test_the_limit_of_fields(count: int, found: list[str]) -> None:
    """Past the limit the rest stays unread."""
    block = read(b"a:\r\n" * count + b"\r\nbody")
    assert (len(block.headers), codes(block)) == (min(count, MAX_FIELDS), found)
    assert block.body_start == 4 * count + 2


def test_the_body_is_found_behind_unread_fields() -> None:
    """The blank line is looked for from the first field that stays unread."""
    raw = b"A: 1\r\nB: 2\r\nC: 3\r\n\r\nbody"
    assert raw[read_fields(raw, 0, len(raw), max_fields=1).body_start :] == b"body"
    assert read_fields(b"A: 1\r\nB: 2", 0, 10, max_fields=1).body_start == 10


MULTIPART = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: image/png; name=x.exe\r\n\r\nx\r\n"


@pytest.mark.parametrize(
    "line",
    [
        b" x\r\n",
        b" x\r\n\ty\r\n",
        b" Content-Type: text/plain\r\n",
        b"garbage\r\n",
        b">From a@x.example Mon\r\n",
        b"two words: x\r\n",
    ],
)
def test_a_first_line_that_will_not_stand_first(line: bytes) -> None:
    """Every reader finds the header and the attachment below the trace field, so we must too."""
    message = parse(line + MULTIPART)
    assert [name for part in message.parts for name in part.names] == ["x.exe"]
    assert message.root.structure_defects[0].code == "header.no_colon"


def test_a_part_that_begins_with_no_field() -> None:
    """Above a part nothing is put; and text without any content field is a message without a header."""
    assert parse(MULTIPART.replace(b"--b\r\n", b"--b\r\ngarbage\r\n")).parts[1].content_type == "text/plain"
    assert parse(b"hello\r\nnot-content: x\r\n\r\nbye\r\n").root.body_start == 0
