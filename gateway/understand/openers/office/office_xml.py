"""XML of office documents, read by expat as a stream of elements; a document type that declares entities is refused.

Without entities there is nothing to expand and nothing to fetch. Names are given without their prefix. Never builds a
tree.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from xml.parsers import expat

from gateway.understand.member import Unreadable

Attributes = Mapping[str, str]
OnStart = Callable[[str, Attributes], None]
OnText = Callable[[str], None]
OnEnd = Callable[[str], None]

#: A start of XML whose encoding writes ASCII letters as their own octets: it declares such an encoding, or none.
_ASCII_NAMES = re.compile(
    rb"\s*+(?:<\?xml(?![^>]{0,200}encoding)|<\?xml[^>]{0,200}?(?:utf-8|ascii|8859|windows-)|<[^?])", re.IGNORECASE
)
#: Elements of all parsed parts of a document; a book of a thousand pages has some six hundred thousand.
MAX_ELEMENTS = 1_000_000

_BOM = b"\xef\xbb\xbf"


def may_hold(content: bytes, words: Iterable[bytes]) -> bool:
    """Return whether XML may have elements of these names.

    It isn't parsed where its octets show that it has none.
    """
    if not _ASCII_NAMES.match(content.removeprefix(_BOM)[:512]):
        return True
    return any(word in content for word in words)


def looks_like_xml(head: bytes) -> bool:
    """Return whether a part is XML, by its first octets in UTF-8 or in UTF-16."""
    return head.removeprefix(_BOM).lstrip()[:1] == b"<" or head[:2] in (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")


class Reader:
    """Reads the parts of one document; the elements of all of them together are bounded."""

    def __init__(self) -> None:
        self._elements_left = MAX_ELEMENTS

    def read(
        self, name: str, content: bytes, on_start: OnStart, on_text: OnText | None = None, on_end: OnEnd | None = None
    ) -> None:
        """Call back for every element of a part; `name` is the part's name for messages. Raises Unreadable."""

        def start(tag: str, attributes: Attributes) -> None:
            self._elements_left -= 1
            if self._elements_left < 0:
                raise Unreadable(f"the document has more than {MAX_ELEMENTS} elements that matter")
            on_start(_local(tag), _plain(attributes) if attributes else attributes)

        def refuse(*_: object) -> None:
            raise Unreadable(f"{name} declares XML entities")

        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = start
        parser.EntityDeclHandler = refuse
        parser.CharacterDataHandler = on_text
        parser.EndElementHandler = None if on_end is None else lambda tag: on_end(_local(tag))
        try:
            parser.Parse(content, True)
        except Unreadable:
            raise
        except (expat.ExpatError, ValueError, LookupError) as error:
            raise Unreadable(f"{name} is no well-formed XML: {error}") from error


def _local(tag: str) -> str:
    return tag.rpartition(":")[2]


def _plain(attributes: Mapping[str, str]) -> Attributes:
    return {_local(key): value for key, value in attributes.items()}
