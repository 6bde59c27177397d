"""Keys under which the ledger keeps accounts: free mail, families of it, and customers under one domain."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from filters.payment_change.settings import Rules
from gateway.matching.counterparties import Counterparties
from tests.unit.filters.payment_change.test_wording import RULES

ROOT = Path(__file__).resolve().parents[3]
SHIPPED = Counterparties(
    yaml.load((ROOT / "config/payment_change.yaml").read_text("utf-8"), yaml.CSafeLoader)["free_mail"]
)


@pytest.mark.parametrize(
    "domain",
    [
        *("gmail.com", "mail.gmail.com", "fastmail.com", "fastmail.fm", "pm.me", "protonmail.ch", "tutanota.com"),
        *("tutanota.de", "tuta.io", "tuta.com", "hey.com", "yandex.ru", "posteo.de", "mailbox.org", "rocketmail.com"),
        *("aol.co.uk", "btopenworld.com", "hotmail.com", "hotmail.fr", "hotmail.co.uk", "outlook.de", "yahoo.com.br"),
        *("live.dk", "gmx.at", "GMX.net"),
    ],
)
def test_free_mail_is_known_by_its_address(domain: str) -> None:
    """The shipped list decides; a family counts with any ending."""
    assert SHIPPED(f"Eve.X@{domain}") == f"eve.x@{domain.lower()}"
    assert SHIPPED.is_free(domain)


@pytest.mark.parametrize(
    ("address", "counterparty"),
    [
        ("ap@mail.supplier.example", "supplier.example"),
        ("ap@hotmail.evil.com", "evil.com"),
        ("ap@myhotmail.com", "myhotmail.com"),
        ("ap@hotmail", "hotmail"),
        ("ap@contoso.onmicrosoft.com", "contoso.onmicrosoft.com"),
        ("ap@Sales.Contoso.onmicrosoft.com", "contoso.onmicrosoft.com"),
        ("ap@contoso.mail.onmicrosoft.com", "contoso.onmicrosoft.com"),
        ("ap@mail.onmicrosoft.com", "mail.onmicrosoft.com"),
        ("ap@onmicrosoft.com", "onmicrosoft.com"),
        ("ap@evilonmicrosoft.com", "evilonmicrosoft.com"),
    ],
)
def test_a_business_is_known_by_its_organisation(address: str, counterparty: str) -> None:
    """A tenant of Microsoft's is one; what has the name of free mail further left, or within a word, is another."""
    assert SHIPPED(address) == counterparty


def test_of_a_public_suffix_nobody_is_free() -> None:
    """A family has a name before its ending."""
    assert not SHIPPED.is_free("co.uk")
    assert not Counterparties(["co.*"]).is_free("uk")


@pytest.mark.parametrize("name", ["*", "*.com", "hot*.com", "hotmail*", "hotmail.*.uk", "a.hotmail.*", ".*", "a.*.*"])
def test_a_star_elsewhere_is_a_mistake(name: str) -> None:
    """It would match nothing, and nobody would know."""
    told = r"a star stands for every ending of one name, `hotmail\.\*`, and nowhere else"
    with pytest.raises(ValidationError, match=told):
        rules(free_mail=["gmail.com", name])


def test_a_family_is_no_mistake() -> None:
    """Beside plain names."""
    assert rules(free_mail=["gmail.com", "hotmail.*"]).free_mail == ("gmail.com", "hotmail.*")


def rules(**keys: Any) -> Rules:
    return Rules(**(RULES | keys))
