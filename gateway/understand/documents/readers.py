"""The kinds of documents that are read, listed by hand."""

from __future__ import annotations

from gateway.understand.documents.office_open_xml import OFFICE_OPEN_XML
from gateway.understand.documents.opendocument import OPEN_DOCUMENT
from gateway.understand.documents.pdf import PDF
from gateway.understand.documents.reader import Reader
from gateway.understand.documents.rich_text import RICH_TEXT

READERS: tuple[Reader, ...] = (OFFICE_OPEN_XML, OPEN_DOCUMENT, RICH_TEXT, PDF)
