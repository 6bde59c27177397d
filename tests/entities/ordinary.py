"""Ordinary mail in the odd shapes that real programs write: none of it may be held. Each row is a whole message.

The shapes are those of bounces, notifications, lists, calendars, signed mail and mail programs old and new, written anew
with harmless content.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator

_FROM = b"From: Ann <ann@outside.example>\r\nTo: bob@example.co.uk\r\nSubject: Minutes\r\n"
_FROM += b"Date: Mon, 5 Jan 2026 10:00:00 +0000\r\nMessage-ID: <1@outside.example>\r\n"
_MIME = b"MIME-Version: 1.0\r\n"
_PLAIN = b"Content-Type: text/plain; charset=utf-8\r\n\r\nGood morning, see below.\r\n"
_HTML = b"Content-Type: text/html; charset=utf-8\r\n\r\n<html><body><p>Good morning</p></body></html>\r\n"
_ORIGINAL = (
    b"Received: from mx.outside.example (mx.outside.example [192.0.2.1])\r\n\tby gw.example.co.uk with ESMTPS id 1;\r\n"
    b"\tMon, 5 Jan 2026 10:00:00 +0000\r\n" + _FROM + _MIME
)
_SOURCE = (  # of a message, quoted in a text
    _ORIGINAL
    + b'Content-Type: multipart/mixed; boundary="inner"\r\n\r\n--inner\r\nContent-Type: text/plain\r\n\r\nHello\r\n'
    b"--inner\r\nContent-Type: image/png; name=a.png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n--inner--\r\n"
)
_PICTURE = base64.encodebytes(b"\x89PNG\r\n\x1a\n" + bytes(40)).replace(b"\n", b"\r\n")
_ICALENDAR = (
    b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:1@x\r\n"
    b"DTSTAMP:20260105T100000Z\r\nDTSTART:20260106T100000Z\r\nSUMMARY:Meeting\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
_STATUS = (
    b"Reporting-MTA: dns; mx.outside.example\r\nArrival-Date: Mon, 5 Jan 2026 10:00:00 +0000\r\n\r\n"
    b"Final-Recipient: rfc822; nobody@outside.example\r\nAction: failed\r\nStatus: 5.1.1\r\n"
    b"Diagnostic-Code: smtp; 550 5.1.1 No such user\r\n"
)

Rows = Iterator[tuple[str, bytes]]


def rows() -> Rows:
    """Every shape, with its name."""
    for group in (_bounces, _reports, _lists, _texts, _headers, _types, _multiparts, _calendars, _signed, _attached):
        yield from group()


def _mail(fields: bytes, body: bytes) -> bytes:
    return _FROM + _MIME + fields + b"\r\n" + body


def _parts(kind: bytes, *parts: bytes, boundary: bytes = b"=_b1", more: bytes = b"", before: bytes = b"") -> bytes:
    body = (
        before + b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts) + b"--" + boundary + b"--\r\n"
    )
    return _mail(b"Content-Type: multipart/" + kind + b'; boundary="' + boundary + b'"' + more + b"\r\n", body)


def _part(fields: bytes, body: bytes) -> bytes:
    return fields.replace(b"\n", b"\r\n") + b"\r\n\r\n" + body


# --- bounces and reports ---------------------------------------------------------------------------------------------


def _bounces() -> Rows:
    said = _part(b"Content-Description: Notification\nContent-Type: text/plain; charset=us-ascii", b"I'm sorry.\r\n")
    status = _part(b"Content-Description: Delivery report\nContent-Type: message/delivery-status", _STATUS)
    report = b"report"
    kind = b"; report-type=delivery-status"
    whole = _part(b"Content-Description: Undelivered Message\nContent-Type: message/rfc822", _SOURCE)
    alone = _part(b"Content-Type: text/rfc822-headers", _ORIGINAL)
    yield (
        "postfix",
        _parts(report, said, status, whole, more=kind, before=b"This is a MIME-encapsulated message.\r\n\r\n"),
    )
    yield "postfix-headers", _parts(report, said, status, alone, more=kind)
    inner_type = b'Content-Type: multipart/mixed; boundary="x"\r\n'
    yield (
        "headers-of-a-multipart",
        _parts(report, said, status, _part(b"Content-Type: text/rfc822-headers", _ORIGINAL + inner_type), more=kind),
    )
    yield (
        "headers-with-a-blank-line",
        _parts(report, said, status, _part(b"Content-Type: text/rfc822-headers", _ORIGINAL + b"\r\n"), more=kind),
    )
    yield (
        "message-of-a-header-alone",
        _parts(
            report, said, status, _part(b"Content-Type: message/rfc822", _ORIGINAL + inner_type + b"\r\n"), more=kind
        ),
    )
    yield "global-headers", _parts(report, said, _part(b"Content-Type: message/global-headers", _ORIGINAL), more=kind)
    yield (
        "global-status",
        _parts(report, said, _part(b"Content-Type: message/global-delivery-status", _STATUS), more=kind),
    )
    yield "no-original", _parts(report, said, status, more=kind)
    yield (
        "status-with-a-leading-blank-line",
        _parts(report, said, _part(b"Content-Type: message/delivery-status", b"\r\n" + _STATUS), more=kind),
    )
    blanks = _STATUS.replace(b"\r\n\r\n", b"\r\n \r\n")
    yield (
        "status-with-lines-of-blanks",
        _parts(report, said, _part(b"Content-Type: message/delivery-status", blanks + b"\r\n"), more=kind),
    )
    yield (
        "status-quoted-printable",
        _parts(
            report,
            said,
            _part(
                b"Content-Type: message/delivery-status\nContent-Transfer-Encoding: quoted-printable",
                _STATUS.replace(b"=", b"=3D"),
            ),
            more=kind,
        ),
    )
    yield (
        "status-with-a-name",
        _parts(report, said, _part(b'Content-Type: message/delivery-status; name="details.txt"', _STATUS), more=kind),
    )
    yield (
        "exchange",
        _parts(
            report,
            _part(
                b'Content-Type: multipart/alternative; differences=Content-Type;\n\tboundary="alt"',
                b"--alt\r\n" + _PLAIN + b"\r\n--alt\r\n" + _HTML + b"\r\n--alt--\r\n",
            ),
            status,
            whole,
            more=kind,
        ),
    )
    yield (
        "qmail",
        _mail(
            b"",
            b"Hi. This is the qmail-send program.\r\n\r\n<x@y>:\r\nSorry.\r\n\r\n--- Below this line is a copy of the message.\r\n\r\n"
            + _SOURCE,
        ),
    )
    yield (
        "exim",
        _mail(
            b"Auto-Submitted: auto-replied\r\nX-Failed-Recipients: x@y.example\r\n",
            b"This message was created automatically.\r\n\r\n------ This is a copy of the message, including all the headers. ------\r\n\r\n"
            + _ORIGINAL
            + b"\r\nHello\r\n",
        ),
    )
    yield (
        "sendmail-old",
        _mail(
            b'Content-Type: multipart/mixed; boundary="AA1234.5/mx.outside.example"\r\n',
            b"This is a MIME-encapsulated message\r\n\r\n--AA1234.5/mx.outside.example\r\n\r\nThe original message was received\r\n\r\n--AA1234.5/mx.outside.example\r\nContent-Type: message/delivery-status\r\n\r\n"
            + _STATUS
            + b"\r\n--AA1234.5/mx.outside.example\r\nContent-Type: message/rfc822\r\n\r\n"
            + _ORIGINAL
            + b"\r\nHello\r\n\r\n--AA1234.5/mx.outside.example--\r\n",
        ),
    )
    yield (
        "vacation",
        _mail(b"Auto-Submitted: auto-replied\r\nPrecedence: bulk\r\n" + _PLAIN[:41] + b"\r\n", b"I am away.\r\n"),
    )


def _reports() -> Rows:
    said = _part(b"Content-Type: text/plain", b"Your message was displayed.\r\n")
    shown = b"Reporting-UA: x; y\r\nFinal-Recipient: rfc822; a@x.example\r\nOriginal-Message-ID: <1@x>\r\nDisposition: manual-action/MDN-sent-manually; displayed\r\n"
    yield (
        "mdn",
        _parts(
            b"report",
            said,
            _part(b"Content-Type: message/disposition-notification", shown),
            more=b"; report-type=disposition-notification",
        ),
    )
    yield (
        "mdn-with-headers",
        _parts(
            b"report",
            said,
            _part(b"Content-Type: message/disposition-notification", shown),
            _part(b"Content-Type: text/rfc822-headers", _ORIGINAL),
            more=b"; report-type=disposition-notification",
        ),
    )
    yield (
        "mdn-inline",
        _parts(
            b"report",
            said,
            _part(b"Content-Type: message/disposition-notification\nContent-Disposition: inline", shown),
        ),
    )
    abuse = b"Feedback-Type: abuse\r\nUser-Agent: x/1\r\nVersion: 1\r\nOriginal-Mail-From: <a@x.example>\r\n"
    yield (
        "feedback",
        _parts(
            b"report",
            said,
            _part(b"Content-Type: message/feedback-report", abuse),
            _part(b"Content-Type: message/rfc822", _SOURCE),
            more=b"; report-type=feedback-report",
        ),
    )
    yield "dmarc-text", _mail(b"Content-Type: text/plain\r\n", b"This is a DMARC report.\r\n")
    yield (
        "tracking",
        _parts(
            b"report",
            said,
            _part(
                b"Content-Type: message/tracking-status",
                b"Original-Envelope-Id: 1\r\nReporting-MTA: dns; x\r\n\r\nFinal-Recipient: rfc822; a@x\r\nAction: delivered\r\nStatus: 2.0.0\r\n",
            ),
            more=b"; report-type=tracking-status",
        ),
    )


# --- lists and newsletters -------------------------------------------------------------------------------------------


def _lists() -> Rows:
    footer = _part(
        b'Content-Type: text/plain; charset="us-ascii"\nMIME-Version: 1.0\nContent-Transfer-Encoding: 7bit\nContent-Disposition: inline',
        b"_______________\r\nlist mailing list\r\nlist@outside.example\r\n",
    )
    yield "mailman-footer", _parts(b"mixed", _PLAIN, footer)
    yield (
        "digest",
        _parts(
            b"digest",
            b"\r\n" + _ORIGINAL + b"\r\nHello\r\n",
            b"\r\n" + _ORIGINAL + b"Content-Type: text/plain\r\n\r\nHello\r\n",
        ),
    )
    yield (
        "digest-with-types",
        _parts(b"digest", _part(b"Content-Type: message/rfc822\nMIME-Version: 1.0", _ORIGINAL + b"\r\nHello\r\n")),
    )
    inner = (
        b"Content-Type: multipart/digest; boundary=dig\r\n\r\n--dig\r\n\r\n"
        + _ORIGINAL
        + b"\r\nHello\r\n\r\n--dig--\r\n"
    )
    yield "mailman-digest", _parts(b"mixed", _PLAIN, _PLAIN, inner, footer)
    yield (
        "plain-digest",
        _mail(
            b"",
            b"Today's Topics:\r\n\r\n   1. Hello (Ann)\r\n\r\n"
            + b"-" * 70
            + b"\r\n\r\nMessage: 1\r\n"
            + _FROM
            + b"Content-Type: text/plain; charset=utf-8\r\n\r\nHello\r\n\r\n"
            + b"-" * 30
            + b"\r\n\r\nEnd of digest\r\n",
        ),
    )
    yield (
        "yahoo-groups",
        _mail(
            b"Content-Type: text/plain; charset=ISO-8859-1\r\n",
            b"Hello\r\n\r\n------------------------ Yahoo! Groups Sponsor ---------------------~-->\r\nBuy\r\n---------------------------------------------------------------------~->\r\n",
        ),
    )
    yield (
        "archived-source",
        _mail(b"Content-Type: text/plain\r\n", b"Here is the source of what I got:\r\n\r\n" + _SOURCE),
    )
    yield (
        "archived-source-quoted",
        _mail(
            b"Content-Type: text/plain\r\n",
            b"You wrote:\r\n" + b"".join(b"> " + line + b"\r\n" for line in _SOURCE.splitlines()),
        ),
    )
    yield "footer-behind-the-end", _parts(b"alternative", _PLAIN, _HTML) + b"\r\n_____\r\nlist footer\r\n"
    yield (
        "newsletter-related",
        _parts(
            b"related",
            _HTML,
            _part(b"Content-Type: image/png\nContent-ID: <a@x>\nContent-Transfer-Encoding: base64", _PICTURE),
            more=b'; type="text/html"',
        ),
    )
    yield (
        "resent",
        b"Resent-From: c@outside.example\r\nResent-To: bob@example.co.uk\r\nResent-Message-ID: <2@x>\r\n"
        + _mail(_PLAIN[:41] + b"\r\n", b"Hello\r\n"),
    )


# --- texts -----------------------------------------------------------------------------------------------------------


def _texts() -> Rows:
    patch = b"---\r\n a.c | 2 +-\r\n 1 file changed\r\n\r\ndiff --git a/a.c b/a.c\r\nindex 1..2 100644\r\n--- a/a.c\r\n+++ b/a.c\r\n@@ -1 +1 @@\r\n-x\r\n+y\r\n-- \r\n2.43.0\r\n"
    yield (
        "git-send-email",
        _mail(
            b"X-Mailer: git-send-email 2.43.0\r\nContent-Transfer-Encoding: 8bit\r\n",
            b"Fix it.\r\n\r\nSigned-off-by: A <a@x>\r\n" + patch,
        ),
    )
    formatted = (
        b"From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001\r\nFrom: A <a@x>\r\nDate: Mon, 5 Jan 2026 10:00:00 +0000\r\nSubject: [PATCH] Fix it\r\n\r\n"
        + patch
    )
    yield (
        "patch-attached",
        _parts(
            b"mixed",
            _PLAIN,
            _part(
                b'Content-Type: text/x-patch; name="0001-fix.patch"\nContent-Disposition: attachment; filename="0001-fix.patch"',
                formatted,
            ),
        ),
    )
    yield (
        "patch-in-base64",
        _parts(
            b"mixed",
            _PLAIN,
            _part(
                b'Content-Type: text/x-diff; name="0001-fix.patch"\nContent-Transfer-Encoding: base64',
                base64.encodebytes(formatted).replace(b"\n", b"\r\n"),
            ),
        ),
    )
    yield "patch-inline", _mail(b"Content-Type: text/plain\r\n", formatted)
    yield (
        "quoted-header",
        _mail(
            b"Content-Type: text/plain; charset=utf-8\r\n",
            b"He wrote with this header:\r\n\r\n" + _ORIGINAL + b"Content-Type: text/plain\r\n\r\nWhy?\r\n",
        ),
    )
    yield (
        "forwarded-outlook",
        _mail(
            b"Content-Type: text/plain; charset=utf-8\r\n",
            b"FYI\r\n\r\n-----Original Message-----\r\nFrom: Ann\r\nSent: Monday\r\nTo: Bob\r\nSubject: Minutes\r\n\r\nHello\r\n",
        ),
    )
    yield (
        "forwarded-apple",
        _mail(
            b"Content-Type: text/plain; charset=utf-8\r\n",
            b"Begin forwarded message:\r\n\r\nFrom: Ann\r\nSubject: Minutes\r\n\r\nHello\r\n",
        ),
    )
    yield (
        "begin-in-prose",
        _mail(
            b"Content-Type: text/plain; charset=utf-8\r\n",
            b"We will\r\nbegin 2024 with a plan:\r\n1. SAVE\r\n2. GROW\r\nand then\r\nbegin  again.\r\nend\r\n",
        ),
    )
    yield (
        "signature",
        _mail(b"Content-Type: text/plain\r\n", b"Hello\r\n\r\n-- \r\nAnn\r\n--\r\nOutside Ltd\r\n------\r\nTel: 1\r\n"),
    )
    yield (
        "log-attached",
        _parts(
            b"mixed",
            _PLAIN,
            _part(
                b'Content-Type: application/octet-stream; name="mail.log"\nContent-Transfer-Encoding: base64',
                base64.encodebytes(_SOURCE).replace(b"\n", b"\r\n"),
            ),
        ),
    )
    yield (
        "readme-about-mime",
        _parts(
            b"mixed",
            _PLAIN,
            _part(
                b'Content-Type: text/plain; name="README.txt"\nContent-Disposition: attachment; filename="README.txt"',
                b"A message looks so:\r\n\r\n" + _SOURCE,
            ),
        ),
    )
    yield (
        "http-saved",
        _parts(
            b"mixed",
            _PLAIN,
            _part(
                b'Content-Type: application/octet-stream; name="answer"\nContent-Disposition: attachment; filename="answer"',
                b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nDate: x\r\nServer: y\r\n\r\n<p>\r\n",
            ),
        ),
    )
    yield (
        "package-metadata",
        _parts(
            b"mixed",
            _PLAIN,
            _part(
                b'Content-Type: application/octet-stream; name="PKG-INFO"',
                b"Metadata-Version: 2.1\r\nName: x\r\nAuthor-email: a@x\r\nRequires-Dist: y\r\n\r\nA package.\r\n",
            ),
        ),
    )
    yield "empty-body", _mail(b"Content-Type: text/plain\r\n", b"")
    yield (
        "flowed",
        _mail(b"Content-Type: text/plain; charset=utf-8; format=flowed; delsp=yes\r\n", b"Hello \r\nworld\r\n"),
    )


# --- headers ---------------------------------------------------------------------------------------------------------


def _headers() -> Rows:
    yield "long-names", _mail(b"X-" + b"A" * 74 + b": v\r\nContent-Type: text/plain\r\n", b"Hello\r\n")
    yield "name-of-100", _mail(b"X-" + b"Very-Long-Name" * 7 + b": v\r\nContent-Type: text/plain\r\n", b"Hello\r\n")
    yield "blank-before-the-colon", _mail(b"X-Mailer : The Mailer\r\nContent-Type: text/plain\r\n", b"Hello\r\n")
    yield (
        "no-blank-behind-the-colon",
        _FROM.replace(b": ", b":") + b"Mime-Version:1.0\r\nContent-Type:text/plain\r\n\r\nHello\r\n",
    )
    yield (
        "tab-behind-the-colon",
        _mail(b"Content-Type:\ttext/plain\r\nContent-Transfer-Encoding:\t7bit\r\n", b"Hello\r\n"),
    )
    yield (
        "upper-case",
        _mail(b"CONTENT-TYPE: TEXT/PLAIN; CHARSET=US-ASCII\r\nCONTENT-TRANSFER-ENCODING: 7BIT\r\n", b"Hello\r\n"),
    )
    yield "no-mime-version", _FROM + _PLAIN
    yield (
        "mime-version-with-comment",
        _FROM + b"MIME-Version: 1.0 (Mac OS X Mail 16.0 \\(3774.500.171.1.1\\))\r\n" + _PLAIN,
    )
    yield "no-content-type", _FROM + b"\r\nHello\r\n"
    yield "8-bit-subject", _mail(b"X-Title: Gr\xc3\xbc\xc3\x9fe\r\n" + _PLAIN[:41] + b"\r\n", b"Hello\r\n")
    yield (
        "latin-1-subject",
        _mail(b"Comments: Gr\xfc\xdfe\r\nContent-Type: text/plain; charset=iso-8859-1\r\n", b"Gr\xfc\xdfe\r\n"),
    )
    yield "folded-type", _mail(b'Content-Type: text/plain;\r\n\tcharset="utf-8";\r\n\tformat=flowed\r\n', b"Hello\r\n")
    yield (
        "many-received",
        b"".join(b"Received: from a by b; Mon, 5 Jan 2026 10:00:0%d +0000\r\n" % n for n in range(9)) + _FROM + _PLAIN,
    )
    yield (
        "dkim-lists-content-type",
        b"DKIM-Signature: v=1; a=rsa-sha256; d=x.example; s=s; h=from:to:subject:\r\n content-type:content-transfer-encoding; bh=a; b=b\r\n"
        + _FROM
        + _MIME
        + _PLAIN,
    )
    yield "empty-field", _mail(b"X-Empty:\r\nReferences: \r\n" + _PLAIN[:41] + b"\r\n", b"Hello\r\n")
    yield (
        "encoding-with-a-blank",
        _mail(b"Content-Type: text/plain\r\nContent-Transfer-Encoding: 7bit \r\n", b"Hello\r\n"),
    )
    yield (
        "encoding-with-a-comment",
        _mail(b"Content-Type: text/plain\r\nContent-Transfer-Encoding: 8bit (eight bits)\r\n", b"Hello\r\n"),
    )


# --- types -----------------------------------------------------------------------------------------------------------


def _types() -> Rows:
    for number, kind in enumerate(
        (
            *(
                b"text",
                b"text/plain;",
                b"text/plain; charset=",
                b"text/plain; charset=utf-8; charset=utf-8",
                b"TEXT/PLAIN",
            ),
            *(
                b"text/plain; charset=unknown-8bit",
                b"text/plain (plain)",
                b'text/plain; charset="utf-8"; boundary="=_x"',
                b"text",
            ),
            *(
                b'text/html; charset=utf-8; boundary="----=_Next"',
                b"text/plain; boundary=",
                b"text/enriched",
                b"text/x-amp-html",
            ),
        ),
        1,
    ):
        yield f"type-{number}", _mail(b"Content-Type: " + kind + b"\r\n", b"Good morning\r\n\r\n-- \r\nAnn\r\n")
    yield "type-of-sun", _mail(b"Content-Type: text\r\nContent-Length: 7\r\nX-Sun-Charset: US-ASCII\r\n", b"Hello\r\n")
    yield (
        "boundary-of-a-picture",
        _parts(
            b"mixed",
            _PLAIN,
            _part(b'Content-Type: image/png; name="a.png"; boundary="x"\nContent-Transfer-Encoding: base64', _PICTURE),
        ),
    )


# --- multiparts ------------------------------------------------------------------------------------------------------


def _multiparts() -> Rows:
    yield (
        "apple",
        _parts(
            b"alternative",
            _PLAIN,
            _part(
                b'Content-Type: multipart/mixed;\n\tboundary="Apple-Mail=_1"',
                b"\r\n--Apple-Mail=_1\r\n"
                + _HTML
                + b'\r\n--Apple-Mail=_1\r\nContent-Disposition: inline;\r\n\tfilename=a.png\r\nContent-Type: image/png;\r\n\tx-unix-mode=0644;\r\n\tname="a.png"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
                + _PICTURE
                + b"\r\n--Apple-Mail=_1--\r\n",
            ),
            boundary=b"Apple-Mail=_0",
        ),
    )
    yield "gmail", _parts(b"alternative", _PLAIN, _HTML, boundary=b"000000000000aabbcc0605d1f2e3")
    yield (
        "outlook",
        _parts(
            b"related",
            b'Content-Type: multipart/alternative;\r\n\tboundary="----=_NextPart_001"\r\n\r\n\r\n------=_NextPart_001\r\n'
            + _PLAIN
            + b"\r\n------=_NextPart_001\r\n"
            + _HTML
            + b"\r\n------=_NextPart_001--\r\n",
            boundary=b"----=_NextPart_000",
            before=b"This is a multi-part message in MIME format.\r\n\r\n",
        ),
    )
    yield (
        "eudora",
        _parts(
            b"mixed",
            b"\r\nHello\r\n",
            _part(b'Content-Type: text/plain; charset="us-ascii"', b"Bye\r\n"),
            boundary=b"=====================_12345==_",
        ),
    )
    yield "empty-preamble", _parts(b"mixed", _PLAIN, before=b"\r\n\r\n")
    yield "unclosed", _parts(b"alternative", _PLAIN, _HTML).removesuffix(b"--=_b1--\r\n")
    yield "one-part", _parts(b"mixed", _HTML)
    yield "form-data", _parts(b"form-data", _part(b'Content-Disposition: form-data; name="a"', b"1\r\n"))
    yield "parallel", _parts(b"parallel", _PLAIN, _HTML)
    yield (
        "appledouble-picture",
        _parts(
            b"appledouble",
            _part(
                b"Content-Type: application/applefile\nContent-Transfer-Encoding: base64",
                base64.b64encode(b"\0\5\x16\7\0\2\0\0" + bytes(18)) + b"\r\n",
            ),
            _part(b"Content-Type: image/png; name=a.png\nContent-Transfer-Encoding: base64", _PICTURE),
        ),
    )
    yield "padding-behind-delimiters", _parts(b"mixed", _PLAIN, _HTML).replace(b"--=_b1\r\n", b"--=_b1  \r\n")


# --- calendars, signed mail ------------------------------------------------------------------------------------------


def _calendars() -> Rows:
    request = _part(b'Content-Type: text/calendar; charset="UTF-8"; method=REQUEST', _ICALENDAR)
    yield "invitation", _parts(b"alternative", _PLAIN, _HTML, request)
    yield (
        "invitation-attached",
        _parts(
            b"mixed",
            _PLAIN,
            _part(
                b'Content-Type: application/ics; name="invite.ics"\nContent-Disposition: attachment; filename="invite.ics"\nContent-Transfer-Encoding: base64',
                base64.encodebytes(_ICALENDAR).replace(b"\n", b"\r\n"),
            ),
        ),
    )
    yield "invitation-alone", _mail(b"Content-Type: text/calendar; method=REPLY; charset=utf-8\r\n", _ICALENDAR)
    yield (
        "card",
        _parts(
            b"mixed",
            _PLAIN,
            _part(
                b'Content-Type: text/x-vcard; name="a.vcf"', b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ann\r\nEND:VCARD\r\n"
            ),
        ),
    )


def _signed() -> Rows:
    pgp = b"-----BEGIN PGP SIGNATURE-----\r\n\r\niQEzBAEBCAAdFiEE\r\n=abcd\r\n-----END PGP SIGNATURE-----\r\n"
    yield (
        "pgp-mime",
        _parts(
            b"signed",
            _PLAIN,
            _part(b'Content-Type: application/pgp-signature; name="signature.asc"', pgp),
            more=b'; micalg=pgp-sha256; protocol="application/pgp-signature"',
        ),
    )
    yield (
        "pgp-inline",
        _mail(
            b"Content-Type: text/plain\r\n",
            b"-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\nHello\r\n" + pgp,
        ),
    )
    yield (
        "pgp-key",
        _parts(
            b"mixed",
            _PLAIN,
            _part(
                b'Content-Type: application/pgp-keys; name="key.asc"',
                b"-----BEGIN PGP PUBLIC KEY BLOCK-----\r\n\r\nmQENBF\r\n=abcd\r\n-----END PGP PUBLIC KEY BLOCK-----\r\n",
            ),
        ),
    )
    protected = (
        b'Content-Type: multipart/mixed; boundary="in"; protected-headers="v1"\r\nFrom: Ann <ann@outside.example>\r\nSubject: Minutes\r\n\r\n--in\r\n'
        + _PLAIN
        + b"\r\n--in--\r\n"
    )
    yield (
        "enigmail",
        _parts(
            b"signed",
            protected,
            _part(
                b'Content-Type: application/pgp-signature; name="OpenPGP_signature"\nContent-Description: OpenPGP digital signature',
                pgp,
            ),
            more=b'; micalg=pgp-sha256; protocol="application/pgp-signature"',
        ),
    )


# --- attached mail ---------------------------------------------------------------------------------------------------


def _attached() -> Rows:
    plain = _ORIGINAL + b"Content-Type: text/plain\r\n\r\nHello\r\n"
    yield (
        "forwarded-as-attachment",
        _parts(
            b"mixed",
            _PLAIN,
            _part(
                b'Content-Type: message/rfc822; name="Minutes.eml"\nContent-Disposition: attachment; filename="Minutes.eml"',
                _SOURCE,
            ),
        ),
    )
    yield (
        "forwarded-by-gmail",
        _parts(
            b"mixed",
            _PLAIN,
            _part(
                b'Content-Type: message/rfc822; name="Minutes.eml"\nContent-Disposition: attachment; filename="Minutes.eml"\nX-Attachment-Id: f_1',
                plain,
            ),
        ),
    )
    yield (
        "eml-in-base64",
        _parts(
            b"mixed",
            _PLAIN,
            _part(
                b'Content-Type: application/octet-stream; name="Minutes.eml"\nContent-Disposition: attachment; filename="Minutes.eml"\nContent-Transfer-Encoding: base64',
                base64.encodebytes(_SOURCE).replace(b"\n", b"\r\n"),
            ),
        ),
    )
    yield (
        "eml-with-lf",
        _parts(
            b"mixed",
            _PLAIN,
            _part(
                b'Content-Type: application/octet-stream; name="Minutes.eml"\nContent-Transfer-Encoding: base64',
                base64.encodebytes(_SOURCE.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n"),
            ),
        ),
    )
    yield (
        "mbox",
        _parts(
            b"mixed",
            _PLAIN,
            _part(
                b'Content-Type: application/mbox; name="mail.mbox"\nContent-Transfer-Encoding: base64',
                base64.encodebytes(
                    b"From a@x.example Mon Jan  5 10:00:00 2026\n"
                    + plain.replace(b"\r\n", b"\n")
                    + b"\nFrom b@x.example Mon Jan  5 10:00:01 2026\n"
                    + plain.replace(b"\r\n", b"\n")
                ).replace(b"\n", b"\r\n"),
            ),
        ),
    )
    yield (
        "mbox-line-in-a-forward",
        _parts(
            b"mixed",
            _PLAIN,
            _part(b"Content-Type: message/rfc822", b"From a@x.example Mon Jan  5 10:00:00 2026\r\n" + plain),
        ),
    )
    yield (
        "nested-twice",
        _parts(
            b"mixed",
            _PLAIN,
            _part(b"Content-Type: message/rfc822", _ORIGINAL + b"Content-Type: message/rfc822\r\n\r\n" + plain),
        ),
    )
    yield (
        "news",
        _parts(b"mixed", _PLAIN, _part(b"Content-Type: message/news", b"Path: x!y\r\nNewsgroups: a.b\r\n" + plain)),
    )
    yield "wordless-forward", _mail(b"Content-Type: message/rfc822\r\n", plain)
    yield (
        "saved-page",
        _parts(
            b"mixed",
            _PLAIN,
            _part(
                b'Content-Type: application/octet-stream; name="page.mht"\nContent-Transfer-Encoding: base64',
                base64.encodebytes(
                    b'From: <Saved by Blink>\r\nSnapshot-Content-Location: https://x.example/\r\nSubject: Page\r\nDate: Mon, 5 Jan 2026 10:00:00 -0000\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related;\r\n\ttype="text/html";\r\n\tboundary="----MultipartBoundary--a----"\r\n\r\n\r\n------MultipartBoundary--a----\r\n'
                    + _HTML
                    + b"\r\n------MultipartBoundary--a------\r\n"
                ).replace(b"\n", b"\r\n"),
            ),
        ),
    )
