"""Replies: read from a peer, written to a client."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.smtp.reply import MAX_LINE_BYTES, MAX_REPLY_BYTES, Reply, ReplyReader, UnreadableReply, parse_reply


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (b"250 2.0.0 Ok\r\n", Reply(250, "2.0.0", "Ok")),
        (b"250 Ok\r\n", Reply(250, "", "Ok")),
        (b"250\r\n", Reply(250, "", "")),
        (b"250 \r\n", Reply(250, "", "")),
        (b"250 2.0.0\r\n", Reply(250, "2.0.0", "")),
        (b"250 Ok\n", Reply(250, "", "Ok")),
        (b"354 Go on\r\n", Reply(354, "", "Go on")),
        (b"550-5.1.1 No\r\n550 5.1.1 such user\r\n", Reply(550, "5.1.1", "No\nsuch user")),
        (b"550-5.1.1 No\r\n550 such user\r\n", Reply(550, "5.1.1", "No\nsuch user")),
        (b"250-hop.test\r\n250-SIZE 1\r\n250 HELP\r\n", Reply(250, "", "hop.test\nSIZE 1\nHELP")),
        # A status that contradicts its code is text, and so is what only looks like one.
        (b"250 5.0.0 Ok\r\n", Reply(250, "", "5.0.0 Ok")),
        (b"550 5.1.1: No\r\n", Reply(550, "", "5.1.1: No")),
        (b"250 2.0.0000 Ok\r\n", Reply(250, "", "2.0.0000 Ok")),
    ],
)
def test_a_reply_is_read(octets: bytes, expected: Reply) -> None:
    """Code, status and text of one line or several."""
    assert parse_reply(octets) == expected


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"\r\n",
        b"garbage\r\n",
        b"25 Ok\r\n",
        b"2500 Ok\r\n",
        b"250_Ok\r\n",
        b"150 Ok\r\n",
        b"650 Ok\r\n",
        b"290 Ok\r\n",
        b" 250 Ok\r\n",
        b"250-Ok\r\n251 Ok\r\n",
        b"250-Ok\r\nOk\r\n",
        b"250-Ok\r\n",
        b"250 Ok",
        b"250 Ok\r\n250 Ok\r\n",
        "²50 Ok\r\n".encode(),
        b"HTTP/1.1 400 Bad Request\r\n",
    ],
)
def test_what_is_no_reply_is_not_read(octets: bytes) -> None:
    """Nothing is concluded from it."""
    with pytest.raises(UnreadableReply):
        parse_reply(octets)


def test_control_characters_from_outside_are_neutralised() -> None:
    """No escape, bidirectional override or line separator gets through; UTF-8 that isn't is replaced."""
    reply = parse_reply(b"550 a\x1b[31mb\rc\x00d\te\xe2\x80\xaef\xe2\x80\xa8g\xffh\xc3\xbc\r\n")
    assert reply.text == "a?[31mb?c?d e?f?g\ufffdhü"
    assert reply.lines() == b"550 a?[31mb?c?d e?f?g?h?\r\n"


def test_control_characters_of_our_own_are_neutralised() -> None:
    """Text that a sender chose can't add a reply or a line of one, except where LF parts lines."""
    assert Reply(550, "5.7.1", "a\r\n250 Ok\x1b").lines() == b"550-5.7.1 a?\r\n550 5.7.1 250 Ok?\r\n"
    assert str(Reply(550, "5.7.1", "a\r\n250 Ok\x1b")) == "550 5.7.1 a? 250 Ok?"


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Reply(250, "2.0.0", "Ok"), b"250 2.0.0 Ok\r\n"),
        (Reply(354, "", "Go on"), b"354 Go on\r\n"),
        (Reply(250, "2.0.0", ""), b"250 2.0.0\r\n"),
        (Reply(221, "", ""), b"221 \r\n"),
        (Reply(550, "5.1.1", "No\nsuch user"), b"550-5.1.1 No\r\n550 5.1.1 such user\r\n"),
    ],
)
def test_the_wire_form(reply: Reply, expected: bytes) -> None:
    """Each line with code and status."""
    assert reply.lines() == expected
    assert parse_reply(expected) == reply


