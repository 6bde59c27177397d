"""Whether a script puts a file together and hands it to the reader: HTML smuggling (MITRE T1027.006).

It takes two things: where the file comes out, and what it is made from. Either alone is in many a harmless page.
"""

from __future__ import annotations

import re

from gateway.understand.openers.pages.payloads import has_big_literal

_SAVES = re.compile(rb"msSaveOrOpenBlob|msSaveBlob|showSaveFilePicker|\bsaveAs\s*+\(")
_BLOB = re.compile(rb"\bBlob\b|\bFile\s*+\(|\bMediaSource\b")
_BLOB_ADDRESS = re.compile(rb"createObjectURL|readAsDataURL")
_DOWNLOAD = re.compile(rb"\.\s*+download\s*+=[^=]|[\"'`]download[\"'`]")
_DATA_ADDRESS = re.compile(rb"[\"'`]data:(?!image/|font/|audio/|video/|text/css)", re.I)
_GOES = re.compile(
    rb"\blocation\b[^;\n]{0,40}[\"'`]data:(?!image/|,|[\"'`])|\bopen\s*+\(\s*+[\"'`]data:(?!image/|,|[\"'`])", re.I
)
_WORKER = re.compile(rb"\bWorker\b")
_DECODER = re.compile(
    rb"\batob\b|\bfromCharCode\b|\bfromCodePoint\b|\bcharCodeAt\b|\bUint8Array\b|\bfromBase64\b|\bCryptoJS\b"
    rb"|\bdecodeURIComponent\b|\bunescape\b|\bparseInt\s*+\([^)\n]{1,80}?,\s*+(?:16|0x10)\b"
)
#: A property whose name is put together of variables: `window[a+b]`.
_SPELT = re.compile(
    rb"\b(?:window|self|globalThis|top|frames|URL|document|navigator|this)\[[\w$]{1,64}+(?:\+[\w$]{1,64}+){1,16}+\]"
)


def smuggles(program: bytes, dense: bytes) -> bool:
    """Of all scripts of a page together, their strings joined; `dense` is the same without blanks."""
    if _SPELT.search(dense) and has_big_literal(dense):
        return True  # neither what it makes of it nor where that goes can be seen
    hands_out = _SAVES.search(program) or _DOWNLOAD.search(program)
    is_blob = bool(_BLOB.search(program) and _BLOB_ADDRESS.search(program))
    has_sink = is_blob or _SAVES.search(program) or (hands_out and _DATA_ADDRESS.search(program))
    if not has_sink and not _GOES.search(program):
        return False
    if has_big_literal(dense):
        return True
    if is_blob and not hands_out and _WORKER.search(program):
        return False  # a page that starts its own worker from a text: players and viewers do
    return _DECODER.search(program) is not None
