"""The labelled mails that filters are judged by: their shape, never their content.

A failure names ids only, so that running the tests does not show an unread mail to somebody who tunes the rules.
"""

from __future__ import annotations

import html
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
EVALUATION = ROOT / "tests" / "evaluation"
FOLDER = EVALUATION / "payment_change"
#: Files of ten writers, a hundred mails each, and the number of their writers.
OF_TEN = {
    **{f"{rule}/tuning": 8 for rule in ("language", "commitment", "broadcast", "confidential")},
    **{f"{rule}/unread": 2 for rule in ("language", "commitment", "broadcast", "confidential")},
    "personal/tuning2": 8,
    "personal/unread2": 2,
}
PREFIXES = {"tuning": "t", "tuning2": "u", "tuning4": "a", "tuning5": "b", "tuning6": "c", "unread": "w"}
MAILS_EACH = 120
#: Mails that somebody has seen: they are unread no longer, and stand in another file.
SEEN = {"w-108"}

FIELDS: dict[str, type | tuple[type, ...]] = {
    "id": str,
    "label": bool,
    "difficulty": str,
    "direction": str,
    "from": str,
    "to": list,
    "cc": list,
    "subject": str,
    "text": str,
    "html": (str, type(None)),
    "note": str,
}
OURS = ("example.co.uk", "example.com")
#: Free mail has no stand-in at .example: filters know these domains by name.
FREE_MAIL = ("gmail.com",)

#: Account part of an IBAN by country, as the IBAN Registry (ISO 13616) has it, for the countries that occur.
ACCOUNTS = {
    "AE": r"\d{19}",
    "AT": r"\d{16}",
    "BE": r"\d{12}",
    "DE": r"\d{18}",
    "DK": r"\d{14}",
    "EE": r"\d{16}",
    "ES": r"\d{20}",
    "FI": r"\d{14}",
    "FR": r"\d{10}[A-Z\d]{11}\d{2}",
    "GB": r"[A-Z]{4}\d{14}",
    "HU": r"\d{24}",
    "IE": r"[A-Z]{4}\d{14}",
    "IT": r"[A-Z]\d{10}[A-Z\d]{12}",
    "LT": r"\d{16}",
    "NL": r"[A-Z]{4}\d{10}",
    "NO": r"\d{11}",
    "PL": r"\d{24}",
    "PT": r"\d{21}",
    "SE": r"\d{20}",
}
#: As the mails write it: the country and the check digits, then groups behind single spaces.
IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: [A-Z\d]+){3,}\b")
ROUTING = re.compile(r"\b(?:ABA|Routing):? (\d+)\b")


def mails_of(name: str, folder: Path = FOLDER) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def shown(mail: dict[str, Any]) -> str:
    """Subject and body, tags taken out; of two alternatives both."""
    return "\n".join([mail["subject"], mail["text"], html.unescape(re.sub(r"<[^>]*>", "\n", mail["html"] or ""))])


def ibans(mail: dict[str, Any]) -> Iterator[str]:
    for found in IBAN.finditer(shown(mail)):
        yield found[0].replace(" ", "")


def iban_is_right(iban: str) -> bool:
    """Length and kind of characters by country, and the remainder of 97 (ISO 7064, MOD 97-10)."""
    account = ACCOUNTS.get(iban[:2])
    digits = "".join(str(int(character, 36)) for character in iban[4:] + iban[:4])
    return account is not None and re.fullmatch(account, iban[4:]) is not None and int(digits) % 97 == 1


def routing_is_right(number: str) -> bool:
    """Return whether the ABA's weighted sum is right: 3, 7, 1 over nine digits."""
    if len(number) != 9:
        return False
    return sum(int(digit) * weight for digit, weight in zip(number, (3, 7, 1) * 3, strict=True)) % 10 == 0


def domain_of(address: str) -> str:
    return address.rpartition("<")[2].rstrip(">").rpartition("@")[2]


