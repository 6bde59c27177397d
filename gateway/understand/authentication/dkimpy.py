"""What DKIM and ARC take from dkimpy (the format), and what they don't: its arithmetic and its way through a body.

dkimpy's RSA is pure Python; the two functions are replaced here, and nowhere else, by OpenSSL's. Its expressions over a
body and its parser of messages take a time that grows with the square of hostile content: bodies are canonicalised
here, and it is given the fields of our own map.
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

#: Fields of one message that signatures may name, and names in one signature: dkimpy looks for each among all.
MAX_FIELDS = 1000
MAX_NAMES = 200

#: Octets of one signature, and of blanks in a row: dkimpy's time grows with the square. Real ones have under 2,000.
MAX_SIGNATURE_BYTES = 8192
_LONG_BLANK = re.compile(rb"\s{100}")

#: All that dkimpy and what it calls raise on a field that somebody wrote to make it stumble.
STUMBLES = (dkim.DKIMException, dkim.InvalidTagValueList, ValueError, LookupError, TypeError, AssertionError)

_SHA256 = Prehashed(SHA256())


class WrongSignature(ValueError):
    """A signature that doesn't hold."""


# --- RSA -------------------------------------------------------------------------------------------------------------


def sign_rsa(hash: Any, private_key: rsa.RSAPrivateKey) -> bytes:
    """RSASSA-PKCS1-v1_5 (RFC 8017 8.2) of a SHA-256 hash object."""
    return private_key.sign(hash.digest(), PKCS1v15(), _SHA256)


def loaded_key(data: Any) -> Any:
    """The key as it is: it was loaded when the configuration was."""
    return data


def _replace(name: str, ours: Callable[..., Any]) -> None:
    """Raises AttributeError or TypeError where dkimpy is not the one that this was written for."""
    theirs = getattr(dkim, name)
    if [*inspect.signature(theirs).parameters] != [*inspect.signature(ours).parameters]:
        raise TypeError(f"dkim.{name} takes other arguments than it did")
    setattr(dkim, name, ours)


_replace("RSASSA_PKCS1_v1_5_sign", sign_rsa)
_replace("parse_pem_private_key", loaded_key)


# --- the message -----------------------------------------------------------------------------------------------------


def fields_of(headers: Sequence[Header]) -> Fields:
    """Fields as dkimpy has them: name, and value with its line break."""
    return [(header.name.encode("latin-1"), header.raw_value + b"\r\n") for header in headers]


def relaxed_fields(fields: Fields) -> Fields:
    """RFC 6376 3.4.2."""
    found: Fields = RELAXED.canonicalize_headers(fields)
    return found


def canonical_body(body: bytes, how: Canonicalization) -> bytes:
    """RFC 6376 3.4.3 and 3.4.4, of content whose line ends are CRLF, in linear time."""
    if how == "relaxed":
        body = body.replace(b"\t", b" ")
        while b"  " in body:  # each turn halves what stands in a row: linear, and quicker than an expression
            body = body.replace(b"  ", b" ")
        body = body.replace(b" \r\n", b"\r\n")
        body = body[:-1] if body.endswith(b" ") else body
    content = body.rstrip(b"\r\n")
    return content + b"\r\n" if content or how == "simple" else b""


def too_long(field: bytes) -> bool:
    return len(field) > MAX_SIGNATURE_BYTES or _LONG_BLANK.search(field) is not None


def policy_of(tags: dict[bytes, bytes]) -> Any:
    """dkimpy's canonicalisation of the c= tag. Raises WrongSignature."""
    value = tags.get(b"c", b"simple/simple")
    if not re.fullmatch(rb"(simple|relaxed)(/(simple|relaxed))?", value):
        raise WrongSignature("its c= is unknown")
    return CanonicalizationPolicy.from_c_value(value)


def digest_of_fields(
    policy: Any, fields: Fields, names: Sequence[bytes], field: tuple[bytes, bytes], tags: dict[bytes, bytes]
) -> bytes:
    """SHA-256 over the fields that a signature names and the signature's own (RFC 6376 3.7). Raises WrongSignature."""
    wanted = set(names)
    named = [one for one in fields if one[0].strip().lower() in wanted]
    if len(named) > MAX_FIELDS or len(names) > MAX_NAMES:
        raise WrongSignature("it names too many fields")
    hasher = hashlib.sha256()
    dkim.hash_headers(hasher, policy, policy.canonicalize_headers(named), names, field, tags)
    return hasher.digest()


RELAXED: Any = CanonicalizationPolicy.from_c_value(b"relaxed/relaxed")
