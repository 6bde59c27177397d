"""Names that are not what they look like (rows F10 to F22, F25), and the same as names of members (A16)."""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Iterator, Sequence

from tests.corpus.case import Case
from tests.corpus.naming import AMBIGUOUS, BLOCKED, EXECUTABLE, UNSEEN, blocked, named, passing, sent
from tests.corpus.payloads import STUB


def cases() -> Iterator[Case]:
    """These rows."""
    yield from _characters()
    yield from _parts_of_names()
    yield from _encodings()
    yield from _endings()
    yield from _by_content()
    yield from _members()


def _characters() -> Iterator[Case]:
    for what, name in {
        "before": "report.pdf\0.exe",
        "behind": "evil.exe\0.pdf",
        "inside": "evil.e\0xe",
        "percent": "report.pdf%00.exe",
        "percent-behind": "evil.exe%00.pdf",
        "encoded-word": "=?utf-8?Q?evil.exe=00.pdf?=",
    }.items():
        yield blocked("F10", what, named(name), AMBIGUOUS)
    for mark in "\u202e\u202d\u202b\u202a\u2066\u2067\u2068\u2069\u200f":
        yield blocked("F11", f"u{ord(mark):04x}", named(f"inv{mark}fdp.exe"), AMBIGUOUS)
    yield blocked("F11", "in-the-extension", named("evil.\u202eexe"), AMBIGUOUS)
    yield passing("F11", "mark-in-a-hebrew-name", named("\u05d3\u05d5\u05d7\u200f 2024.pdf"))
    for mark in "\u200b\u200c\u200d\u00ad\ufeff\u2060\u180e\u034f\ufe0f\u3164\U000e0041":
        yield blocked("F12", f"u{ord(mark):04x}", named(f"evil.e{mark}xe"), AMBIGUOUS)
        yield blocked("F12", f"u{ord(mark):04x}-at-the-end", named(f"evil.exe{mark}"), AMBIGUOUS)
    yield passing("F12", "emoji", named("\u2764\ufe0f photo.jpg"))
    for what, end in {
        "dot": ".",
        "dots-and-blanks": ". . .",
        "blank": " ",
        "tab": "\t",
        "no-break": "\u00a0",
        "ideographic": "\u3000",
        "braille": "\u2800",
        "many": ". " * 400,
    }.items():
        yield blocked("F13", what, named(f"evil.exe{end}"))
    for what, name in {
        "fullwidth": "evil.\uff45\uff58\uff45",
        "mixed-case": "EVIL.ExE",
        "ideographic-dot": "evil\u3002exe",
        "fullwidth-dot": "evil\uff0eexe",
        "halfwidth-dot": "evil\uff61exe",
        "leader-dot": "evil\u2024exe",
        "ligature": "\ufb01le.exe",
        "bold": "evil.\U0001d41e\U0001d431\U0001d41e",
        "dotless": "evil.p\u0131f",
        "dotted": "evil.P\u0130F",
    }.items():
        yield blocked("F19", what, named(name))
    yield Case("F19", "kelvin", named("evil.lin\u212a".replace("lin", "ln")), all_of=frozenset({"attachment.shortcut"}))
    yield Case("F20", "cyrillic", named("evil.\u0435\u0445\u0435"), all_of=AMBIGUOUS)
    yield Case("F20", "half-cyrillic", named("evil.e\u0445e"), all_of=AMBIGUOUS)
    yield Case("F20", "greek", named("evil.\u03c1\u03b9f"), all_of=AMBIGUOUS)
    yield passing("F20", "russian", named("\u043e\u0442\u0447\u0451\u0442.\u0434\u043e\u043a"))


def _parts_of_names() -> Iterator[Case]:
    for what, name in {"data": "evil.exe::$DATA", "named": "safe.txt:evil.exe", "behind": "evil.exe:.pdf"}.items():
        yield blocked("F14", what, named(name), AMBIGUOUS)
    yield blocked("F14", "device", named("CON.exe"))
    yield passing("F14", "subject-as-a-name", named("Re: your order at example.com: thanks.eml.txt"))
    for what, name in {
        "up": "..\\..\\evil.exe",
        "up-escaped": "..\\\\..\\\\evil.exe",
        "drive": "C:\\x\\evil.exe",
        "drive-escaped": "C:\\\\x\\\\evil.exe",
        "slashes": "a/../evil.exe",
        "slash-behind": "evil.exe/",
        "backslash-behind": "evil.exe\\\\",
        "dot-behind": "evil.exe/.",
        "fullwidth": "\uff0e\uff0e\uff0fevil.exe",
        "fullwidth-behind": "evil.exe\uff0f",
        "fullwidth-backslash": "a\uff3cevil.exe",
    }.items():
        yield blocked("F15", what, named(name))


