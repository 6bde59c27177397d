"""Signed and encrypted mail through a running gateway: openssl and gpg verify and decrypt what comes out."""

from __future__ import annotations

import email
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from email.message import Message
from pathlib import Path

import pytest

from tests.support.builders.disclaimers import entity, multipart
from tests.support.probes.browser import times_visible
from tests.support.servers.gateway import Gateway, send

FIELDS = b"From: Ann <ann@example.co.uk>\r\nTo: bob@partner.example\r\nSubject: Signed\r\nMIME-Version: 1.0\r\n"
CONTENT = entity("text/plain; charset=utf-8", "Dear Bob,\r\n\r\nthe contract is enclosed.\r\n")
PLAIN = entity("text/plain", "Hello Bob\r\n\r\nRegards\r\nAnn\r\n")
PAGE = entity("text/html", "<html><body><p>Hello Bob</p></body></html>\r\n")
SEEN = "is monitored, by automated means too"
ANN = "Ann Archer <ann@example.co.uk>"

CHAINS = {
    "skip": "filters:\n  - disclaimer\n",
    "wrap": "filters:\n  - disclaimer: {fallback: wrap}\n",
    "reject": "filters:\n  - disclaimer: {fallback: reject}\n",
}


@pytest.fixture(scope="module")
def gateways(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Gateway]]:
    """One for each fallback; what leaves is put into a folder."""
    folder = tmp_path_factory.mktemp("gateways")
    made = {name: Gateway(folder / name, filters=chain, workers=1) for name, chain in CHAINS.items()}
    with ExitStack() as stack:
        for gateway in made.values():
            stack.enter_context(gateway)
        yield made


async def through(raw: bytes, gateway: Gateway) -> bytes:
    """Send a message and return the octets that the next hop gets, without our Received field."""
    delivered = gateway.data_dir / "delivered" / "new"
    before = set(delivered.glob("*"))
    reply = await send(gateway.outbound, "ann@example.co.uk", ["bob@partner.example"], raw)
    assert reply.startswith("250"), reply
    (file,) = set(delivered.glob("*")) - before
    received = re.compile(rb"Received:[^\r]*\r\n(?:[ \t][^\r]*\r\n)*")
    return received.sub(b"", file.read_bytes(), count=1)


def run(*command: str | Path, **options: object) -> subprocess.CompletedProcess[bytes]:
    done = subprocess.run(list(map(str, command)), capture_output=True, check=False, timeout=60, **options)  # type: ignore[call-overload]
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return done  # type: ignore[no-any-return]


# --- S/MIME ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Ann's, signed by herself; key beside it."""
    assert shutil.which("openssl"), "openssl is in Debian's package openssl"
    made = tmp_path / "ann.pem"
    subject = ("-subj", "/CN=Ann/emailAddress=ann@example.co.uk", "-addext", "extendedKeyUsage=emailProtection")
    run(
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        tmp_path / "ann.key",
        "-out",
        made,
        *subject,
    )
    return made


def smime(certificate: Path, how: str) -> bytes:
    """A message made by openssl: `signed` (with the text in the clear), `opaque` or `encrypted`."""
    content = certificate.with_name("content")
    content.write_bytes(CONTENT)
    signing = ("-sign", "-signer", certificate, "-inkey", certificate.with_suffix(".key"))
    options = {
        "signed": signing,
        "opaque": (*signing, "-nodetach"),
        "encrypted": ("-encrypt", "-aes256"),
    }[how]
    to = (certificate,) if how == "encrypted" else ()
    made = run("openssl", "cms", *options, "-in", content, "-crlfeol", *to).stdout
    return FIELDS.replace(b"MIME-Version: 1.0\r\n", b"") + re.sub(rb"\r?\n", b"\r\n", made)


