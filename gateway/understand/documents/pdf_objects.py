"""Texts of a PDF that stand beside its pages' own drawings: forms, annotations, XFA, patterns, replacements.

Every object that the file's table names is looked at, whether a page shows it or not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any, Final

from pypdf import PageObject, PdfReader
from pypdf.generic import (
    ArrayObject,
    ByteStringObject,
    DictionaryObject,
    IndirectObject,
    NameObject,
    StreamObject,
    TextStringObject,
)

from gateway.understand.documents.pdf_drawing import text_of, value_of

#: Objects of one document that are looked at; a form of many pages has some thousands.
MAX_OBJECTS: Final = 20_000
#: Dictionaries and arrays inside each other that are looked into.
MAX_DEPTH: Final = 12
#: Octets of a stream that is read as a drawing or as text; a longer one is not read.
MAX_STREAM_BYTES: Final = 2 * 1024 * 1024
#: Characters of all these texts together; a long form has some ten thousand.
MAX_CHARACTERS: Final = 500_000

#: Keys whose strings a program shows or reads out: keys of annotations and fields (ISO 32000-1, 12.5.6 and 12.7.3), and
#: of text that replaces the glyphs of a passage (14.9.4).
_SHOWN: Final = ("/Contents", "/RC", "/V", "/DV", "/Opt", "/CA", "/AC", "/TU", "/ActualText", "/Alt", "/E")
_TAG: Final = re.compile(r"<[^<>]*+>")
_SHOWS_TEXT: Final = re.compile(rb"(?<![A-Za-z])T[jJ](?![A-Za-z])|['\"]\s")

Check = Callable[..., None]


class ObjectTexts:
    """The texts of one document, each once, and whether all of them were read."""

    def __init__(self, reader: PdfReader, page: PageObject, check: Check, trouble: tuple[type[Exception], ...]) -> None:
        self._reader, self._page, self._check, self._trouble = reader, page, check, trouble
        self._characters = 0
        self._known: set[str] = set()
        self.complete = True

    def texts(self) -> Iterator[str]:
        """Yield the texts in the order of the objects."""
        numbers = self._numbers()
        self.complete = len(numbers) <= MAX_OBJECTS
        for number, generation in numbers[:MAX_OBJECTS]:
            self._check()
            try:
                found = list(self._of(self._reader.get_object(IndirectObject(number, generation, self._reader)), 0))
            except self._trouble:
                self.complete = False
                continue
            for text in found:
                words = " ".join(text.split())
                if words and words not in self._known and self._has_room(words):
                    self._known.add(words)
                    yield text

    def _numbers(self) -> list[tuple[int, int]]:
        plain = [(number, generation) for generation, those in self._reader.xref.items() for number in those]
        return sorted({*plain, *((number, 0) for number in self._reader.xref_objStm)})

    def _has_room(self, words: str) -> bool:
        self._characters += len(words)
        self.complete = self.complete and self._characters <= MAX_CHARACTERS
        return self._characters <= MAX_CHARACTERS

    def _of(self, found: Any, depth: int) -> Iterator[str]:
        """Yield the texts of an object and of the objects inside it."""
        if depth > MAX_DEPTH:
            self.complete = False
        elif isinstance(found, ArrayObject):
            for one in found:
                yield from self._of(one, depth + 1)
        elif isinstance(found, DictionaryObject):
            yield from self._of_dictionary(found)
            for one in found.values():
                if isinstance(one, (ArrayObject, DictionaryObject)):
                    yield from self._of(one, depth + 1)

    def _of_dictionary(self, found: DictionaryObject) -> Iterator[str]:
        if "/ByteRange" not in found:  # of a signature
            for key in _SHOWN:
                if value_of(found, key) is not None and (
                    key != "/Contents" or not isinstance(found[key], (StreamObject, ArrayObject))
                ):
                    yield from self._strings(found[key])
        if "/XFA" in found:
            yield from self._form(found["/XFA"])
        kind = value_of(found, "/Subtype")
        if kind == "/Type3":
            yield from self._glyphs(found)
        if isinstance(found, StreamObject) and (kind == "/Form" or "/PatternType" in found):
            yield self._drawn(found)

    def _strings(self, value: Any) -> Iterator[str]:
        """Yield the strings of a value: a text, an array of texts, or a text in a stream of its own.

        Names are no texts, and neither is a page's drawing.
        """
        if isinstance(value, (TextStringObject, ByteStringObject)):
            yield _without_tags(text_of(value))
        elif isinstance(value, ArrayObject):
            for one in value[:MAX_OBJECTS]:
                inner = one.get_object()
                texts = inner if isinstance(inner, ArrayObject) else (inner,)
                strings = (text for text in texts if isinstance(text, (TextStringObject, ByteStringObject)))
                yield from (_without_tags(text_of(text)) for text in strings)
        elif isinstance(value, StreamObject):
            octets = self._octets(value)
            if not _SHOWS_TEXT.search(octets):
                yield _without_tags(octets.decode("utf-8", "replace"))

    def _form(self, value: Any) -> Iterator[str]:
        """Yield the values and captions of an XML form (XFA 3.3): all its characters."""
        streams = value if isinstance(value, ArrayObject) else (value,)
        pieces = (one.get_object() for one in streams)
        xml = b"".join(self._octets(one) for one in pieces if isinstance(one, StreamObject))
        text = _without_tags(xml.decode("utf-8", "replace"))
        yield "\n".join(line.strip() for line in text.split("\n") if line.strip())

    def _glyphs(self, font: DictionaryObject) -> Iterator[str]:
        """Yield the text that a font's glyphs write, where they draw it with another font."""
        glyphs = value_of(font, "/CharProcs")
        for name in list(glyphs)[:MAX_OBJECTS] if isinstance(glyphs, DictionaryObject) else ():
            glyph = glyphs[name]
            if isinstance(glyph, StreamObject) and _SHOWS_TEXT.search(self._octets(glyph)):
                glyph.setdefault(
                    NameObject("/Resources"), font["/Resources"] if "/Resources" in font else self._page["/Resources"]
                )
                yield self._drawn(glyph)

    def _drawn(self, stream: StreamObject) -> str:
        if not _SHOWS_TEXT.search(self._octets(stream)):
            return ""
        if "/Resources" not in stream and "/Resources" in self._page:
            stream[NameObject("/Resources")] = self._page["/Resources"]
        return str(self._page.extract_xform_text(stream, visitor_operand_before=self._check))  # type: ignore[arg-type]

    def _octets(self, stream: StreamObject) -> bytes:
        """Return the content of a stream; b"" for one that is too long, which makes the reading incomplete."""
        self._check()
        octets = bytes(stream.get_data())
        if len(octets) > MAX_STREAM_BYTES:
            self.complete = False
            return b""
        return octets


def _without_tags(text: str) -> str:
    return unescape(_TAG.sub("\n", text)) if "<" in text else text
