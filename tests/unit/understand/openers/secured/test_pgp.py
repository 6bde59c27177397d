"""OpenPGP: messages that are opened, those that are encrypted, and what isn't a message."""

from __future__ import annotations

import bz2
import zlib

import pytest

from gateway.understand.budget import Exhausted
from gateway.understand.member import Unreadable
from gateway.understand.openers.secured import pgp
from gateway.understand.openers.secured.pgp import MAX_LAYERS, PGP
from tests.corpus.payloads import STUB
from tests.corpus.wrapping import armoured, compressed, encrypted_packets, literal, packet, partial_packet
from tests.support.probes.opener import Opened, fits, opened

LITERAL = literal(b"evil.exe", STUB)
BARE = zlib.compress(LITERAL)[2:-4]
SIGNER = packet(4, b"\3\0\x08\1" + bytes(9))


def of(content: bytes, name: str = "a.gpg", media_type: str = "", **limits: float) -> Opened:
    return opened(PGP, content, name, media_type, **limits)


@pytest.mark.parametrize(
    "content",
    [
        LITERAL,
        compressed(0, LITERAL),
        compressed(1, BARE),
        compressed(2, zlib.compress(LITERAL)),
        compressed(3, bz2.compress(LITERAL)),
        compressed(2, zlib.compress(compressed(1, BARE))),
        SIGNER + LITERAL + packet(2, b"\4"),
        b"\xa3\1" + BARE,
        b"\xae" + len(LITERAL[6:]).to_bytes(4, "big") + LITERAL[6:],
        partial_packet(11, LITERAL[6:] + bytes(100)).replace(bytes(100) + b"\0", b"\0") or LITERAL,
    ],
)
def test_what_is_not_encrypted_comes_out(content: bytes) -> None:
    """The name is that of the packet."""
    found = of(content)
    assert found.names[0][0] == "evil.exe"
    assert (found.contents[0] or b"").startswith(STUB[:100])


@pytest.mark.parametrize(
    "content",
    [
        encrypted_packets(),
        packet(3, b"\4\x09\0\x08") + packet(9, bytes(50)),
        packet(20, bytes(50)),
        packet(18, b"\1" + bytes(50)),
        SIGNER + encrypted_packets(),
        armoured(encrypted_packets()),
    ],
)
def test_what_is_encrypted_is_named(content: bytes) -> None:
    """Once."""
    found = of(content)
    assert (found.members, found.codes) == ((), ("message.encrypted",))


@pytest.mark.parametrize("content", [LITERAL, encrypted_packets(), SIGNER + LITERAL, compressed(1, BARE)])
def test_messages_are_known_by_their_look(content: bytes) -> None:
    """A message is recognised without a name."""
    assert fits(PGP, content, "a")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"\x89PNG\r\n\x1a\n" + bytes(50),
        b"\xff\xd8\xff\xe0" + bytes(50),
        b"\xef\xbb\xbfhello",
        b"\xd0\xcf\x11\xe0" + bytes(600),
        bytes(range(0x80, 0x100)) * 10,
        packet(6, b"\4" + bytes(20)),
        packet(2, b"\4" + bytes(20)),
    ],
)
def test_other_files_do_not_fit(content: bytes) -> None:
    """Pictures begin with an octet like a packet's; keys and signatures are no messages."""
    assert not fits(PGP, content, "a")


@pytest.mark.parametrize("checksum", [b"=AAAA", b"=zzzz", b""])
def test_armour_in_a_text(checksum: bytes) -> None:
    """Whatever its checksum says (RFC 9580 6.1)."""
    assert of(b"Hello\r\n\r\n" + armoured(LITERAL, checksum=checksum) + b"Bye\r\n", "").contents == (STUB,)


def test_several_armours() -> None:
    """Each is opened."""
    assert of(armoured(LITERAL) * 2, "").contents == (STUB, STUB)


@pytest.mark.parametrize(
    "text",
    [
        b"-----BEGIN PGP MESSAGE-----\r\nand so on.\r\n",
        b"> " + armoured(encrypted_packets()),
        b"-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\nHello\r\n" + armoured(b"\xc2\1\4", b"SIGNATURE"),
        armoured(b"\xc6\1\4", b"PUBLIC KEY BLOCK"),
    ],
)
def test_text_about_pgp(text: bytes) -> None:
    """Quoted, signed in the clear, or a key."""
    found = of(text, "")
    assert (found.members, found.codes) == ((), ())


@pytest.mark.parametrize(
    "content",
    [
        armoured(b"no packets at all"),
        armoured(LITERAL, b"MESSAGE, PART 1/2"),
        compressed(9, b"?"),
        compressed(2, b"no zlib"),
        compressed(3, b"no bzip2"),
        LITERAL + b"junk",
    ],
)
def test_damage(content: bytes) -> None:
    """Is unreadable."""
    with pytest.raises(Unreadable):
        of(content)


@pytest.mark.parametrize("layers", [MAX_LAYERS - 1, MAX_LAYERS, MAX_LAYERS + 1])
def test_layers_of_compression(layers: int) -> None:
    """Up to eight."""
    content = LITERAL
    for _ in range(layers):
        content = compressed(0, content)
    if layers > MAX_LAYERS:
        with pytest.raises(Unreadable):
            of(content)
    else:
        assert of(content).contents == (STUB,)


@pytest.mark.parametrize("count", [2, 3, 4])
def test_armours_in_a_text(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than the limit are not passed over in silence."""
    monkeypatch.setattr(pgp, "MAX_ARMOURS", 3)
    if count > 3:
        with pytest.raises(Unreadable):
            of(armoured(LITERAL) * count, "")
    else:
        assert len(of(armoured(LITERAL) * count, "").members) == count


@pytest.mark.parametrize(
    "content", [compressed(2, zlib.compress(bytes(5_000_000))), compressed(3, bz2.compress(bytes(5_000_000)))]
)
def test_compression_keeps_to_the_budget(content: bytes) -> None:
    """A bomb ends there."""
    with pytest.raises(Exhausted):
        of(content, bytes=1_000_000)


def test_a_mail_in_a_literal_is_an_entity() -> None:
    """PGP/MIME has such entities."""
    entity = b"Content-Type: text/plain\r\n\r\nhello\r\n"
    (member,) = of(literal(b"", entity), "encrypted.asc").members
    assert (member.content, member.media_type) == (entity, "message/entity")


def test_names() -> None:
    """The packet's, and what stands before the outer one's ending; `_CONSOLE` is none."""
    assert of(literal(b"_CONSOLE", STUB), "evil.exe.gpg").names == (("evil.exe",),)
    assert of(literal(b"a.exe", STUB), "b.txt.pgp").names == (("a.exe", "b.txt"),)
