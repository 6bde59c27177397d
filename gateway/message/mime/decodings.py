"""Decodings by other mail programs of a leaf with an odd transfer encoding, if they differ from `Part.decoded`.

Asked for only where a part has a defect. Linear; one reading at a time, since each may be as large as the body.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import islice

from gateway.message.encodings.base64_text import decode_base64, other_base64
from gateway.message.encodings.decode import BINHEX, GZIP64, UUENCODE
from gateway.message.encodings.quoted_printable import decode_quoted_printable, other_quoted_printable
from gateway.message.encodings.uuencode import decode_uuencode
from gateway.message.part import Part
from gateway.message.reading import Reading

#: Readings of one body. Each is decoded, scanned and opened; every kind of oddity has fewer.
MAX_DECODINGS = 8

_WHY = "Programs decode the body in different ways"


def other_decodings(part: Part) -> Iterator[Reading]:
    """Yield the other plausible decodings of a leaf's body, each once. A part with parts inside has none."""
    return islice(_distinct(part), MAX_DECODINGS if part.is_leaf else 0)


def _distinct(part: Part) -> Iterator[Reading]:
    seen = {_digest(part.decoded)}
    for label, octets in _candidates(part):
        digest = _digest(octets)
        if octets and digest not in seen:
            seen.add(digest)
            yield Reading(label, octets, False, _WHY)


def _digest(octets: bytes) -> bytes:
    return hashlib.blake2b(octets, digest_size=16).digest()


def _candidates(part: Part) -> Iterator[tuple[str, bytes]]:
    problem = part.transfer.problem
    if not problem:
        return
    if part.encoding == "base64" or part.encoding in GZIP64:
        yield from other_base64(part.body)
    elif part.encoding == "quoted-printable":
        yield from other_quoted_printable(part.body)
    elif part.encoding in UUENCODE | BINHEX:
        yield "as it stands", part.body
    elif problem == "encoding.unknown":
        yield "as base64", decode_base64(part.body).octets
        yield "as quoted-printable", decode_quoted_printable(part.body).octets
        yield "as uuencode", decode_uuencode(part.body).octets
