"""Ordinary mail that programs write: bounces, notifications, and what lists send."""

from __future__ import annotations

from tests.corpus.ordinary_pieces import (
    FROM,
    HTML,
    ORIGINAL,
    PICTURE,
    PLAIN,
    SOURCE,
    STATUS,
    Rows,
    mail,
    part,
    parts,
)


def bounces() -> Rows:
    said = part(b"Content-Description: Notification\nContent-Type: text/plain; charset=us-ascii", b"I'm sorry.\r\n")
    status = part(b"Content-Description: Delivery report\nContent-Type: message/delivery-status", STATUS)
    report = b"report"
    kind = b"; report-type=delivery-status"
    whole = part(b"Content-Description: Undelivered Message\nContent-Type: message/rfc822", SOURCE)
    alone = part(b"Content-Type: text/rfc822-headers", ORIGINAL)
    yield (
        "postfix",
        parts(report, said, status, whole, more=kind, before=b"This is a MIME-encapsulated message.\r\n\r\n"),
    )
    yield "postfix-headers", parts(report, said, status, alone, more=kind)
    inner_type = b'Content-Type: multipart/mixed; boundary="x"\r\n'
    yield (
        "headers-of-a-multipart",
        parts(report, said, status, part(b"Content-Type: text/rfc822-headers", ORIGINAL + inner_type), more=kind),
    )
    yield (
        "headers-with-a-blank-line",
        parts(report, said, status, part(b"Content-Type: text/rfc822-headers", ORIGINAL + b"\r\n"), more=kind),
    )
    yield (
        "message-of-a-header-alone",
        parts(report, said, status, part(b"Content-Type: message/rfc822", ORIGINAL + inner_type + b"\r\n"), more=kind),
    )
    yield "global-headers", parts(report, said, part(b"Content-Type: message/global-headers", ORIGINAL), more=kind)
    yield (
        "global-status",
        parts(report, said, part(b"Content-Type: message/global-delivery-status", STATUS), more=kind),
    )
    yield "no-original", parts(report, said, status, more=kind)
    yield (
        "status-with-a-leading-blank-line",
        parts(report, said, part(b"Content-Type: message/delivery-status", b"\r\n" + STATUS), more=kind),
    )
    blanks = STATUS.replace(b"\r\n\r\n", b"\r\n \r\n")
    yield (
        "status-with-lines-of-blanks",
        parts(report, said, part(b"Content-Type: message/delivery-status", blanks + b"\r\n"), more=kind),
    )
    yield (
        "status-quoted-printable",
        parts(
            report,
            said,
            part(
                b"Content-Type: message/delivery-status\nContent-Transfer-Encoding: quoted-printable",
                STATUS.replace(b"=", b"=3D"),
            ),
            more=kind,
        ),
    )
    yield (
        "status-with-a-name",
        parts(report, said, part(b'Content-Type: message/delivery-status; name="details.txt"', STATUS), more=kind),
    )
    yield (
        "exchange",
        parts(
            report,
            part(
                b'Content-Type: multipart/alternative; differences=Content-Type;\n\tboundary="alt"',
                b"--alt\r\n" + PLAIN + b"\r\n--alt\r\n" + HTML + b"\r\n--alt--\r\n",
            ),
            status,
            whole,
            more=kind,
        ),
    )
    yield (
        "qmail",
        mail(
            b"",
            (
                b"Hi. This is the qmail-send program.\r\n\r\n<x@y>:\r\nSorry.\r\n\r\n"
                b"--- Below this line is a copy of the message.\r\n\r\n"
            )
            + SOURCE,
        ),
    )
    yield (
        "exim",
        mail(
            b"Auto-Submitted: auto-replied\r\nX-Failed-Recipients: x@y.example\r\n",
            (
                b"This message was created automatically.\r\n\r\n"
                b"------ This is a copy of the message, including all the headers. ------\r\n\r\n"
            )
            + ORIGINAL
            + b"\r\nHello\r\n",
        ),
    )
    yield (
        "sendmail-old",
        mail(
            b'Content-Type: multipart/mixed; boundary="AA1234.5/mx.outside.example"\r\n',
            (
                b"This is a MIME-encapsulated message\r\n\r\n--AA1234.5/mx.outside.example\r\n\r\n"
                b"The original message was received\r\n\r\n--AA1234.5/mx.outside.example\r\n"
                b"Content-Type: message/delivery-status\r\n\r\n"
            )
            + STATUS
            + b"\r\n--AA1234.5/mx.outside.example\r\nContent-Type: message/rfc822\r\n\r\n"
            + ORIGINAL
            + b"\r\nHello\r\n\r\n--AA1234.5/mx.outside.example--\r\n",
        ),
    )
    yield (
        "vacation",
        mail(b"Auto-Submitted: auto-replied\r\nPrecedence: bulk\r\n" + PLAIN[:41] + b"\r\n", b"I am away.\r\n"),
    )


