"""Settings of `commitment`: who may bind the organisation, up to which amounts, and the words in their file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, field_validator

from filters.commitment.amounts import Amount, amounts_in
from gateway.contract import Settings, YamlFile
from gateway.matching import CueRules
from gateway.message import address_pattern

#: The group of the directory that may bind the organisation, as shipped.
SIGNATORIES = "signatories"


def _several(value: Any) -> Any:
    """Return one amount or several as texts: a number without quotes lacks its currency, which is told of texts."""
    several = value if isinstance(value, list | tuple) else (value,)
    return tuple(str(one) if isinstance(one, int | float) else one for one in several)


class Signatory(Settings):
    """A group that may bind the organisation: towards whom, and up to which amounts."""

    #: A group of the directory.
    group: Annotated[str, Field(min_length=1)]
    #: The highest amounts, one for each currency: `10000 GBP`, or `[10000 GBP, 12000 EUR]`. Without this key: any
    #: amount. With it, an amount in another currency is over the limit.
    up_to: Annotated[tuple[str, ...], BeforeValidator(_several)] = ()
    #: Addresses of the recipients; `*` and `?` match any characters. Without this key: everybody.
    counterparties: tuple[str, ...] = ()

    @field_validator("up_to")
    @classmethod
    def _amounts(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        for value in values:
            if len(list(amounts_in(value))) != 1:
                raise ValueError(f"{value!r} is no amount: write for example 10000 GBP")
        currencies = [one.currency for value in values for one in amounts_in(value)]
        if twice := next((one for one in currencies if currencies.count(one) > 1), ""):
            raise ValueError(f"{twice} stands twice")
        return values

    @field_validator("counterparties")
    @classmethod
    def _patterns(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(address_pattern(value.strip()) for value in values)

    @property
    def amounts(self) -> Sequence[tuple[str, Amount]]:
        """The values of `up_to`, each as it is written and as it is read."""
        return [(text, one) for text in self.up_to for one in amounts_in(text)]

    @property
    def limits(self) -> Mapping[str, Decimal]:
        """The highest value by currency; empty = any amount."""
        return {one.currency: one.value for _, one in self.amounts}


class CommitmentSettings(Settings):
    """Settings of `commitment`."""

    #: Words, weights and the threshold, from a YAML file.
    rules: Annotated[CueRules, YamlFile("commitment.yaml")]
    #: People who may bind the organisation. For each recipient the first entry that fits the sender and the recipient
    #: decides.
    signatories: tuple[Signatory, ...] = (Signatory(group=SIGNATORIES),)
