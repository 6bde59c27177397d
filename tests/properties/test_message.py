"""Laws of the message: any octets have a map, and edits touch what they name and no more."""

from __future__ import annotations

import base64
import quopri
import re
from collections.abc import Callable, Sequence
from itertools import groupby

from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from gateway.message.edits import (
    AddHeader,
    Edit,
    EditConflict,
    InsertText,
    RemoveHeader,
    RemovePart,
    RemoveText,
    RenameHeader,
    ReplacePart,
    SetSubject,
    Wrap,
    render,
)
from gateway.message.edits.compose import field_octets
from gateway.message.encodings.decode import decode_text, decode_transfer
from gateway.message.header.encoded_words import field_text
from gateway.message.header.params import parse_structured
from gateway.message.mime.parse import parse
from gateway.message.mime.readings import MAX_NESTED, MAX_READINGS, readings
from gateway.message.model import Message
from gateway.message.part import Part

settings.register_profile("message", deadline=None)  # nothing here is measured
settings.load_profile("message")

# --- strategies ------------------------------------------------------------------------------------------------------

#: What messages are made of, put together at random: finds more than octets alone.
SHARDS: list[bytes] = [
    *(b"\r\n", b"\r\n\r\n", b"\n", b"\r", b" ", b"\t", b"\0", b":", b";", b"=", b'"', b"\\", b"(", b")", b"--", b"="),
    *(b"Content-Type: ", b"Content-Transfer-Encoding: ", b"Content-Disposition: attachment", b"Subject: ", b"From x"),
    *(b"multipart/mixed", b"multipart/digest", b"message/rfc822", b"text/plain", b"text/html", b"; boundary=b"),
    *(b'; boundary="b c"', b"; boundary*0=b", b"\r\n--b\r\n", b"\r\n--b--\r\n", b"--b c", b"\r--b\n"),
    *(
        b"base64",
        b"quoted-printable",
        b"x-uuencode",
        b"; charset=utf-7",
        b"; charset=",
        b"utf-16",
        b"; filename*=utf-8''%41",
    ),
    *(
        b"; name*1=x",
        b"=?utf-8?q?=C3?=",
        b"=?",
        b"?=",
        b"aGVsbG8=",
        b"=C3=BC",
        b"\xc3\xbc",
        b"\xff",
        b"begin 644 x\n",
        b"end",
    ),
    *(
        b"Content-Transfer-Encoding: base64\r\n",
        b"Content-Type: multipart/mixed; boundary=c\r\n",
        b"\r\n--c\r\n",
        b"(c)",
    ),
    *(b"PK\x03\x04", b"<body>", b"</body>", b"word"),
]
hostile = st.lists(st.one_of(st.sampled_from(SHARDS), st.binary(max_size=8)), max_size=60).map(b"".join)
word = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=12)
line = st.lists(word, max_size=6).map(" ".join)


