"""Additions by the document type of an XML page (XML 1.0 3.3.2, 4.2): entities, and default attributes.

Nothing is fetched. A reference is replaced by its declared text; a page that grows too much is not read.
"""

from __future__ import annotations

import html
import re

from gateway.understand.member import Unreadable

#: Octets by which entities may make a page longer. Drawing programs declare some ten names of namespaces.
MAX_GROWTH_BYTES = 4 * 1024 * 1024

#: Entities inside one another.
MAX_LAYERS = 8

_ENTITY = re.compile(rb"<!ENTITY\s++(?:%\s++)?+([^\s\"'%&;<>]{1,200}+)\s++(?:\"([^\"]*+)\"|'([^']*+)')", re.I)
_REFERENCE = re.compile(rb"[&%]([^\s\"'%&;<>#]{1,200}+);")
_NUMBER = re.compile(rb"&#(?:x[0-9a-f]{1,8}|[0-9]{1,8});", re.I)
_DEFAULTS = re.compile(rb"<!ATTLIST\s++[^\s>]++\s++((?:[^>\"']|\"[^\"]*+\"|'[^']*+')*+)>", re.I)
_DEFAULT = re.compile(
    rb"([^\s\"'>]++)\s++(?:CDATA|\([^)]*+\)|NMTOKENS?)\s++(?:#FIXED\s++)?+(\"[^\"]*+\"|'[^']*+')", re.I
)


def expanded(page: bytes) -> bytes:
    """Return the page as an XML reader reads it. Raises Unreadable where it grows too much."""
    if b"<!entity" in page.lower():
        page = _with_entities(page)
    declared = b" ".join(found[1] for found in _DEFAULTS.finditer(page))
    defaults = b" ".join(b"%b=%b" % default for default in _DEFAULT.findall(declared))
    return page + b"<default %b>" % defaults if defaults else page


def _with_entities(page: bytes) -> bytes:
    most = len(page) + MAX_GROWTH_BYTES
    for _ in range(MAX_LAYERS):
        values = {found[1]: _NUMBER.sub(_character, found[2] or found[3] or b"") for found in _ENTITY.finditer(page)}
        size = len(page) + sum(len(values.get(found[1], b"")) for found in _REFERENCE.finditer(page))
        if size > most:
            raise Unreadable(f"the page's entities make it more than {MAX_GROWTH_BYTES} octets longer")
        after = _REFERENCE.sub(lambda found, values=values: values.get(found[1], found[0]), page)  # type: ignore[misc]
        if after == page:
            break
        page = after
    return page


def _character(found: re.Match[bytes]) -> bytes:
    return html.unescape(found[0].decode("ascii")).encode("utf-8", "replace")
