"""Oddities of messages and multiparts, from which the mails are drawn; the first of each table is the usual one."""

from __future__ import annotations

BREAK = b"\r\n"

MESSAGE_TYPES = (
    *(b"message/rfc822", b"message/rfc822", b"message/rfc822", b"message/global", b"MESSAGE/RFC822", b"Message/Rfc822"),
    *(b"message/news", b"message/http", b"message/disposition-notification", b"message/delivery-status"),
    *(b'message/partial; id="1@x"; number=1; total=1', b"message/external-body; access-type=local-file; name=x"),
    *(b"message/feedback-report", b"message/x-other", b"message/", b"message", b"message / rfc822", b"message/rfc-822"),
    *(
        b"message/rfc822 (a mail)",
        b"(a) message/rfc822",
        b"message/rfc822; name=m.eml",
        b"message/rfc822;;",
        b'"message/rfc822"',
    ),
    *(b"message/rfc822, text/plain", b"message/s-http", b"message/global-headers", b"message/global-delivery-status"),
    *(b"message/tracking-status", b"message/cpim", b"message/sip", b"message/sipfrag", b"message/imdn+xml"),
    *(b"text/rfc822-headers", b"text/rfc822", b"application/mbox", b"application/x-mimearchive", b"multipart/related"),
    *(b"text/plain", b"text/html", b"application/octet-stream", b"application/x-eml", b"image/png", b"", b"x", b"*/*"),
)
MESSAGE_NAMES = (b"", b"", b"", b"", b"m.eml", b"m.eml", b"M.EML", b"m.mht", b"m.mhtml", b"m.mbox", b"m.nws", b"m.dat")
PLAIN_ENCODINGS = (b"", b"", b"", b"", b"7bit", b"8bit", b"binary")
CODED_ENCODINGS = (b"base64", b"quoted-printable", b"BASE64", b"base64 ", b"Quoted-Printable")