@pytest.mark.parametrize(("letters", "lines"), [(499, 1), (500, 1), (501, 2), (1000, 2), (1001, 3)])
def test_long_text_is_split(letters: int, lines: int) -> None:
    """No line is over the 512 octets of RFC 5321; nothing of the text is lost."""
    wire = Reply(550, "5.7.1", "x" * letters).lines()
    assert wire.count(b"\r\n") == lines
    assert max(len(line) + 2 for line in wire.split(b"\r\n")) <= MAX_LINE_BYTES
    assert wire.count(b"x") == letters


def test_long_text_is_split_at_a_blank() -> None:
    """Words stay whole where they can."""
    first, second = parse_reply(Reply(550, "5.7.1", f"{'x' * 490} {'y' * 20}").lines()).text.split("\n")
    assert (first, second) == ("x" * 490, "y" * 20)


@given(
    st.integers(200, 559).filter(lambda code: code % 100 < 60), st.sampled_from(["", "x.1.2"]), st.text(max_size=2000)
)
def test_what_is_written_is_one_reply(code: int, status: str, text: str) -> None:
    """Whatever the text, a peer reads one reply with that code and status, in ASCII."""
    if code // 100 == 3:
        status = ""
    wire = Reply(code, status.replace("x", str(code // 100)), text).lines()
    assert parse_reply(wire).code == code
    assert wire.isascii()
    assert all(len(line) <= MAX_LINE_BYTES - 2 for line in wire.split(b"\r\n"))


@given(st.data())
def test_segments_make_no_difference(data: st.DataObject) -> None:
    """Replies are the same however the octets are cut."""
    octets = b"250 2.1.0 Ok\r\n550-5.1.1 No\r\n550 5.1.1 such user\r\n354 Go on\r\n"
    cuts = sorted(data.draw(st.lists(st.integers(0, len(octets)), max_size=6)))
    reader = ReplyReader()
    edges = zip([0, *cuts], [*cuts, len(octets)], strict=True)
    replies = [reply for a, b in edges for reply in reader.feed(octets[a:b])]
    assert [reply.code for reply in replies] == [250, 550, 354]
    assert not reader.pending


def test_the_reader_knows_what_is_pending() -> None:
    """A line, or lines, of a reply that isn't complete."""
    reader = ReplyReader()
    assert not reader.pending
    reader.feed(b"2")
    assert reader.pending
    reader.feed(b"50-a\r\n")
    assert reader.pending
    assert reader.feed(b"250 b\r\n") == [Reply(250, "", "a\nb")]
    assert not reader.pending


@pytest.mark.parametrize("octets", [MAX_REPLY_BYTES - 1, MAX_REPLY_BYTES, MAX_REPLY_BYTES + 1])
@pytest.mark.parametrize("lines", [False, True])
def test_a_reply_is_bounded(octets: int, lines: bool) -> None:
    """A peer that doesn't end its reply, or its line, is given up."""
    endless = (b"250-" + b"x" * 58 + b"\r\n") * (octets // 64 + 1) if lines else b"250-" + b"x" * octets
    reader = ReplyReader()
    if octets > MAX_REPLY_BYTES:
        with pytest.raises(UnreadableReply):
            reader.feed(endless[:octets])
    else:
        assert reader.feed(endless[:octets]) == []


def test_the_bound_is_for_one_reply() -> None:
    """A long session has no bound."""
    reader = ReplyReader()
    line = b"250 " + b"x" * 1000 + b"\r\n"
    assert sum(len(reader.feed(line)) for _ in range(2 * MAX_REPLY_BYTES // 1000)) == 2 * MAX_REPLY_BYTES // 1000


@pytest.mark.parametrize(
    ("code", "ok", "temporary", "permanent"),
    [(250, True, False, False), (354, False, False, False), (451, False, True, False), (550, False, False, True)],
)
def test_the_class_of_a_reply(code: int, ok: bool, temporary: bool, permanent: bool) -> None:
    """The first digit gives the class."""
    reply = Reply(code, "", "")
    assert (reply.ok, reply.temporary, reply.permanent) == (ok, temporary, permanent)


def test_a_status_is_filled_in() -> None:
    """A status is added if we promised ENHANCEDSTATUSCODES and the peer gave none."""
    assert Reply(550, "", "No").with_status() == Reply(550, "5.0.0", "No")
    assert Reply(550, "5.1.1", "No").with_status() == Reply(550, "5.1.1", "No")