def _encodings() -> Iterator[Case]:
    for what, name in {
        "percent": "evil%2Eexe",
        "entity": "evil&#46;exe",
        "hexadecimal-entity": "evil&#x2e;exe",
        "named-entity": "evil&period;exe",
        "quoted-printable": "evil=2Eexe",
        "percent-all": "evil%2e%65%78%65",
    }.items():
        yield blocked("F16", what, named(name))
    yield Case("F16", "percent-bat", named("attached%2E%62at"), all_of=frozenset({"attachment.script"}))
    yield passing("F16", "percent-in-a-harmless-name", named("50%25 off%20now.pdf"))
    for what, octets in {
        "shift-jis": b"\x95\x5c\x8e\xa6.exe",
        "shift-jis-trail-before-the-dot": b"\x95\x5c.exe",
        "big5": b"\xa5\x5c.exe",
        "gbk": b"\x81\x5c.exe",
        "cp1251": b"\xee\xf2\xf7\xb8\xf2.exe",
        "iso-2022-jp": b'\x1b$B%";%\x1b(B.exe',
        "utf-8": "\u0444\u0430\u0439\u043b.exe".encode(),
    }.items():
        yield blocked("F25", what, named(octets))


def _endings() -> Iterator[Case]:
    yield blocked("F17", "double", named("invoice.pdf.exe"))
    yield blocked("F17", "padded", named("invoice.pdf" + " " * 120 + ".exe"))
    yield blocked("F17", "padded-unseen", named("invoice.pdf" + "\u3000" * 60 + ".exe"))
    yield blocked("F17", "by-content", named("invoice.exe.pdf", STUB))
    for length in (150, 250, 260, 1_000, 60_000):
        yield Case("F18", f"{length}", named("x" * (length - 4) + ".exe"), any_of=EXECUTABLE | AMBIGUOUS | UNSEEN)
    yield blocked("F18", "cut", named("x" * 251 + ".exe.pdf"))
    yield blocked("F18", "cut-in-octets", named("\u00e9" * 125 + "x.exe.pdf"))
    yield Case("F18", "100000", named("x" * 99_996 + ".exe"), any_of=EXECUTABLE | AMBIGUOUS | UNSEEN)
    yield blocked("F21", "class", named("evil.{ECF03A32-103D-11D2-854D-006008059367}"))
    yield blocked("F21", "class-behind-txt", named("evil.txt.{00020812-0000-0000-c000-000000000046}"))


def _by_content() -> Iterator[Case]:
    octets = b"Content-Type: application/octet-stream"
    yield blocked("F22", "no-extension", named("invoice", STUB))
    yield blocked("F22", "picture", named("photo.jpg", STUB))
    yield blocked("F22", "no-name", sent(octets, content=STUB))
    yield blocked("F22", "sent-as-a-picture", sent(b"Content-Type: image/jpeg; name=photo.jpg", content=STUB))


def _members() -> Iterator[Case]:
    """Row A16: what F10 to F21 do, inside an archive."""
    for what, name in {
        "nul": "report.pdf\0.exe",
        "turned": "inv\u202efdp.exe",
        "invisible": "evil.e\u200bxe",
        "dots": "evil.exe. .",
        "stream": "evil.exe::$DATA",
        "backslashes": "..\\..\\evil.exe",
        "up": "../../evil.exe",
        "absolute": "/etc/evil.exe",
        "drive": "C:\\x\\evil.exe",
        "percent": "evil%2Eexe",
        "double": "invoice.pdf.exe",
        "padded": "invoice.pdf" + " " * 120 + ".exe",
        "long": "x" * 5_000 + ".exe",
        "longest": "x" * 65_500 + ".exe",
        "fullwidth": "evil.\uff45\uff58\uff45",
        "ideographic-dot": "evil\u3002exe",
        "class": "evil.{ECF03A32-103D-11D2-854D-006008059367}",
        "folders": "a/" * 1_000 + "evil.exe",
    }.items():
        yield Case("A16", what, named("a.zip", _archive([name])), any_of=BLOCKED)
    yield Case("A16", "cyrillic", named("a.zip", _archive(["evil.\u0435\u0445\u0435"])), all_of=AMBIGUOUS)
    twice = _archive(["a.txt", "b.txt"], STUB).replace(b"b.txt", b"a.txt")
    yield Case("A16", "name-twice", named("a.zip", twice), any_of=BLOCKED | AMBIGUOUS)
    yield Case("A16", "link", named("a.zip", _link("evil.exe", b"/etc/passwd")), any_of=BLOCKED)
    names = (f"{number}.txt" for number in range(65_536))
    yield Case("A16", "65536-entries", named("a.zip", _archive([*names])), any_of=UNSEEN)
    yield passing("A16", "harmless", named("a.zip", _archive(["r\u00e9sum\u00e9.txt", "notes/2024/a.txt"])))


def _archive(names: Sequence[str], content: bytes = b"x") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        for name in names:
            info = zipfile.ZipInfo("x")
            info.filename = name  # ZipInfo itself would end the name at a NUL
            made.writestr(info, content)
    return buffer.getvalue()


def _link(name: str, target: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        info = zipfile.ZipInfo(name)
        info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        made.writestr(info, target)
    return buffer.getvalue()
