"""Settings of `disclaimer`: templates, the rules that choose among them, place and fallback."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from filters.disclaimer.templates import MAX_CHARACTERS, template
from gateway.contract import Direction, Settings, TextFile
from gateway.message import LABELS, NamedPlace, address_pattern, domain_key

Fallback = Literal["skip", "wrap", "reject"]
OncePerThread = Literal["new_text", "thread", "never"]

_Template = Annotated[str, Field(max_length=MAX_CHARACTERS)]


def _usable_text(source: str) -> str:
    template(source, html=False)
    return source


def _usable_html(source: str | None) -> str | None:
    if source is not None:
        template(source, html=True)
    return source


class Rule(Settings):
    """A template and its conditions: keys are ANDed, values of a key are ORed, and an absent key matches everything."""

    #: Addresses of the sender; `*` and `?` match any characters.
    senders: tuple[str, ...] = ()
    #: The sender's domains; `.example.com` means the subdomains.
    domains: tuple[str, ...] = ()
    #: Groups of the directory that the sender is in.
    groups: tuple[str, ...] = ()
    #: Directions of the recipient's copy.
    directions: tuple[Direction, ...] = ()
    #: Last parts of the recipient's domain: `de`, `at`, `co.uk`.
    recipient_countries: tuple[str, ...] = ()
    #: Labels of the message, such as `personal`.
    labels: tuple[str, ...] = ()
    #: The first day, as 2026-12-20, in the organisation's time zone.
    valid_from: date | None = None
    #: The last day.
    valid_until: date | None = None
    #: The template for plain text.
    text: Annotated[_Template, TextFile("")]
    #: The template for HTML. Default: made from the one for plain text.
    html: Annotated[_Template | None, TextFile("")] = None

    _text = field_validator("text")(_usable_text)
    _html = field_validator("html")(_usable_html)

    @field_validator("senders")
    @classmethod
    def _patterns(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(address_pattern(value.strip()) for value in values)

    @field_validator("labels")
    @classmethod
    def _lower(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(value.strip().lower() for value in values)

    @field_validator("domains", "recipient_countries")
    @classmethod
    def _keys(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(domain_key(value.strip()) for value in values)

    @field_validator("labels")
    @classmethod
    def _known(cls, labels: tuple[str, ...]) -> tuple[str, ...]:
        for label in labels:
            if label.strip().lower() not in LABELS:
                raise ValueError(f"nothing is labelled {label!r}; known are {', '.join(sorted(LABELS))}")
        return labels

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.valid_from and self.valid_until and self.valid_until < self.valid_from:
            raise ValueError("valid_until is before valid_from")
        return self


class DisclaimerSettings(Settings):
    """Settings of `disclaimer`."""

    #: The template (Jinja2) for plain text: `sender.name, .address, .title, .department, .phone` from the directory,
    #: `organisation.name, .registered_name, .company_number, .registered_office, .place_of_registration, .contact`.
    text: Annotated[_Template, TextFile("disclaimers/standard.txt")]
    #: The template for HTML.
    html: Annotated[_Template, TextFile("disclaimers/standard.html")]
    #: The template for plain text where the message is labelled personal.
    personal_text: Annotated[_Template, TextFile("disclaimers/personal.txt")]
    #: The template for HTML where the message is labelled personal.
    personal_html: Annotated[_Template, TextFile("disclaimers/personal.html")]
    #: Other templates. For each recipient the first matching rule decides; without one, the templates above are used.
    rules: tuple[Rule, ...] = Field(default=(), max_length=200)
    #: Place of the disclaimer: behind the sender's text and signature and before the quoted text, at the end, or at the
    #: top.
    place: NamedPlace = "above_quote"
    #: The disclaimer is not added again where the sender's own text has it already (new_text), or where the quoted
    #: messages have it (thread); or it is added every time (never).
    once_per_thread: OncePerThread = "new_text"
    #: Action for a message that must not be edited, since it is signed, encrypted or broken: it is left as it is, put
    #: into a new message with the disclaimer, or rejected.
    fallback: Fallback = "skip"

    _text = field_validator("text", "personal_text")(_usable_text)
    _html = field_validator("html", "personal_html")(_usable_html)
