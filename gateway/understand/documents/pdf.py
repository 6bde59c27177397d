"""Visible text of a PDF, page by page, with the lines as pypdf puts them together. A page without text is a picture.

A page that draws unseen text, or whose fonts lie about their letters, is read in both ways. The texts of forms,
annotations and patterns come behind the pages.

pypdf is asked to stop when the time for texts is up: the pages that were not read are noted, and the document isn't
held for it.
"""

from __future__ import annotations

import io
import struct
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from pypdf import PasswordType, PdfReader
from pypdf.errors import PyPdfError

from gateway.understand.budget import Budget
from gateway.understand.documents.pdf_drawing import Drawing, lying_fonts, without_table
from gateway.understand.documents.pdf_objects import ObjectTexts
from gateway.understand.documents.reader import Reader
from gateway.understand.member import Declared, Unreadable
from gateway.understand.openers.pdf.pdf import PDF as OPENER

#: Pages that are read from the beginning and from the end. Invoices and letters have under ten.
MAX_FIRST_PAGES = 40
MAX_LAST_PAGES = 10

#: Octets of a page's drawing; maps and plans have more, and their words are few.
MAX_PAGE_BYTES = 2 * 1024 * 1024

#: Seconds for the text of one document; a page of text takes some hundredths.
MAX_SECONDS = 4.0

_TROUBLE = (
    PyPdfError, ArithmeticError, AssertionError, AttributeError, LookupError, NotImplementedError, RecursionError,
    TypeError, ValueError, struct.error, zlib.error, OSError,
)  # fmt: skip


def _read(content: bytes, declared: Declared, budget: Budget) -> Iterator[str]:
    try:
        reader = PdfReader(io.BytesIO(content), strict=False)
        if reader.is_encrypted and reader.decrypt("") == PasswordType.NOT_DECRYPTED:
            raise Unreadable("the PDF is encrypted with a password")
        count = len(reader.pages)
    except _TROUBLE as error:
        raise Unreadable(f"its pages can't be found: {type(error).__name__}") from error
    numbers = [*range(min(count, MAX_FIRST_PAGES)), *range(max(MAX_FIRST_PAGES, count - MAX_LAST_PAGES), count)]
    clock = _Clock(budget)
    unread = count - len(numbers)
    for number in numbers:
        texts: list[str] = []
        with suppress(*_TROUBLE):  # a page that can't be read to its end is one without text, or with less
            texts += (text for text in _page(reader, number, clock) if text.strip())
        yield from dict.fromkeys(texts)
        unread += not texts
    beside = None
    if count:
        beside = ObjectTexts(reader, reader.pages[0], clock.check, _TROUBLE)
        yield from beside.texts()
    if unread:
        raise Unreadable(f"{unread} of {count} pages have no text, or none that can be read")
    if beside is not None and not beside.complete:
        raise Unreadable("its forms, annotations and patterns have more text than is read")


PDF = Reader("PDF", OPENER.fits, _read)


class _Clock:
    """Stops pypdf between two operators of a page."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._ends = time.monotonic() + MAX_SECONDS

    def check(self, *_: Any) -> None:
        self._budget.check_time()
        if time.monotonic() > self._ends:
            raise Unreadable(f"its text takes more than {MAX_SECONDS:g} seconds")


def _page(reader: PdfReader, number: int, clock: _Clock) -> Iterator[str]:
    """Yield the text of a page in each way of reading.

    These are: the whole text; the text that is read out in place of glyphs; the text without its unseen passages; and
    the text by the encodings of its fonts, where a font lies.
    """
    clock.check()
    page = reader.pages[number]
    contents = page.get_contents()
    if contents is not None and len(contents.get_data()) > MAX_PAGE_BYTES:
        return
    drawing = Drawing(clock.check)
    yield page.extract_text(visitor_operand_before=drawing.operator)
    yield "\n".join(drawing.replaced)
    if drawing.hides:
        yield page.extract_text(visitor_operand_before=Drawing(clock.check, blank=True).operator)
    lying = lying_fonts(page)
    if lying:
        for font in lying:
            without_table(font)
        yield page.extract_text(visitor_operand_before=clock.check)
