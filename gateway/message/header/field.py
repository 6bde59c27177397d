"""One header field, and the readings of its value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.message.computed_once import computed_once
from gateway.message.header.encoded_words import decode_words, field_text
from gateway.message.header.params import Structured, parse_structured


@dataclass(frozen=True)
class Header:
    """One header field (RFC 5322 2.2); `end` is behind its final line break."""

    name: str  # as written, latin-1
    start: int
    end: int
    raw_value: bytes  # behind the colon, folds included, without the final line break

    @property
    def key(self) -> str:
        return self.name.strip().lower()

    @computed_once
    def text(self) -> str:
        """The value on one line, encoded words left as they are; structured fields are read from it."""
        return field_text(self.raw_value)

    @computed_once
    def value(self) -> str:
        """The value as a person reads it."""
        return decode_words(self.text) if "=?" in self.text else self.text

    @computed_once
    def structured(self) -> Structured:
        """The value as a token with parameters, for Content-Type, Content-Disposition and their like."""
        return parse_structured(self.text)

    @property
    def params(self) -> Mapping[str, str]:
        """The parameters, decoded, names in lower case."""
        return self.structured.mapping()