def opened_by_openssl(raw: bytes, certificate: Path, how: str) -> bytes:
    """The content. Fails where the signature doesn't verify."""
    file = certificate.with_name("arrived.eml")
    file.write_bytes(raw)
    if how == "encrypted":
        keys = ("-decrypt", "-recip", certificate, "-inkey", certificate.with_suffix(".key"))
    else:
        keys = ("-verify", "-CAfile", certificate)
    return run("openssl", "cms", *keys, "-in", file).stdout


@pytest.mark.parametrize("how", ["signed", "opaque", "encrypted"])
async def test_smime_passes_untouched(
    how: str, certificate: Path, gateways: dict[str, Gateway], tmp_path: Path
) -> None:
    """The shipped settings relay the message octet for octet, and openssl opens it."""
    raw = smime(certificate, how)
    arrived = await through(raw, gateways["skip"])
    assert arrived == raw
    assert b"the contract is enclosed" in opened_by_openssl(arrived, certificate, how)


@pytest.mark.parametrize("how", ["signed", "opaque", "encrypted"])
async def test_smime_wrapped(how: str, certificate: Path, gateways: dict[str, Gateway]) -> None:
    """The setting `wrap` shows the disclaimer, and openssl opens the message inside."""
    raw = smime(certificate, how)
    arrived = await through(raw, gateways["wrap"])
    assert b"the contract is enclosed" in opened_by_openssl(inside(arrived), certificate, how)
    assert shown(arrived) == [1, 1]


# --- PGP -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def gpg(tmp_path: Path) -> Iterator[tuple[str, ...]]:
    """Yield the gpg command with a home of its own and Ann's key; its agent ends with the test."""
    assert shutil.which("gpg"), "gpg is in Debian's package gnupg"
    home = tmp_path / "g"
    home.mkdir(mode=0o700)
    command = ("gpg", "--homedir", str(home), "--batch", "--quiet", "--trust-model", "always", "--passphrase", "")
    run(*command, "--quick-generate-key", ANN, "default", "default", "never")
    yield command
    run("gpgconf", "--homedir", home, "--kill", "all")


def pgp_signed(gpg: tuple[str, ...]) -> bytes:
    """RFC 3156 5."""
    signature = run(*gpg, "--armor", "--detach-sign", "--digest-algo", "SHA256", input=CONTENT).stdout
    detached = entity("application/pgp-signature; name=signature.asc", crlf(signature).decode())
    more = '; micalg=pgp-sha256; protocol="application/pgp-signature"'
    return FIELDS + multipart("signed", CONTENT, detached, more=more)


def pgp_encrypted(gpg: tuple[str, ...]) -> bytes:
    """RFC 3156 4."""
    sealed = run(*gpg, "--armor", "--encrypt", "--recipient", ANN, input=CONTENT).stdout
    parts = (
        entity("application/pgp-encrypted", "Version: 1\r\n"),
        entity("application/octet-stream", crlf(sealed).decode()),
    )
    return FIELDS + multipart("encrypted", *parts, more='; protocol="application/pgp-encrypted"')


def pgp_inline(gpg: tuple[str, ...]) -> bytes:
    armoured = run(*gpg, "--clearsign", input=b"Dear Bob,\n\nthe contract is enclosed.\n").stdout
    return FIELDS + entity("text/plain; charset=utf-8", crlf(armoured).decode())


def crlf(text: bytes) -> bytes:
    return re.sub(rb"\r?\n", b"\r\n", text)


def opened_by_gpg(raw: bytes, gpg: tuple[str, ...], folder: Path) -> bytes:
    """The content. Fails where the signature doesn't verify."""
    root = email.message_from_bytes(raw)
    if root.get_content_type() == "multipart/signed":
        start, end = raw.index(b"\r\n--b\r\n") + len(b"\r\n--b\r\n"), raw.rindex(b"\r\n--b\r\n")
        (folder / "content").write_bytes(raw[start:end])
        (folder / "content.asc").write_bytes(_payload(root, 1))
        run(*gpg, "--verify", folder / "content.asc", folder / "content")
        return raw[start:end]
    armoured = _payload(root, 1) if root.is_multipart() else _payload(root)
    return run(*gpg, "--decrypt", input=armoured).stdout