#: In front of the first field of an attached message.
LEADS = (
    *(
        b"",
        b"",
        b"",
        b"",
        b"",
        b"\r\n",
        b"\r\n\r\n",
        b"\r\n\r\n\r\n",
        b"\n",
        b"\n\n",
        b" \r\n",
        b"\t\r\n",
        b"\xef\xbb\xbf",
    ),
    *(b"From a@x.test Mon Jan  5 10:00:00 2026\r\n", b">From a@x.test Mon Jan  5 10:00:00 2026\r\n", b"From a\r\n"),
    *(b">From a\r\n", b">>From a@x.test Mon Jan  5 10:00:00 2026\r\n", b"From \r\n", b"> From a\r\n", b" From a\r\n"),
    *(b"From a@x.test Mon Jan  5 10:00:00 2026\r\n>From b Mon Jan  5 10:00:00 2026 remote from c\r\n", b"From: \r\n"),
    *(b"a line of text\r\n", b"two lines\r\nof text\r\n", b" folded first line\r\n", b"\tfolded: first\r\n", b".\r\n"),
    *(b"GET / HTTP/1.1\r\n", b"HTTP/1.1 200 OK\r\n", b"Article 1 of x:\r\n", b"#! rnews 1000\r\n", b"220 ready\r\n"),
    *(b"*****\r\n", b"----\r\n", b"=====\r\n", b"<html>\r\n", b"\x0c\r\n", b"\0\r\n", b"\x1a\r\n", b"\xff\xfe\r\n"),
    *(
        b": nothing\r\n",
        b" : nothing\r\n",
        b"::\r\n",
        b":\r\n",
        b"1234567890\n",
        b"1234567890 \r\n",
        b"\x01\x01\x01\x01\r\n",
    ),
    *(
        b"Return-Path: <a@x.test>\r\n",
        b"\xa0\r\n",
        b"\xe2\x80\x8b\r\n",
        b"MBOX\r\n",
        b"\r\n>From a b\r\n",
        b"From a\r\n\r\n",
    ),
)
#: Names of fields that stand among others.
NAMES = (
    *(
        b"X",
        b"X" * 75,
        b"X" * 76,
        b"X" * 77,
        b"X" * 78,
        b"X" * 255,
        b"X" * 256,
        b"X" * 996,
        b"X-" * 400,
        b"X Y",
        b"A b c",
    ),
    *(b"X\tY", b"X ", b"X\t", b"X  \t ", b"\xe9", b"X\xc3\xa9", b"\xff", b"X\x01", b"X\x7f", b"X\0", b"X(c)", b"X (c)"),
    *(
        b"(c)X",
        b"X;",
        b'"X"',
        b"X,Y",
        b"<X>",
        b"X=Y",
        b"X/Y",
        b"[X]",
        b"X@y",
        b"X\\",
        b"-",
        b"_",
        b"1",
        b"=?utf-8?q?X?=",
    ),
    *(
        b"",
        b" ",
        b"\xef\xbb\xbfX",
        b"\xe2\x80\xa8X",
        b"\x85X",
        b"X\x0bY",
        b"X\x0cY",
        b">X",
        b">From",
        b"From",
        b"begin 644 x",
    ),
)
COLONS = (b": ", b": ", b": ", b":", b":\t", b" : ", b"\t: ", b"  :", b":  ", b":\r\n ", b"\r\n : ", b" (c): ", b":: ")
#: Between header and body.
ENDS = (BREAK, BREAK, BREAK, BREAK, b" \r\n", b"\t\r\n", b"\n", b"\r\n\r\n", b"", b"text\r\n\r\n", b"\r\r\n", b"\r")
BREAKS = (b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r", b"\r\r\n", b"\n\r", b"\r\n\n")

MULTIPART_TYPES = (
    *(b"multipart/mixed", b"multipart/mixed", b"x/mixed", b"image/png", b"text/plain", b"text/html", b"message/rfc822"),
    *(
        b"application/octet-stream",
        b"application/pdf",
        b"multipart",
        b"multipart/",
        b"mixed",
        b"multipart mixed",
        b"x",
        b"",
    ),
    *(
        b"multipart/x",
        b"multi-part/mixed",
        b"multiparts/mixed",
        b"MultiPart/Mixed",
        b"multipart/mixed/x",
        b"*/*",
        b"/mixed",
    ),
    *(
        b'"multipart/mixed"',
        b"multipart\\/mixed",
        b"multipart / mixed",
        b"(c)multipart/mixed",
        b"multipart(c)/mixed",
        b"a/b/c",
    ),
    *(b"audio/x", b"video/x", b"font/x", b"model/x", b"application/x-multipart", b"text/calendar", b"message/partial"),
    *(
        b"message/delivery-status",
        b"application/mbox",
        b"\xe9/mixed",
        b"=?utf-8?q?multipart/mixed?=",
        b"m\0ultipart/mixed",
    ),
    *(
        b"multipart/digest",
        b"multipart/signed",
        b"multipart/encrypted",
        b"multipart/report",
        b"multipart/form-data",
        b"-",
    ),
)
#: How a boundary is declared: a line for each, of which %b is the boundary.
BOUNDARIES = (
    *(
        b"; boundary=%b",
        b'; boundary="%b"',
        b"; boundary=%b",
        b'; boundary="%b"',
        b"; boundary = %b",
        b';boundary= "%b"',
    ),
    *(
        b"; BOUNDARY=%b",
        b"; Boundary=%b",
        b"; boundary*=us-ascii''%b",
        b"; boundary*0=%b",
        b'; boundary*0="%b"',
        b"; boundary*0*=''%b",
    ),
    *(
        b"; boundary=%b;",
        b'; boundary="%b";',
        b" boundary=%b",
        b', boundary="%b"',
        b"; x=y; boundary=%b",
        b"; boundary=%b; x=y",
    ),
    *(
        b"; boundary='%b'",
        b"; boundary=%b (c)",
        b"; (c) boundary=%b",
        b"; boundary(c)=%b",
        b"; boundary=(c)%b",
        b";\r\n boundary=%b",
    ),
    *(
        b';\r\n\tboundary="%b"',
        b"; boundary=\r\n %b",
        b'; boundary="%b',
        b'; boundary=%b"',
        b'; boundary="%b"x',
        b"; boundary:%b",
    ),
    *(
        b"; charset=utf-8; boundary=%b",
        b'; name="x.png"; boundary=%b',
        b";; boundary=%b",
        b"; =; boundary=%b",
        b"\r\n ;boundary=%b",
    ),
    *(
        b'; boundary="%b "',
        b"; boundary= %b",
        b"; boundary=%b\t",
        b"; boundary=<%b>",
        b"; boundary=\\%b",
        b'; boundary="\\%b"',
    ),
    *(
        b"; boundary=x; boundary=%b",
        b"; boundary=%b; boundary=x",
        b"; boundary==?utf-8?q?%b?=",
        b"",
        b"; bound=%b",
        b"; boundary",
    ),
)
DELIMITERS = (b"%b", b"%b", b"%b", b"%b", b"%b ", b"%b\t", b"%b \t", b"%b--", b" %b", b"%b x", b"%b\r", b"%b\0")
DELIMITERS += (
    b"%b\rX: y",
    b"%b \r",
    b"%b x\r",
    b"%b\r\r",
    b"%b--\r",
    b"%b\t\rX: y",
    b"%b\r x",
    b"%b\x0b",
    b"%b (c)",
    b"%b\r(",
)
BOUNDARY_NAMES = (b"foo", b"=_b", b"----=_Part_1.2", b"a b", b"x'()+_,-./:=?y", b"B" * 70, b"B" * 71, b"0")
CTES = (
    *(b"base64 (a\r\n comment)", b"(a\r\n comment) base64", b"(\r\n)base64", b"base64(a\r\n)", b"base64 (a(b)\r\n c)"),
    *(
        b"base64\r\n ",
        b"\r\n base64",
        b"\r\n\tbase64",
        b"base64;",
        b"base64; x=y",
        b"base64 x",
        b'"base64"',
        b"base64\0",
        b"base64\x0b",
    ),
    *(
        b"(c)base64",
        b"base64(c",
        b"base64 (c",
        b"base64)",
        b"base64 \\",
        b"\xa0base64",
        b"base64\xa0",
        b"base64, 7bit",
        b"BASE64",
    ),
)
#: Between "begin" and the file's name.
MODES = (
    b" 644",
    b" 0644",
    b" 100644",
    b" 999",
    b" 6440",
    b" 644x",
    b" rw-r--r--",
    b" ",
    b"",
    b"\t644",
    b"  644",
    b" 64",
    b" 0o644",
)
