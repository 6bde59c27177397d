"""Row C18: PDF with files, scripts and actions in it."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from tests.corpus.case import Case
from tests.corpus.nested_made import (
    ACTIVE,
    AMBIGUOUS,
    PROGRAM,
    SCRIPT,
    UNREAD,
    attached,
    found,
    passing,
)
from tests.corpus.payloads import STUB
from tests.corpus.wrapping import (
    object_stream,
    pdf,
    pdf_stream,
    pdf_with_file,
)


def cases() -> Iterator[Case]:
    yield from _pdf_files()
    yield from _pdf_actions()


def _pdf_files() -> Iterator[Case]:
    specification = b"<< /Type /Filespec /F (evil.exe) /EF << /F 4 0 R >> >>"
    content = pdf_stream(STUB, b"/Type /EmbeddedFile")
    plain = pdf_with_file(b"evil.exe", STUB)
    files = {
        "names": plain,
        "late": b"\r\n" * 400 + plain,
        "annotation": pdf(b"<< /Subtype /FileAttachment /FS << /F (evil.exe) /EF << /F 4 0 R >> >> >>", content),
        "escaped": pdf(specification.replace(b"/EF", b"/E#46"), pdf_stream(STUB)),
        "object-stream": pdf(object_stream((9, specification)), content),
        "escaped-object-stream": pdf(object_stream((9, specification), keys=b"/Type /Obj#53tm"), content),
        "nobody-refers": pdf(b"<< >>", content),
        "name-only": pdf_with_file(b"evil.exe", b"no program at all"),
        "wide-name": pdf(
            b"<< /UF <feff%b> /EF << /UF 4 0 R >> >>" % "evil.exe".encode("utf-16-be").hex().encode(), pdf_stream(b"x")
        ),
        "hex-filter": pdf(
            specification, pdf_stream(STUB.hex().encode("ascii") + b">", b"/Filter /ASCIIHexDecode", deflated=False)
        ),
        "two-filters": pdf(
            specification,
            pdf_stream(zlib.compress(STUB).hex().encode() + b">", b"/Filter [/AHx /Fl]", deflated=False),
        ),
        "portfolio": pdf(specification, content, catalog=b"/Collection << /View /D >> "),
        "broken-table": plain.replace(b"startxref", b"startxxxx").replace(b"xref\n0", b"xxxx\n0"),
        "cut-short": plain[: plain.rindex(b"xref\n0")],
    }
    yield from found(
        "C18", PROGRAM, ((f"file-{k}", attached(b"a.pdf", one, b"application/pdf")) for k, one in files.items())
    )
    yield from passing(
        "C18", [("harmless-file", attached(b"a.pdf", pdf_with_file(b"factur-x.xml", b"<?xml version='1.0'?><a/>")))]
    )
    yield from found("C18", UNREAD, [("file-undecodable", attached(b"a.pdf", pdf(
        specification, pdf_stream(b"???", b"/Type /EmbeddedFile /Filter /JBIG3Decode", deflated=False))))])  # fmt: skip
    late = attached(b"a.pdf", b" " * 2000 + pdf())
    yield Case("C18", "too-late", late, all_of=AMBIGUOUS)


def _pdf_actions() -> Iterator[Case]:
    script = b"<< /S /JavaScript /JS (app.alert\\(1\\)) >>"
    scripts = {
        "script": pdf(script, catalog=b"/OpenAction 3 0 R "),
        "escaped": pdf(script.replace(b"/JavaScript", b"/J#61vaScript").replace(b"/JS", b"/#4a#53")),
        "object-stream": pdf(object_stream((9, script))),
        "form": pdf(
            b"<< /XFA [(template) 4 0 R] >>",
            pdf_stream(b"<template><script contentType='application/x-javascript'>1</script></template>"),
        ),
        "key-apart": pdf(b"<< /S % a comment\n /JavaScript /JS 4 0 R >>", pdf_stream(b"app.alert(1)")),
    }
    yield from found("C18", SCRIPT, ((f"js-{k}", attached(b"a.pdf", one)) for k, one in scripts.items()))
    actions = {
        "launch": pdf(b"<< /S /Launch /F (cmd.exe) >>"),
        "launch-escaped": pdf(b"<< /S /L#61unch /Win << /F (cmd.exe) >> >>"),
        "launch-object-stream": pdf(object_stream((9, b"<< /S /Launch /F (cmd.exe) >>"))),
        "share": pdf(b"<< /S /GoToR /F (\\\\\\\\x.test\\\\a\\\\b.pdf) /D [0 /Fit] >>"),
        "share-embedded": pdf(b"<< /S /GoToE /F << /F (//x.test/a/b.pdf) >> /D [0 /Fit] >>"),
        "web": pdf(b"<< /S /GoToR /F << /FS /URL /F (http://x.test/a.pdf) >> >>"),
    }
    yield from found("C18", ACTIVE, ((k, attached(b"a.pdf", one)) for k, one in actions.items()))
    ordinary = {
        "plain": pdf(pdf_stream(b"BT (see /Launch and /JavaScript) Tj ET")),
        "address": pdf(b"<< /S /URI /URI (https://x.test/Launch) >>"),
        "title": pdf(b"<< /Title (How to use /S /JS and /EmbeddedFile) >>"),
        "relative": pdf(b"<< /S /GoToR /F (other.pdf) /D [0 /Fit] >>"),
    }
    yield from passing("C18", ((f"ordinary-{k}", attached(b"a.pdf", one)) for k, one in ordinary.items()))
    locked = pdf(
        b"<< /Filter /Standard /V 1 /R 2 /O (%b) /U (%b) /P -4 >>" % (b"o" * 32, b"u" * 32),
        trailer=b"/Encrypt 3 0 R /ID [(a) (a)] ",
    )
    yield from found("C18", frozenset({"attachment.encrypted"}), [("password", attached(b"a.pdf", locked))])
