"""Translation of an LDAP server's entries to people, lists and groups. Entries' names (DN) become their addresses.

One person whose data is wrong mustn't keep the others out: unusable values are left out and reported.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel, ValidationError

from gateway.settings.directory.checks import Placed
from gateway.settings.directory.ldap import LdapSettings, ListAttributes, PersonAttributes
from gateway.settings.directory.people import ListSettings, PersonSettings
from gateway.settings.yaml.problems import Location, Mark, Problem, shown, shown_location
from gateway.settings.yaml.sentences import complaints

_NO_NAME = re.compile(r"[^A-Za-z0-9_.-]+")
_FIRST_VALUE = re.compile(r"[A-Za-z0-9.-]+\s*=\s*((?:\\.|[^,+\\])*)")
_ESCAPED = re.compile(r"\\(?:([0-9A-Fa-f]{2})|(.))")
_PREFIX = re.compile(r"(\w+):(?=[^@]*@)")
#: Keys without which there is no entry.
_NEEDED = frozenset({"name", "addresses", "address"})


class Entry(Protocol):
    """An entry in the server's form; attributes in lower case."""

    @property
    def dn(self) -> str: ...

    @property
    def values(self) -> Mapping[str, Sequence[str]]: ...


@dataclass(frozen=True, slots=True)
class InLdap:
    """An entry on the server; its name takes the place of a file's."""

    dn: str

    def problem(self, keys: Location, sentence: str, suggestion: str = "") -> Problem:
        return Problem(Mark(Path(self.dn)), shown_location(keys[:1]), sentence, suggestion)

    def __str__(self) -> str:
        return shown(self.dn)


@dataclass(slots=True)
class FromLdap:
    """The result: people, lists, groups, and what was left out."""

    people: list[Placed[PersonSettings]] = field(default_factory=list)
    lists: list[Placed[ListSettings]] = field(default_factory=list)
    groups: dict[str, list[str]] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)  # a sentence for each value or entry


def searches(s: LdapSettings) -> list[tuple[str, list[str]]]:
    """Return the search filters and their attributes: people, then lists, then groups."""
    lists = _attributes(s.list_attributes)
    wanted = [(s.people, _attributes(s.person_attributes))]
    wanted += [(s.lists, lists)] if s.lists else []
    return wanted + ([(s.groups, ["cn", *s.list_attributes.members])] if s.groups else [])


def _attributes(model: PersonAttributes | ListAttributes) -> list[str]:
    return list(dict.fromkeys(name for key in type(model).model_fields for name in getattr(model, key)))


def from_ldap(s: LdapSettings, found: Sequence[Iterable[Entry]]) -> FromLdap:
    """Translate the entries. `found`: the answers to `searches`, in their order."""
    answers = [list(one) for one in found]
    people, rest = answers[0], answers[1:]
    lists = rest.pop(0) if s.lists else []
    groups = rest.pop(0) if s.groups else []
    return _Translation(s, people, lists).run(groups)


