"""Kinds of pages: a picture on its own, and a document that its own style sheet turns into another page (XSLT 1.0)."""

from __future__ import annotations

import re

from gateway.understand.member import Declared

_SVG_TYPES, _SVG_EXTENSIONS = frozenset({"image/svg+xml", "text/svg"}), frozenset({"svg"})
#: Text that may stand before the first element: a declaration, comments, and a document type with its declarations.
_PROLOG = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:\s++|<\?[^>]*+>|<!--(?s:.*?)-->|<!DOCTYPE[^\[>]*+(?:\[(?:[^\]\"']|\"[^\"]*+\"|'[^']*+')*+\])?[^>]*+>)*+",
    re.I,
)
_SVG = re.compile(rb"<(?:[^\s<>/:]{1,200}+:)?svg\b", re.I)
_STYLED = re.compile(rb"<\?xml-stylesheet\b[^>]{0,2048}?(?:xsl|xml\b[\"'&])", re.I)
_WRITTEN_OUT = re.compile(rb"<\?xml-stylesheet\b[^>]{0,2048}?(?:[\"']|=|;)\s*+data:(?!text/css)", re.I)
_STYLE_SHEET = b"http://www.w3.org/1999/xsl/transform"
#: Signs of a script that a style sheet makes: elements and attributes with computed names, text that isn't escaped.
_MAKES = re.compile(
    rb"script|disable-output-escaping|<[^\s<>/:]{1,200}+:(?:element|attribute)\s[^>]{0,2048}?name\s*=\s*[\"']\s*(?:\{|on|href|src)"
    rb"|\son[a-z]{3,60}\s*=",
    re.I,
)


def is_svg(text: bytes, declared: Declared) -> bool:
    """Return whether the text is an SVG on its own, not one inside a page."""
    if declared.says(_SVG_TYPES, _SVG_EXTENSIONS):
        return True
    prolog = _PROLOG.match(text)
    return _SVG.match(text, prolog.end() if prolog else 0) is not None


def makes_itself(text: bytes) -> bool:
    """Return whether a document has its own style sheet that makes a page with scripts or links of it."""
    lower = text.lower()
    if b"xml-stylesheet" not in lower:
        return False
    if _WRITTEN_OUT.search(text):
        return True
    return _STYLE_SHEET in lower and _STYLED.search(text) is not None and _MAKES.search(text) is not None
