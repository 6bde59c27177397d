"""Markings: in the subject, in fields, in the names of files, and at the edges of texts."""

from __future__ import annotations

from functools import cache

import pytest

from filters.confidential.markings import EDGE_LINES, Markings
from gateway.matching import Lexicon
from gateway.message.mime.parse import parse
from tests.unit.filters.confidential.conftest import passage, shipped


@cache
def markings() -> Markings:
    return Markings(shipped().rules, Lexicon(shipped().rules.lists))


def found(text: str = "x", *, kind: str = "new", **fields: str) -> list[str]:
    names = {name: name if name == "msip_labels" else name.replace("_", "-") for name in fields}
    head = "".join(f"{names[name]}: {value}\r\n" for name, value in fields.items())
    message = parse(f"{head}\r\nx\r\n".encode())
    return [one.quote for one in markings().found(message, [passage(text, kind)])]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "subject",
    [
        "CONFIDENTIAL",
        "Confidential: pay",
        "[confidential] pay",
        "Pay (private and confidential)",
        "Pay - STRICTLY CONFIDENTIAL",
        "Fwd: Pay - Commercial in Confidence",
        "OFFICIAL-SENSITIVE - contract",
        "CONFIDENTIAL quarterly figures",
        "RESTRICTED: matrix",
        "Figures / not for circulation",
        "Board: EYES ONLY",
        "Streng vertraulich - Preise",
        "Confidentiel : tarifs",
        "Confidencial: precios",
        "RISERVATO - listino",
        "Vertrouwelijk: prijzen",
        "Poufne: ceny",
    ],
)
def test_marked_subjects(subject: str) -> None:
    assert found(Subject=subject) != []


@pytest.mark.parametrize(
    "subject",
    [
        "Confidential waste",
        "Confidentiality agreement",
        "Is this confidential?",
        "Restricted parking",
        "internal doors",
        "The secret of good bread",
        "SECRET SANTA: who is in?",
        "Private: lunch",
        "Internal: doors",
    ],
)
def test_plain_subjects(subject: str) -> None:
    assert found(Subject=subject) == []


def test_the_subject_of_an_answer_is_the_other_persons() -> None:
    subject = "Re: CONFIDENTIAL: your offer"
    message = parse(f"Subject: {subject}\r\n\r\nx\r\n".encode())
    assert markings().found(message, [], is_answer=True) == []
    assert markings().found(message, []) != []


def test_fields() -> None:
    assert found(Sensitivity="Company-Confidential") != []
    assert found(Sensitivity="Private") == []
    assert found(X_Protective_Marking="OFFICIAL-SENSITIVE") != []
    assert found(X_Classification="Internal") != []
    assert found(X_Classification="Public") == []
    assert found(msip_labels="MSIP_Label_1_Enabled=True; MSIP_Label_1_Name=Confidential; MSIP_Label_1_Method=x") != []
    assert found(msip_labels="MSIP_Label_1_Enabled=True; MSIP_Label_1_Name=Public") == []


def test_lines_at_the_edges() -> None:
    """A marking stands in the first or last lines of a text: one line further in it is none."""
    lines = [f"line {number}" for number in range(20)]
    for at in (0, EDGE_LINES - 1, len(lines) - EDGE_LINES):
        assert found("\n".join([*lines[:at], "STRICTLY CONFIDENTIAL", *lines[at + 1 :]])) != []
    for at in (EDGE_LINES, len(lines) - EDGE_LINES - 1):
        assert found("\n".join([*lines[:at], "STRICTLY CONFIDENTIAL", *lines[at + 1 :]])) == []


def test_the_footer_of_every_page_of_a_document() -> None:
    pages = "\n".join(f"{'text ' * 3}{page}\n" * 8 + f"Company confidential\npage {page}" for page in range(3))
    pages = f"{pages}\n" + "\n".join(f"end {number}" for number in range(9))
    assert found(pages, kind="attachment") == ["Company confidential"]
    assert found(pages) == []


def test_a_disclaimer_is_no_marking() -> None:
    assert found("Hello.\nConfidential: this e-mail is intended for the addressee only.") == []
    assert found("Hello.\nCONFIDENTIALITY NOTICE") == []
