"""Settings of `audience`: numbers for crowds, large lists and storms, and the words in their file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

from pydantic import Field

from gateway.contract import Settings, YamlFile
from gateway.matching import Phrases, Place, WordRules

Word = Annotated[str, Field(min_length=1, max_length=100)]
People = Annotated[int, Field(ge=2, le=10_000_000)]


class Statement(Settings):
    """A statement that a text may make, recognised by several patterns."""

    says: str
    any: Phrases
    #: True if the statement doesn't count where the text has a question mark, since it asks something besides.
    unless_asks: bool = False


class Rules(WordRules):
    """The file `audience.yaml`."""

    #: Words of a reply up to which it may be needless.
    short_words: int = Field(default=60, ge=1, le=500)
    #: Names in a row, at most, behind a word that calls somebody.
    max_names: int = Field(default=2, ge=0, le=10)
    reply_prefixes: tuple[Word, ...] = ("re",)
    forward_prefixes: tuple[Word, ...] = ("fwd", "fw")
    #: Signs that are left out before a text is read: `+1`, `:-)`.
    signs: tuple[Word, ...] = ()
    #: Words that are written with a capital and are no names all the same.
    no_names: tuple[Word, ...] = ()
    #: Domains where anybody can have an address.
    free_mail: tuple[Word, ...] = ()
    filler: Phrases
    trivial: dict[str, Statement]
    besides: dict[str, Statement] = Field(default_factory=dict)
    private: dict[str, Statement] = Field(default_factory=dict)
    business: tuple[Annotated[str, Field(min_length=1, max_length=2_000)], ...] = ()

    def patterns(self) -> Iterator[tuple[Place, Sequence[str]]]:
        yield ("filler",), self.filler
        yield ("business",), self.business
        for kind, named in (("trivial", self.trivial), ("besides", self.besides), ("private", self.private)):
            yield from (((kind, name, "any"), one.any) for name, one in named.items())


class Storm(Settings):
    """The pace at which a thread is paused: so many replies to so many people within so many minutes."""

    #: People that a reply must reach to count.
    people: People
    #: Replies that make a storm: the last of them is the first to be stopped.
    replies: int = Field(ge=2, le=10_000)
    #: Minutes within which so many replies make a storm.
    minutes: int = Field(ge=1, le=24 * 60)
    #: Hours for which nobody can reply to all in the thread.
    pause_hours: float = Field(default=4, gt=0, le=24 * 7)


def _storms() -> tuple[Storm, ...]:
    """Return the shipped storms: in a firm of thirty a third must reply, among thousands five replies suffice."""
    return (Storm(people=25, replies=10, minutes=30), Storm(people=1_000, replies=5, minutes=30))


class AudienceSettings(Settings):
    """Settings of `audience`."""

    #: Words and patterns, from a YAML file.
    rules: Annotated[Rules, YamlFile("audience.yaml")]
    #: Number of people from which on a reply goes to a crowd, if the list has no number of its own.
    reply_all: People = 25
    #: Conditions for a storm; the first one that fits pauses the thread.
    storms: tuple[Storm, ...] = Field(default_factory=_storms, max_length=10)
    #: Number of people from which on a list is large.
    large_list: People = 25
    #: Octets of attachments, times the number of people, from which on a message is heavy.
    heavy_bytes: Annotated[int, Field(ge=1)] = 500 * 1024 * 1024
    #: Octets of attachments below which a message is never heavy: a logo goes to everybody.
    attachment_bytes: Annotated[int, Field(ge=1)] = 1024 * 1024
    #: Number of outside people in To and Cc, of more than one organisation, from which on their addresses are exposed.
    exposed: People = 10
    #: Messages to an address that make it a usual one of its sender.
    usual_messages: int = Field(default=1, ge=1, le=1_000)