class _Translation:
    def __init__(self, s: LdapSettings, people: Sequence[Entry], lists: Sequence[Entry]) -> None:
        self._person, self._list = s.person_attributes, s.list_attributes
        self._people, self._lists = people, lists
        self._done = FromLdap()
        self._address_of = {_dn_key(one.dn): a for one in people if (a := self._first_address(one))}
        self._address_of |= {_dn_key(one.dn): a for one in lists if (a := _first(one, self._list.address))}

    def run(self, groups: Iterable[Entry]) -> FromLdap:
        for one in groups:
            if name := group_name(_first(one, ("cn",)) or one.dn):
                self._done.groups.setdefault(name, []).extend(self._addresses(one, self._list.members))
        for one in self._people:
            if (person := self._entry(PersonSettings, one, self._person_values(one))) is not None:
                self._done.people.append(Placed(person, InLdap(one.dn)))
        for one in self._lists:
            if (entry := self._entry(ListSettings, one, self._list_values(one))) is not None:
                self._done.lists.append(Placed(entry, InLdap(one.dn)))
        return self._done

    def _first_address(self, one: Entry) -> str:
        return next(iter(_own_addresses(_all(one, self._person.addresses))), "")

    def _person_values(self, one: Entry) -> dict[str, Any]:
        a = self._person
        several = {
            "addresses": _own_addresses(_all(one, a.addresses)),
            "groups": list(dict.fromkeys(filter(None, map(group_name, _all(one, a.groups))))),
            "delegates": self._addresses(one, a.delegates),
            "private_addresses": _all(one, a.private_addresses),
        }
        manager = next(iter(self._addresses(one, a.manager)), "")
        single = {key: _first(one, getattr(a, key)) for key in type(a).model_fields if key not in several}
        return {key: value for key, value in {**single, "manager": manager, **several}.items() if value}

    def _list_values(self, one: Entry) -> dict[str, Any]:
        a = self._list
        several = {key: self._addresses(one, getattr(a, key)) for key in ("members", "owners", "writers")}
        single = {key: _first(one, getattr(a, key)) for key in ("address", "name")}
        own = single["address"].lower()
        several["members"] = [member for member in several["members"] if member.lower() != own]
        return {key: value for key, value in {**single, **several}.items() if value}

    def _addresses(self, one: Entry, attributes: Sequence[str]) -> list[str]:
        """Return the addresses in these attributes; a name of an entry (DN) becomes that entry's address."""
        found = []
        for value in _all(one, attributes):
            address = value if "@" in value and "=" not in value else self._address_of.get(_dn_key(value), "")
            if address:
                found.append(address)
            else:
                self._done.left_out.append(f"{shown(one.dn)}: no address is known of {shown(value)}")
        return list(dict.fromkeys(found))

    def _entry(self, model: type[BaseModel], one: Entry, values: dict[str, Any]) -> Any:
        """Return the entry without its wrong values; None where the rest makes no entry."""
        for _ in range(len(values) + 1):
            try:
                return model.model_validate(values)
            except ValidationError as error:
                values = self._without(one, values, [*complaints(error, model)])
                if not _NEEDED & values.keys():
                    return None
        return None

    def _without(self, one: Entry, values: dict[str, Any], wrong: Sequence[Any]) -> dict[str, Any]:
        positions: dict[str, set[int]] = defaultdict(set)
        gone: set[str] = set()
        for complaint in wrong:
            key, *inside = complaint.location
            self._done.left_out.append(f"{shown(one.dn)}: {key}: {complaint.sentence}")
            if inside and isinstance(inside[0], int):
                positions[key].add(inside[0])
            else:
                gone.add(key)
        if gone & _NEEDED:
            return {}
        kept = {key: value for key, value in values.items() if key not in gone}
        for key, places in positions.items():
            kept[key] = [value for n, value in enumerate(kept[key]) if n not in places]
        return kept


def _all(one: Entry, attributes: Sequence[str]) -> list[str]:
    return [value.strip() for name in attributes for value in one.values.get(name.lower(), ()) if value.strip()]


def _first(one: Entry, attributes: Sequence[str]) -> str:
    return next(iter(_all(one, attributes)), "")


def _own_addresses(values: Iterable[str]) -> list[str]:
    """Return the addresses: `SMTP:a@b` and `smtp:a@b` of Exchange are addresses, `X500:…` and `sip:a@b` are none."""
    found: dict[str, str] = {}
    for value in values:
        prefix = _PREFIX.match(value)
        if "@" in value and (prefix is None or prefix[1].lower() == "smtp"):
            address = value[prefix.end() :] if prefix else value
            found.setdefault(address.lower(), address)
    return list(found.values())


def _dn_key(dn: str) -> str:
    """Return a name for comparison (RFC 4514): without letter case, and without blanks around the signs."""
    return re.sub(r"\s*([,=+])\s*", r"\1", dn.strip()).lower()


def group_name(value: str) -> str:
    """Return the group's name: `CN=IT Security,OU=Groups,…` and `IT Security` are the group `it_security`."""
    match = _FIRST_VALUE.match(value)
    bare = _ESCAPED.sub(lambda m: chr(int(m[1], 16)) if m[1] else m[2], match[1]) if match else value
    return _NO_NAME.sub("_", bare.strip().lower()).strip("_.-")[:64]
