"""Settings of `confidential`: limits, agreements of recipients, and the words of `confidential.yaml`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from gateway.contract import Settings, YamlFile
from gateway.matching import CueRules, Phrases, Place, domain_of, is_iban
from gateway.message import address_pattern

Word = Annotated[str, Field(min_length=1, max_length=100)]
Weight = Annotated[float, Field(ge=-100, le=100)]


def _recipients(pattern: str) -> str:
    if not pattern or pattern.endswith("@"):
        raise ValueError("an address is expected, or a pattern such as *@lawyer.example")
    if not pattern.strip("*?@."):
        raise ValueError(f"{pattern} stands for everybody: nobody agrees in everybody's name")
    return address_pattern(pattern)


Recipients = Annotated[str, Field(max_length=320), AfterValidator(_recipients)]


def _account(text: str) -> str:
    number = "".join(text.split()).upper()
    if not is_iban(number):
        raise ValueError("an IBAN is expected, check digits and all")
    return number


class Agreement(Settings):
    """An agreement of recipients to get confidential messages unencrypted."""

    #: Addresses of the recipients who have agreed, such as `*@lawyer.example`.
    recipients: Annotated[tuple[Recipients, ...], Field(min_length=1)]
    #: Date of the agreement, from which on it counts.
    date: date
    #: Name of the person who recorded the agreement and keeps the proof.
    recorded_by: Annotated[str, Field(min_length=1, max_length=200)]


class Weights(Settings):
    """Weights of facts other than words, which the rule about words adds to its sum."""

    #: The recipient is a service that answers with artificial intelligence, listed in `ai_services`.
    ai_service: Weight = 8
    #: The recipient's domain is named like such a service.
    ai_name: Weight = 5.5
    #: The recipient has an address where anybody can have one.
    free_mail: Weight = 2.5
    #: The recipient's address has the sender's own name.
    own_account: Weight = 6
    #: The message holds one identifier of a person, or two: too few for a finding of their own.
    identifiers: Weight = 5.5
    #: Two people stand beside their pay, date of birth, health or address: too few for a table.
    people: Weight = 8
    #: The same of three or more people.
    several_people: Weight = 9.5
    #: Several kinds of such data stand beside two or more people.
    several_kinds: Weight = 4


class Columns(Settings):
    """Words in the head of a table by which its columns are known."""

    name: Phrases
    pay: Phrases
    birth: Phrases
    health: Phrases
    address: Phrases


class Rules(CueRules):
    """The file `confidential.yaml`."""

    weights: Weights = Weights()
    #: Markings in any letters, alone in their line or between separators.
    markings: Phrases
    #: Markings in capitals or in brackets: in small letters these words are ordinary.
    markings_in_capitals: Phrases
    #: Words of disclaimers, whose lines hold no marking.
    boilerplate: Phrases
    columns: Columns
    #: Words that say that sums of money are people's pay.
    pay: Phrases
    #: Words of health beside a name.
    health: Phrases
    #: Words that say that addresses are people's own.
    residents: Phrases
    #: Words that say that data were made up.
    made_up: Phrases
    #: Words of a letter that deny it.
    real: Phrases
    #: Words that name a password.
    passwords: tuple[Word, ...]
    #: Words that name the code of a door, an alarm or a safe.
    access_codes: tuple[Word, ...]
    #: Words beside which a code opens a meeting and no door.
    meetings: Phrases
    #: Words that reserve source code to its owner.
    rights: Phrases
    #: Words of licences that give source code to everybody.
    open_licences: Phrases
    #: Prefixes of the subject of a reply, and of a forwarded message.
    reply_prefixes: tuple[Word, ...]
    forward_prefixes: tuple[Word, ...]
    #: Domains where anybody can have an address; `hotmail.*` is a whole family.
    free_mail: tuple[Word, ...]

    def patterns(self) -> Iterator[tuple[Place, Sequence[str]]]:
        yield from super().patterns()
        for name in _PHRASES:
            yield (name,), getattr(self, name)
        for name in Columns.model_fields:
            yield ("columns", name), getattr(self.columns, name)


_PHRASES = (
    *("markings", "markings_in_capitals", "boilerplate", "pay", "health", "residents", "made_up", "real", "meetings"),
    *("rights", "open_licences"),
)

#: Public services of artificial intelligence, by domain.
AI_SERVICES = (
    *("openai.com", "chatgpt.com", "anthropic.com", "claude.ai", "perplexity.ai", "deepseek.com", "mistral.ai", "x.ai"),
    *("poe.com", "character.ai", "you.com", "huggingface.co", "cohere.com", "replicate.com", "together.ai", "groq.com"),
    *("jasper.ai", "writesonic.com", "copy.ai", "rytr.me", "quillbot.com", "grammarly.com", "otter.ai", "fireflies.ai"),
    *("read.ai", "phind.com", "pi.ai", "inflection.ai", "midjourney.com", "stability.ai", "elevenlabs.io", "deepl.com"),
)


class ConfidentialSettings(Settings):
    """Settings of `confidential`."""

    #: Different identifiers of people in one message from which on it is found. One payment card is enough.
    identifiers: int = Field(default=3, ge=1, le=1_000)
    #: Rows of a table with people and their pay, dates of birth, health or addresses from which on it is found.
    rows: int = Field(default=5, ge=2, le=10_000)
    #: Recipients who have agreed to get confidential messages unencrypted: a list of `recipients`, `date`,
    #: `recorded_by`.
    agreed: tuple[Agreement, ...] = ()
    #: Next hops on whose way an agreement counts: with `required` only those that require TLS with a valid certificate
    #: (`tls: required`, or `smtps://`); with `any` all, since another mail server sees to TLS, or nobody has asked for
    #: it.
    agreed_tls: Literal["required", "any"] = "required"
    #: Domains of public services of artificial intelligence. Nobody has agreed to them, and nobody can.
    ai_services: tuple[Word, ...] = AI_SERVICES
    #: IBANs of our own, which are none of a person.
    own_accounts: tuple[Annotated[str, AfterValidator(_account)], ...] = ()
    #: Words, markings and weights, from a YAML file.
    rules: Annotated[Rules, YamlFile("confidential.yaml")]

    @model_validator(mode="after")
    def _agreed_by_people(self) -> ConfidentialSettings:
        services = {one.casefold() for one in self.ai_services}
        for agreement in self.agreed:
            for pattern in agreement.recipients:
                if domain_of(pattern).removeprefix("*.") in services:
                    raise ValueError(f"{pattern} is one of ai_services, for which nobody can agree")
        return self
