"""Signs of whose own account an address is: its likeness to a person's name, the family name, the history."""

from __future__ import annotations

import pytest

from filters.personal.private_accounts import Likeness, family_name, likeness, name_words, only_ours
from gateway.contract import Correspondence
from tests.support.builders.judgement import NOW


@pytest.mark.parametrize(
    ("address", "like"),
    [
        ("ann.archer@gmail.com", Likeness(True, True)),
        ("annarcher71@gmail.com", Likeness(True, True)),
        ("archer_ann@gmail.com", Likeness(True, True)),
        ("the.annarcher@gmail.com", Likeness(True, True)),
        ("a.archer@gmail.com", Likeness(False, True)),
        ("aarcher@gmail.com", Likeness(False, True)),
        ("annhome@gmail.com", Likeness(False, True)),
        ("me@archers.example", Likeness(False, True)),
        ("tom.wells@gmail.com", Likeness()),
        ("info@outside.example", Likeness()),
    ],
)
def test_how_an_address_fits_a_name(address: str, like: Likeness) -> None:
    """Wholly, partly or not."""
    assert likeness("Ann Archer", address) == like


def test_names_without_accents_titles_and_initials() -> None:
    """Names are compared as words; a name of one word fits nothing."""
    assert name_words("Dr. José M. Núñez") == ("jose", "nunez")
    assert likeness("José Núñez", "jose.nunez@hotmail.es").whole
    assert likeness("Reception", "reception@gmail.com") == Likeness()
    assert not family_name("Reception", "reception@gmail.com", "Reception")


@pytest.mark.parametrize(
    ("address", "shown", "family"),
    [
        ("jo.archer@gmail.com", "", True),
        ("x@gmail.com", "Jo Archer", True),
        ("ann@gmail.com", "Ann", False),
        ("tom@gmail.com", "Tom Wells", False),
    ],
)
def test_the_family_name(address: str, shown: str, family: bool) -> None:
    """The family name is found in the address or in the name beside it."""
    assert family_name("Ann Archer", address, shown) is family


def exchanged(sent: int, received: int) -> Correspondence:
    return Correspondence(NOW, NOW, received, sent)


@pytest.mark.parametrize(
    ("own", "anyone", "only"),
    [
        (exchanged(3, 0), exchanged(3, 0), True),
        (exchanged(1, 2), exchanged(1, 2), True),
        (exchanged(2, 0), exchanged(2, 0), False),
        (exchanged(3, 0), exchanged(4, 0), False),
        (exchanged(3, 0), exchanged(3, 1), False),
        (None, exchanged(3, 0), False),
        (exchanged(3, 0), None, False),
    ],
)
def test_history(own: Correspondence | None, anyone: Correspondence | None, only: bool) -> None:
    """Three mails, and nobody else's."""
    assert only_ours(own, anyone) is only
