"""The marks in the markup of well-known mail programs: the start of a quoted message, a signature, a quotation.

Outlook on the web prefixes the names in its quotations with `x_`; the first mark in the document counts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from gateway.message.text.lines import Mark, Quoted

#: Elements with which the quoted message begins, or that hold it whole.
_QUOTE_IDS = frozenset({
    "divrplyfwdmsg",  # Outlook on the web, new Outlook, Outlook mobile: the header
    "appendonsend",  # the same programs: the empty element above it
    "mail-editor-reference-message-container",
    "olk_src_body_section",  # Outlook for Mac
    "zwchr",  # Zimbra
    "stopspelling",  # Outlook Web App, Hotmail
    "replysplit", "origbody", "isforwardcontent", "isreplycontent",
})  # fmt: skip
_QUOTE_CLASSES = frozenset({
    "yahoo_quoted", "moz-forward-container", "outlookmessageheader", "protonmail_quote",
    "ms-outlook-mobile-reference-message",
})  # fmt: skip
_QUOTE_MARKERS = frozenset({"__divider__", "__headers__"})  # Zimbra's data-marker

#: Elements that name the writer of the text that follows; in Gmail's own box the first line does.
_ATTRIBUTION_CLASSES = frozenset({"moz-cite-prefix", "gmail_attr"})
_BOX_CLASSES = frozenset({"gmail_quote", "gmail_quote_container"})

_SIGNATURE_IDS = frozenset({
    "signature", "ms-outlook-mobile-signature", "composer_signature", "applemailsignature", "mail-signature",
    "ms-outlook-mobile-body-separator-line", "linebreakatbeginningofsignature",
})  # fmt: skip
_SIGNATURE_CLASSES = frozenset(
    {"gmail_signature", "gmail_signature_prefix", "moz-signature", "protonmail_signature_block", "mail-signature"}
)

#: A blockquote drawn with a line at its left, as mail programs draw a quotation.
_BAR = re.compile(r"border(?:-left)?\s*+:[^;]{0,80}\b(?:solid|[1-9])")
_TOLD = frozenset({"id", "class", "data-marker", "data-smartmail", "name"})

#: Classes of an element that are looked at.
_CLASSES = 32


def says(attributes: Mapping[str, str]) -> Mark:
    """Return the mark that an element's names give."""
    if _TOLD.isdisjoint(attributes):
        return ""
    identity = attributes.get("id", "").strip().lower().removeprefix("x_")
    classes = _classes(attributes)
    if identity in _QUOTE_IDS or classes & _QUOTE_CLASSES or identity.startswith("yahoo_quoted"):
        return "quote"
    if attributes.get("data-marker", "").lower() in _QUOTE_MARKERS or attributes.get("name") == "messageReplySection":
        return "quote"
    if classes & _ATTRIBUTION_CLASSES:
        return "attribution"
    if (
        identity in _SIGNATURE_IDS
        or classes & _SIGNATURE_CLASSES
        or attributes.get("data-smartmail") == "gmail_signature"
    ):
        return "signature"
    return "box" if classes & _BOX_CLASSES else ""


def blockquote(attributes: Mapping[str, str]) -> Quoted:
    """Return whether a blockquote is a mail program's quotation."""
    classes = _classes(attributes)
    sure = attributes.get("type", "").lower() == "cite" or "cite" in attributes or classes & _BOX_CLASSES
    return Quoted.YES if sure or _BAR.search(attributes.get("style", "").lower()) else Quoted.MAYBE


def _classes(attributes: Mapping[str, str]) -> set[str]:
    named = attributes.get("class")
    return {_unprefixed(one) for one in named.lower().split(None, _CLASSES)[:_CLASSES]} if named else set()


def _unprefixed(name: str) -> str:
    """Return the name without Outlook's "x_" and Yahoo's "ydp1a2b3c4d"."""
    name = name.removeprefix("x_")
    return name[11:] if name.startswith("ydp") and name[11:] == "yahoo_quoted" else name
