"""The place of an archive in its file, and its name: content before it, content behind it, names of another kind.

Programs that unpack themselves, and containers that hold other files unchanged, are no disguise. Opens nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.message.defect import Defect
from gateway.understand.member import Declared, Member

#: Octets from the end in which a zip's end record may stand: its own 22 octets and the longest comment (APPNOTE
#: 4.3.16). Programs look for it there, whatever follows.
REACH_BYTES = 22 + 0xFFFF

#: Octets that a format's own mark may have before its zip archive (Java's .jmod: 4 octets); no other file is so short.
_BRAND_BYTES = 64

#: Octets that copying programs, tapes and line-based transports add behind a file: NUL, TAB, LF, CR, Ctrl-Z, blank.
_PADDING = b"\0\t\n\r\x1a "

_PROGRAM = re.compile(rb"MZ|\x7fELF|#!|\xca\xfe\xba\xbe|\xfe\xed\xfa[\xce\xcf]|[\xce\xcf]\xfa\xed\xfe")
#: Starts of content that a person is shown at a click: documents, pictures, sound, pages.
_SHOWN = re.compile(
    rb"GIF8[79]a|\xff\xd8\xff|\x89PNG\r\n|BM.{4}\0\0\0\0|II\*\0|MM\0\*|RIFF|ID3|OggS|\{\\rt|%!PS|\x00\x00\x01\x00"
    rb"|[\xef\xbb\xbf\s]*+<(?:!doctype|html|head|body|script|svg|\?xml)",
    re.I | re.S,
)
_PDF_WITHIN_BYTES = 1024  # octets in which readers look for "%PDF-" (ISO 32000-1, note H.3 13)

#: Extensions of files that are no archive. A compressed file may be "report.txt" to a web server, and a comic book in
#: RAR may be named .cbz: neither is listed here.
_BELIED = frozenset(
    (
        *("pdf", "txt", "csv", "md", "log", "rtf", "htm", "html", "xhtml", "xml", "json", "ics", "vcf", "eml", "msg"),
        *("doc", "dot", "xls", "xlt", "ppt", "pot", "pps", "docx", "docm", "dotx", "dotm", "xlsx", "xlsm", "xltx"),
        *("xltm", "xlsb", "pptx", "pptm", "potx", "ppsx", "ppsm", "odt", "ods", "odp", "odg", "odf"),
        *("jpg", "jpeg", "jpe", "png", "gif", "bmp", "tif", "tiff", "webp", "ico", "heic", "psd"),
        *("mp3", "mp4", "m4a", "wav", "avi", "mov", "mkv", "mpg", "mpeg", "wmv", "wma", "flac", "ogg"),
        *("ttf", "otf", "woff"),
    )
)
_ARCHIVES = frozenset(["zip", "rar", "7z", "cab", "iso", "arj", "ace", "lzh", "lha"])


def is_program(content: bytes) -> bool:
    """Return whether the content begins as a program or script, which may carry its archive behind itself."""
    return _PROGRAM.match(content) is not None


def is_shown(content: bytes) -> bool:
    """Return whether the content begins as something that a person looks at."""
    return _SHOWN.match(content) is not None or content.find(b"%PDF-", 0, _PDF_WITHIN_BYTES) >= 0


def misplaced(content: bytes, start: int, end: int, kind: str) -> Defect | None:
    """Return a defect where an archive from `start` to `end` stands behind other content.

    Two programs read such a file as two different things.
    """
    if start == 0 or is_program(content) or not content[:start].strip(b"\0"):
        return None
    if (end == len(content) and start > _BRAND_BYTES) or (is_shown(content) and len(content) - end <= REACH_BYTES):
        return Defect("container.mismatch", f"a {kind} archive stands behind content of another kind", start)
    return None


def behind(content: bytes, end: int, kind: str, declared: Declared) -> Iterator[Member | Defect]:
    """Yield the content behind an archive's end, and a defect that reports it; nothing where it is only padding."""
    rest = content[end:]
    if not rest.strip(_PADDING) or is_program(content):
        return
    if not declared.is_cut_out:
        yield Defect("container.mismatch", f"there is more behind the end of the {kind} archive", end)
    yield Member((), rest)


def belied(declared: Declared, kind: str, own: frozenset[str]) -> Defect | None:
    """Return a defect where a name promises another kind than this archive; `own` are the extensions that fit."""
    for suffix in () if declared.is_cut_out else sorted(declared.extensions):
        if suffix not in own and (suffix in _BELIED or suffix in _ARCHIVES):
            return Defect("container.mismatch", f"a {kind} archive is named as .{suffix}", 0)
    return None
