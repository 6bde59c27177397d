"""Ordinary mail in the odd shapes that real programs write: none of it may be held. Each row is a whole message.

The shapes are those of bounces, notifications, lists, calendars, signed mail and mail programs old and new, written
anew with harmless content.
"""

from __future__ import annotations

import base64

from tests.corpus.ordinary_pieces import (
    FROM,
    HTML,
    ICALENDAR,
    MIME,
    ORIGINAL,
    PICTURE,
    PLAIN,
    SOURCE,
    Rows,
    mail,
    part,
    parts,
)
from tests.corpus.ordinary_reports import bounces, lists, reports


def rows() -> Rows:
    """Every shape, with its name."""
    for group in (bounces, reports, lists, _texts, _headers, _types, _multiparts, _calendars, _signed, _attached):
        yield from group()


# --- texts ---------------------------------------------------------------------------------------------------------


def _texts() -> Rows:
    patch = (
        b"---\r\n a.c | 2 +-\r\n 1 file changed\r\n\r\ndiff --git a/a.c b/a.c\r\n"
        b"index 1..2 100644\r\n--- a/a.c\r\n+++ b/a.c\r\n@@ -1 +1 @@\r\n-x\r\n+y\r\n-- \r\n"
        b"2.43.0\r\n"
    )
    yield (
        "git-send-email",
        mail(
            b"X-Mailer: git-send-email 2.43.0\r\nContent-Transfer-Encoding: 8bit\r\n",
            b"Fix it.\r\n\r\nSigned-off-by: A <a@x>\r\n" + patch,
        ),
    )
    formatted = (
        b"From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001\r\n"
        b"From: A <a@x>\r\nDate: Mon, 5 Jan 2026 10:00:00 +0000\r\nSubject: [PATCH] Fix it\r\n\r\n"
    ) + patch
    yield (
        "patch-attached",
        parts(
            b"mixed",
            PLAIN,
            part(
                (
                    b'Content-Type: text/x-patch; name="0001-fix.patch"\nContent-Disposition: attachment; '
                    b'filename="0001-fix.patch"'
                ),
                formatted,
            ),
        ),
    )
    yield (
        "patch-in-base64",
        parts(
            b"mixed",
            PLAIN,
            part(
                b'Content-Type: text/x-diff; name="0001-fix.patch"\nContent-Transfer-Encoding: base64',
                base64.encodebytes(formatted).replace(b"\n", b"\r\n"),
            ),
        ),
    )
    yield "patch-inline", mail(b"Content-Type: text/plain\r\n", formatted)
    yield (
        "quoted-header",
        mail(
            b"Content-Type: text/plain; charset=utf-8\r\n",
            b"He wrote with this header:\r\n\r\n" + ORIGINAL + b"Content-Type: text/plain\r\n\r\nWhy?\r\n",
        ),
    )
    yield (
        "forwarded-outlook",
        mail(
            b"Content-Type: text/plain; charset=utf-8\r\n",
            (
                b"FYI\r\n\r\n-----Original Message-----\r\nFrom: Ann\r\nSent: Monday\r\nTo: Bob\r\n"
                b"Subject: Minutes\r\n\r\nHello\r\n"
            ),
        ),
    )
    yield (
        "forwarded-apple",
        mail(
            b"Content-Type: text/plain; charset=utf-8\r\n",
            b"Begin forwarded message:\r\n\r\nFrom: Ann\r\nSubject: Minutes\r\n\r\nHello\r\n",
        ),
    )
    yield (
        "begin-in-prose",
        mail(
            b"Content-Type: text/plain; charset=utf-8\r\n",
            b"We will\r\nbegin 2024 with a plan:\r\n1. SAVE\r\n2. GROW\r\nand then\r\nbegin  again.\r\nend\r\n",
        ),
    )
    yield (
        "signature",
        mail(b"Content-Type: text/plain\r\n", b"Hello\r\n\r\n-- \r\nAnn\r\n--\r\nOutside Ltd\r\n------\r\nTel: 1\r\n"),
    )
    yield (
        "log-attached",
        parts(
            b"mixed",
            PLAIN,
            part(
                b'Content-Type: application/octet-stream; name="mail.log"\nContent-Transfer-Encoding: base64',
                base64.encodebytes(SOURCE).replace(b"\n", b"\r\n"),
            ),
        ),
    )
    yield (
        "readme-about-mime",
        parts(
            b"mixed",
            PLAIN,
            part(
                (
                    b'Content-Type: text/plain; name="README.txt"\nContent-Disposition: attachment; '
                    b'filename="README.txt"'
                ),
                b"A message looks so:\r\n\r\n" + SOURCE,
            ),
        ),
    )
    yield (
        "http-saved",
        parts(
            b"mixed",
            PLAIN,
            part(
                (
                    b'Content-Type: application/octet-stream; name="answer"\nContent-Disposition: attachment; '
                    b'filename="answer"'
                ),
                b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nDate: x\r\nServer: y\r\n\r\n<p>\r\n",
            ),
        ),
    )
    yield (
        "package-metadata",
        parts(
            b"mixed",
            PLAIN,
            part(
                b'Content-Type: application/octet-stream; name="PKG-INFO"',
                b"Metadata-Version: 2.1\r\nName: x\r\nAuthor-email: a@x\r\nRequires-Dist: y\r\n\r\nA package.\r\n",
            ),
        ),
    )
    yield "empty-body", mail(b"Content-Type: text/plain\r\n", b"")
    yield (
        "flowed",
        mail(b"Content-Type: text/plain; charset=utf-8; format=flowed; delsp=yes\r\n", b"Hello \r\nworld\r\n"),
    )


