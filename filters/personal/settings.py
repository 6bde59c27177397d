"""Settings of `personal`: working time, limits, and the words of `personal.yaml`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import time
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from gateway.calendar import Span, WorkingTime
from gateway.contract import Settings, YamlFile
from gateway.matching import Phrases, Place, WordRules

Weight = Annotated[float, Field(ge=-100, le=100)]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

MEBIBYTE = 1024 * 1024

#: The value that means "no lunch break", since a key without a value counts as unset.
NONE = "none"

_SPAN = re.compile(r"(\d\d):(\d\d) ?- ?(\d\d):(\d\d)")


def _span_of(text: str) -> Span:
    found = _SPAN.fullmatch(text)
    if not found:
        raise ValueError("two times are expected, such as 09:00-17:30")
    numbers = [int(number) for number in found.groups()]
    try:
        span = time(numbers[0], numbers[1]), time(numbers[2], numbers[3])
    except ValueError:
        raise ValueError(f"{text} has a time that no clock shows") from None
    if span[0] >= span[1]:
        raise ValueError(f"{text} ends before it begins")
    return span


def _is_span(text: str) -> str:
    _span_of(text)
    return text


def _is_lunch(text: str) -> str:
    if text != NONE and not _SPAN.fullmatch(text):
        raise ValueError("two times are expected, such as 12:00-14:00, or none")
    return text if text == NONE else _is_span(text)


class Cue(Settings):
    """A reason to take a text for private (weight above 0) or for business (below 0). It counts once."""

    says: str
    weight: Weight
    any: Phrases


class Weights(Settings):
    """Weights of cues other than the words of the text."""

    #: The recipient has an address where anybody can have one.
    consumer: Weight = 2
    #: The recipient has the sender's family name.
    family_name: Weight = 3
    #: A file is attached that is business by its name.
    document: Weight = -2
    #: The text is longer than private mail from work is.
    long: Weight = -4
    #: The text names our organisation, before its signature.
    organisation: Weight = -3


class Thresholds(Settings):
    """Sums from which on a text counts as private, and the sum below 0 from which on it counts as business."""

    outbound: float = Field(default=5, gt=0)
    internal: float = Field(default=6, gt=0)
    business: float = Field(default=-3, lt=0)


class Rules(WordRules):
    """The file `personal.yaml`."""

    thresholds: Thresholds = Thresholds()
    weights: Weights = Weights()
    cues: dict[str, Cue]
    #: Ends of the names of attached files that are business.
    documents: tuple[Annotated[str, Field(min_length=1, max_length=20)], ...] = ()
    #: Domains where anybody can have an address.
    consumer: tuple[Annotated[str, Field(min_length=1)], ...] = ()

    def patterns(self) -> Iterator[tuple[Place, Sequence[str]]]:
        yield from ((("cues", name, "any"), cue.any) for name, cue in self.cues.items())


class PersonalSettings(Settings):
    """Settings of `personal`."""

    #: Working time on a working day: from the first time on and before the second, where the sender works.
    working_hours: Annotated[str, AfterValidator(_is_span)] = "09:00-17:30"
    #: Lunch break, taken out of the working hours; `none` where nobody has a fixed one.
    lunch: Annotated[str, AfterValidator(_is_lunch)] = "12:00-14:00"
    #: Days of the week with working time. Public holidays besides are the organisation's `holidays`, or the person's
    #: own.
    working_days: Annotated[tuple[Weekday, ...], Field(min_length=1)] = ("mon", "tue", "wed", "thu", "fri")
    #: Personal mails to outside in working time that are fine in any 24 hours; each beyond is `personal.hours`. At
    #: least one, here and below: a lone mail is never a finding.
    working_time_per_day: int = Field(default=2, ge=1)
    #: The same in any 7 days.
    working_time_per_week: int = Field(default=6, ge=1)
    #: Personal mails to outside at any time that are fine in any 24 hours; each beyond is `personal.volume`.
    mails_per_day: int = Field(default=10, ge=1)
    #: The same in any 7 days.
    mails_per_week: int = Field(default=40, ge=1)
    #: Octets of personal mails to outside that are fine in any 24 hours; past them, from the second mail on, each is
    #: `personal.size`.
    per_day_bytes: int = Field(default=10 * MEBIBYTE, ge=1)
    #: The same in any 7 days.
    per_week_bytes: int = Field(default=40 * MEBIBYTE, ge=1)
    #: True if mail that looks private and has no label is to be found. Read docs/personal.md before you say true.
    unlabelled: bool = False
    #: People that a count of `mailwarden report personal` must be about, at least; other counts are added up.
    report_people: int = Field(default=5, ge=3)
    #: Words, weights and domains, from a YAML file.
    rules: Annotated[Rules, YamlFile("personal.yaml")]

    @model_validator(mode="after")
    def _in_order(self) -> PersonalSettings:
        for name in ("working_time_per", "mails_per"):
            if getattr(self, f"{name}_week") < getattr(self, f"{name}_day"):
                raise ValueError(f"{name}_week is less than {name}_day")
        if self.per_week_bytes < self.per_day_bytes:
            raise ValueError("per_week_bytes is less than per_day_bytes")
        return self

    @property
    def working_time(self) -> WorkingTime:
        lunch = None if self.lunch == NONE else _span_of(self.lunch)
        return WorkingTime(frozenset(self.working_days), _span_of(self.working_hours), lunch)
