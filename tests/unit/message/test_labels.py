"""The `personal` label: what counts as one, and what only has the word in it."""

from __future__ import annotations

import pytest

from gateway.message.labels import PERSONAL_WORDS, SHIPPED, Labeller, labels_of
from gateway.message.mime.parse import parse


@pytest.mark.parametrize(
    "subject",
    [
        "Personal: lunch",
        "PERSONAL : lunch",
        "[PERSONAL] lunch",
        "[ personal ]lunch",
        "(personal) lunch",
        "Personal - lunch",
        "Personal \u2013 lunch",
        "Personal",
        "Re: Personal: lunch",
        "RE: Fwd: [personal] lunch",
        "AW: WG: Personal: Essen",
        "Re[2]: Personal: lunch",
        "TR : Personal: repas",
        "Lunch [personal]",
        "Re: lunch (Personal)",
        "Re: " * 19 + "Personal: x",
        "[EXTERNAL] Personal: lunch",
        "AW: [EXTERN] [personal] Essen",
        "{personal} lunch",
        "*Personal* lunch",
        "Personal | lunch",
        "PERSONAL!",
        "Lunch [personal].",
        "Personal e-mail: lunch",
        "Privat: Mittagessen",
        "Persönlich: Mittagessen",
        "PERSONLICH - Mittagessen",
        "RÉP : privé : déjeuner",
        "[Personnel] déjeuner",
        "Privado: comida",
        "RIF: privato: pranzo",
        "[personale] pranzo",
        "Persoonlijk: lunch",
        "ODP: Prywatne: obiad",
        "Personnal: lunch",
        "\uff30\uff25\uff32\uff33\uff2f\uff2e\uff21\uff2c\uff1a lunch",
        "Per\u200bsonal: lunch",
    ],
)
def test_labelled(subject: str) -> None:
    """The label is in front, or in brackets at the end."""
    assert SHIPPED.is_personal(subject)


@pytest.mark.parametrize(
    "subject",
    [
        "",
        "Personal injury claim",
        "Personal-injury claim: 12",
        "Personal injury claim - urgent",
        "Personal injury: claim",
        "Personnel: lunch",
        "Impersonal: x",
        "My personal: x",
        "Is this personal?",
        "Nothing personal",
        "A (personal) view",
        "view(personal)",
        "Personal -5",
        "[not personal] x",
        "Re: " * 20 + "Personal: x",
        "x" * 500 + " [personal]",
        "Personal data request",
        "Your personal data request",
        "Personal best in the mile",
        "Personal assistant: vacancy",
        "Personal trainer - a quote for the staff gym",
        "Personal lines - renewal",
        "Personal and confidential: your appraisal",
        "Personal protective equipment: order 12",
        "Re: Personal guarantee - Unit 4",
        "Updated policy (personal use)",
        "Personnel - new starters",
        "Personale: turni di agosto",
        "Private: board papers",
        "Privatkunden: Preise",
        "Private Label: Angebot",
        "Personalabteilung: Urlaub",
        "Confidential",
    ],
)
def test_not_labelled(subject: str) -> None:
    """The word alone says nothing."""
    assert not SHIPPED.is_personal(subject)


def test_the_words_are_an_administrators() -> None:
    """Others than those shipped, in brackets or not; accents and case make no difference."""
    mine = Labeller(["Persönlïches", "[eigen]"])
    assert all(map(mine.is_personal, ["personliches: x", "Re: PERSÖNLÏCHES - x", "[Eigen] x", "x (eigen)"]))
    assert not any(map(mine.is_personal, ["Personal: x", "Eigen: x", "[personal] x"]))


def test_every_shipped_word_labels() -> None:
    """Every word labels in brackets; words listed without them label without brackets too."""
    for word in PERSONAL_WORDS:
        assert SHIPPED.is_personal(f"[{word.strip('[]')}] x")
        assert SHIPPED.is_personal(f"{word.strip('[]')}: x") is not word.startswith("[")


@pytest.mark.parametrize(
    ("fields", "personal"),
    [
        (b"Subject: Personal: x", True),
        (b"Subject: =?utf-8?q?Personal=3A_x?=", True),
        (b"Sensitivity: Personal", True),
        (b"Sensitivity:  personal ", True),
        (b"Sensitivity: Company-Confidential", False),
        (b"Subject: x\r\nSubject: [personal] y", True),
        (b"Subject: Personal injury claim", False),
        (b"X: y", False),
    ],
)
def test_labels_of_a_message(fields: bytes, personal: bool) -> None:
    """The subject or the sensitivity labels the message."""
    assert labels_of(parse(fields + b"\r\n\r\nPersonal: x")) == (frozenset({"personal"}) if personal else frozenset())
