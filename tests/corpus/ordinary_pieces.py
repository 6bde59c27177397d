"""Pieces of ordinary mail: headers, bodies, and the multiparts around them; all harmless."""

from __future__ import annotations

import base64
from collections.abc import Iterator

FROM = b"From: Ann <ann@outside.example>\r\nTo: bob@example.co.uk\r\nSubject: Minutes\r\n"
FROM += b"Date: Mon, 5 Jan 2026 10:00:00 +0000\r\nMessage-ID: <1@outside.example>\r\n"
MIME = b"MIME-Version: 1.0\r\n"
PLAIN = b"Content-Type: text/plain; charset=utf-8\r\n\r\nGood morning, see below.\r\n"
HTML = b"Content-Type: text/html; charset=utf-8\r\n\r\n<html><body><p>Good morning</p></body></html>\r\n"
ORIGINAL = (
    b"Received: from mx.outside.example (mx.outside.example [192.0.2.1])\r\n"
    b"\tby gw.example.co.uk with ESMTPS id 1;\r\n"
    b"\tMon, 5 Jan 2026 10:00:00 +0000\r\n" + FROM + MIME
)
SOURCE = (  # of a message, quoted in a text
    ORIGINAL
    + b'Content-Type: multipart/mixed; boundary="inner"\r\n\r\n--inner\r\nContent-Type: text/plain\r\n\r\nHello\r\n'
    b"--inner\r\nContent-Type: image/png; name=a.png\r\nContent-Transfer-Encoding: base64\r\n"
    b"\r\niVBORw0KGgo=\r\n--inner--\r\n"
)
PICTURE = base64.encodebytes(b"\x89PNG\r\n\x1a\n" + bytes(40)).replace(b"\n", b"\r\n")
ICALENDAR = (
    b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:1@x\r\n"
    b"DTSTAMP:20260105T100000Z\r\nDTSTART:20260106T100000Z\r\nSUMMARY:Meeting\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
STATUS = (
    b"Reporting-MTA: dns; mx.outside.example\r\nArrival-Date: Mon, 5 Jan 2026 10:00:00 +0000\r\n\r\n"
    b"Final-Recipient: rfc822; nobody@outside.example\r\nAction: failed\r\nStatus: 5.1.1\r\n"
    b"Diagnostic-Code: smtp; 550 5.1.1 No such user\r\n"
)

Rows = Iterator[tuple[str, bytes]]


def mail(fields: bytes, body: bytes) -> bytes:
    return FROM + MIME + fields + b"\r\n" + body


def parts(kind: bytes, *inside: bytes, boundary: bytes = b"=_b1", more: bytes = b"", before: bytes = b"") -> bytes:
    body = (
        before + b"".join(b"--" + boundary + b"\r\n" + one + b"\r\n" for one in inside) + b"--" + boundary + b"--\r\n"
    )
    return mail(b"Content-Type: multipart/" + kind + b'; boundary="' + boundary + b'"' + more + b"\r\n", body)


def part(fields: bytes, body: bytes) -> bytes:
    return fields.replace(b"\n", b"\r\n") + b"\r\n\r\n" + body
