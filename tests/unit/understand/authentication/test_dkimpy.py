"""The parts of dkimpy that are replaced: canonical bodies and RSA arithmetic, with dkimpy's results."""

from __future__ import annotations

from typing import Any

import dkim
import dkim.canonicalization
import dkim.crypto
import pytest

from gateway.understand.authentication import dkimpy
from gateway.understand.authentication.dkimpy import (
    canonical_body,
    loaded_key,
    sign_rsa,
)
from tests.support.builders.authentication import (
    rsa_key,
)


@pytest.mark.parametrize("how", ["simple", "relaxed"])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\r\n",
        b"\r\n\r\n",
        b" \r\n",
        b"a",
        b"a\r\n",
        b"a \t b\t\r\n \r\n\t\r\n",
        b"\ta\r\n\r\nb\r\n\r\n\r\n",
        b"  a",
    ],
)
def test_bodies_are_canonical_as_dkimpy_has_them(how: str, body: bytes) -> None:
    """The expected bodies come from dkimpy's own functions."""
    theirs = dkim.canonicalization.ALGORITHMS[how.encode()].canonicalize_body(body)
    assert canonical_body(body, how) == theirs  # type: ignore[arg-type]


def test_a_hostile_body_takes_linear_time() -> None:
    """Our function ends; dkimpy's would take hours."""
    hostile = (b" " * 2_000_000 + b"x") + b"\r\n" * 2_000_000
    assert canonical_body(hostile, "relaxed") == b" x\r\n"


@pytest.mark.parametrize(
    ("name", "ours"), [("RSASSA_PKCS1_v1_5_sign", sign_rsa), ("parse_pem_private_key", loaded_key)]
)
def test_dkimpys_arithmetic_is_replaced(name: str, ours: object) -> None:
    """The name that dkimpy's own methods call is ours, and takes what theirs takes."""
    import inspect

    theirs = getattr(dkim.crypto, name)
    assert getattr(dkim, name) is ours
    assert theirs is not ours
    assert [*inspect.signature(theirs).parameters] == [*inspect.signature(ours).parameters]  # type: ignore[arg-type]
    assert name in {*dkim.DKIM.sign.__code__.co_names, *dkim.DomainSigner.gen_header.__code__.co_names}


@pytest.mark.parametrize("name", ["RSASSA_PKCS1_v1_5_sign", "no_such_name"])
def test_another_dkimpy_is_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Other arguments, or no such name: at the start, not at the first signature."""

    def other(digest: object) -> None: ...

    with pytest.raises((TypeError, AttributeError)):
        dkimpy._replace(name, other)
    assert dkim.RSASSA_PKCS1_v1_5_sign is sign_rsa


def test_our_rsa_signature_is_dkimpys() -> None:
    """Octet by octet: PKCS #1 v1.5 has one signature for a digest and a key."""
    import hashlib

    numbers = rsa_key().private_numbers()
    theirs: Any = {
        "modulus": numbers.public_numbers.n,
        "exponent1": numbers.dmp1,
        "exponent2": numbers.dmq1,
        "prime1": numbers.p,
        "prime2": numbers.q,
        "coefficient": numbers.iqmp,
    }
    digest = hashlib.sha256(b"text")
    assert sign_rsa(digest, rsa_key()) == dkim.crypto.RSASSA_PKCS1_v1_5_sign(digest, theirs)
