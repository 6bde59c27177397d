"""Settings of `receipt`: working days, and the words of `receipt.yaml`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gateway.contract import Settings, YamlFile
from gateway.matching import CueRules

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class ReceiptSettings(Settings):
    """Settings of `receipt`."""

    #: Working days after which the sender of an important message is reminded, if nobody has answered it. The day on
    #: which it was sent does not count.
    working_days: Annotated[int, Field(ge=1, le=30)] = 3
    #: Days of the week that are working days. Public holidays besides are the organisation's `holidays`, or the
    #: person's own.
    weekdays: Annotated[tuple[Weekday, ...], Field(min_length=1)] = ("mon", "tue", "wed", "thu", "fri")
    #: Words by which a message says that it is important, from a YAML file.
    rules: Annotated[CueRules, YamlFile("receipt.yaml")]