def _payload(message: Message, number: int | None = None) -> bytes:
    part = message if number is None else message.get_payload(number)
    assert isinstance(part, Message)
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload


PGP = {"signed": pgp_signed, "encrypted": pgp_encrypted, "inline": pgp_inline}


@pytest.mark.parametrize("how", PGP)
async def test_pgp_passes_untouched(
    how: str, gpg: tuple[str, ...], gateways: dict[str, Gateway], tmp_path: Path
) -> None:
    """The shipped settings relay the message octet for octet, and gpg opens it."""
    raw = PGP[how](gpg)
    arrived = await through(raw, gateways["skip"])
    assert arrived == raw
    assert b"the contract is enclosed" in opened_by_gpg(arrived, gpg, tmp_path)


@pytest.mark.parametrize("how", PGP)
async def test_pgp_wrapped(how: str, gpg: tuple[str, ...], gateways: dict[str, Gateway], tmp_path: Path) -> None:
    """The setting `wrap` shows the disclaimer, and gpg opens the message inside."""
    arrived = await through(PGP[how](gpg), gateways["wrap"])
    assert b"the contract is enclosed" in opened_by_gpg(inside(arrived), gpg, tmp_path)
    assert shown(arrived) == [1, 1]


# --- both ------------------------------------------------------------------------------------------------------------


def inside(raw: bytes) -> bytes:
    """The octets of the message that was wrapped."""
    boundary = email.message_from_bytes(raw).get_boundary()
    assert boundary is not None
    last = raw.split(f"--{boundary}".encode())[2]
    return last.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n")


def shown(raw: bytes) -> list[int]:
    """Return how often each form of the outer text shows the disclaimer."""
    message = email.message_from_bytes(raw)
    first = message.get_payload(0) if message.get_content_type() == "multipart/mixed" else message
    assert isinstance(first, Message)
    texts = [(part.get_content_type(), _payload(part).decode()) for part in first.walk() if not part.is_multipart()]
    return [times_visible(text, SEEN) if kind == "text/html" else _words(text).count(SEEN) for kind, text in texts]


def _words(text: str) -> str:
    return " ".join(text.split())


async def test_rejected_where_that_is_wanted(gpg: tuple[str, ...], gateways: dict[str, Gateway]) -> None:
    """The setting `reject` tells the sender's program the reason."""
    reply = await send(gateways["reject"].outbound, "ann@example.co.uk", ["bob@partner.example"], pgp_inline(gpg))
    assert reply.startswith("550")
    assert "The standard disclaimer can't be added: it holds a PGP message." in reply


async def test_ordinary_mail_is_amended(gateways: dict[str, Gateway], tmp_path: Path) -> None:
    """The shipped templates, in both forms; `explain --render` makes the same."""
    raw, gateway = FIELDS + multipart("alternative", PLAIN, PAGE), gateways["skip"]
    arrived = await through(raw, gateway)
    assert shown(arrived) == [1, 1]
    (tmp_path / "one.eml").write_bytes(raw)
    rendered = tmp_path / "rendered"
    rendered.mkdir()
    done = gateway.cli("explain", str(tmp_path / "one.eml"), "--render", str(rendered))
    assert done.returncode == 0, done.stderr
    assert [file.read_bytes() for file in rendered.iterdir()] == [arrived]


async def test_personal_mail_is_amended_with_other_words(gateways: dict[str, Gateway]) -> None:
    """The subject marks the mail as personal; nothing else of the message changes."""
    raw = FIELDS.replace(b"Signed", b"Personal: lunch") + PLAIN
    arrived = await through(raw, gateways["skip"])
    assert b"This is a personal message" in arrived
    assert arrived.startswith(raw.removesuffix(b"\r\n"))
