"""The octets of a page with its words in ASCII, once for each way in which programs may decode them.

Charsets with escapes remove these when they decode, so that escapes may stand inside any word. UTF-7 and UTF-16 spell
words in other octets. Most pages have one reading, and that costs a search or two to find out.
"""

from __future__ import annotations

import re

#: ISO 2022 (RFC 1468, RFC 1557, RFC 1922): escapes, and the shifts out and in.
_ESCAPE = re.compile(rb"\x1b[ -/]*+[0-~]|[\x0e\x0f]")
#: HZ (RFC 1843): its shifts, and the end of a line that goes on.
_SHIFT = re.compile(rb"~\{|~\}|~\r?\n")
#: UTF-7 (RFC 2152) that spells ASCII: its runs are short, those of base64 long.
_UTF_7 = re.compile(rb"\+A[A-H][A-Za-z0-9+/]{1,160}+(?![A-Za-z0-9+/=])")
#: UTF-16 without a mark: at least one in so many octets is NUL, where the text has Latin letters.
_NULS = 4
_LOOK_BYTES = 4096
_MARKS = {b"\xff\xfe": ("utf-16-le",), b"\xfe\xff": ("utf-16-be",)}


def readings(content: bytes) -> list[bytes]:
    """Return each different reading; the octets themselves come first, unless they are UTF-16."""
    wide = _wide(content)
    found = [content.decode(codec, "replace").removeprefix("\ufeff").encode("utf-8", "replace") for codec in wide]
    if content[:2] not in _MARKS:
        found.insert(1 if wide else 0, content)
        if b"\0" in content:
            found.append(content.replace(b"\0", b""))
    for one in tuple(found):
        found += _unshifted(one)
    return list(dict.fromkeys(found))


def _wide(content: bytes) -> tuple[str, ...]:
    if content[:2] in _MARKS:
        return _MARKS[content[:2]]
    head = content[:_LOOK_BYTES]
    if head.count(b"\0") * _NULS < len(head):
        return ()
    return (
        ("utf-16-le", "utf-16-be") if head[1::2].count(b"\0") > head[::2].count(b"\0") else ("utf-16-be", "utf-16-le")
    )


def _unshifted(octets: bytes) -> list[bytes]:
    found = []
    if b"\x1b" in octets or b"\x0e" in octets:
        found.append(_ESCAPE.sub(b"", octets))
    if b"~" in octets and _SHIFT.search(octets):
        found.append(_SHIFT.sub(b"", octets))
    if b"+A" in octets and _UTF_7.search(octets):
        text = octets.decode("utf-7", "replace").encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        found.append(text.encode("utf-8", "replace"))
    return found
