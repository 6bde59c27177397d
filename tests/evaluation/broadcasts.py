"""A directory of the lists that mails labelled for `broadcast` are sent to.

A list has 150 people where it is everybody's, else 15. `OUTSIDE` are the recipients of mail that names no list.
"""

from __future__ import annotations

from collections.abc import Iterable

from gateway.contract import DistributionList
from gateway.directory.lookup import ConfiguredDirectory
from tests.evaluation.examples import Example

OURS = ("example.co.uk", "example.com")
#: Hosts outside whose addresses are lists of ours, such as newsletters.
LIST_HOSTS = frozenset({f"{one}.example" for one in ("lists", "listes", "newsletter", "googlegroups", "example-lists")})
#: Words in an address with a full stop that make it a list and no person.
LIST_WORDS = frozenset("all team staff office everybody line leads depot europe pakowanie managers desk".split())  # noqa: SIM905 - readable
EVERYBODY = frozenset({"all", "everybody", "everyone", "staff"})
MANY, SOME = 150, 15
OUTSIDE = tuple(f"reader{number}@outside.example" for number in range(20))


def list_at(address: str) -> DistributionList | None:
    """Return the list that an address of the labelled mails is; None where it is a person's."""
    local, _, host = address.partition("@")
    words = set(local.replace("-", ".").split("."))
    if host in LIST_HOSTS:
        return DistributionList(address, size=MANY)
    if host in OURS and ("." not in local or words & LIST_WORDS):
        return DistributionList(address, size=MANY if words & EVERYBODY else SOME)
    return None


def directory_of(mails: Iterable[Example]) -> ConfiguredDirectory:
    """Return a directory with the lists that mails are sent to."""
    addresses = dict.fromkeys(address for mail in mails for address in mail.recipients)
    return ConfiguredDirectory([], {}, OURS, [one for address in addresses if (one := list_at(address))])
