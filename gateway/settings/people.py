"""The directory as the YAML has it: our people and their groups. Look-ups are the service in `services`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from gateway.contract import Person
from gateway.settings.problems import shown
from gateway.settings.values import (
    Holidays,
    Line,
    MailAddress,
    Name,
    TimeZone,
    Words,
    WrongKey,
    domain,
    mail_address,
)
from gateway.settings.yaml_model import YamlModel


class PersonSettings(YamlModel):
    """One of our people."""

    name: Line = Field(description="Full name.")
    addresses: Annotated[tuple[MailAddress, ...], Field(min_length=1)] = Field(
        description="E-mail addresses, the main one first."
    )
    title: Line = Field(default="", description="Position.")
    department: Line = Field(default="", description="Department.")
    phone: Line = Field(default="", description="Telephone number, in quotes.")
    groups: tuple[Name, ...] = Field(default=(), description="Groups that the person belongs to.")
    private_addresses: tuple[MailAddress, ...] = Field(
        default=(), description="Accounts outside that are known as the person's own."
    )
    timezone: TimeZone = Field(default="", description="Where the person works. Default: the organisation's.")
    holidays: Holidays = Field(
        default="", description="Whose public holidays are no working days. Default: the organisation's."
    )


def _member(value: str) -> str:
    return "*@" + domain(value[2:]) if value.startswith("*@") else mail_address(value)


class DirectorySettings(YamlModel):
    """Our people and the groups that exemptions and filters name."""

    people: tuple[PersonSettings, ...] = Field(default=(), description="Our people.")
    groups: Mapping[Name, tuple[Annotated[str, AfterValidator(_member), Words("an address, or `*@domain`")], ...]] = (
        Field(
            default_factory=dict,
            description="Groups by name, each a list of addresses; `*@example.org` is a whole domain.",
        )
    )

    @property
    def persons(self) -> tuple[Person, ...]:
        """The people as the contract has them."""
        return tuple(
            Person(
                name=p.name,
                addresses=p.addresses,
                title=p.title,
                department=p.department,
                phone=p.phone,
                groups=frozenset(p.groups),
                private_addresses=p.private_addresses,
                timezone=p.timezone,
                holidays=p.holidays,
            )
            for p in self.people
        )

    @property
    def group_names(self) -> frozenset[str]:
        return frozenset(self.groups) | {group for person in self.people for group in person.groups}

    @model_validator(mode="after")
    def _addresses_are_one_persons(self) -> Self:
        owner: dict[str, str] = {}
        for person in self.people:
            for address in person.addresses:
                if owner.setdefault(address.lower(), person.name) != person.name:
                    raise WrongKey("people", f"{shown(address)} is an address of two people")
        return self