@pytest.fixture(params=PREFIXES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def mails(name: str) -> list[dict[str, Any]]:
    return mails_of(name)


def test_ids_count_through_the_file(name: str, mails: list[dict[str, Any]]) -> None:
    """Each file has 120 mails, numbered from 001 behind its own letter; but for those that were seen."""
    ids = [f"{PREFIXES[name]}-{n:03d}" for n in range(1, MAILS_EACH + 1)]
    assert [mail["id"] for mail in mails] == [one for one in ids if one not in SEEN]


@pytest.mark.parametrize("file", sorted(path.stem for path in FOLDER.glob("*.jsonl")))
def test_fields_are_those_of_the_schema(file: str) -> None:
    """A mail has the schema's fields and no other, each of its type, and says why it has its label."""
    assert [mail["id"] for mail in mails_of(file) if not (is_whole(mail) and mail["subject"])] == []


def is_whole(mail: dict[str, Any]) -> bool:
    return (
        set(mail) == set(FIELDS)
        and all(isinstance(mail[field], kind) for field, kind in FIELDS.items())
        and mail["difficulty"] in {"easy", "medium", "hard"}
        and bool(mail["note"] and (mail["text"] or mail["html"]))
    )


@pytest.mark.parametrize("file", OF_TEN)
def test_mails_of_ten_writers(file: str) -> None:
    """A hundred mails each, whole, half of them positive or nearly so, to and from whom their direction says."""
    mails = mails_of(file, EVALUATION)
    writers = Counter(mail["id"].partition("-")[0] for mail in mails)
    assert set(writers.values()) == {100}
    assert len(writers) == OF_TEN[file]
    assert len({mail["id"] for mail in mails}) == len(mails)
    assert [mail["id"] for mail in mails if not is_whole(mail)] == []
    assert 0.4 < sum(mail["label"] for mail in mails) / len(mails) < 0.5
    assert [mail["id"] for mail in mails if (domain_of(mail["from"]) in OURS) != (mail["direction"] != "inbound")] == []


def test_threats() -> None:
    """They are whole, half of them positive, and no other has the id of one."""
    mails = mails_of("language/threats", EVALUATION)
    assert [mail["id"] for mail in mails if not is_whole(mail)] == []
    assert len({mail["id"] for mail in mails}) == len(mails)
    assert abs(2 * sum(mail["label"] for mail in mails) - len(mails)) <= 1


def test_half_are_positive_and_most_are_hard(mails: list[dict[str, Any]]) -> None:
    """Half of a file is positive, or one mail more or less, and more than half of either label is hard."""
    labels = Counter(mail["label"] for mail in mails)
    hard = Counter(mail["label"] for mail in mails if mail["difficulty"] == "hard")

    assert abs(labels[True] - labels[False]) <= 1
    assert all(2 * hard[label] > labels[label] for label in labels)


def test_addresses_agree_with_the_direction(mails: list[dict[str, Any]]) -> None:
    """Outside addresses are fictitious, and who is ours and who isn't follows from the direction."""
    ours_by_direction = {"inbound": (False, True), "internal": (True, True), "outbound": (True, False)}
    wrong = []
    for mail in mails:
        sender, receivers = domain_of(mail["from"]), [domain_of(to) for to in [*mail["to"], *mail["cc"]]]
        asked = (
            receivers[: len(mail["to"])] if mail["direction"] == "outbound" else receivers
        )  # a colleague may have a copy
        ours = (sender in OURS, any(domain in OURS for domain in asked))
        invented = all(domain.endswith(".example") or domain in OURS + FREE_MAIL for domain in [sender, *receivers])
        if not (receivers and invented and ours == ours_by_direction[mail["direction"]]):
            wrong.append(mail["id"])
    assert wrong == []


def test_account_numbers_are_well_formed(mails: list[dict[str, Any]]) -> None:
    """IBANs have their country's length and right check digits, US routing numbers a right checksum."""
    found = [(mail["id"], iban) for mail in mails for iban in ibans(mail)]
    routing = [(mail["id"], number) for mail in mails for number in ROUTING.findall(shown(mail))]

    assert len({iban for _, iban in found}) >= 5
    assert [mail_id for mail_id, iban in found if not iban_is_right(iban)] == []
    assert [mail_id for mail_id, number in routing if not routing_is_right(number)] == []


@pytest.mark.parametrize("wrong", ["DE89370400440532013001", "DE8937040044053201300", "XX89370400440532013000"])
def test_a_wrong_iban_is_told(wrong: str) -> None:
    """A digit altered, a digit missing and a country that doesn't occur are wrong; the Registry's example is right."""
    assert iban_is_right("DE89370400440532013000")
    assert not iban_is_right(wrong)


@pytest.mark.parametrize("wrong", ["111000026", "11100002", "1110000250"])
def test_a_wrong_routing_number_is_told(wrong: str) -> None:
    """A digit altered, missing or added is wrong; 111000025 is right."""
    assert routing_is_right("111000025")
    assert not routing_is_right(wrong)


def test_routing_numbers_occur() -> None:
    """Some of the files have them."""
    assert any(ROUTING.search(shown(mail)) for name in PREFIXES for mail in mails_of(name))


def test_no_mail_occurs_twice() -> None:
    """No two mails of all files have the same body, whatever their case, spacing, punctuation or wrapping."""
    bodies: dict[str, list[str]] = {}
    for mail in [mail for path in FOLDER.glob("*.jsonl") for mail in mails_of(path.stem)]:
        body = mail["text"] or shown({**mail, "subject": ""})
        bodies.setdefault(re.sub(r"\W+", "", body).casefold(), []).append(mail["id"])
    assert [ids for ids in bodies.values() if len(ids) > 1] == []
