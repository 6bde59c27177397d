"""Documents that stand in an attribute of an HTML element: a frame's own page, and pages and drawings in `data:` URLs.

No document is larger than its attribute. A URL of another kind is never fetched.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote_to_bytes

#: Elements that show a document, and the attributes that name it.
CARRIERS: Final = {
    **dict.fromkeys(("img", "iframe", "embed", "input", "source"), ("src", "srcset")),
    **dict.fromkeys(("table", "tr", "td", "th", "body"), ("background",)),
    "image": ("href", "xlink:href", "src"),
    "object": ("data",),
    "video": ("poster",),
}

_DRAWING: Final = "image/svg+xml"
_PAGES: Final = frozenset({"text/html", "application/xhtml+xml", "text/plain", "text/xml", "application/xml"})
#: Elements that show pages, and not only pictures.
_FRAMES: Final = frozenset({"iframe", "embed", "object"})
_NO_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
#: Characters that a browser takes out of a URL (URL standard, 4.4).
_TAKEN_OUT: Final = {ord(one): None for one in "\t\n\r"}


def document_inside(name: str, told: Mapping[str, str]) -> str:
    """Return the document that an element shows, as HTML; "" if there is none, or it isn't text."""
    if name == "iframe" and "srcdoc" in told:
        return told["srcdoc"]
    urls = (told.get(key, "") for key in CARRIERS.get(name, ()))
    url = next((one for one in urls if "data:" in one[:64].lower()), "")
    scheme, _, rest = url.translate(_TAKEN_OUT).strip().partition(":")
    head, comma, written = rest.partition(",")
    kind, *parameters = (one.strip().lower() for one in head.split(";"))
    is_shown = kind == _DRAWING or (name in _FRAMES and (kind in _PAGES or not kind))
    if scheme.strip().lower() != "data" or not comma or not is_shown:
        return ""
    octets = unquote_to_bytes(written.partition("#")[0] if kind == _DRAWING and "base64" in parameters else written)
    if "base64" in parameters:
        digits = _NO_BASE64.sub(b"", octets)
        octets = binascii.a2b_base64(digits[: len(digits) - (len(digits) % 4 == 1)] + b"==")
    text = octets.decode("utf-8", "replace")
    return text.replace("<", "&lt;") if kind in ("", "text/plain") else text
