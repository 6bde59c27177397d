"""Containers whose members the scanner takes out by itself, as we do: zip and tar files in their plainest form.

Anything else in a container, such as a way to pack that clamd doesn't know or a size that it reads otherwise, is a
reason to show it each member. Measured on clamd 1.4.

These are missing though clamd opens them: gzip, bzip2 and xz, of which it reads the first stream only, and none with
flags that stop no other program; PDF and TNEF, of which it knows neither every filter and encryption nor every place of
a file; RAR, which many builds lack; 7z and cabinets, whose wrong check sums stop clamd but no archiver; ISO images,
which may be several files at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.message import Part

_ZIP = b"PK\x03\x04"
#: Ways to pack in a zip file that clamd undoes: none, deflate, deflate64, bzip2. 7-Zip knows LZMA, PPMd, XZ, zstd too.
_METHODS = frozenset({0, 8, 9, 12})
#: A header of a file in a zip file: method and sizes.
_HEADER = re.compile(rb"PK(?:\x01\x02.{6}|\x03\x04.{4})(..)(?=.{8}(.{4})(.{4}))?", re.S)
#: A size, and a locator, of zip64, which clamd doesn't know: Windows, 7-Zip and others read the sizes elsewhere.
_ZIP64_SIZE, _ZIP64_LOCATOR = b"\xff\xff\xff\xff", b"PK\x06\x07"

_BLOCK = 512
_MARK_AT, _MARK = 257, b"ustar"
#: First octets, here of a file's name, by which clamd takes a tar file for another kind and doesn't open it.
_OTHER_KIND = re.compile(
    rb"[^\w.]|BM|MZ|MM|II|PK|ER|GIF|ID3|[CFZ]WS|RIF|Rar|BZh|Ogg|SZDD|ITSF|EGGA|ALZ|GGUF|HWP|SYMC|SIP|SQLite|MSCF|xar!|0707"
    rb"|\.RMF|begin |v:|From |Hi\. |X-|[A-Z][A-Za-z-]{1,40}+: "
)
_SIZE = re.compile(rb"[ ]*+([0-7]{1,11})[ \0]*+\Z")
_SIZE_AT = slice(124, 136)


def clamd_opens(part: Part) -> bool:
    """Return whether clamd takes the same members out of a part as those that were unpacked."""
    octets = part.decoded
    if octets.startswith(_ZIP):
        return _ZIP64_LOCATOR not in octets and all(map(_is_known, _HEADER.finditer(octets)))
    return octets.startswith(_MARK, _MARK_AT) and not _OTHER_KIND.match(octets) and _are_in_tar(part)


def _is_known(header: re.Match[bytes]) -> bool:
    return int.from_bytes(header[1], "little") in _METHODS and _ZIP64_SIZE not in header.groups()


def _are_in_tar(part: Part) -> bool:
    """Return whether the members stand in a tar file one after the other, where its first headers say.

    The mark alone is in any file that wants it, and GNU, pax and sparse files have sizes that clamd doesn't read.
    """
    places = _places(part.decoded)
    return all(
        any(one.end == size and part.decoded.startswith(one.raw, at) for at, size in places)
        for one in part.unpacked
        if one.given_names and one.raw
    )


def _places(octets: bytes) -> Iterator[tuple[int, int]]:
    """Yield start and size of each file as the oldest form of tar has them; end where a header is none of these."""
    at = 0
    while octets.startswith(_MARK, at + _MARK_AT) and (found := _SIZE.match(octets[at : at + _BLOCK][_SIZE_AT])):
        size = int(found[1], 8)
        at += _BLOCK
        yield at, size
        at += -(-size // _BLOCK) * _BLOCK