@st.composite
def text_part(draw: st.DrawFn) -> bytes:
    """A well-formed text part, in one of the encodings."""
    text = "".join(f"{one}\r\n" for one in draw(st.lists(line, max_size=5)))
    subtype = draw(st.sampled_from(["plain", "html"]))
    encoding = draw(st.sampled_from(["8bit", "base64", "quoted-printable"]))
    octets = text.encode("utf-8")
    if encoding == "base64":
        octets = base64.encodebytes(octets).replace(b"\n", b"\r\n")
    elif encoding == "quoted-printable":
        octets = quopri.encodestring(octets.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
    fields = f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return fields.encode("ascii") + octets


@st.composite
def mixed(draw: st.DrawFn) -> bytes:
    """A well-formed message of several text parts."""
    parts = draw(st.lists(text_part(), min_size=1, max_size=4))
    header = b"From: a@x.test\r\nSubject: s\r\nX-A: 1\r\nX-B: 2\r\nContent-Type: multipart/mixed; boundary=-=b\r\n\r\n"
    return header + b"".join(b"--" + b"-=b\r\n" + part + b"\r\n" for part in parts) + b"---=b--\r\n"


# --- any octets ------------------------------------------------------------------------------------------------------


@given(st.one_of(st.binary(max_size=400), hostile))
@example(b"")
def test_any_octets_have_a_map(raw: bytes) -> None:
    """Parsing never raises, nor does any view, and rendering without edits is identity."""
    message = parse(raw)
    assert render(message, ()) is raw
    look_at_everything(message)


@given(hostile)
@settings(max_examples=300)
def test_readings_are_bounded_and_come_to_an_end(raw: bytes) -> None:
    """Each is read in turn, and those of the last have none; whatever is read, no reading is the part itself."""
    waiting = [parse(raw)]
    rounds = 0
    while waiting:
        found = [(part, one) for message in waiting for part in message.parts for one in readings(part)]
        assert all(len(list(each)) <= MAX_READINGS for _, each in groupby(found, key=lambda pair: id(pair[0])))
        assert all(one.octets and one.why for _, one in found)
        waiting = [parse(one.octets, f"{part.path}/({one.label})/1") for part, one in found if one.is_entity][:50]
        rounds += 1
    assert rounds <= MAX_NESTED + 1


def look_at_everything(message: Message) -> None:
    assert isinstance(message.subject + message.message_id, str)
    assert all(0 <= defect.offset <= len(message.raw) for defect in message.defects)
    for part in message.parts:
        assert isinstance(part.text, str)
        part.text.encode("utf-8")
        assert isinstance(part.decoded, bytes)
        assert all(isinstance(name, str) and name for name in part.names)
        assert message.part(part.path) is part
        for header in part.headers:
            assert isinstance(header.value, str)
            assert isinstance(header.params, dict)


@given(hostile)
def test_offsets_nest_and_cover(raw: bytes) -> None:
    """The root covers all octets, children lie in their parent's body in order, fields in their header block."""
    message = parse(raw)
    assert (message.root.header_start, message.root.end) == (0, len(raw))
    for part in message.parts:
        check_offsets(part)


def check_offsets(part: Part) -> None:
    assert part.header_start <= part.body_start <= part.end
    at = part.header_start
    for header in part.headers:
        assert at <= header.start < header.end <= part.body_start
        assert part.raw[header.start : header.end].startswith(header.name.encode("latin-1") + b":" + header.raw_value)
        at = header.end
    at = part.body_start
    for number, child in enumerate(part.children, 1):
        assert child.path == f"{part.path}.{number}"
        assert at <= child.header_start <= child.end <= part.end
        if number > 1:  # nothing stands between two parts but one delimiter line with its line breaks
            between = part.raw[at : child.header_start]
            assert between.strip(b"\r\n").startswith(b"--")
            assert len(between.splitlines()) <= 2
        at = child.end
    if part.content_type == "message/rfc822" and part.children:
        assert (part.children[0].header_start, part.children[0].end) == (part.body_start, part.end)


@given(hostile)
def test_line_ends_make_no_difference_to_the_tree(raw: bytes) -> None:
    """A message with lone CR or LF has the same tree once they are made CRLF."""
    normal = b"\r\n".join(raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n"))
    one, other = parse(raw), parse(normal)
    assert [(p.path, p.content_type, p.encoding, len(p.headers)) for p in one.parts] == [
        (p.path, p.content_type, p.encoding, len(p.headers)) for p in other.parts
    ]


@given(st.one_of(st.binary(max_size=200), hostile), st.text(max_size=20))
def test_decoding_never_raises(octets: bytes, token: str) -> None:
    """Whatever the octets and whatever is declared."""
    for encoding in ("base64", "quoted-printable", "x-uuencode", "7bit", token):
        assert isinstance(decode_transfer(octets, encoding).octets, bytes)
    for charset in (None, "utf-7", "utf-16", "iso-2022-jp", "hz", token):
        decode_text(octets, charset).text.encode("utf-8")
    parse_structured(field_text(octets)).mapping()


@given(
    st.text(st.characters(exclude_categories=("Cs",))), st.sampled_from(["X", "Subject", "X-A-Longer-Name-For-This"])
)
def test_a_written_field_is_one_field_and_reads_back(value: str, name: str) -> None:
    """Control characters become blanks. No line has over 998 octets, and none is blank."""
    octets = field_octets(name, value)
    block = parse(octets + b"\r\nbody")
    assert [header.name for header in block.headers] == [name]
    assert block.headers[0].value == re.sub(r"[\x00-\x1f\x7f]+", " ", value).strip(" ")
    assert block.root.body == b"body"
    assert octets.isascii()
    assert all(one.strip() and len(one) <= 998 for one in octets[:-2].split(b"\r\n"))


# --- edits -----------------------------------------------------------------------------------------------------------


@st.composite
def edits_for(draw: st.DrawFn, message: Message) -> list[Edit]:
    """Edits of different places, so that none depends on another."""
    found: list[Edit] = [AddHeader("X-New", draw(line))] if draw(st.booleans()) else []
    if draw(st.booleans()):
        found.append(SetSubject(draw(line)))
    if draw(st.booleans()):
        found.append(draw(st.sampled_from([RemoveHeader("X-A"), RenameHeader("X-A", "X-C")])))
    for part in message.leaves:
        found += draw(st.sampled_from([[], [0], [1], [2], [3]]).map(lambda kind, part=part: edit_of(part, kind)))  # type: ignore[misc]
    return found


def edit_of(part: Part, kind: Sequence[int]) -> list[Edit]:
    choices: list[Edit] = [
        InsertText(part.path, "end", "END \u00fc", "<p>END \u00fc</p>"),
        RemoveText(part.path, 0, min(3, len(part.text))),
        ReplacePart(part.path, "gone"),
        RemovePart(part.path),
    ]
    return [choices[one] for one in kind]


@given(st.data(), mixed())
def test_untouched_octets_stay(data: st.DataObject, raw: bytes) -> None:
    """Parts and fields that no edit names are the same octets afterwards."""
    message = parse(raw)
    edits = data.draw(edits_for(message))
    amended = parse(render(message, edits))
    named = {getattr(edit, "part", "") for edit in edits}
    gone = {edit.part for edit in edits if isinstance(edit, RemovePart)}
    left = [part for part in message.leaves if part.path not in gone]
    for before, after in zip(left, amended.leaves, strict=bool(left)):
        if before.path not in named:
            assert raw[before.header_start : before.end] == amended.raw[after.header_start : after.end]
    assert (amended.header("from"), amended.header("x-b")) == ("a@x.test", "2")
    assert b"Content-Type: multipart/mixed; boundary=-=b\r\n" in amended.raw


@given(st.data(), mixed())
def test_the_order_of_independent_edits_does_not_matter(data: st.DataObject, raw: bytes) -> None:
    """They are of different places, and only AddHeader, of which there is one, has an order."""
    message = parse(raw)
    edits = data.draw(edits_for(message))
    shuffled = data.draw(st.permutations(edits))
    assert render(message, edits) == render(message, shuffled)


@given(mixed(), line, line)
def test_edits_compose(raw: bytes, first: str, second: str) -> None:
    """Rendering twice gives what rendering once with both does."""
    one, other = AddHeader("X-1", first), AddHeader("X-2", second)
    insert = InsertText("1.1", "end", first, first)
    together = render(parse(raw), [one, insert, other, SetSubject(second)])
    in_turn = render(parse(render(parse(render(parse(raw), [one])), [insert])), [other, SetSubject(second)])
    assert in_turn == together


@given(mixed(), line, st.data())
def test_inserted_text_is_read_back(raw: bytes, added: str, data: st.DataObject) -> None:
    """The new text is the old one with the insertion, whatever the charset and encoding."""
    message = parse(raw)
    text = message.leaves[0].text
    at = data.draw(st.integers(0, len(text)).filter(lambda at: text[at - 1 : at + 1] != "\r\n"))
    amended = parse(render(message, [InsertText("1.1", at, added, added)]))
    assert amended.leaves[0].text == text[:at] + added + text[at:]
    assert [part.text for part in amended.leaves[1:]] == [part.text for part in message.leaves[1:]]


@example(b"Content-:\r\n\x00\r\n\x00:")
@given(st.one_of(st.binary(max_size=200), hostile))
def test_any_message_can_be_amended(raw: bytes) -> None:
    """Its own fields come first and read as given; wrapping keeps every octet."""
    message = parse(raw)
    added = parse(render(message, [AddHeader("X-New", "value"), AddHeader("X-Newer", "other")]))
    assert (added.header("x-new"), added.header("x-newer")) == ("value", "other")
    assert sorted(part.body for part in added.leaves) == sorted(part.body for part in message.leaves)
    assert raw in render(message, [Wrap("text", "<p>html</p>")])
    replaced = parse(render(message, [ReplacePart("1", "gone", "n.txt")]))
    assert (replaced.root.text, replaced.root.names) == ("gone\r\n", ("n.txt",))


@given(hostile, st.data())
def test_edits_of_any_part_either_work_or_say_why(raw: bytes, data: st.DataObject) -> None:
    """No part is so odd that rendering fails with anything but EditConflict or ValueError."""
    message = parse(raw)
    paths = st.sampled_from([part.path for part in message.parts])
    kinds: list[Callable[[str], Edit]] = [
        lambda path: InsertText(path, "end", "x \u00fc", "x"),
        lambda path: InsertText(path, "top", "x", "<p>\u6f22</p>"),
        lambda path: RemoveText(path, 0, 1),
        lambda path: ReplacePart(path, "gone"),
        RemovePart,
    ]
    edits = [data.draw(st.sampled_from(kinds))(data.draw(paths)) for _ in range(data.draw(st.integers(1, 3)))]
    try:
        octets = render(message, edits)
    except EditConflict:
        return
    except ValueError as error:
        event(str(error)[:20])
        return
    look_at_everything(parse(octets))
