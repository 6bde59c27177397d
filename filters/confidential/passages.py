"""Choice of the passages that are searched, and the rule about what stands below a letter. Pure.

Below a letter, that is below its closing or "-- ", stand a signature and a footer. Anybody can write on there, so that
identifiers, tables of people and credentials are looked for as in the letter. But most of it stands in every mail of
its sender, and says nothing of this one. Below a letter

- no words count, and a marking counts in the signature alone: many a footer calls every mail confidential;
- an address is the office's, and nobody's home;
- one or two bank accounts are the firm's own;
- names are those of colleagues and places, unless an identifier stands among them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gateway.matching import MAX_CHARACTERS, STANDING
from gateway.message import Message, Passage, PassageKind

#: Characters of all passages of a message in which markings are looked for; of one passage, `MAX_CHARACTERS`.
MAX_ALL_CHARACTERS = 600_000
#: Kinds of passages besides those below a letter whose names may be those of the people concerned.
_NAMING: frozenset[PassageKind] = frozenset({"new", "attachment"})


@dataclass(frozen=True, slots=True)
class Searched:
    """The passages of a message in which markings are looked for, and those in which data are, attachments last."""

    markings: tuple[Passage, ...]
    data: tuple[Passage, ...]


def searched(message: Message, *, is_forwarded: bool, is_answer: bool) -> Searched:
    """Return the passages that say something to the recipient, and what stands below the letter.

    An answer quotes what the recipient wrote. A forwarded message passes its quotation on, and in one that answers
    nobody outside our side has put it there.
    """
    kinds = {"subject", "new", "attachment"} | ({"quoted"} if is_forwarded or not is_answer else set())
    found: list[Passage] = []
    left = MAX_ALL_CHARACTERS
    for passage in message.view.passages:
        if passage.kind in kinds and left > 0:
            found.append(passage)
            left -= min(len(passage.text), MAX_CHARACTERS)
    return Searched(
        markings=(*found, *message.view.of("signature")),
        data=tuple(letter_first([*found, *message.view.of("signature", "footer")])),
    )


def letter_first(passages: Sequence[Passage]) -> list[Passage]:
    """Return the passages, attachments last."""
    return sorted(passages, key=lambda one: one.kind == "attachment")


def is_below(passage: Passage) -> bool:
    """Return whether a passage stands below a letter, where less counts."""
    return passage.kind in STANDING


def naming(passages: Sequence[Passage], has_identifier: Callable[[Passage], bool]) -> list[Passage]:
    """Return the passages whose names may be those of the people concerned."""
    return [one for one in passages if one.kind in _NAMING or (is_below(one) and has_identifier(one))]
