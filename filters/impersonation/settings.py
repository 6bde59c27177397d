"""Settings of `impersonation`, and the rules of `impersonation.yaml`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gateway.contract import Settings, YamlFile
from gateway.matching import ADDED_WORDS, FREE_MAIL, CueRules

Weight = Annotated[float, Field(ge=-100, le=100)]
Domain = Annotated[str, Field(min_length=1, max_length=253)]


class Weights(Settings):
    """Weights of the facts that are added to those of a request's words, where answers go elsewhere."""

    #: Answers go where anybody can have an address.
    free_mail: Weight = 4
    #: The sender has the name of one of our people, or an address of ours that nothing proves.
    ours: Weight = 5
    #: Nobody of ours has exchanged mail with the sender's address.
    stranger: Weight = 2
    #: Nothing proves the sender's address, where mail is verified.
    unproven: Weight = 3
    #: Our people have written to the sender's address.
    correspondent: Weight = -3


class Rules(CueRules):
    """The file `impersonation.yaml`."""

    weights: Weights = Weights()
    #: Services that write in somebody's name, or take answers for somebody, such as help desks.
    services: tuple[Domain, ...] = ()
    #: Domains, or families of them (`hotmail.*`), where anybody can have an address.
    free_mail: tuple[Domain, ...] = FREE_MAIL


class ImpersonationSettings(Settings):
    """Settings of `impersonation`."""

    #: Honest domains of others, though they resemble ours or those of people we write to.
    honest_domains: tuple[Domain, ...] = ()
    #: Words that are added to a name to make another domain of it (`example-invoices.com`).
    added_words: tuple[Annotated[str, Field(min_length=2, max_length=40)], ...] = Field(
        default=ADDED_WORDS, max_length=200
    )
    #: Days after which an outside person with the name of one of ours is a namesake: the address was proven, has been
    #: known under that name for so long, and our people have written to it twice.
    namesake_days: Annotated[int, Field(ge=1, le=365)] = 30
    #: Words of requests, weights and services, from a YAML file.
    rules: Annotated[Rules, YamlFile("impersonation.yaml")]
