"""Mails of the matrix: each carries a test virus at the start of one part, somewhere, in a valid or tolerated form.

The same number gives the same mail.
"""

from __future__ import annotations

from tests.generated.leaves.forms import (
    BOUNDARIES,
    CHARSETS,
    ENCODINGS,
    KINDS,
    TYPES,
    WIDE,
    Chooser,
    boundary,
    cased,
    delimiter,
    encoded,
    field,
    flowed,
    in_charset,
    parameters,
)
from tests.support.servers.clamd import EICAR, PATTERNS

PAYLOADS = (EICAR, PATTERNS["Mailwarden.Test.Pattern"])

#: Multiparts and messages around the part.
DEEPEST = 4

_USUAL = ((b"From", b"a@x.test"), (b"To", b"b@example.co.uk"), (b"Subject", b"s"), (b"Message-ID", b"<1@x.test>"))
_PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(40)


def mail(number: int) -> bytes:
    """One mail."""
    chooser = Chooser(number)
    entity = _part(chooser, chooser.choice(PAYLOADS) + chooser.form((b"", b"", b"\r\n", b"\r\nmore\r\n", b" ")))
    depth = chooser.choice((0, 1, 1, 1, 1, 2, 2, 3, DEEPEST))
    for level in range(depth):
        entity = _wrapped(chooser, entity, level)
    return _message(chooser, entity)


Entity = tuple[list[bytes], bytes]  # its fields, and its body


def _part(chooser: Chooser, content: bytes) -> Entity:
    """The part that carries it."""
    kind = chooser.choice(TYPES)
    encoding = chooser.choice((*ENCODINGS, b"x-uuencode"))
    more = []
    if kind.startswith(b"text/") and chooser.random() < 0.6:
        charset = chooser.choice(CHARSETS)
        if encoding == b"base64" or charset not in WIDE:
            more = [b"charset=" + charset]
            content = in_charset(content, charset)
    elif kind == b"text/plain" and chooser.random() < 0.5:
        more, content = flowed(chooser, content)
    elif kind.startswith(b"text/") and chooser.random() < 0.3:
        content = b"\xef\xbb\xbf" + content
    fields = []
    if chooser.random() > 0.07 * chooser.oddness:
        fields.append(field(chooser, b"Content-Type", cased(chooser, kind) + parameters(chooser, *more)))
    if encoding:
        fields.append(field(chooser, b"Content-Transfer-Encoding", cased(chooser, encoding)))
    if chooser.random() < 0.6:
        disposition = chooser.form((b"attachment", b"inline", b"ATTACHMENT", b"x-foo", b"form-data"))
        names = chooser.form(((), (b"filename=a.bin",), (b'filename="a b.bin"',), (b"filename*=utf-8''a%20b.bin",)))
        fields.append(field(chooser, b"Content-Disposition", disposition + parameters(chooser, *names)))
    if chooser.random() < 0.3:
        fields.append(field(chooser, b"Content-ID", b"<1@x>"))
    chooser.shuffle(fields)
    return fields, encoded(chooser, content, encoding)


def _plain(chooser: Chooser) -> Entity:
    """A harmless part beside it."""
    if chooser.random() < 0.6:
        kind = chooser.choice((b"text/plain", b"text/html"))
        return [field(chooser, b"Content-Type", kind + parameters(chooser))], b"Good morning\r\n"
    fields = [field(chooser, b"Content-Type", b"image/png"), field(chooser, b"Content-Transfer-Encoding", b"base64")]
    return fields, encoded(chooser, _PICTURE, b"base64")


def _wrapped(chooser: Chooser, entity: Entity, level: int) -> Entity:
    if chooser.random() < 0.3:
        return _attached(chooser, entity)
    return _multipart(chooser, entity, level)


def _attached(chooser: Chooser, entity: Entity) -> Entity:
    """A message with it, as a part; now and then encoded, which senders do though RFC 2046 5.2.1 forbids it."""
    inner = _message(chooser, entity)
    fields = [field(chooser, b"Content-Type", cased(chooser, b"message/rfc822") + parameters(chooser))]
    encoding = chooser.form((b"", b"", b"7bit", b"8bit", b"base64", b"quoted-printable"))
    if encoding:
        fields.append(field(chooser, b"Content-Transfer-Encoding", encoding))
    return fields, encoded(chooser, inner, encoding)


def _multipart(chooser: Chooser, entity: Entity, level: int) -> Entity:
    kind = chooser.choice(KINDS)
    name = chooser.choice(BOUNDARIES) + b"%d" % level
    parts = [entity]
    for _ in range(chooser.choice((0, 1, 1, 2))):
        parts.insert(chooser.randint(0, len(parts)), _plain(chooser))
    body = chooser.form((b"", b"", b"\r\n", b"This is a multi-part message.\r\n", b"preamble\r\n\r\n"))
    for fields, inside in parts:
        body += delimiter(chooser, name) + b"".join(fields) + b"\r\n" + inside + b"\r\n"
    body += delimiter(chooser, name, last=True) if chooser.random() > 0.07 * chooser.oddness else b""
    body += chooser.form((b"", b"", b"\r\n", b"epilogue\r\n"))
    declared = cased(chooser, b"multipart") + b"/" + kind + parameters(chooser, boundary(chooser, name))
    return [field(chooser, b"Content-Type", declared)], body


def _message(chooser: Chooser, entity: Entity) -> bytes:
    fields, body = entity
    own = [field(chooser, name, value) for name, value in _USUAL if chooser.random() > 0.05 * chooser.oddness]
    if chooser.random() > 0.15 * chooser.oddness:
        own.append(field(chooser, b"MIME-Version", chooser.form((b"1.0", b"1.0 (a)", b"1 . 0"))))
    if chooser.random() < 0.3:
        own.insert(0, b"Received: from a by b; Thu, 26 Nov 2026 10:00:00 +0000\r\n")
    if chooser.random() < 0.2:
        own.append(b"X-Long: " + b"long " * 190 + b"\r\n")
    own += fields
    if chooser.random() < 0.3 * chooser.oddness:
        chooser.shuffle(own)
    return b"".join(own) + b"\r\n" + body
