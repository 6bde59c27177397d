"""Where there is no language model, the words decide alone."""

from __future__ import annotations

from gateway.matching.language_model import LanguageModel
from gateway.message.mime.parse import parse
from gateway.services.no_model import NoModel


async def test_it_has_no_opinion() -> None:
    """On any rule, whatever is needed."""
    model: LanguageModel = NoModel()
    assert await model.read("language", parse(b"Subject: x\r\n\r\nYou idiot.\r\n"), -100) is None
