"""The author that a message shows (`From:`): the addresses and the names that a mail program may display.

Mail programs read an odd field in different ways; all of their readings are here. They prove nothing. Never raises;
linear.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from gateway.message.authors import authors
from gateway.message.folding.characters import foreign_in, plain
from gateway.message.header.addresses import address_key
from gateway.message.header.encoded_words import decode_words
from gateway.message.header.field import Header
from gateway.message.header.params import strip_comments

#: Characters of the fields that are read, and addresses in all. Real mail has one address, seldom two.
MAX_CHARACTERS = 8192
MAX_ADDRESSES = 10
#: Names that are kept: the whole field, the field without comments, and each comment or quoted piece.
MAX_NAMES = 10

_ANGLED = re.compile(r"<\s*+([^<>\s]{1,512}@[^<>\s@]{1,255})\s*+(?:>|\Z)")  # or never closed
#: A route in front of an address (RFC 5322 4.4).
_ROUTE = re.compile(r"<(?:@[^<>:@]{1,255}:)++")
#: Blanks that the obsolete syntax allows around a dot or an @ (RFC 5322 4.4). Readers leave them out.
_LOOSE_BLANK = re.compile(r"\s*+([.@])\s*+")
_LOOSE = re.compile(r"[^\s<>()\[\],;:\"\\@]{1,255}+@[^\s<>()\[\],;:\"\\@%!|\x00]{1,255}+")
_PIECE = re.compile(r'\(([^()"]{1,998}+)\)|"([^"]{1,998}+)"')
_INNERMOST = re.compile(r"\([^()]{0,998}+\)")
_MARKS = re.compile(r'[()<>"\\]')


@dataclass(frozen=True, slots=True)
class Sender:
    """Author fields as they may be displayed.

    `addresses` is empty where none can be read. `name` is all text beside the addresses. `names` holds every part of it
    that a program may show as the name by itself. `differs`: programs read different addresses.
    """

    addresses: tuple[str, ...]
    name: str
    names: tuple[str, ...] = ()
    differs: bool = False
    #: Of several addresses that all programs read alike: each one's key, with the names beside it.
    mailboxes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def names_of(self, address: str) -> tuple[str, ...]:
        """Return the names that a program may show beside one of the addresses."""
        return self.mailboxes.get(address_key(address), ()) if self.mailboxes else self.names


def sender_of(fields: Sequence[Header], proven: tuple[str, ...] = ()) -> Sender:
    """Read the fields `From:` or `Reply-To:`; `proven` addresses, where there are some, are used in place of others."""
    return _read(tuple(fields), proven)


@lru_cache(maxsize=128)  # several filters ask about each field of a message
def _read(fields: tuple[Header, ...], proven: tuple[str, ...]) -> Sender:
    addresses = proven or authors(fields)[:MAX_ADDRESSES]
    differs = False
    if not addresses:
        written = " , ".join(one.text[:MAX_CHARACTERS] for one in fields)
        addresses = possible_addresses(written)
        differs = len(addresses) > 1 or any(not _stands_whole(address, written) for address in addresses)
    beside = " ".join(_without(addresses, one.text[:MAX_CHARACTERS]) for one in fields).strip()
    mailboxes = _mailboxes(addresses, fields) if len(addresses) > 1 and not differs else {}
    return Sender(addresses, beside, _names(beside), differs, mailboxes)


@lru_cache(maxsize=128)  # two filters look for addresses in each name of a message
def possible_addresses(text: str) -> tuple[str, ...]:
    """Return every address that a program may find in a text, each once, without its blanks and comments."""
    text = text[:MAX_CHARACTERS]
    found: dict[str, None] = {}
    for written in dict.fromkeys((text, decode_words(text))):
        for reading in _readings(plain(written, foreign_in(written))):
            found |= dict.fromkeys(match.strip(".") for match in _LOOSE.findall(reading))
    return tuple(found)[:MAX_ADDRESSES]


def _readings(text: str) -> Iterator[str]:
    """Yield the text as strict and careless programs read it: with and without comments, quotes, routes and blanks."""
    text = _ROUTE.sub("<", text)
    for one in dict.fromkeys((text, strip_comments(text))):
        yield one
        yield _LOOSE_BLANK.sub(r"\1", one)
        yield _LOOSE_BLANK.sub(r"\1", _MARKS.sub("", one))


def _stands_whole(address: str, text: str) -> bool:
    """Return whether an address is written in one piece, so that no program reads more or less of it."""
    return re.search(rf"(?:\A|[<:,])\s*+{re.escape(address)}\s*+(?:[>;,]|\Z)", text) is not None


def _without(addresses: Sequence[str], text: str) -> str:
    """Return the text beside the addresses in angle brackets; beside the bare addresses where no brackets are.

    Encoded words are decoded last, since one can hold no address (RFC 2047 5).
    """
    beside, angled = _ANGLED.subn(" ", text)
    return decode_words(beside if angled else _without_bare(addresses, beside)).strip()


def _without_bare(addresses: Sequence[str], text: str) -> str:
    for address in addresses:
        text = re.sub(rf"(?<![^\s,]){re.escape(address)}(?![^\s,(])", " ", text)
    return text


def _mailboxes(addresses: Sequence[str], fields: Sequence[Header]) -> dict[str, tuple[str, ...]]:
    """Return the key of each address with the names before it; bare addresses have none."""
    found: dict[str, tuple[str, ...]] = dict.fromkeys(map(address_key, addresses), ())
    for one in fields:
        phrases, angled = (pieces := _ANGLED.split(one.text[:MAX_CHARACTERS]))[::2], pieces[1::2]
        for phrase, address in zip(phrases, angled, strict=False):
            names = _names(decode_words(_without_bare(addresses, phrase)).strip(" \t,"))
            found[address_key(address)] = (*found.get(address_key(address), ()), *names)
    return found


def _names(text: str) -> tuple[str, ...]:
    pieces = [comment or quoted for comment, quoted in _PIECE.findall(text)]
    whole = (text, _MARKS.sub(" ", text), _MARKS.sub(" ", _INNERMOST.sub("", text)), _PIECE.sub(" ", text))
    names = (" ".join(name.split()) for name in (*whole, *pieces))
    return tuple(dict.fromkeys(name for name in names if name))[:MAX_NAMES]
