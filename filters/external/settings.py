"""Settings of `external`: the banner's templates, and domains that are no look-alikes."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator

from filters.external.banner import Banner, check_template
from gateway.contract import Settings, TextFile
from gateway.matching import ADDED_WORDS


class ExternalSettings(Settings):
    """Settings of `external`."""

    #: Template of the banner for plain text, where the action is `amend`; it may use `reasons`.
    text: Annotated[str, TextFile("banners/external.txt")]
    #: Template of the banner for HTML.
    html: Annotated[str, TextFile("banners/external.html")]
    #: Honest domains of others, though they resemble ours or those of people we write to.
    honest_domains: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    #: Words that are added to a name to make another domain of it (`example-invoices.com`).
    added_words: tuple[Annotated[str, Field(min_length=2, max_length=40)], ...] = Field(
        default=ADDED_WORDS, max_length=200
    )

    @field_validator("text", "html")
    @classmethod
    def _usable(cls, template: str) -> str:
        check_template(template)
        return template

    @property
    def banner(self) -> Banner:
        return Banner(self.text, self.html)
