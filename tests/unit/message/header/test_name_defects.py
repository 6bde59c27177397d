"""Defects of file names."""

from __future__ import annotations

import pytest

from gateway.message.header.name_defects import DEFECTS, MAX_NAMES, extension_like, name_defects
from gateway.message.header.name_forms import MAX_NAME
from gateway.message.header.names import Names
from gateway.message.mime.parse import parse


def codes(*names: str) -> list[str]:
    return [code for code, _ in name_defects(Names(names))]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("report.pdf\0.exe", "name.nul"),
        ("report.pdf%00.exe", "name.nul"),
        ("inv\u202efdp.exe", "name.bidi"),
        ("inv\u202dfdp.exe", "name.bidi"),
        ("inv\u2067fdp.exe", "name.bidi"),
        ("inv\u200ffdp.exe", "name.bidi"),
        ("evil.e\u200bxe", "name.invisible"),
        ("evil.pdf\u200b", "name.invisible"),
        ("evil\u3002p\u00addf", "name.invisible"),
        ("evil.exe::$DATA", "name.stream"),
        ("safe.txt:evil.exe", "name.stream"),
        ("evil.exe:.pdf", "name.stream"),
        ("evil.\u0435\u0445\u0435", "name.mixed_script"),
        ("evil.e\u0445e", "name.mixed_script"),
        ("x" * (MAX_NAME - 3) + ".exe", "name.long"),
        ("a\r\nb.pdf", "name.control"),
    ],
)
def test_defects_of_a_name(name: str, code: str) -> None:
    """Each deceit has its code, and the code its class."""
    assert codes(name) == [code]
    assert code in DEFECTS


@pytest.mark.parametrize(
    "name",
    [
        "report.pdf",
        "Report (final) & more, 100% [v2].pdf",
        "R\u00e9sum\u00e9.pdf",
        "\u043e\u0442\u0447\u0451\u0442.\u0434\u043e\u043a",
        "\u05d3\u05d5\u05d7\u200f 2024.pdf",
        "\u200eWhatsApp Image.jpg",
        "\u2764\ufe0f pic.jpg",
        "\u0646\u0627\u0645\u0647\u200c\u0647\u0627.docx",
        "Screenshot at 3.04.05\u202fPM.png",
        "File::Spec.3pm",
        "Re: your order at example.com: thanks.eml",
        "Notes of 12.30:15.pdf",
        "C:\\x\\report.pdf",
        "\x1b$B%\x1b(B.doc",
        "a\tb.pdf",
        "x" * MAX_NAME,
        "folder/" * 100 + "a.txt",
    ],
)
def test_names_that_are_in_order(name: str) -> None:
    """Other languages, marks that they need, punctuation, long paths of short names."""
    assert codes(name) == []


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("safe.txt", "evil.exe"), ["name.conflict"]),
        (("photo.jpg", "photo.jpeg"), ["name.differs"]),
        (("page.htm", "page.html"), ["name.differs"]),
        (("na_ve.pdf", "na\u00efve.pdf"), ["name.differs"]),
        (("a very long na", "a very long name.pdf"), ["name.differs"]),
        (("Report.PDF", "report.pdf"), []),
        (("Letter to Mr. Smith", "letter.doc"), ["name.differs"]),
    ],
)
def test_names_that_disagree(names: tuple[str, ...], expected: list[str]) -> None:
    """It matters where they make another kind of file of it."""
    assert codes(*names) == expected


def test_names_of_a_container_are_not_compared() -> None:
    """Whoever opened it has done so, and short names of DOS are usual there."""
    assert name_defects(Names(("report.docx", "REPOR~1.DAT")), ("report.docx", "REPOR~1.DAT")) == ()


@pytest.mark.parametrize(
    ("folded", "defect"),
    [
        ("evil\x0b.exe", True),
        ("evil.ex\x0be", True),
        ("evil.exe\x0b.txt", True),
        ("my long\x0breport.pdf", False),
        ("minutes 12.30\x0bfinal.pdf", False),
        ("no extension\x0bat all", False),
    ],
)
def test_folds(folded: str, defect: bool) -> None:
    """Between words a fold is a blank; at the extension it makes another file of it."""
    assert bool(name_defects(Names(("x",), folded=(folded,)))) is defect


def test_what_only_hints_at_a_name() -> None:
    """Descriptions and subjects are text: nobody is deceived by them."""
    assert name_defects(Names(("a\0.exe", "b\u202e.txt"), hinted=True)) == ()


@pytest.mark.parametrize(("before", "found"), [(MAX_NAMES - 1, True), (MAX_NAMES, False)])
def test_only_so_many_names_are_looked_at(before: int, found: bool) -> None:
    """A part with a hundred names has a defect anyway."""
    names = (*(f"{n}.txt" for n in range(before)), "a\0.txt")
    assert ("name.nul" in codes(*names)) is found


@pytest.mark.parametrize(
    ("name", "extension"),
    [("a.PDF", "pdf"), ("a.b c", ""), ("a.2024", ""), ("a.7z", "7z"), ("St. Mary", ""), ("a", ""), ("x/a.b/", "b")],
)
def test_extension_like(name: str, extension: str) -> None:
    """Not the end of a sentence, and no number."""
    assert extension_like(name) == extension


def test_parts_have_them() -> None:
    """The part has the defects with the place of the field, beside its other defects."""
    raw = b'Content-Type: text/plain\r\nContent-Disposition: x; filename="a.txt:b.exe"\r\n\r\nhi'
    (defect,) = parse(raw).root.defects
    assert (defect.code, defect.offset) == ("name.stream", 26)
