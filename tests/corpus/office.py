"""Builds office documents for the examples: just the parts that programs and openers go by, none of it copied."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping

from tests.corpus.compound_file import Tree, compound_file

_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
MACRO_MAIN = "application/vnd.ms-word.document.macroEnabled.main+xml"


def zipped(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 2, 3, 4, 6)), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def relations(*entries: tuple[str, str, str]) -> bytes:
    """Last word of the type, target, target mode."""
    inside = "".join(
        f'<Relationship Id="rId{number}" Type="{_RELATIONS}{kind}" Target="{target}" TargetMode="{mode}"/>'
        for number, (kind, target, mode) in enumerate(entries, 1)
    )
    space = "http://schemas.openxmlformats.org/package/2006/relationships"
    return f'<?xml version="1.0"?><Relationships xmlns="{space}">{inside}</Relationships>'.encode()


def content_types(main: str = _MAIN, *others: str) -> bytes:
    overrides = f'<Override PartName="/word/document.xml" ContentType="{main}"/>' + "".join(
        f'<Override PartName="/x{number}" ContentType="{one}"/>' for number, one in enumerate(others)
    )
    return f'<?xml version="1.0"?><Types xmlns="{_TYPES}">{overrides}</Types>'.encode()


def document(body: str = "<w:p><w:r><w:t>Hello</w:t></w:r></w:p>") -> bytes:
    declaration = '<?xml version="1.0" encoding="UTF-8"?>'
    return f'{declaration}<w:document xmlns:w="{_WORD}"><w:body>{body}</w:body></w:document>'.encode()


def docx(files: Mapping[str, bytes] | None = None, *external: tuple[str, str], main: str = _MAIN) -> bytes:
    """A Word document with these parts besides (or instead of) its own, and these external relationships."""
    own = {
        "[Content_Types].xml": content_types(main),
        "_rels/.rels": relations(("officeDocument", "word/document.xml", "Internal")),
        "word/document.xml": document(),
        "word/_rels/document.xml.rels": relations(*((kind, target, "External") for kind, target in external)),
    }
    return zipped({**own, **(files or {})})


def field(*runs: str) -> str:
    """A field whose instruction is split over runs."""
    texts = "".join(f"<w:r><w:instrText>{run}</w:instrText></w:r>" for run in runs)
    return (
        f'<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r>{texts}'
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>x</w:t></w:r>'
        '<w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>'
    )


# --- OLE --------------------------------------------------------------------------------------------------------------

VBA: Tree = {"VBA": {"dir": b"\x01\0\0", "_VBA_PROJECT": b"\xcc\x61", "Module1": b"\x01"}, "PROJECT": b"ID="}


def package(content: bytes, label: bytes, source: bytes | None = None, temporary: bytes | None = None) -> bytes:
    """The native data of a Package object."""
    path = temporary if temporary is not None else b"C:\\Temp\\" + label
    head = b"\x02\0" + label + b"\0" + (source if source is not None else b"C:\\Users\\x\\" + label) + b"\0"
    return head + struct.pack("<HHI", 0, 3, len(path) + 1) + path + b"\0" + struct.pack("<I", len(content)) + content


def ole10_native(content: bytes, label: bytes, source: bytes | None = None, temporary: bytes | None = None) -> bytes:
    """A stream of that name: its length, then the package."""
    native = package(content, label, source, temporary)
    return struct.pack("<I", len(native)) + native


def ole1(class_name: bytes, native: bytes, kind: int = 2) -> bytes:
    """An object as RTF has it ([MS-OLEDS] 2.2.4)."""
    name = struct.pack("<I", len(class_name) + 1) + class_name + b"\0"
    return struct.pack("<II", 0x501, kind) + name + bytes(8) + struct.pack("<I", len(native)) + native


def word(flags: int = 0, streams: Tree | None = None, text: bytes = b"") -> bytes:
    """A document of Word 97."""
    fib = struct.pack("<H8xH", 0xA5EC, flags).ljust(0x300, b"\0")
    return compound_file({"WordDocument": fib + text, "1Table": b"\0" * 64, **(streams or {})})


def record(kind: int, body: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def workbook(sheet_type: int = 0x10, *globals_: bytes, kind: int | None = None) -> bytes:
    """The stream of a workbook with one sheet; `kind` is what the sheet's record claims."""
    said = {0x10: 0, 0x40: 1, 0x20: 2}[sheet_type] if kind is None else kind
    begin = record(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 0)) + b"".join(globals_)
    place = len(begin) + 4 + 9 + 4
    listed = record(0x85, struct.pack("<IBB", place, 0, said) + b"\x01\0A")
    return (
        begin
        + listed
        + record(0x0A)
        + record(0x809, struct.pack("<HHHHII", 0x600, sheet_type, 0, 0, 0, 0))
        + record(0x0A)
    )


