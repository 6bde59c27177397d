"""Codes of the filter `language`: clause, shipped actions, and the sentence that documents each."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.contract import Code, Codes, Direction

ABUSE = "language.abuse"
OBSCENITY = "language.obscenity"
DISCRIMINATION = "language.discrimination"
HARASSMENT = "language.harassment"
SEXUAL = "language.sexual"
THREAT = "language.threat"
SUSPECTED = "language.suspected"
UNREAD = "language.unread"

_CLAUSE = "email.conduct"
#: A tag warns the reader of mail from outside. What our own people write is only recorded.
_SHIPPED: Mapping[Direction, str] = {"inbound": "tag", "outbound": "log", "internal": "log"}

CODES: Codes = {
    ABUSE: Code(_CLAUSE, _SHIPPED, "The words seem to abuse somebody, or to make somebody contemptible."),
    OBSCENITY: Code(_CLAUSE, _SHIPPED, "The words seem to be obscene."),
    DISCRIMINATION: Code(
        _CLAUSE,
        _SHIPPED,
        "The words seem to belittle people for their origin, colour, religion, sex, age, disability or love.",
    ),
    HARASSMENT: Code(
        _CLAUSE, _SHIPPED, "The message seems to pester somebody, or goes to a person who has asked for an end of it."
    ),
    SEXUAL: Code(_CLAUSE, _SHIPPED, "The words seem to be sexual, to a person or about one."),
    THREAT: Code(_CLAUSE, _SHIPPED, "The words seem to threaten somebody."),
    SUSPECTED: Code(
        _CLAUSE, "log", "A language model takes the words for conduct, and no plain word of the rules was found."
    ),
    UNREAD: Code(_CLAUSE, "log", "The message has more text than is looked through for words about people."),
}

#: People who should hear of no finding by a notice, and the reason.
_WARNS: Mapping[str, str] = {
    "manager": "the manager may be the one who is hurt, or the one who hurts: let HR be the reviewers",
    "contact": "who said it to whom goes to `organisation.contact`: give HR's people the role reviewer, and an address "
    "in `reviewer_addresses`",
}
#: The reason why whoever threatens should not hear of it either.
_WARNED = "the notice warns whoever threatens: write `{do: quarantine, notify: [reviewers]}`, and no `release: sender`"

#: Kind of a cue in `language.yaml` -> code. What the language model alone finds has no kind: a victim may have
#: written it.
BY_KIND: Mapping[str, str] = {code.partition(".")[2]: code for code in CODES if code not in (SUSPECTED, UNREAD)}
WARNS: Mapping[str, Mapping[str, str]] = {
    code: {"sender": _WARNED, **_WARNS} if code == THREAT else _WARNS for code in BY_KIND.values()
}
