"""The adapter of dkimpy, which reads the format of DKIM and ARC. Its arithmetic and its reading of a body are replaced.

dkimpy's RSA is pure Python; only this module replaces the two functions by OpenSSL's. dkimpy's expressions over a body
and its parser of messages take a time that grows with the square of hostile content: so bodies are canonicalised here,
and dkimpy is given the fields of our own map.
"""

from __future__ import annotations

import hashlib
import inspect
import re
from collections.abc import Callable, Sequence
from typing import Any, Literal

import dkim
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from dkim.canonicalization import CanonicalizationPolicy

from gateway.message.header.field import Header

Canonicalization = Literal["simple", "relaxed"]
Fields = list[tuple[bytes, bytes]]

#: Fields of one message that signatures may name, and names in one signature: dkimpy looks for each name among all
#: fields.
MAX_FIELDS = 1000
MAX_NAMES = 200

#: Octets of one signature, and of blanks in a row: dkimpy's time grows with the square. Real signatures have under
#: 2,000.
MAX_SIGNATURE_BYTES = 8192
_LONG_BLANK = re.compile(rb"\s{100}")

#: All errors that dkimpy, and the code that it calls, raise on a hostile field.
STUMBLES = (dkim.DKIMException, dkim.InvalidTagValueList, ValueError, LookupError, TypeError, AssertionError)

_SHA256 = Prehashed(SHA256())


class WrongSignature(ValueError):
    """A signature that doesn't hold."""


# --- RSA -------------------------------------------------------------------------------------------------------------


def sign_rsa(hash: Any, private_key: rsa.RSAPrivateKey) -> bytes:
    """Sign a SHA-256 hash object by RSASSA-PKCS1-v1_5 (RFC 8017 8.2)."""
    return private_key.sign(hash.digest(), PKCS1v15(), _SHA256)


def loaded_key(data: Any) -> Any:
    """Return the key unchanged: it was loaded when the configuration was."""
    return data


def _replace(name: str, ours: Callable[..., Any]) -> None:
    """Replace a function of dkimpy by ours.

    Raises AttributeError or TypeError where this version of dkimpy is not the one that this module was written for.
    """
    theirs = getattr(dkim, name)
    if [*inspect.signature(theirs).parameters] != [*inspect.signature(ours).parameters]:
        raise TypeError(f"dkim.{name} takes other arguments than it did")
    setattr(dkim, name, ours)


_replace("RSASSA_PKCS1_v1_5_sign", sign_rsa)
_replace("parse_pem_private_key", loaded_key)


# --- the message -----------------------------------------------------------------------------------------------------


def fields_of(headers: Sequence[Header]) -> Fields:
    """Return the fields in dkimpy's form: name, and value with its line break."""
    return [(header.name.encode("latin-1"), header.raw_value + b"\r\n") for header in headers]


def relaxed_fields(fields: Fields) -> Fields:
    """Canonicalise fields by the relaxed algorithm (RFC 6376 3.4.2)."""
    found: Fields = RELAXED.canonicalize_headers(fields)
    return found


def canonical_body(body: bytes, how: Canonicalization) -> bytes:
    """Canonicalise a body by RFC 6376 3.4.3 or 3.4.4, in linear time; its line ends must be CRLF."""
    if how == "relaxed":
        body = body.replace(b"\t", b" ")
        while b"  " in body:  # each turn halves a run of blanks: linear, and quicker than an expression
            body = body.replace(b"  ", b" ")
        body = body.replace(b" \r\n", b"\r\n")
        body = body[:-1] if body.endswith(b" ") else body
    content = body.rstrip(b"\r\n")
    return content + b"\r\n" if content or how == "simple" else b""


def too_long(field: bytes) -> bool:
    return len(field) > MAX_SIGNATURE_BYTES or _LONG_BLANK.search(field) is not None


def policy_of(tags: dict[bytes, bytes]) -> Any:
    """Return dkimpy's canonicalisation policy for the c= tag. Raises WrongSignature."""
    value = tags.get(b"c", b"simple/simple")
    if not re.fullmatch(rb"(simple|relaxed)(/(simple|relaxed))?", value):
        raise WrongSignature("its c= is unknown")
    return CanonicalizationPolicy.from_c_value(value)


def digest_of_fields(
    policy: Any, fields: Fields, names: Sequence[bytes], field: tuple[bytes, bytes], tags: dict[bytes, bytes]
) -> bytes:
    """Return the SHA-256 of the fields that a signature names and of its own (RFC 6376 3.7). Raises WrongSignature."""
    wanted = set(names)
    named = [one for one in fields if one[0].strip().lower() in wanted]
    if len(named) > MAX_FIELDS or len(names) > MAX_NAMES:
        raise WrongSignature("it names too many fields")
    hasher = hashlib.sha256()
    dkim.hash_headers(hasher, policy, policy.canonicalize_headers(named), names, field, tags)
    return hasher.digest()


RELAXED: Any = CanonicalizationPolicy.from_c_value(b"relaxed/relaxed")
