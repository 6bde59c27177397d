"""The `personal` label: what counts as one, and what only has the word in it."""

from __future__ import annotations

import pytest

from gateway.message.labels import labels_of, subject_is_personal
from gateway.message.parse import parse


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
    ],
)
def test_labelled(subject: str) -> None:
    """In front or in brackets at the end."""
    assert subject_is_personal(subject)


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
    ],
)
def test_not_labelled(subject: str) -> None:
    """The word alone says nothing."""
    assert not subject_is_personal(subject)


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
    """By subject or by sensitivity."""
    assert labels_of(parse(fields + b"\r\n\r\nPersonal: x")) == (frozenset({"personal"}) if personal else frozenset())
