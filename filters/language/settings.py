"""Settings of `language`: the history of people who asked for an end, and the words of `language.yaml`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

from pydantic import Field
from pydantic_core import InitErrorDetails

from filters.language.codes import BY_KIND
from gateway.contract import Settings, YamlFile
from gateway.matching import CueRules, Phrases, Place, mistake, quoted


class Rules(CueRules):
    """The file `language.yaml`."""

    #: Rude words of which writers mask letters, as in `f**k`.
    masked: tuple[Annotated[str, Field(pattern=r"^[a-z]{3,20}$")], ...] = ()
    #: Words by which somebody asks a sender to stop writing.
    stop: Phrases
    #: Words that make `stop` in the same message void: it is about a newsletter.
    stop_unless: Phrases
    #: Words by which a writer makes quoted words his own, against the person to whom he writes.
    adopted: Phrases

    def patterns(self) -> Iterator[tuple[Place, Sequence[str]]]:
        yield from super().patterns()
        yield ("stop",), self.stop
        yield ("stop_unless",), self.stop_unless
        yield ("adopted",), self.adopted

    def mistakes(self) -> Iterator[InitErrorDetails]:
        yield from super().mistakes()
        kinds = ", ".join(BY_KIND)
        for name, cue in self.cues.items():
            if cue.weight > 0 and not cue.kind:
                yield mistake(f"a cue above 0 needs a kind: {kinds}", ("cues", name), name)
            if cue.kind and cue.kind not in BY_KIND:
                yield mistake(f"there is no kind {quoted(cue.kind)}: {kinds}", ("cues", name, "kind"), cue.kind)


class LanguageSettings(Settings):
    """Settings of `language`."""

    #: Days for which the filter remembers that a person has asked one of our senders to stop writing.
    harassment_days: int = Field(default=30, ge=1, le=365)
    #: Number of the message after that request from which on each is `language.harassment`. At least two: whoever
    #: says sorry once pesters nobody.
    harassment_messages: int = Field(default=3, ge=2)
    #: People that a count of `mailwarden report conduct` must be about, at least; other counts are added up.
    report_people: int = Field(default=5, ge=3)
    #: Words and weights, from a YAML file.
    rules: Annotated[Rules, YamlFile("language.yaml")]
