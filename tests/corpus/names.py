"""Disguised file names, rows F01 to F25 and A16: here the fields and the syntax that give a name, beside it the rest.

Where a row asks for the name to be found, the content is text, so that nothing but the name can be.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping

from tests.corpus import disguises
from tests.corpus.case import Case
from tests.corpus.naming import AMBIGUOUS, EXECUTABLE, HARMLESS, UNSEEN, blocked, disposed, named, passing, sent
from tests.corpus.payloads import message

LEFT_OUT: Mapping[str, str] = {}


def cases() -> Iterator[Case]:
    """Every row."""
    yield from _sources()
    yield from _rfc_2231()
    yield from _encoded_words()
    yield from _quotes_and_folds()
    yield from disguises.cases()


def _sources() -> Iterator[Case]:
    octets = b"Content-Type: application/octet-stream"
    yield blocked("F01", "type-alone", sent(octets + b'; name="evil.exe"'))
    safe_type, safe = octets + b'; name="safe.txt"', b'Content-Disposition: attachment; filename="safe.txt"'
    evil_type, evil = octets + b'; name="evil.exe"', b'Content-Disposition: attachment; filename="evil.exe"'
    yield blocked("F02", "type-is-worse", sent(evil_type, safe), AMBIGUOUS)
    yield blocked("F02", "disposition-is-worse", sent(safe_type, evil), AMBIGUOUS)
    yield Case("F02", "harmless-and-another-kind", sent(octets + b"; name=a.pdf", safe), all_of=AMBIGUOUS)
    yield passing("F02", "jpg-and-jpeg", sent(octets + b"; name=a.jpg", b"Content-Disposition: x; filename=a.jpeg"))
    extended = "filename=\"{}\"; filename*=UTF-8''{}"
    yield blocked("F03", "extended-is-worse", disposed(extended.format("safe.txt", "evil.exe")), AMBIGUOUS)
    yield blocked("F03", "plain-is-worse", disposed(extended.format("evil.exe", "safe.txt")), AMBIGUOUS)
    yield passing("F03", "for-old-programs", disposed(extended.format("na_ve.pdf", "na%C3%AFve.pdf")))
    yield blocked("F04", "parameter-twice", disposed('filename="safe.txt"; filename="evil.exe"'), AMBIGUOUS)
    yield blocked("F04", "parameter-twice-worse-first", disposed('filename="evil.exe"; filename="safe.txt"'), AMBIGUOUS)
    yield blocked("F04", "field-twice", sent(octets, b"Content-Disposition: inline", evil), AMBIGUOUS)
    yield blocked("F04", "field-twice-worse-first", sent(octets, evil, safe), AMBIGUOUS)
    for field in (b"Content-Description: evil.exe", b"Content-Location: evil.exe", b"Content-ID: <evil.exe>"):
        yield blocked("F23", field.split(b":")[0].decode().lower(), sent(octets, field))
    yield blocked("F23", "location-url", sent(octets, b"Content-Location: https://x.test/a/evil.exe?b=c.txt"))
    whole = message(base64.encodebytes(HARMLESS), octets, b"Content-Transfer-Encoding: base64")
    yield blocked("F23", "subject", whole.replace(b"Subject: s", b"Subject: evil.exe"))
    yield passing("F23", "id-with-a-host", sent(octets, b"Content-ID: <part1.a@mail.example.com>"))
    for what, disposition in {
        "inline": b"inline; filename=evil.exe",
        "unknown": b"x; filename=evil.exe",
        "case": b"ATTACHMENT; FILENAME=evil.exe",
        "blanks": b"  attachment ;\t filename = evil.exe ",
        "nothing": b"; filename=evil.exe",
        "name-for-filename": b"attachment; name=evil.exe",
    }.items():
        yield blocked("F24", what, sent(octets, b"Content-Disposition: " + disposition))


def _rfc_2231() -> Iterator[Case]:
    for what, parameters in {
        "sections": "filename*0*=UTF-8''ev%69; filename*1=l.e; filename*2=\"xe\"",
        "out-of-order": 'filename*2="xe"; filename*0="evi"; filename*1="l.e"',
        "gap": 'filename*0="evil."; filename*2="exe"',
        "stops-at-a-gap": 'filename*0="evil.exe"; filename*2=".txt"',
        "leading-zero": 'filename*00="evil"; filename*01=".exe"',
        "from-one": 'filename*1="evil"; filename*2=".exe"',
        "as-written": 'filename*1="evil"; filename*0=".exe"',
        "number-twice": 'filename*0="safe.txt"; filename*0="evil.exe"',
        "in-the-type": 'filename="x"; name*0="evil"; name*1=".exe"',
    }.items():
        yield blocked("F05", what, disposed(parameters))
    name = "x" * 996 + ".exe"
    many = "; ".join(f'filename*{number}="{letter}"' for number, letter in enumerate(name))
    yield Case("F05", "a-thousand-sections", disposed(many.replace("; ", ";\r\n ")), any_of=EXECUTABLE | UNSEEN)
    for what, parameters in {
        "language": "filename*=utf-8'en-US'payload.exe",
        "no-charset": "filename*=evil%2Eexe",
        "unknown-charset": "filename*=x'y'z'evil.exe",
        "all-encoded": "filename*=utf-8''%65%76%69%6C%2E%65%78%65",
        "quoted": "filename*=\"utf-8''evil.exe\"",
        "one-quote": "filename*=utf-8'evil.exe",
        "no-ascii-charset": "filename*=utf-16''evil.exe",
        "utf-16": "filename*=utf-16be''%00e%00v%00i%00l%00.%00e%00x%00e",
        "utf-7": "filename*=utf-7''evil.e+AHg-e",
        "ebcdic": "filename*=cp037''%85%A5%89%93%4B%85%A7%85",
        "encoded-twice": "filename*=utf-8''evil%252Eexe",
    }.items():
        yield blocked("F06", what, disposed(parameters))


def _encoded_words() -> Iterator[Case]:
    for what, name in {
        "base64": "=?utf-8?B?ZXZpbC5leGU=?=",
        "two-words": "=?utf-8?B?ZXZpbC4=?= =?utf-8?B?ZXhl?=",
        "cut-in-a-group": "=?utf-8?B?ZXZpbC5l?= =?utf-8?B?eGU=?=",
        "quoted": "=?utf-8?Q?evil=2Eexe?=",
        "unterminated": "=?utf-8?B?ZXZpbC5leGU=",
        "unterminated-quoted": "=?utf-8?Q?evil.exe",
        "two-charsets": "=?utf-8?Q?evil?= =?iso-8859-1?Q?.exe?=",
        "blank-inside": "=?utf-8?Q?an evil.exe?=",
        "half-plain": "evil=?utf-8?Q?.exe?=",
        "language": "=?utf-8*en?Q?evil.exe?=",
        "unknown-charset": "=?x-unknown?Q?evil.exe?=",
        "no-ascii-charset": "=?utf-16?Q?evil.exe?=",
        "utf-7": "=?utf-7?Q?evil.e+AHg-e?=",
        "word-in-a-word": "=?utf-8?Q?=3D=3Futf-8=3FQ=3Fevil.exe=3F=3D?=",
    }.items():
        yield blocked("F07", what, named(name))
        yield blocked("F07", f"{what}-in-the-type", sent(b'Content-Type: a/b; name="' + name.encode() + b'"'))
    yield blocked("F07", "folded-words", named("=?utf-8?Q?evil?=\r\n =?utf-8?Q?.exe?="))
    yield passing("F07", "folded-words-of-a-harmless-name", named("=?utf-8?Q?r=C3=A9sum?=\r\n =?utf-8?Q?=C3=A9.pdf?="))


def _quotes_and_folds() -> Iterator[Case]:
    for what, name in {
        "before-the-dot": "evil\r\n .exe",
        "behind-the-dot": "evil.\r\n exe",
        "in-the-extension": "evil.ex\r\n e",
        "behind-the-extension": "evil.exe\r\n .txt",
        "tab": "evil.e\r\n\txe",
    }.items():
        yield blocked("F08", what, named(name), AMBIGUOUS)
    yield passing("F08", "between-words", named("A long name of\r\n a report.pdf"))
    for what, parameters in {
        "unterminated": 'filename="evil.exe',
        "unterminated-and-more": 'filename="evil.exe; size=3',
        "bare-with-a-blank": "filename=evil file.exe",
        "bare-first-word": "filename=evil.exe file.txt",
        "single-quotes": "filename='evil.exe'",
        "backslash": 'filename="evil.\\exe"',
        "comment-before": 'filename=(x)"evil.exe"',
        "comment-behind": 'filename="evil.exe" (x)',
        "junk-behind": 'filename="evil.txt".exe',
        "empty-quotes-before": 'filename=""evil.exe',
        "quotes-inside": 'filename=ev"il.e"xe',
        "escaped-end": 'filename="evil.exe\\"',
        "two-semicolons": "; ;filename=evil.exe",
        "blanks-around-equals": "filename = evil.exe",
    }.items():
        yield blocked("F09", what, disposed(parameters))
    octets = b"Content-Type: application/octet-stream"
    yield blocked("F09", "no-semicolon", sent(octets, b'Content-Disposition: attachment filename="evil.exe"'))
    yield blocked("F09", "no-semicolon-in-the-type", sent(octets + b' name="evil.exe"'))
