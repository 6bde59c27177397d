"""Codes of the filter `personal`: clause and shipped action."""

from __future__ import annotations

from gateway.contract import Codes

HOURS = "personal.hours"
VOLUME = "personal.volume"
SIZE = "personal.size"
UNLABELLED = "personal.unlabelled"
OWN_ACCOUNT = "personal.own_account"

CODES: Codes = {
    HOURS: ("personal.hours", "log"),
    VOLUME: ("personal.minimal", "log"),
    SIZE: ("personal.minimal", "log"),
    UNLABELLED: ("personal.label", "log"),
    OWN_ACCOUNT: ("email.own-account", "log"),
}
