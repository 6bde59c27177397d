"""Row A19: an encrypted archive, and its password in the same mail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tests.corpus.archives_zip import File, archive
from tests.corpus.case import Case
from tests.corpus.payloads import encoded, multipart

LEFT_OUT: Mapping[str, str] = {}

_LOCKED = encoded(b"payslip.zip", archive(File(b"payslip.pdf", packed=bytes(range(40)), flags=1)))
_TEXT = b"Content-Type: text/plain; charset=utf-8\r\n\r\n%s\r\n"
_HTML = b"Content-Type: text/html; charset=utf-8\r\n\r\n<p>%s</p>\r\n"
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
    elsewhere = _TEXT % b"I will send you the password by text message."
    yield Case(
        "A19", "elsewhere", multipart(elsewhere, _LOCKED), all_of=frozenset({"attachment.encrypted"}), none_of=_GIVEN
    )
