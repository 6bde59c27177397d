"""Codes of the filter `confidential`: clause, shipped action, and the sentence that documents each."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.contract import Code, Codes

MARKED = "confidential.marked"
IDENTIFIERS = "confidential.identifiers"
PEOPLE = "confidential.people"
CREDENTIALS = "confidential.credentials"
CODE = "confidential.code"
WORDS = "confidential.words"
SUSPECTED = "confidential.suspected"
UNREAD = "confidential.unread"

#: Code -> the sentence that the sender may read.
SUMMARIES: Mapping[str, str] = {
    MARKED: "The message or a document in it is marked as confidential, and goes outside unencrypted.",
    IDENTIFIERS: "The message holds a payment card's number, or people's own numbers, and goes outside unencrypted.",
    PEOPLE: "The message holds a table of people with their pay, dates of birth, health or addresses.",
    CREDENTIALS: "The message holds a password, a key or an access code that anybody could read on the way.",
    CODE: "A file with our own source code, which its header reserves to us, goes outside.",
    WORDS: "The words say that something confidential is passed on to somebody outside.",
    SUSPECTED: "The message may pass on something confidential: a language model takes it so, and no word of the rules "
    "was found.",
}

CODES: Codes = {
    MARKED: Code("email.confidential", "quarantine", SUMMARIES[MARKED]),
    IDENTIFIERS: Code("security.personal-data", "quarantine", SUMMARIES[IDENTIFIERS]),
    PEOPLE: Code("security.personal-data", "quarantine", SUMMARIES[PEOPLE]),
    CREDENTIALS: Code("email.confidential", "quarantine", SUMMARIES[CREDENTIALS]),
    CODE: Code("email.confidential", "quarantine", SUMMARIES[CODE]),
    WORDS: Code("email.confidential", "quarantine", SUMMARIES[WORDS]),
    SUSPECTED: Code("email.confidential", "quarantine", SUMMARIES[SUSPECTED]),
    UNREAD: Code(
        "email.confidential",
        "log",
        "The message has more text, numbers or lines than are looked through for confidential content.",
    ),
}
