"""Row A19: an encrypted archive, and its password in the same mail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tests.corpus.archives_zip import File, archive
from tests.corpus.case import Case
from tests.corpus.office import document, docx
from tests.corpus.payloads import encoded, multipart

LEFT_OUT: Mapping[str, str] = {}

_LOCKED = encoded(b"payslip.zip", archive(File(b"payslip.pdf", packed=bytes(range(40)), flags=1)))
_TEXT = b"Content-Type: text/plain; charset=utf-8\r\n\r\n%s\r\n"
_HTML = b"Content-Type: text/html; charset=utf-8\r\n\r\n<p>%s</p>\r\n"
_WORDS = "<w:p><w:r><w:t>Password: 4711</w:t></w:r></w:p>"
_GIVEN = frozenset({"attachment.password_in_mail"})


def cases() -> Iterator[Case]:
    """Given in text, in HTML, in other languages; and not given."""
    texts = {
        "english": b"Please find the document attached. Password: 1234",
        "sentence": b"The password for the archive is Kx7!pq.",
        "german": "Das Passwort für die Datei lautet Sommer2026.".encode(),
        "french": b"Mot de passe : facture88",
        "spanish": "La contraseña es factura88".encode(),
    }
    for what, text in texts.items():
        yield Case("A19", what, multipart(_TEXT % text, _LOCKED), all_of=_GIVEN)
    yield Case("A19", "in-html", multipart(_HTML % b"Password:&nbsp;<b>1234</b>", _LOCKED), all_of=_GIVEN)
    yield Case("A19", "tags-in-word", multipart(_HTML % b"Pass<b></b>wo<i>rd</i>: 12<u>34</u>", _LOCKED), all_of=_GIVEN)
    for what, text in {
        "zero-width": "Pass\u200bword: 1234",
        "full-width": "\uff30\uff21\uff33\uff33\uff37\uff2f\uff32\uff24\uff1a\uff11\uff12\uff13\uff14",
        "cyrillic": "P\u0430ssw\u043erd: hammer7",
        "japanese": "\u30d1\u30b9\u30ef\u30fc\u30c9\uff1aabcd1234",
    }.items():
        yield Case("A19", what, multipart(_TEXT % text.encode(), _LOCKED), all_of=_GIVEN)
    beside = {
        "name": encoded(b"password is 4711.png", b"\x89PNG\r\n\x1a\n", b"image/png"),
        "text-beside": encoded(b"readme.txt", b"The password is 4711.", b"text/plain"),
        "document-beside": encoded(b"a.docx", docx({"word/document.xml": document(_WORDS)}), b"application/zip"),
        "alone": encoded(b"password.txt", b"hammer7\r\n", b"text/plain"),
        "rtf-beside": encoded(b"a.rtf", rb"{\rtf1 Password: \b 4711}", b"application/rtf"),
    }
    for what, part in beside.items():
        yield Case("A19", what, multipart(_TEXT % b"Please see attached.", part, _LOCKED), all_of=_GIVEN)
    elsewhere = _TEXT % b"I will send you the password by text message."
    yield Case(
        "A19", "elsewhere", multipart(elsewhere, _LOCKED), all_of=frozenset({"attachment.encrypted"}), none_of=_GIVEN
    )
