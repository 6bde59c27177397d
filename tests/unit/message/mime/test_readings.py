"""Other readings of odd parts: that they show what is hidden, are bounded, and that ordinary parts have none."""

from __future__ import annotations

import base64

import pytest

from gateway.message.mime import readings as module
from gateway.message.mime.parse import parse
from gateway.message.mime.readings import MAX_NESTED, MAX_READINGS, readings
from gateway.message.part import Part

HIDDEN = b"what nobody was to see"
CODED = base64.b64encode(HIDDEN)
FIELDS = b"Content-Type: application/x-a; name=x\r\nContent-Transfer-Encoding: base64\r\n"
ENTITY = FIELDS + b"\r\n" + CODED + b"\r\n"


def shown(part: Part) -> dict[str, bool]:
    """Each reading's label, and whether the hidden octets can be seen in it."""
    return {one.label: _shows(one.octets, one.is_entity) for one in readings(part)}


def _shows(octets: bytes, is_entity: bool) -> bool:
    leaves = [part.decoded for part in parse(octets).leaves] if is_entity else [octets]
    return any(HIDDEN in leaf for leaf in leaves)


def root(raw: bytes) -> Part:
    return parse(raw).root


@pytest.mark.parametrize(
    "raw",
    [
        ENTITY,
        b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n" + ENTITY + b"--a--\r\n",
        b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n" + ENTITY,
        b"X : y\r\n\r\nContent-Type: a/b\r\n\r\nx",
        b"",
    ],
)
def test_ordinary_and_merely_malformed_parts_have_no_others(raw: bytes) -> None:
    """Nothing is decoded twice for them."""
    assert readings(root(raw)) == ()


@pytest.mark.parametrize(
    ("raw", "label"),
    [
        (ENTITY.replace(b"base64", b"7bit\r\nContent-Transfer-Encoding: base64"), "as base64"),
        (ENTITY.replace(b"base64", b"bas64"), "as base64"),
        (ENTITY.replace(b"Content-Tr", b" Content-Tr"), "header mended"),
        (ENTITY.replace(b"Encoding:", b"Encoding(x):"), "header mended"),
        (ENTITY.replace(b"Encoding:", b"Encoding\r\n :"), "header mended"),
        (ENTITY.replace(b"Encoding:", b"Enc\0oding:"), "header mended"),
        (b"A: b\r\n" + FIELDS + CODED, "header cut short"),
        (b"Content-Type: text/plain\r\n\r\n" + ENTITY.partition(b"\r\n")[2], "body as an entity"),
        (b"\r\na line\r\n" + ENTITY, "body as an entity"),
        (b"Content-Type: image/png; boundary=a\r\n\r\n--a\r\n" + ENTITY + b"--a--\r\n", "boundary a"),
        (b"Content-Type: x; boundary=b\r\n\r\n--a\r\n" + ENTITY + b"--a--\r\n", "boundary a"),
        (b"Content-Type: text/plain\r\n\r\nSource:\r\nContent-ID: x\r\n--a\r\n" + ENTITY + b"--a--\r\n", "as parts"),
        (b"Content-Type: message/x\r\nContent-Transfer-Encoding: base64\r\n\r\n" + ENTITY, "as it stands"),
    ],
)
def test_of_headers(raw: bytes, label: str) -> None:
    """The reading of the label shows what the header hides."""
    assert shown(root(raw))[label]


@pytest.mark.parametrize(
    ("declared", "used"),
    [
        (b"; boundary=b; boundary=a", b"a"),
        (b"", b"a"),
        (b"; boundary=b", b"a"),
        (b'; boundary=""', b""),
        (b'; boundary="a;"', b"a;"),
        (b'; boundary="a\\"b"', b'a\\"b'),
    ],
)
def test_of_boundaries(declared: bytes, used: bytes) -> None:
    """The delimiter that divides the body is looked for in the body."""
    part = root(b"Content-Type: multipart/mixed" + declared + b"\r\n\r\n--" + used + b"\r\n" + ENTITY)
    leaves = [leaf.decoded for leaf in parse(part.raw).leaves]
    assert any(shown(part).values()) or any(HIDDEN in leaf for leaf in leaves)


