"""A filter that asks the language model about a message, and finds what the model speaks for."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.contract import Evidence, Finding, Mail
from gateway.matching.language_model import LanguageModel
from tests.support.builders.judgement import Probe, ProbeSettings


class AskingTheModel(Probe):
    """A probe that asks for the language model, and about the mail whose subject isn't "Skip it"."""

    def __init__(self, settings: ProbeSettings, language_model: LanguageModel) -> None:
        super().__init__(settings)
        self.language_model = language_model

    async def check(self, mail: Mail) -> Sequence[Finding]:
        if mail.message.subject == "Skip it":
            return ()
        reading = await self.language_model.read("language", mail.message, 5)
        if reading is None or reading.weight < 5:
            return ()
        evidence = tuple(Evidence("language model", text, weight=weight) for text, weight in reading.sentences)
        return (Finding("probe.hold", "It found something.", evidence),)
