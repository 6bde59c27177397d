"""The cheap check of a PDF: whether a name in it, escaped or in an object stream, is a reason to read its objects.

An ordinary document costs a search of its octets and the inflating of its object streams; nothing is interpreted here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.understand.budget import Budget
from gateway.understand.openers.inflation import inflate
from gateway.understand.openers.pdf.syntax import plain_name

#: Octets between the name of an object stream and its data: a dictionary with six keys.
MAX_DICTIONARY_BYTES = 4096

#: Octets before an action's name in which its key is looked for: blanks and comments may stand between.
MAX_KEY_DISTANCE = 256

_BLANK = rb"[\0\t\n\f\r ]"
_REGULAR = rb"[^\0\t\n\f\r ()<>\[\]{}/%]"
_END = rb"(?!" + _REGULAR + rb")"
_REFERENCE = _BLANK + rb"++\d++" + _BLANK + rb"++R"
_LONG = rb"EmbeddedFiles?|JavaScript|Launch|GoTo[RE]|RichMedia|Encrypt|XFA|Collection"
_SIGN = re.compile(rb"/(?:" + _LONG + rb"|(?:EF|JS)(?=" + _BLANK + rb"*+[(<%\d/]))" + _END)
_FIRST = rb"First" + _BLANK + rb"++\d++(?!" + _REFERENCE + rb")"  # an outline's /First is a reference
_OBJECT_STREAM = re.compile(rb"/(?:ObjStm" + _END + rb"|" + _FIRST + rb")")
_ESCAPED = re.compile(rb"/[^\0\t\n\f\r ()<>\[\]{}/%#]{0,127}+#[0-9A-Fa-f]{2}" + _REGULAR + rb"{0,127}+")
_ESCAPED_SIGN = re.compile(
    r"/(?:EmbeddedFiles?|EF|JavaScript|JS|Launch|GoTo[RE]|RichMedia|Encrypt|XFA|Collection|ObjStm|S|First)\Z"
)
_STREAM = re.compile(rb"\bstream[\t ]*+(?:\r\n|\n|\r)")
_UNFILTERED = re.compile(rb"/(?:ASCII|AHx|A85|LZW|RunLength|RL|Predictor|Crypt)|#")
_ENCRYPTION = re.compile(rb"/Encrypt" + _BLANK + rb"*+(?:\d++" + _REFERENCE + rb"|<<)")
_ACTION = re.compile(rb"/(Launch|JavaScript)" + _END)
_COMMENT = re.compile(rb"%[^\r\n]*+[\r\n]++")


def has_signs(content: bytes, budget: Budget) -> bool:
    """Return whether the objects must be read. Raises Exhausted."""
    if _SIGN.search(content) or _has_escaped_sign(content):
        return True
    return any(_is_telling(text) for text in _object_streams(content, budget))


def is_encrypted(content: bytes) -> bool:
    """Return whether the PDF is encrypted: by the trailer's entry, which no object stream holds (ISO 32000-2 7.6.2)."""
    return _ENCRYPTION.search(content) is not None or any(name == "/Encrypt" for name in _escaped_names(content))


def actions(content: bytes) -> frozenset[str]:
    """Return Launch and JavaScript where they are the type of an action, even if the object around it is unreadable."""
    found = set()
    for action in _ACTION.finditer(content):
        before = content[max(0, action.start() - MAX_KEY_DISTANCE) : action.start()]
        if _COMMENT.sub(b"", before).rstrip(b"\0\t\n\f\r ").endswith((b"/S", b"/#53")):
            found.add(action[1].decode("ascii"))
    return frozenset(found)


def _is_telling(text: bytes | None) -> bool:
    """Return whether an object stream is a reason to read the objects; one with unusual filters (None) is."""
    return text is None or _SIGN.search(text) is not None or _has_escaped_sign(text)


def _has_escaped_sign(content: bytes) -> bool:
    return any(_ESCAPED_SIGN.match(name) for name in _escaped_names(content))


def _escaped_names(content: bytes) -> Iterator[str]:
    return (plain_name(found[0]) for found in _ESCAPED.finditer(content))


def _object_streams(content: bytes, budget: Budget) -> Iterator[bytes | None]:
    """Yield the text of each object stream; None for one that isn't Deflate alone.

    A stream that is named twice is inflated once.
    """
    done = -1
    for sign in _OBJECT_STREAM.finditer(content):
        data = _STREAM.search(content, sign.end(), sign.end() + MAX_DICTIONARY_BYTES)
        if data is None:
            yield None
            continue
        if data.end() <= done:
            continue
        budget.take_entry()
        done = data.end()
        dictionary = content[max(0, sign.start() - MAX_DICTIONARY_BYTES) : data.start()]
        dictionary = dictionary[dictionary.rfind(b"obj", 0, sign.start()) + 1 :]
        if _UNFILTERED.search(dictionary):
            yield None
        else:
            found = inflate(content, budget, start=data.end())
            yield found.octets if found.whole else None