@pytest.mark.parametrize("line", [b" --a", b"--a x", b"t,--a"])
def test_of_moved_delimiters(line: bytes) -> None:
    """A line that only some take for a delimiter divides the body too."""
    text = b"--a\r\n\r\ntext\r\n"
    part = root(b"Content-Type: multipart/mixed; boundary=a\r\n\r\n" + text + line + b"\r\n" + ENTITY + b"--a--\r\n")
    assert shown(part)["boundary a"]


def test_of_both_boundaries() -> None:
    """Those that divide it as it is declared are not tried again."""
    raw = b"Content-Type: multipart/mixed; boundary=a; boundary=b\r\n\r\n--a\r\nContent-ID: <x>\r\n\r\n--a--\r\n"
    assert shown(root(raw + b"--b\r\n" + ENTITY + b"--b--\r\n")) == {"epilogue": True, "boundary b": True}


@pytest.mark.parametrize(("before", "label"), [(True, "preamble"), (False, "epilogue")])
def test_of_places_outside_of_parts(before: bool, label: str) -> None:
    """An entity, and a file in uuencode."""
    parts = b"--a\r\n\r\ntext\r\n--a--\r\n"
    for hidden, found in ((ENTITY, {label: True}), (b"begin 644 x\r\nM\r\n", {f"{label} as text": False})):
        body = hidden + parts if before else parts + hidden
        assert shown(root(b"Content-Type: multipart/mixed; boundary=a\r\n\r\n" + body)) == found


def test_of_an_encoded_message_inside() -> None:
    """It is an entity, of the octets that its encoding hides."""
    raw = b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.b64encode(ENTITY)
    (found,) = [one for one in readings(root(raw)) if one.label == "as base64"]
    assert (found.is_entity, found.octets) == (True, ENTITY)


def test_of_an_encoded_multipart() -> None:
    """The reading has the Content-Type above the decoded body."""
    body = base64.b64encode(b"--a\r\n" + ENTITY + b"--a--")
    raw = b"Content-Type: multipart/mixed; boundary=a\r\nContent-Transfer-Encoding: base64\r\n\r\n" + body
    assert shown(root(raw))["as base64"]


def test_of_a_second_type() -> None:
    """A multipart may be one file, a file may be a message."""
    parts = b"\r\n--a\r\n\r\ntext\r\n--a--\r\n"
    raw = b"Content-Type: multipart/mixed; boundary=a\r\nContent-Type: a/b\r\n" + parts
    assert "as one file" in shown(root(raw))
    assert shown(root(b"Content-Type: a/b\r\nContent-Type: message/rfc822\r\n\r\n" + ENTITY))["as a message"]


def test_a_reading_is_read_otherwise_once_more() -> None:
    """And no further."""
    raw = ENTITY.replace(b"base64", b"bas64")
    for nested, any_found in ((MAX_NESTED - 1, True), (MAX_NESTED, False), (MAX_NESTED + 1, False)):
        assert bool(readings(parse(raw, "1" + "/(as base64)/1" * nested).root)) == any_found


def test_their_number_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a part is made of."""
    raw = b"Content-Type: multipart/mixed\r\n\r\n" + b"".join(
        b"--%d\r\nContent-Type: a/b\r\n\r\n" % n for n in range(99)
    )
    found = len(readings(root(raw)))
    assert 1 < found <= MAX_READINGS
    for most in (found - 1, found, found + 1):
        monkeypatch.setattr(module, "MAX_READINGS", most)
        assert len(readings(root(raw))) == min(found, most)


def test_labels_are_unique() -> None:
    """They stand in paths."""
    body = b"--a\r\n\r\nx\r\n--a--\r\n" + b"Content-Type: a/b\r\n\r\nx\r\n\r\n" * 3
    labels = [one.label for one in readings(root(b"Content-Type: multipart/mixed; boundary=a\r\n\r\n" + body))]
    assert labels == ["epilogue", "epilogue 2", "epilogue 3"]


def test_a_boundary_gives_no_label_of_another_reading() -> None:
    """A label in a path is always our own."""
    raw = b"Content-Type: x; boundary=b\r\n\r\n--/(as parts)\r\n" + ENTITY
    assert "boundary _(as parts)" in shown(root(raw))
