"""The kinds of containers that are opened, in the order in which they are tried; several may fit the same octets."""

from __future__ import annotations

from gateway.understand.member import Opener
from gateway.understand.openers.archives import archive, compressed
from gateway.understand.openers.archives.arj import OPENER as ARJ
from gateway.understand.openers.archives.foreign import OPENER as FOREIGN
from gateway.understand.openers.archives.intel_hex import OPENER as HEX
from gateway.understand.openers.archives.rar import OPENER as RAR
from gateway.understand.openers.archives.sealed import SEALED, VOLUME
from gateway.understand.openers.archives.unknown import unknown
from gateway.understand.openers.archives.zip import OPENER as ZIP
from gateway.understand.openers.in_text.calendar import CALENDAR
from gateway.understand.openers.in_text.encoded_text import APPLE_FILE, ENCODED_TEXT
from gateway.understand.openers.in_text.message import ELSEWHERE, MESSAGE
from gateway.understand.openers.office.active_mime import ACTIVE_MIME
from gateway.understand.openers.office.biff import BARE_WORKBOOK
from gateway.understand.openers.office.odf import ODF
from gateway.understand.openers.office.ole import OLE
from gateway.understand.openers.office.onenote import ONENOTE
from gateway.understand.openers.office.ooxml import OOXML
from gateway.understand.openers.office.rtf import RTF
from gateway.understand.openers.office.table_text import TABLE_TEXT
from gateway.understand.openers.office.xml_document import XML_DOCUMENT
from gateway.understand.openers.outlook.outlook_msg import OUTLOOK_MSG
from gateway.understand.openers.outlook.tnef import TNEF
from gateway.understand.openers.pages.html import HTML
from gateway.understand.openers.pages.property_list import PROPERTY_LIST
from gateway.understand.openers.pdf.pdf import PDF
from gateway.understand.openers.secured.cms import CMS
from gateway.understand.openers.secured.pgp import PGP

_ARCHIVES: tuple[Opener, ...] = (ZIP, RAR, ARJ, *archive.OPENERS, *compressed.OPENERS, VOLUME, SEALED, FOREIGN, HEX)
_OTHERS: tuple[Opener, ...] = (
    *(OOXML, ODF, OLE, OUTLOOK_MSG, BARE_WORKBOOK, RTF, ONENOTE, TNEF, PDF, XML_DOCUMENT, ACTIVE_MIME, TABLE_TEXT),
    *(HTML, PROPERTY_LIST, MESSAGE, ELSEWHERE, CMS, PGP, CALENDAR, ENCODED_TEXT, APPLE_FILE),
)

#: Other kinds that may rightly have an archive's name: an encrypted or encoded one, or a file that macOS keeps beside
#: it.
_WRAPPED = (CMS, PGP, ENCODED_TEXT, APPLE_FILE)

OPENERS = (*_ARCHIVES, *_OTHERS, unknown((*_ARCHIVES, *_WRAPPED)))
