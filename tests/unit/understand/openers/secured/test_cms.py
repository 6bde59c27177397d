"""S/MIME: what is taken out, what is named, and what damage does."""

from __future__ import annotations

import base64
import zlib

import pytest

from gateway.understand.budget import Exhausted
from gateway.understand.member import Unreadable
from gateway.understand.openers.secured.cms import CMS, MAX_LAYERS
from tests.corpus.payloads import STUB
from tests.corpus.wrapping import cms, detached_signature
from tests.support.probes.opener import Opened, fits, opened

ENTITY = b"Content-Type: text/plain\r\n\r\nhello\r\n" + b"x" * 5000


def of(content: bytes, name: str = "smime.p7m", media_type: str = "application/pkcs7-mime", **limits: float) -> Opened:
    return opened(CMS, content, name, media_type, **limits)


@pytest.mark.parametrize("kind", ["data", "signed", "digested", "authenticated"])
@pytest.mark.parametrize("indefinite", [False, True])
def test_what_is_signed_comes_out(kind: str, indefinite: bool) -> None:
    """The content comes out of DER, and of BER without lengths, in pieces."""
    found = of(cms(kind, ENTITY, indefinite=indefinite))
    assert [(one.content, one.media_type) for one in found.members] == [(ENTITY, "message/entity")]


def test_what_is_compressed_comes_out() -> None:
    """RFC 3274."""
    assert of(cms("compressed", zlib.compress(ENTITY))).contents == (ENTITY,)


def test_a_signed_file_keeps_its_name() -> None:
    """CAdES wraps a file, not an entity."""
    found = of(cms("signed", STUB), "evil.exe.p7m")
    assert [(one.names, one.content, one.media_type) for one in found.members] == [(("evil.exe",), STUB, "")]


@pytest.mark.parametrize("kind", ["enveloped", "auth-enveloped", "encrypted"])
def test_what_is_encrypted_is_named(kind: str) -> None:
    """And nothing comes out."""
    found = of(cms(kind, b"?"))
    assert (found.members, found.codes) == ((), ("message.encrypted",))


def test_a_signature_alone_holds_nothing() -> None:
    """Its content is elsewhere in the message."""
    found = opened(CMS, detached_signature(), "smime.p7s", "application/pkcs7-signature")
    assert (found.members, found.codes) == ((), ())


@pytest.mark.parametrize(
    "written",
    [
        base64.b64encode(cms("signed", ENTITY)),
        base64.encodebytes(cms("signed", ENTITY)),
        b"-----BEGIN PKCS7-----\n" + base64.encodebytes(cms("signed", ENTITY)) + b"-----END PKCS7-----\n",
        b"-----BEGIN CMS-----\r\n" + base64.encodebytes(cms("signed", ENTITY)) + b"-----END CMS-----\r\n",
    ],
)
def test_text_forms(written: bytes) -> None:
    """PEM, and bare base64."""
    assert opened(CMS, written, "a.dat").contents == (ENTITY,)


@pytest.mark.parametrize("content", [b"hello", b"0\x80", b"0\x82\xff\xff\x06", cms("signed", ENTITY)[:20], b"0"])
def test_what_is_declared_and_is_none(content: bytes) -> None:
    """Is unreadable."""
    with pytest.raises(Unreadable):
        of(content)


def test_damaged_compression() -> None:
    """Is unreadable."""
    with pytest.raises(Unreadable):
        of(cms("compressed", zlib.compress(ENTITY)[:20]))


def test_compression_keeps_to_the_budget() -> None:
    """A bomb ends there."""
    with pytest.raises(Exhausted):
        of(cms("compressed", zlib.compress(bytes(5_000_000))), bytes=1_000_000)


@pytest.mark.parametrize("layers", [MAX_LAYERS - 1, MAX_LAYERS, MAX_LAYERS + 1])
def test_layers_in_one_another(layers: int) -> None:
    """Up to eight."""
    content = ENTITY
    for number in range(layers):
        content = cms("signed", content, inner="signed" if number else "data")
    if layers > MAX_LAYERS:
        with pytest.raises(Unreadable):
            of(content)
    else:
        assert of(content).contents == (ENTITY,)


@pytest.mark.parametrize("content", [b"", b"MIND the gap", b"0 apples", b"<html>", b"%PDF-1.7", bytes(100)])
def test_other_files_do_not_fit(content: bytes) -> None:
    """The opener judges by look."""
    assert not fits(CMS, content, "a.bin")
