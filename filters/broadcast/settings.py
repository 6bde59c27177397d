"""Settings of `broadcast`: numbers of people, lists and groups with leave, and the words of `broadcast.yaml`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import InitErrorDetails

from filters.broadcast.codes import CODE_OF_KIND
from gateway.contract import Settings, YamlFile
from gateway.matching import CueRules, mistake, quoted
from gateway.message import address_key

Weight = Annotated[float, Field(ge=-100, le=100)]
People = Annotated[int, Field(ge=2, le=10_000_000)]
Group = Annotated[str, Field(min_length=1, max_length=100)]

#: Characters of the hint to the message board: it stands in a sentence of a notice.
MAX_HINT = 200


def _is_address(text: str) -> str:
    local, at, domain = text.rpartition("@")
    if not (local and at and domain) or any(c.isspace() for c in text):
        raise ValueError("the address of a list is expected, such as social@example.co.uk")
    return text


def _is_one_line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("one line of visible text is expected")
    return text.strip()


class Weights(Settings):
    """Weights of reasons other than the words of the text."""

    #: The message reaches `few_people`; the weight grows to 0 as the number grows to `people`.
    few: Weight = -4
    #: The message was forwarded twice.
    forwarded_twice: Weight = 3
    #: The message was forwarded three times or more.
    forwarded_often: Weight = 6
    #: The sender's own text has 3,000 characters or more; a newsletter has a word of everything. From 1,000 on it
    #: grows from 0.
    long: Weight = -6
    #: The forwarded text carries ten addresses of earlier recipients or more.
    earlier_recipients: Weight = 3


class Rules(CueRules):
    """The file `broadcast.yaml`."""

    weights: Weights = Weights()
    #: Cues that ask the reader to send the message on: with one of them a chain letter is found however few it reaches.
    asks: tuple[str, ...] = ()

    def mistakes(self) -> Iterator[InitErrorDetails]:
        yield from super().mistakes()
        for at, name in enumerate(self.asks):
            if name not in self.cues:
                yield mistake(f"there is no cue {quoted(name)}", ("asks", at), name)
        for name, cue in self.cues.items():
            if cue.kind and cue.kind not in CODE_OF_KIND:
                yield mistake(f"there is no kind {quoted(cue.kind)}", ("cues", name, "kind"), cue.kind)


class BroadcastSettings(Settings):
    """Settings of `broadcast`."""

    #: Number of people from which on a message is a broadcast: then its words alone decide.
    people: People = 10
    #: Number of people below which nothing is found, except chain letters that ask to be sent on. From here up to
    #: `people` the words must be the plainer the fewer people there are.
    few_people: People = 3
    #: Number of people from which on an internal list is large: such mail to it is `broadcast.list` besides.
    large_list: People = 25
    #: Lists with leave to carry such mail. A message that goes only to them has no finding.
    allowed_lists: tuple[Annotated[str, Field(max_length=320), AfterValidator(_is_address)], ...] = (
        "social@example.co.uk",
    )
    #: Groups of the directory whose members may write to everybody about anything, such as human resources.
    announcers: tuple[Group, ...] = ("announcers",)
    #: Place where private notices belong, for the notice to the sender: "https://intranet.example.co.uk/noticeboard",
    #: "the board in the canteen". Empty: the notice names no place.
    message_board: Annotated[str, Field(max_length=MAX_HINT), AfterValidator(_is_one_line)] = ""
    #: People that a count of `mailwarden report` must be about, at least; smaller counts are not shown.
    report_people: int = Field(default=5, ge=3)
    #: Words, patterns and weights, from a YAML file.
    rules: Annotated[Rules, YamlFile("broadcast.yaml")]

    @model_validator(mode="after")
    def _in_order(self) -> BroadcastSettings:
        if self.people < self.few_people:
            raise ValueError("people is less than few_people")
        return self

    @property
    def allowed(self) -> frozenset[str]:
        """Keys of the lists with leave."""
        return frozenset(map(address_key, self.allowed_lists))
