"""Fields at the beginning of a body: the part's own, or those of mail that it quotes."""

from __future__ import annotations

import pytest

from gateway.message.mime.bodylint import BEGINNING_BYTES, UNHEADED_BYTES
from gateway.message.mime.parse import parse

CODED = "Content-Transfer-Encoding: base64\n"
FILE = "Content-Type: application/x-a; name=x.exe\n" + CODED + "\nQUJD\n"
NAMED = "Content-Type: application/x-a\nContent-Disposition: attachment; filename=x\n\n"


def noted(part: str) -> bool:
    raw = f"Content-Type: multipart/mixed; boundary=a\n\n--a\n{part}--a--\n".replace("\n", "\r\n").encode()
    return any(defect.code == "body.fields" for defect in parse(raw).parts[1].structure_defects)


@pytest.mark.parametrize(
    "part",
    [
        "\n" + FILE,
        "\n\n\n  " + FILE,
        "garbage\n" + FILE,
        NAMED + CODED + "\nQUJD\n",
        NAMED + "Please see below.\n" + CODED + "\nQUJD\n",
        NAMED + "\t" + CODED.upper() + "\nQUJD\n",
        "Content-Type: text/plain\n\n" + CODED + "\nQUJD\n",
    ],
)
def test_fields_that_an_empty_line_pushed_down(part: str) -> None:
    """The header lacks them, and they change what is shown."""
    assert noted(part)


@pytest.mark.parametrize(
    "part",
    [
        "\njust text\n",
        "\nContent-Type: text/html\n\ntext\n",
        "\nText that speaks of\n" + FILE,
        "Content-Type: text/plain\n\nYour mail was:\n" + FILE,
        "Content-Type: text/plain\n\nReceived: x\n" + FILE,
        "Content-Type: text/plain\n" + CODED + "\n" + FILE,
        "Content-Type: text/rfc822-headers\n\n" + FILE,
        "Content-Type: message/delivery-status\n\n" + FILE,
        NAMED + "a\nb\nc\nd\n" + CODED + "\nQUJD\n",
    ],
)
def test_fields_that_are_quoted(part: str) -> None:
    """Bounces and mail about mail."""
    assert not noted(part)


@pytest.mark.parametrize(("blanks", "found"), [(BEGINNING_BYTES - 80, True), (BEGINNING_BYTES, False)])
def test_how_far_is_looked(blanks: int, found: bool) -> None:
    """Blanks count too."""
    assert noted("\n" + "\n" * ((blanks - 2) // 2) + FILE) == found


@pytest.mark.parametrize("above", ["Text that speaks of\n", ">From a b\n", "X Y: " + "z" * 2000 + "\n", "\n\n", ""])
def test_fields_in_the_first_paragraph_of_a_part_with_an_empty_header(above: str) -> None:
    """Are read as its header too; that alone holds nothing."""
    part = parse(("\n" + above + "Content-Disposition: inline\n\ntext").encode()).root
    assert [defect.code for defect in part.defects] == ["body.paragraph"]
    assert not noted("\n" + above + "hello\n\n" + FILE)


@pytest.mark.parametrize(("octets", "found"), [(-1, True), (0, True), (1, False)])
def test_how_long_a_paragraph_is(octets: int, found: bool) -> None:
    """Fields stand within so many octets."""
    line = "Content-ID:"
    above = "x" * (UNHEADED_BYTES - len(line) - 1 + octets) + "\n"
    assert bool(parse(("\n" + above + line + "\n\n").encode()).root.defects) is found
