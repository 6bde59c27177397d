"""Identifiers of people in a text: their checksums, the words beside them, and the limits of the search."""

from __future__ import annotations

from itertools import pairwise

import pytest

from filters.confidential import identifiers as module
from filters.confidential.identifiers import identifiers
from filters.confidential.limits import Limits
from tests.unit.filters.confidential.conftest import passage


def kinds(text: str) -> list[str]:
    return [one.kind for one in identifiers([passage(text)], Limits())]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("card 5555 5555 5555 4444", ["payment card"]),
        ("4111111111111111 exp 09/27, Visa", ["payment card"]),
        ("3782 822463 10005", ["payment card"]),
        ("4111111111111111", []),  # alone, it may be any number
        ("5555 5555 5555 4445", []),  # a wrong check digit
        ("9999 9999 9999 9995", []),  # no network's
        ("555 555 555 555 4444", []),  # no card's groups
        ("NI JK 48 21 73 B", ["National Insurance number"]),
        ("ni no. jk482173b", ["National Insurance number"]),
        ("jk482173b", []),
        ("BG 48 21 73 B", []),
        ("NHS 943 476 5919", ["NHS number"]),
        ("NHS 943 476 5918", []),
        ("telephone 943 476 5919", []),
        ("UTR 1955839661", ["Unique Taxpayer Reference"]),
        ("IBAN ES91 2100 0418 4502 0005 1332", ["bank account"]),
        ("his wages go to 20-45-77, account 51730482", ["bank account"]),
        ("sort code 20-45-77", []),
        ("please pay to 20-45-77, account 51730482", []),
        ("our account is GB33BUKB20201555555555", []),
        ("PESEL 44051401359", ["Polish PESEL"]),
        ("BSN 111222333", ["Dutch citizen number"]),
        ("C.F. RCCMNL83S18D969H", ["Italian tax code"]),
        ("DNI 54362315K", ["Spanish identity number"]),
        ("licence MORGA 657054 SM 9IJ", ["driving licence"]),
        ("passport 533401372", ["passport"]),
        ("order 533401372", []),
        ("SSN 536-90-4399", ["Social Security number"]),
        ("born 14/2/1983", ["date of birth"]),
        ("geb. 04.03.2008", ["date of birth"]),
        ("delivered 14/2/2023", []),
    ],
)
def test_kinds(text: str, found: list[str]) -> None:
    assert kinds(text) == found


@pytest.mark.parametrize("joint", ["  ", "\t", "\n", "_", "/", " - ", ", ", "\u00b7"])
def test_a_card_with_other_signs_between_its_groups_needs_a_word(joint: str) -> None:
    number = joint.join(["5555", "5555", "5555", "4444"])
    assert kinds(f"His Visa card number is {number} exp 11/27") == ["payment card"]
    assert kinds(f"boxes {number}") == []
    assert kinds(f"NHS {joint.join(['943', '476', '5919'])}") == []


def test_a_list_of_cards_needs_no_word() -> None:
    assert kinds("4111111111111111\n4012888888881881\n4222222222222\n") == ["payment card"] * 3


def test_each_counts_once() -> None:
    assert kinds("NI JK 48 21 73 B, again JK482173B") == ["National Insurance number"]


def test_accounts_of_our_own_are_none() -> None:
    text = "wages: ES91 2100 0418 4502 0005 1332"
    assert identifiers([passage(text)], Limits(), {"ES9121000418450200051332"}) == []


def test_a_well_known_test_card_is_none_where_data_are_made_up() -> None:
    assert identifiers([passage("card 4111 1111 1111 1111")], Limits(), made_up=True) == []
    assert identifiers([passage("card 5200 8282 8282 8210")], Limits(), made_up=True) != []


def test_no_number_is_shown_whole() -> None:
    (one,) = identifiers([passage("card 5555 5555 5555 4444")], Limits())
    assert one.evidence.quote == f"payment card {'•' * 12}4444"


@pytest.mark.parametrize(
    "text",
    ["1" * 60_000, "1 " * 30_000, "4111 " * 12_000, "visa 4111111111111111 " * 3_000, "12-34-56 " * 6_000],
)
def test_hostile_digits_are_counted_out(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Digits, as many as are searched, cost at most so many looks at a number."""
    looks = 0
    looks_like_card = module._looks_like_card

    def counted(digits: str) -> bool:
        nonlocal looks
        looks += 1
        return looks_like_card(digits)

    monkeypatch.setattr(module, "_looks_like_card", counted)
    kinds(text)
    assert looks <= module.MAX_GROUPS


def test_check_digits_of_so_many_numbers_are_worked_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each number is worked out once, and no more than the limit."""
    looks: list[str] = []
    national = {"nhs": ("NHS number", lambda digits: bool(looks.append(digits)), 10)}
    monkeypatch.setattr(module, "_NATIONAL", national)
    kinds("nhs " + "943 476 5918 " * 4_000)
    assert len(looks) == len(set(looks)) == 3
    kinds("nhs " + " ".join(f"{number:010}" for number in range(5_000)))
    assert len(looks) == 3 + module.MAX_CANDIDATES


def test_short_numbers_are_no_candidates() -> None:
    """Groups that together have fewer digits than any identifier cost nothing more."""
    assert list(module._grouped("1-2.3 " * 10_000, 9, Limits())) == []


def test_effort_grows_with_the_text_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice the digits cost twice the looks."""
    counts = []
    for size in (2_000, 4_000, 8_000):
        looks: list[str] = []
        monkeypatch.setattr(module, "_looks_like_card", lambda digits, looks=looks: bool(looks.append(digits)))
        kinds("1234 " * size)
        counts.append(len(looks))
    assert all(more <= less * 2.1 for less, more in pairwise(counts))


def test_a_message_keeps_so_many_identifiers() -> None:
    text = " ".join(f"NI JK{number:06}A" for number in range(module.MAX_FOUND + 10))
    assert len(kinds(text)) == module.MAX_FOUND