def reports() -> Rows:
    said = part(b"Content-Type: text/plain", b"Your message was displayed.\r\n")
    shown = (
        b"Reporting-UA: x; y\r\nFinal-Recipient: rfc822; a@x.example\r\n"
        b"Original-Message-ID: <1@x>\r\n"
        b"Disposition: manual-action/MDN-sent-manually; displayed\r\n"
    )
    yield (
        "mdn",
        parts(
            b"report",
            said,
            part(b"Content-Type: message/disposition-notification", shown),
            more=b"; report-type=disposition-notification",
        ),
    )
    yield (
        "mdn-with-headers",
        parts(
            b"report",
            said,
            part(b"Content-Type: message/disposition-notification", shown),
            part(b"Content-Type: text/rfc822-headers", ORIGINAL),
            more=b"; report-type=disposition-notification",
        ),
    )
    yield (
        "mdn-inline",
        parts(
            b"report",
            said,
            part(b"Content-Type: message/disposition-notification\nContent-Disposition: inline", shown),
        ),
    )
    abuse = b"Feedback-Type: abuse\r\nUser-Agent: x/1\r\nVersion: 1\r\nOriginal-Mail-From: <a@x.example>\r\n"
    yield (
        "feedback",
        parts(
            b"report",
            said,
            part(b"Content-Type: message/feedback-report", abuse),
            part(b"Content-Type: message/rfc822", SOURCE),
            more=b"; report-type=feedback-report",
        ),
    )
    yield "dmarc-text", mail(b"Content-Type: text/plain\r\n", b"This is a DMARC report.\r\n")
    yield (
        "tracking",
        parts(
            b"report",
            said,
            part(
                b"Content-Type: message/tracking-status",
                (
                    b"Original-Envelope-Id: 1\r\nReporting-MTA: dns; x\r\n\r\nFinal-Recipient: rfc822; a@x\r\n"
                    b"Action: delivered\r\nStatus: 2.0.0\r\n"
                ),
            ),
            more=b"; report-type=tracking-status",
        ),
    )


# --- lists and newsletters -------------------------------------------------------------------------------------------


def lists() -> Rows:
    footer = part(
        (
            b'Content-Type: text/plain; charset="us-ascii"\nMIME-Version: '
            b"1.0\nContent-Transfer-Encoding: 7bit\nContent-Disposition: inline"
        ),
        b"_______________\r\nlist mailing list\r\nlist@outside.example\r\n",
    )
    yield "mailman-footer", parts(b"mixed", PLAIN, footer)
    yield (
        "digest",
        parts(
            b"digest",
            b"\r\n" + ORIGINAL + b"\r\nHello\r\n",
            b"\r\n" + ORIGINAL + b"Content-Type: text/plain\r\n\r\nHello\r\n",
        ),
    )
    yield (
        "digest-with-types",
        parts(b"digest", part(b"Content-Type: message/rfc822\nMIME-Version: 1.0", ORIGINAL + b"\r\nHello\r\n")),
    )
    inner = (
        b"Content-Type: multipart/digest; boundary=dig\r\n\r\n--dig\r\n\r\n"
        + ORIGINAL
        + b"\r\nHello\r\n\r\n--dig--\r\n"
    )
    yield "mailman-digest", parts(b"mixed", PLAIN, PLAIN, inner, footer)
    yield (
        "plain-digest",
        mail(
            b"",
            b"Today's Topics:\r\n\r\n   1. Hello (Ann)\r\n\r\n"
            + b"-" * 70
            + b"\r\n\r\nMessage: 1\r\n"
            + FROM
            + b"Content-Type: text/plain; charset=utf-8\r\n\r\nHello\r\n\r\n"
            + b"-" * 30
            + b"\r\n\r\nEnd of digest\r\n",
        ),
    )
    yield (
        "yahoo-groups",
        mail(
            b"Content-Type: text/plain; charset=ISO-8859-1\r\n",
            (
                b"Hello\r\n\r\n"
                b"------------------------ Yahoo! Groups Sponsor ---------------------~-->\r\nBuy\r\n"
                b"---------------------------------------------------------------------~->\r\n"
            ),
        ),
    )
    yield (
        "archived-source",
        mail(b"Content-Type: text/plain\r\n", b"Here is the source of what I got:\r\n\r\n" + SOURCE),
    )
    yield (
        "archived-source-quoted",
        mail(
            b"Content-Type: text/plain\r\n",
            b"You wrote:\r\n" + b"".join(b"> " + line + b"\r\n" for line in SOURCE.splitlines()),
        ),
    )
    yield "footer-behind-the-end", parts(b"alternative", PLAIN, HTML) + b"\r\n_____\r\nlist footer\r\n"
    yield (
        "newsletter-related",
        parts(
            b"related",
            HTML,
            part(b"Content-Type: image/png\nContent-ID: <a@x>\nContent-Transfer-Encoding: base64", PICTURE),
            more=b'; type="text/html"',
        ),
    )
    yield (
        "resent",
        b"Resent-From: c@outside.example\r\nResent-To: bob@example.co.uk\r\nResent-Message-ID: <2@x>\r\n"
        + mail(PLAIN[:41] + b"\r\n", b"Hello\r\n"),
    )
