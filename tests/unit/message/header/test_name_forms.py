"""Forms that a file name may take on a disk."""

from __future__ import annotations

import pytest

from gateway.message.header.name_forms import (
    CLSID,
    MAX_FORMS,
    MAX_NAME,
    MAX_PIECES,
    extension_of,
    last_segment,
    name_forms,
)


@pytest.mark.parametrize(
    "name",
    [
        "evil.exe",
        "EVIL.ExE",
        "evil.exe.",
        "evil.exe. . .",
        "evil.exe ",
        "evil.exe\u00a0",
        "evil.exe\u3000.",
        "evil.exe\u2800",
        "evil.e\u200bxe",
        "evil.exe\u200b",
        "evil.e\u00adxe",
        "evil.e\ufeffxe",
        "evil.e\u2060xe",
        "evil.e\u180exe",
        "evil.e\u034fxe",
        "evil.e\ufe0fxe",
        "evil.e\U000e0041xe",
        "evil.e\u3164xe",
        "evil.e\x01xe",
        "ev\u202eil.exe",
        "ev\u2066il.exe",
        "evil.\uff45\uff58\uff45",
        "evil\u3002exe",
        "evil\uff0eexe",
        "evil\uff61exe",
        "evil.exe::$DATA",
        "safe.txt:evil.exe",
        "evil.exe:.pdf",
        "..\\..\\evil.exe",
        "C:\\x\\evil.exe",
        "a/../evil.exe",
        "evil.exe/",
        "evil.exe\\. .",
        "\uff0e\uff0e\uff0fevil.exe",
        "evil%2Eexe",
        "evil%2eex%65",
        "evil&#46;exe",
        "evil&#x2e;exe",
        "evil&period;exe",
        "evil=2Eexe",
        "'evil.exe'",
        'evil.exe"',
        "<evil.exe>",
        "evil.exe\0.pdf",
        "safe.pdf\0evil.exe",
        "evil.exe%00.pdf",
        "evil\0.exe",
    ],
)
def test_disguises(name: str) -> None:
    """One of its forms is the plain name."""
    assert any(last_segment(form) == "evil.exe" for form in name_forms(name))


@pytest.mark.parametrize(
    ("name", "forms"),
    [
        ("Report 2024 (final).PDF", ("report 2024 (final).pdf",)),
        ("a/b/C.txt", ("a/b/c.txt",)),
        ("R\u00e9sum\u00e9.pdf", ("r\u00e9sum\u00e9.pdf",)),
        ("50% off.pdf", ("50% off.pdf",)),
        ("R&D.pdf", ("r&d.pdf",)),
        ("Re: your order at example.com: thanks.eml", ("re: your order at example.com: thanks.eml",)),
        ("\u212aelvin.p\u0131f", ("kelvin.pif",)),
        ("EVIL.P\u0130F", ("evil.pif",)),
        ("evil.\u0435\u0445\u0435", ("evil.\u0435\u0445\u0435",)),
        (". .", ()),
        ("", ()),
    ],
)
def test_forms(name: str, forms: tuple[str, ...]) -> None:
    """An ordinary name has one; letters of other scripts stay what they are."""
    assert name_forms(name) == forms


def test_folders_are_kept() -> None:
    """Folders are kept with one kind of slash, without dots and blanks at their ends."""
    assert name_forms("Fine.app. /Contents\\x:y.exe") == (
        "fine.app/contents/x:y.exe",
        "fine.app/contents/x",
        "fine.app/contents/y.exe",
    )


@pytest.mark.parametrize("behind", ["", "t", "txt", "." * 500 + "txt"])
def test_names_that_are_cut(behind: str) -> None:
    """A file system keeps 255 characters: what is left is a form too."""
    kept = "x" * (MAX_NAME - 4) + ".exe"
    assert name_forms(kept + behind) == tuple(dict.fromkeys((kept + behind, kept)))


def test_names_that_are_cut_by_octets() -> None:
    """Counted in UTF-8, as Linux does."""
    name = "\u00e9" * 125 + "x.exe.txt"
    assert name_forms(name)[-1].endswith(".exe")


@pytest.mark.parametrize(("colons", "found"), [(MAX_PIECES - 1, True), (MAX_PIECES, False)])
def test_many_pieces(colons: int, found: bool) -> None:
    """Those at both ends are looked at."""
    middle = ":".join(["a"] * colons + ["evil.exe"] + ["a"] * colons)
    assert ("evil.exe" in name_forms(middle)) is found


def test_forms_are_bounded() -> None:
    """However many pieces and encodings a name has."""
    pieces = ":".join(f"{n}%41=42&#67;\0'" for n in range(1000))
    assert len(name_forms(pieces)) <= MAX_FORMS


@pytest.mark.parametrize(
    "name",
    ["\u0315\u0300" * 50_000, "&#" * 50_000, "%2" * 50_000, "a" * 10**6, ": ." * 50_000, "\0" * 10**5, "&" * 10**5],
)
def test_long_names_are_nothing(name: str) -> None:
    """Runs of combining marks, of half references, of colons: linear, and never an error."""
    assert len(name_forms(name + ".exe")) <= MAX_FORMS


def test_references_out_of_range() -> None:
    """No character, no error."""
    assert "a&#x110000;b.exe" in name_forms("a&#x110000;b.exe")
    assert "a&#xd800;b.exe" in name_forms("a&#xD800;b.exe")
    assert "a&unheardof;b.exe" in name_forms("a&unheardof;b.exe")


@pytest.mark.parametrize(
    ("form", "extension"),
    [
        ("a.exe", "exe"),
        ("a.", ""),
        ("a", ""),
        ("", ""),
        (" . ", ""),
        ("a.b/c", ""),
        ("a/b.c/", "c"),
        ("x.tar.gz", "gz"),
        ("a.{ecf03a32-103d-11d2-854d-006008059367}", CLSID),
        ("a.{draft}", "{draft}"),
    ],
)
def test_extension_of(form: str, extension: str) -> None:
    """The extension follows the last dot of the last path segment."""
    assert extension_of(form) == extension


def test_extension_of_a_long_name_of_dots_and_blanks() -> None:
    """Linear in the name's length: a hundred thousand dots and blanks are nothing."""
    assert extension_of("evil.exe" + ". " * 100_000) == "exe"
