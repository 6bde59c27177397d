"""MAPI's properties, which Outlook's messages and TNEF share: their numbers; attachments and bodies made of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gateway.message.defect import Defect
from gateway.message.encodings.decode import decode_text
from gateway.message.header.name_forms import extensions_of
from gateway.understand.budget import Budget
from gateway.understand.member import Member
from gateway.understand.openers.outlook.lzfu import NotRtf, decompress
from gateway.understand.openers.remote import is_share

# [MS-OXPROPS]: the number of each property and, below, of each type.
BODY, RTF_BODY, HTML_BODY = 0x1000, 0x1009, 0x1013
ATTACH_DATA = 0x3701
ATTACH_EXTENSION = 0x3703
ATTACH_MIME_TAG = 0x370E
DISPLAY_NAME = 0x3001
#: Long name, short name, display name, long path, path, name in transport.
ATTACH_NAMES = (0x3707, 0x3704, DISPLAY_NAME, 0x370D, 0x3708, 0x370C)
TEXT_8BIT, TEXT, BINARY, OBJECT = 0x001E, 0x001F, 0x0102, 0x000D

#: Octets of a text that is taken for a path: the longest path of Windows in UTF-16. Then the properties whose texts are
#: no paths.
MAX_PATH_BYTES = 2 * 4096
_LONG_TEXTS = frozenset({BODY, RTF_BODY, HTML_BODY})

#: Property -> its values, each with its type; several where a message gives it twice.
Properties = Mapping[int, tuple[tuple[int, bytes], ...]]


def text_of(kind: int, octets: bytes, charset: str | None) -> str:
    """Return a property's text, up to its NUL."""
    if kind == TEXT:
        return octets[: len(octets) & ~1].decode("utf-16-le", "replace").partition("\0")[0]
    return decode_text(octets, charset).text.partition("\0")[0]


def texts(properties: Properties, number: int, charset: str | None) -> Iterator[str]:
    """Yield the texts of a property that are not empty."""
    for kind, octets in properties.get(number, ()):
        if kind in (TEXT, TEXT_8BIT, BINARY) and (text := text_of(kind, octets, charset)):
            yield text


def attachment_names(properties: Properties, charset: str | None, *, is_file: bool) -> tuple[str, ...]:
    """Return every file name of an attachment, the long one first.

    An extension that no name has counts as a name too. A message inside is no file: its display name is its subject,
    which may well end in ".com".
    """
    numbers = [number for number in ATTACH_NAMES if is_file or number != DISPLAY_NAME]
    names = [name for number in numbers for name in texts(properties, number, charset)]
    files = dict.fromkeys(name.replace("\\", "/").rstrip("/").rpartition("/")[2] for name in names)
    for extension in texts(properties, ATTACH_EXTENSION, charset):
        if "." in extension and not extensions_of((extension,)) <= extensions_of(files):
            files[extension] = None
    return tuple(name for name in files if name)


def media_type(properties: Properties, charset: str | None) -> str:
    return next(texts(properties, ATTACH_MIME_TAG, charset), "").strip().lower()


def path_defects(properties: Properties, charset: str | None) -> Iterator[Defect]:
    """Yield a defect for each text that is, as a whole, a path on another host.

    The sound of a reminder is fetched when the reminder is due. The property doesn't matter
    (PidLidReminderFileParameter, [MS-OXORMDR] 2.2.1.4): none needs such a path.
    """
    for number, values in properties.items():
        for kind, octets in values:
            is_text = kind in (TEXT, TEXT_8BIT) and number not in _LONG_TEXTS and len(octets) <= MAX_PATH_BYTES
            if is_text and is_share(text_of(kind, octets, charset).strip("\0 ")):
                yield Defect("link.loaded", "A property of the message names a file on another host", 0)


def bodies(properties: Properties, charset: str | None, budget: Budget) -> Iterator[Member | Defect]:
    """Yield the message's text in each of its forms."""
    for kind, octets in properties.get(BODY, ()):
        yield from _body("body.txt", text_of(kind, octets, charset).encode("utf-8", "replace"), "text/plain", budget)
    for _, octets in properties.get(HTML_BODY, ()):
        yield from _body("body.html", octets, "text/html", budget)
    for _, octets in properties.get(RTF_BODY, ()):
        try:
            yield from _body("body.rtf", decompress(octets), "text/rtf", budget)
        except NotRtf as error:
            yield Defect("container.unreadable", f"In the message, {error}", 0)


def _body(name: str, octets: bytes, kind: str, budget: Budget) -> Iterator[Member]:
    if octets:
        budget.take_entry()
        budget.take(len(octets))
        yield Member((name,), octets, kind)
