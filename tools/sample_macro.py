"""A small Word document with a macro, for `make sample`: well-formed, and its macro would say hello.

The document is sound as a zip, as XML (ECMA-376) and as a Compound File ([MS-CFB]). Its Visual Basic project
([MS-OVBA]) has the module alone, so that Word itself would refuse to run it.
"""

from __future__ import annotations

import io
import struct
import zipfile

CONTENT_TYPE = "application/vnd.ms-word.document.macroEnabled.12"
SOURCE = b'Attribute VB_Name = "Greeting"\r\nSub Greet()\r\n    MsgBox "Hello"\r\nEnd Sub\r\n'

_SECTOR = 512
#: Octets of the stream: a shorter one would have to be in the mini stream ([MS-CFB] 2.3).
_STREAM = 4096
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_ROOT, _STORAGE, _STREAM_ENTRY = 5, 1, 2

_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_PARTS = {
    "[Content_Types].xml": (
        f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/>'
        '<Override PartName="/word/document.xml" '
        'ContentType="application/vnd.ms-word.document.macroEnabled.main+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>'
    ),
    "word/document.xml": (
        f'{_XML}<w:document xmlns:w="{_WORD}"><w:body><w:p><w:r><w:t>The report.</w:t></w:r></w:p></w:body>'
        "</w:document>"
    ),
    "word/_rels/document.xml.rels": (
        f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        'Type="http://schemas.microsoft.com/office/2006/relationships/vbaProject" Target="vbaProject.bin"/>'
        "</Relationships>"
    ),
}


def macro_document() -> bytes:
    """Return the octets of a .docm file."""
    document = io.BytesIO()
    with zipfile.ZipFile(document, "w", zipfile.ZIP_DEFLATED) as parts:
        for name, xml in _PARTS.items():
            parts.writestr(name, xml)
        parts.writestr("word/vbaProject.bin", _project())
    return document.getvalue()


def _project() -> bytes:
    """Return a Compound File: the storage VBA with one stream, the module.

    Its first sector is its table, and the second its folder.
    """
    chain = [_FAT, _END, *range(3, 2 + _STREAM // _SECTOR), _END]
    table = _numbers(chain + [_FREE] * (_SECTOR // 4 - len(chain)))
    folder = (
        _entry("Root Entry", _ROOT, child=1, start=_END)
        + _entry("VBA", _STORAGE, child=2)
        + _entry("Greeting", _STREAM_ENTRY, start=2, size=_STREAM)
        + _entry("", 0)
    )
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += _numbers([0, 1, 1, 0, _STREAM, _END, 0, _END, 0, 0] + [_FREE] * 108)
    return header + table + folder + _compressed(SOURCE).ljust(_STREAM, b"\0")


def _entry(name: str, kind: int, *, child: int = _FREE, start: int = 0, size: int = 0) -> bytes:
    """Return one of the folder's four entries ([MS-CFB] 2.6.1)."""
    wide = f"{name}\0".encode("utf-16-le") if name else b""
    return struct.pack("<64sHBBIII36xIQ", wide, len(wide), kind, 1, _FREE, _FREE, child, start, size)


def _compressed(source: bytes) -> bytes:
    """Return a container of one chunk, all literal ([MS-OVBA] 2.4.1): a flag octet before every eight octets."""
    tokens = b"".join(b"\0" + source[at : at + 8] for at in range(0, len(source), 8))
    return b"\x01" + struct.pack("<H", 0xB000 | len(tokens) - 1) + tokens


def _numbers(numbers: list[int]) -> bytes:
    return struct.pack(f"<{len(numbers)}I", *numbers)
