"""Exemptions and overrides of a configuration: where it departs from what the filters do as shipped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from gateway.contract import ON_ERROR, Direction
from gateway.settings.chain.consequences import notified
from gateway.settings.chain.entries import FilterEntry, Notify
from gateway.settings.models import Settings


def exemptions(settings: Settings) -> list[dict[str, Any]]:
    """Return every exemption: its filter, codes, people and networks, and its line."""
    return [
        {
            "filter": entry.name,
            "codes": list(one.codes),
            "senders": list(one.senders),
            "recipients": list(one.recipients),
            "groups": list(one.groups),
            "networks": list(map(str, one.networks)),
            "config": one.where,
        }
        for entry in _running(settings)
        for one in entry.exempt
    ]


def overrides(settings: Settings) -> list[dict[str, Any]]:
    """Return every finding whose action isn't the shipped one, or of which others are told, with these directions."""
    found: dict[tuple[str, str, str, str, str, tuple[Notify, ...]], list[Direction]] = {}
    for entry in _running(settings):
        for code, direction, shipped in _shipped(entry):
            spec = entry.action_for(code, direction)
            people = tuple(notified(entry.cls, code, direction, spec))
            unasked = tuple(notified(entry.cls, code, direction, replace(spec, notify=None)))
            if spec.do != shipped or people != unasked:
                found.setdefault((entry.name, code, shipped, spec.do, spec.where, people), []).append(direction)
    return [
        {
            "filter": name,
            "code": code,
            "shipped": shipped,
            "do": do,
            "notify": list(people),
            "directions": directions,
            "config": where,
        }
        for (name, code, shipped, do, where, people), directions in found.items()
    ]


def for_whom(exemption: dict[str, Any]) -> str:
    """Return the people and networks of an exemption in words: keys are ANDed, the values of a key ORed."""
    words = {"senders": "from", "recipients": "to", "groups": "group", "networks": "client"}
    return ", and ".join(f"{word} {' or '.join(exemption[key])}" for key, word in words.items() if exemption[key])


def _running(settings: Settings) -> Iterator[FilterEntry]:
    return (entry for entry in settings.filters if entry.mode != "off")


def _shipped(entry: FilterEntry) -> Iterator[tuple[str, Direction, str]]:
    """Yield each code and direction with its shipped action."""
    for code, declared in entry.cls.codes.items():
        for direction in filter(partial(entry.finds, code), entry.directions):
            action = declared.action if isinstance(declared.action, str) else declared.action.get(direction, "log")
            yield code, direction, entry.failure[direction].do if action == ON_ERROR else action
