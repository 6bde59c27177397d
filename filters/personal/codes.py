"""Codes of the filter `personal`: clause, shipped action, and the sentence that documents each."""

from __future__ import annotations

from gateway.contract import Code, Codes

HOURS = "personal.hours"
VOLUME = "personal.volume"
SIZE = "personal.size"
UNLABELLED = "personal.unlabelled"
OWN_ACCOUNT = "personal.own_account"

CODES: Codes = {
    HOURS: Code("personal.hours", "log", "More personal mail went out in working time than is fine."),
    VOLUME: Code("personal.minimal", "log", "More personal mail went out than is fine."),
    SIZE: Code("personal.minimal", "log", "Personal mail went out that is larger in all than is fine."),
    UNLABELLED: Code("personal.label", "log", "The message looks personal, and its subject does not say so."),
    OWN_ACCOUNT: Code(
        "email.own-account",
        "log",
        "Business mail seems to go to a private account of our people, or to come from one.",
    ),
}
