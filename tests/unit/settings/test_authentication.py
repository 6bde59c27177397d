"""The settings of authentication and signing: what is taken, and each mistake with its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gateway.act.signing.key_record import new_key, pem
from gateway.settings.loading import load
from gateway.settings.models import Settings
from gateway.settings.yaml.problems import ConfigurationError
from tests.support.builders.authentication import ed25519_key, rsa_key
from tests.support.builders.judgement import CONFIGURATION


def read(folder: Path, more: str) -> Settings:
    (folder / "gateway.yaml").write_text(CONFIGURATION + more)
    return load(folder / "gateway.yaml", {})


def mistakes(folder: Path, more: str) -> str:
    with pytest.raises(ConfigurationError) as wrong:
        read(folder, more)
    return str(wrong.value)


def key_file(folder: Path, name: str = "key.pem", key: Any = None, mode: int = 0o600) -> Path:
    path = folder / name
    path.write_bytes(key if isinstance(key, bytes) else pem(key or rsa_key()))
    path.chmod(mode)
    return path


# --- authentication --------------------------------------------------------------------------------------------------


def test_nothing_is_verified_or_signed_unless_it_is_asked_for(tmp_path: Path) -> None:
    """The shipped configuration verifies and signs nothing."""
    settings = read(tmp_path, "")
    assert (settings.authentication.verify, settings.dkim, settings.arc) == (False, (), None)


def test_a_whole_block(tmp_path: Path) -> None:
    """Every key."""
    block = "authentication: {verify: true, nameservers: [127.0.0.1, '127.0.0.1:5353', '::1', '[::1]:53'], "
    block += "timeout_seconds: 5s, relays: [10.0.0.0/8], trusted: [MX.example.co.uk]}\n"
    found = read(tmp_path, block).authentication
    assert found.verify
    assert found.nameservers == (("127.0.0.1", 53), ("127.0.0.1", 5353), ("::1", 53), ("::1", 53))
    assert (found.timeout_seconds, str(found.relays[0]), found.trusted) == (5, "10.0.0.0/8", ("mx.example.co.uk",))


@pytest.mark.parametrize("server", ["dns.example", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:x", "[::1", ""])
def test_a_name_server_is_an_address(tmp_path: Path, server: str) -> None:
    """A name would have to be looked up first."""
    text = mistakes(tmp_path, f"authentication: {{nameservers: ['{server}']}}\n")
    assert "the address of a name server is expected such as 127.0.0.1" in text


def test_trust_needs_a_network(tmp_path: Path) -> None:
    """Anyone can write the field."""
    text = mistakes(tmp_path, "authentication: {verify: true, trusted: [mx.example.co.uk]}\n")
    assert "authentication.trusted: anyone can write such a field: `relays` must say which hosts are believed" in text


# --- dkim ------------------------------------------------------------------------------------------------------------


def test_keys_are_read(tmp_path: Path) -> None:
    """RSA and Ed25519, relative to the file that names them."""
    key_file(tmp_path, "rsa.pem")
    key_file(tmp_path, "ed.pem", ed25519_key())
    one = "{domain: Example.co.uk, selector: MW1, key: rsa.pem}"
    two = "{domain: example.co.uk, selector: mw2, key: ed.pem}"
    found = read(tmp_path, f"dkim: [{one}, {two}]\n").dkim
    assert [(k.domain, k.selector, k.key.path.name) for k in found] == [
        ("example.co.uk", "mw1", "rsa.pem"),
        ("example.co.uk", "mw2", "ed.pem"),
    ]


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_key_of_its_owners_alone(tmp_path: Path, mode: int) -> None:
    """Is taken."""
    key_file(tmp_path, mode=mode)
    assert read(tmp_path, "dkim: [{domain: example.co.uk, selector: mw1, key: key.pem}]\n").dkim


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o601])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    """The sentence says what to do."""
    path = key_file(tmp_path, mode=mode)
    text = mistakes(tmp_path, "dkim: [{domain: example.co.uk, selector: mw1, key: key.pem}]\n")
    assert f"is open to others (mode {mode:04o}): chmod 600 {path}" in text
    assert "dkim[0].key" in text or "dkim.0.key" in text


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "no private key (PEM, without a password)"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "no private key"),
        (None, "no such file"),
    ],
)
def test_what_is_no_key_is_refused(tmp_path: Path, content: bytes | None, sentence: str) -> None:
    """At the start, not at the first message."""
    if content is not None:
        key_file(tmp_path, key=content)
    assert sentence in mistakes(tmp_path, "dkim: [{domain: example.co.uk, selector: mw1, key: key.pem}]\n")


def test_other_kinds_of_key_are_refused(tmp_path: Path) -> None:
    """Elliptic curves but Ed25519 are none of DKIM's."""
    from cryptography.hazmat.primitives.asymmetric import ec

    key_file(tmp_path, key=ec.generate_private_key(ec.SECP256R1()))
    text = mistakes(tmp_path, "dkim: [{domain: example.co.uk, selector: mw1, key: key.pem}]\n")
    assert "neither an RSA nor an Ed25519 key" in text


@pytest.mark.parametrize("name", ["a_b", "-a", "a.", "", "a b", "x" * 64])
def test_a_selector_is_a_name_in_the_dns(tmp_path: Path, name: str) -> None:
    """RFC 6376 3.1."""
    key_file(tmp_path)
    text = mistakes(tmp_path, f"dkim: [{{domain: example.co.uk, selector: '{name}', key: key.pem}}]\n")
    assert "a selector is letters, digits, - and dots between them" in text


def test_a_selector_stands_once_for_a_domain(tmp_path: Path) -> None:
    """Two keys of one name can't both be in the DNS."""
    key_file(tmp_path)
    one = "{domain: example.co.uk, selector: mw1, key: key.pem}"
    assert "mw1._domainkey.example.co.uk stands twice" in mistakes(tmp_path, f"dkim: [{one}, {one}]\n")


def test_arc_takes_rsa_only(tmp_path: Path) -> None:
    """RFC 8617 4.1."""
    key_file(tmp_path)
    assert read(tmp_path, "arc: {domain: example.co.uk, selector: a1, key: key.pem}\n").arc
    key_file(tmp_path, key=new_key("ed25519", 0))
    assert "ARC knows RSA keys only" in mistakes(tmp_path, "arc: {domain: example.co.uk, selector: a1, key: key.pem}\n")


@pytest.mark.parametrize(("length", "taken"), [(59, True), (60, True), (61, False)])
def test_a_seals_domain_has_a_greatest_length(tmp_path: Path, length: int, taken: bool) -> None:
    """The limit is that of dkimpy, which would cut a longer one."""
    key_file(tmp_path)
    block = f"arc: {{domain: {'d' * (length - 8)}.example, selector: a1, key: key.pem}}\n"
    assert read(tmp_path, block).arc if taken else "at most 60 characters" in mistakes(tmp_path, block)
