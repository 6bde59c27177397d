"""Comparison of text: patterns, word lines, look-alikes, accounts.

What is imported here is for filters; the gateway imports the modules themselves.
"""

from gateway.matching.accounts import (
    ACCOUNT_CHARACTERS,
    IBAN_CHARACTERS,
    is_iban,
    is_routing_number,
    is_wallet,
    recognise,
)
from gateway.matching.counterparties import FREE_MAIL, Counterparties, is_pattern, organisation_of
from gateway.matching.cues import STANDING, Context, Cue, CueRules, Cues, FoundCue
from gateway.matching.language_model import MOST_WEIGHT, FoundWords, LanguageModel, Reading
from gateway.matching.lexicon import Lexicon, Match, Patterns
from gateway.matching.lookalike import (
    ADDED_WORDS,
    DomainForms,
    compared_forms,
    domain_of,
    is_public_suffix,
    kept_forms,
    organisation,
    warm,
    words_of,
)
from gateway.matching.pattern_reader import PatternError, quoted
from gateway.matching.resemblance import Exchanged, OwnNames, Resemblance, StrangeDomains
from gateway.matching.text_rule import (
    MAX_CHARACTERS,
    OWN,
    WRITTEN,
    Fact,
    Reason,
    TextRule,
    Weighed,
    left_out,
    within_limit,
)
from gateway.matching.word_rules import Phrases, Place, WordRules, mistake
from gateway.message.folding.word_lines import GREETINGS, Marked, WordLines, folded_words, word_lines

__all__ = [
    "ACCOUNT_CHARACTERS",
    "ADDED_WORDS",
    "FREE_MAIL",
    "GREETINGS",
    "IBAN_CHARACTERS",
    "MAX_CHARACTERS",
    "MOST_WEIGHT",
    "OWN",
    "STANDING",
    "WRITTEN",
    "Context",
    "Counterparties",
    "Cue",
    "CueRules",
    "Cues",
    "DomainForms",
    "Exchanged",
    "Fact",
    "FoundCue",
    "FoundWords",
    "LanguageModel",
    "Lexicon",
    "Marked",
    "Match",
    "OwnNames",
    "PatternError",
    "Patterns",
    "Phrases",
    "Place",
    "Reading",
    "Reason",
    "Resemblance",
    "StrangeDomains",
    "TextRule",
    "Weighed",
    "WordLines",
    "WordRules",
    "compared_forms",
    "domain_of",
    "folded_words",
    "is_iban",
    "is_pattern",
    "is_public_suffix",
    "is_routing_number",
    "is_wallet",
    "kept_forms",
    "left_out",
    "mistake",
    "organisation",
    "organisation_of",
    "quoted",
    "recognise",
    "warm",
    "within_limit",
    "word_lines",
    "words_of",
]