# --- Outlook ----------------------------------------------------------------------------------------------------------


def _wide(text: str) -> bytes:
    return text.encode("utf-16-le")


def msg_attachment(content: bytes, *names: tuple[str, str]) -> Tree:
    """An attachment's storage: (property and type, text) for each name."""
    texts = {f"__substg1.0_{tag}": _wide(text) if tag.endswith("1F") else text.encode("cp1252") for tag, text in names}
    return {"__properties_version1.0": bytes(8), "__substg1.0_37010102": content, **texts}


def msg_tree(*attachments: Tree, body: str = "Hello", more: Tree | None = None) -> Tree:
    numbered = {f"__attach_version1.0_#{number:08X}": one for number, one in enumerate(attachments)}
    own: Tree = {
        "__properties_version1.0": bytes(32),
        "__substg1.0_1000001F": _wide(body),
        "__nameid_version1.0": {"x": b""},
    }
    return {**own, **(more or {}), **numbered}


def tnef_attribute(level: int, number: int, content: bytes, checksum: int | None = None) -> bytes:
    total = sum(content) & 0xFFFF if checksum is None else checksum
    return struct.pack("<BII", level, number, len(content)) + content + struct.pack("<H", total)


def tnef(*attributes: bytes) -> bytes:
    return b"\x78\x9f\x3e\x22\x01\0" + tnef_attribute(1, 0x89006, b"\0\0\1\0") + b"".join(attributes)


def tnef_properties(*properties: tuple[int, int, bytes]) -> bytes:
    """Number, type and value of each: text and octets only."""
    out = struct.pack("<I", len(properties))
    for number, kind, value in properties:
        out += struct.pack("<HHII", kind, number, 1, len(value)) + value + bytes(-len(value) % 4)
    return out


def tnef_file(content: bytes, title: bytes = b"", properties: bytes = b"", checksum: int | None = None) -> bytes:
    """The attributes of one attachment."""
    out = tnef_attribute(2, 0x69002, b"\1\0" + bytes(12))
    out += tnef_attribute(2, 0x18010, title + b"\0", checksum) if title else b""
    out += tnef_attribute(2, 0x6800F, content, checksum) if content else b""
    return out + (tnef_attribute(2, 0x69005, properties, checksum) if properties else b"")


# --- OneNote ----------------------------------------------------------------------------------------------------------


def one_section(content: bytes, name: str = "") -> bytes:
    """A section with one stored file, and the property that names it."""
    head = (
        bytes.fromhex("e4525c7b8cd8a74daeb15378d02996d3")
        + bytes(32)
        + bytes.fromhex("3fdd9a101b91f549a5d01791edc8aed8")
    )
    wide = _wide(name) + b"\0\0"
    named = bytes.fromhex("9c1d001c 341c0014") + struct.pack("<I", len(wide)) + wide if name else b""
    stored = bytes.fromhex("e716e3bd65261145a4c48d4d0b7a9eac") + struct.pack("<QIQ", len(content), 0, 0) + content
    return head.ljust(1024, b"\0") + named + bytes(64) + stored + bytes.fromhex("22a7fb71790f0b4abb13899256426b24")