# --- headers ---------------------------------------------------------------------------------------------------------


def _headers() -> Rows:
    yield "long-names", mail(b"X-" + b"A" * 74 + b": v\r\nContent-Type: text/plain\r\n", b"Hello\r\n")
    yield "name-of-100", mail(b"X-" + b"Very-Long-Name" * 7 + b": v\r\nContent-Type: text/plain\r\n", b"Hello\r\n")
    yield "blank-before-the-colon", mail(b"X-Mailer : The Mailer\r\nContent-Type: text/plain\r\n", b"Hello\r\n")
    yield (
        "no-blank-behind-the-colon",
        FROM.replace(b": ", b":") + b"Mime-Version:1.0\r\nContent-Type:text/plain\r\n\r\nHello\r\n",
    )
    yield (
        "tab-behind-the-colon",
        mail(b"Content-Type:\ttext/plain\r\nContent-Transfer-Encoding:\t7bit\r\n", b"Hello\r\n"),
    )
    yield (
        "upper-case",
        mail(b"CONTENT-TYPE: TEXT/PLAIN; CHARSET=US-ASCII\r\nCONTENT-TRANSFER-ENCODING: 7BIT\r\n", b"Hello\r\n"),
    )
    yield "no-mime-version", FROM + PLAIN
    yield (
        "mime-version-with-comment",
        FROM + b"MIME-Version: 1.0 (Mac OS X Mail 16.0 \\(3774.500.171.1.1\\))\r\n" + PLAIN,
    )
    yield "no-content-type", FROM + b"\r\nHello\r\n"
    yield "8-bit-subject", mail(b"X-Title: Gr\xc3\xbc\xc3\x9fe\r\n" + PLAIN[:41] + b"\r\n", b"Hello\r\n")
    yield (
        "latin-1-subject",
        mail(b"Comments: Gr\xfc\xdfe\r\nContent-Type: text/plain; charset=iso-8859-1\r\n", b"Gr\xfc\xdfe\r\n"),
    )
    yield "folded-type", mail((b'Content-Type: text/plain;\r\n\tcharset="utf-8";\r\n\tformat=flowed\r\n'), b"Hello\r\n")
    yield (
        "many-received",
        b"".join((b"Received: from a by b; Mon, 5 Jan 2026 10:00:0%d +0000\r\n") % n for n in range(9)) + FROM + PLAIN,
    )
    yield (
        "dkim-lists-content-type",
        (
            b"DKIM-Signature: v=1; a=rsa-sha256; d=x.example; s=s; h=from:to:subject:\r\n"
            b" content-type:content-transfer-encoding; bh=a; b=b\r\n"
        )
        + FROM
        + MIME
        + PLAIN,
    )
    yield "empty-field", mail(b"X-Empty:\r\nReferences: \r\n" + PLAIN[:41] + b"\r\n", b"Hello\r\n")
    yield (
        "encoding-with-a-blank",
        mail(b"Content-Type: text/plain\r\nContent-Transfer-Encoding: 7bit \r\n", b"Hello\r\n"),
    )
    yield (
        "encoding-with-a-comment",
        mail(b"Content-Type: text/plain\r\nContent-Transfer-Encoding: 8bit (eight bits)\r\n", b"Hello\r\n"),
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
        yield f"type-{number}", mail(b"Content-Type: " + kind + b"\r\n", b"Good morning\r\n\r\n-- \r\nAnn\r\n")
    yield "type-of-sun", mail((b"Content-Type: text\r\nContent-Length: 7\r\nX-Sun-Charset: US-ASCII\r\n"), b"Hello\r\n")
    yield (
        "boundary-of-a-picture",
        parts(
            b"mixed",
            PLAIN,
            part((b'Content-Type: image/png; name="a.png"; boundary="x"\nContent-Transfer-Encoding: base64'), PICTURE),
        ),
    )


# --- multiparts ------------------------------------------------------------------------------------------------------


def _multiparts() -> Rows:
    yield (
        "apple",
        parts(
            b"alternative",
            PLAIN,
            part(
                b'Content-Type: multipart/mixed;\n\tboundary="Apple-Mail=_1"',
                b"\r\n--Apple-Mail=_1\r\n"
                + HTML
                + (
                    b"\r\n--Apple-Mail=_1\r\nContent-Disposition: inline;\r\n\tfilename=a.png\r\n"
                    b'Content-Type: image/png;\r\n\tx-unix-mode=0644;\r\n\tname="a.png"\r\n'
                    b"Content-Transfer-Encoding: base64\r\n\r\n"
                )
                + PICTURE
                + b"\r\n--Apple-Mail=_1--\r\n",
            ),
            boundary=b"Apple-Mail=_0",
        ),
    )
    yield "gmail", parts(b"alternative", PLAIN, HTML, boundary=b"000000000000aabbcc0605d1f2e3")
    yield (
        "outlook",
        parts(
            b"related",
            (
                b'Content-Type: multipart/alternative;\r\n\tboundary="----=_NextPart_001"\r\n\r\n\r\n'
                b"------=_NextPart_001\r\n"
            )
            + PLAIN
            + b"\r\n------=_NextPart_001\r\n"
            + HTML
            + b"\r\n------=_NextPart_001--\r\n",
            boundary=b"----=_NextPart_000",
            before=b"This is a multi-part message in MIME format.\r\n\r\n",
        ),
    )
    yield (
        "eudora",
        parts(
            b"mixed",
            b"\r\nHello\r\n",
            part(b'Content-Type: text/plain; charset="us-ascii"', b"Bye\r\n"),
            boundary=b"=====================_12345==_",
        ),
    )
    yield "empty-preamble", parts(b"mixed", PLAIN, before=b"\r\n\r\n")
    yield "unclosed", parts(b"alternative", PLAIN, HTML).removesuffix(b"--=_b1--\r\n")
    yield "one-part", parts(b"mixed", HTML)
    yield "form-data", parts(b"form-data", part(b'Content-Disposition: form-data; name="a"', b"1\r\n"))
    yield "parallel", parts(b"parallel", PLAIN, HTML)
    yield (
        "appledouble-picture",
        parts(
            b"appledouble",
            part(
                b"Content-Type: application/applefile\nContent-Transfer-Encoding: base64",
                base64.b64encode(b"\0\5\x16\7\0\2\0\0" + bytes(18)) + b"\r\n",
            ),
            part(b"Content-Type: image/png; name=a.png\nContent-Transfer-Encoding: base64", PICTURE),
        ),
    )
    yield "padding-behind-delimiters", parts(b"mixed", PLAIN, HTML).replace(b"--=_b1\r\n", b"--=_b1  \r\n")


# --- calendars, signed mail ------------------------------------------------------------------------------------------


def _calendars() -> Rows:
    request = part(b'Content-Type: text/calendar; charset="UTF-8"; method=REQUEST', ICALENDAR)
    yield "invitation", parts(b"alternative", PLAIN, HTML, request)
    yield (
        "invitation-attached",
        parts(
            b"mixed",
            PLAIN,
            part(
                (
                    b'Content-Type: application/ics; name="invite.ics"\nContent-Disposition: attachment; '
                    b'filename="invite.ics"\nContent-Transfer-Encoding: base64'
                ),
                base64.encodebytes(ICALENDAR).replace(b"\n", b"\r\n"),
            ),
        ),
    )
    yield "invitation-alone", mail(b"Content-Type: text/calendar; method=REPLY; charset=utf-8\r\n", ICALENDAR)
    yield (
        "card",
        parts(
            b"mixed",
            PLAIN,
            part(b'Content-Type: text/x-vcard; name="a.vcf"', b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ann\r\nEND:VCARD\r\n"),
        ),
    )


def _signed() -> Rows:
    pgp = b"-----BEGIN PGP SIGNATURE-----\r\n\r\niQEzBAEBCAAdFiEE\r\n=abcd\r\n-----END PGP SIGNATURE-----\r\n"
    yield (
        "pgp-mime",
        parts(
            b"signed",
            PLAIN,
            part(b'Content-Type: application/pgp-signature; name="signature.asc"', pgp),
            more=b'; micalg=pgp-sha256; protocol="application/pgp-signature"',
        ),
    )
    yield (
        "pgp-inline",
        mail(
            b"Content-Type: text/plain\r\n",
            b"-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\nHello\r\n" + pgp,
        ),
    )
    yield (
        "pgp-key",
        parts(
            b"mixed",
            PLAIN,
            part(
                b'Content-Type: application/pgp-keys; name="key.asc"',
                (
                    b"-----BEGIN PGP PUBLIC KEY BLOCK-----\r\n\r\nmQENBF\r\n=abcd\r\n"
                    b"-----END PGP PUBLIC KEY BLOCK-----\r\n"
                ),
            ),
        ),
    )
    protected = (
        (
            b'Content-Type: multipart/mixed; boundary="in"; protected-headers="v1"\r\n'
            b"From: Ann <ann@outside.example>\r\nSubject: Minutes\r\n\r\n--in\r\n"
        )
        + PLAIN
        + b"\r\n--in--\r\n"
    )
    yield (
        "enigmail",
        parts(
            b"signed",
            protected,
            part(
                (
                    b'Content-Type: application/pgp-signature; name="OpenPGP_signature"\nContent-Description: '
                    b"OpenPGP digital signature"
                ),
                pgp,
            ),
            more=b'; micalg=pgp-sha256; protocol="application/pgp-signature"',
        ),
    )


# --- attached mail ---------------------------------------------------------------------------------------------------


def _attached() -> Rows:
    plain = ORIGINAL + b"Content-Type: text/plain\r\n\r\nHello\r\n"
    yield (
        "forwarded-as-attachment",
        parts(
            b"mixed",
            PLAIN,
            part(
                (
                    b'Content-Type: message/rfc822; name="Minutes.eml"\nContent-Disposition: attachment; '
                    b'filename="Minutes.eml"'
                ),
                SOURCE,
            ),
        ),
    )
    yield (
        "forwarded-by-gmail",
        parts(
            b"mixed",
            PLAIN,
            part(
                (
                    b'Content-Type: message/rfc822; name="Minutes.eml"\nContent-Disposition: attachment; '
                    b'filename="Minutes.eml"\nX-Attachment-Id: f_1'
                ),
                plain,
            ),
        ),
    )
    yield (
        "eml-in-base64",
        parts(
            b"mixed",
            PLAIN,
            part(
                (
                    b'Content-Type: application/octet-stream; name="Minutes.eml"\nContent-Disposition: '
                    b'attachment; filename="Minutes.eml"\nContent-Transfer-Encoding: base64'
                ),
                base64.encodebytes(SOURCE).replace(b"\n", b"\r\n"),
            ),
        ),
    )
    yield (
        "eml-with-lf",
        parts(
            b"mixed",
            PLAIN,
            part(
                b'Content-Type: application/octet-stream; name="Minutes.eml"\nContent-Transfer-Encoding: base64',
                base64.encodebytes(SOURCE.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n"),
            ),
        ),
    )
    yield (
        "mbox",
        parts(
            b"mixed",
            PLAIN,
            part(
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
        parts(
            b"mixed",
            PLAIN,
            part(b"Content-Type: message/rfc822", b"From a@x.example Mon Jan  5 10:00:00 2026\r\n" + plain),
        ),
    )
    yield (
        "nested-twice",
        parts(
            b"mixed",
            PLAIN,
            part(b"Content-Type: message/rfc822", ORIGINAL + b"Content-Type: message/rfc822\r\n\r\n" + plain),
        ),
    )
    yield (
        "news",
        parts(b"mixed", PLAIN, part(b"Content-Type: message/news", b"Path: x!y\r\nNewsgroups: a.b\r\n" + plain)),
    )
    yield "wordless-forward", mail(b"Content-Type: message/rfc822\r\n", plain)
    yield (
        "saved-page",
        parts(
            b"mixed",
            PLAIN,
            part(
                b'Content-Type: application/octet-stream; name="page.mht"\nContent-Transfer-Encoding: base64',
                base64.encodebytes(
                    (
                        b"From: <Saved by Blink>\r\nSnapshot-Content-Location: https://x.example/\r\n"
                        b"Subject: Page\r\nDate: Mon, 5 Jan 2026 10:00:00 -0000\r\nMIME-Version: 1.0\r\n"
                        b'Content-Type: multipart/related;\r\n\ttype="text/html";\r\n'
                        b'\tboundary="----MultipartBoundary--a----"\r\n\r\n\r\n------MultipartBoundary--a----\r\n'
                    )
                    + HTML
                    + b"\r\n------MultipartBoundary--a------\r\n"
                ).replace(b"\n", b"\r\n"),
            ),
        ),
    )
