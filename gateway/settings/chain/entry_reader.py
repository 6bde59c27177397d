"""The list `filters:`, read into the entries of the chain: the keys of every filter, and each one's own settings.

The registry of filters is a parameter; this module knows no filter by name.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.contract import Filter
from gateway.contract import Settings as FilterSettings
from gateway.settings.chain.actions import ActionResolver
from gateway.settings.chain.checks import (
    check_codes,
    check_edits,
    check_groups,
    check_names,
    check_notify,
    check_release,
    check_replies,
    check_trust,
)
from gateway.settings.chain.consequences import check_by_model, check_told
from gateway.settings.chain.entries import Exemption, FilterEntry
from gateway.settings.chain.named_files import with_named_files
from gateway.settings.chain.rules import EntryKeys
from gateway.settings.yaml.problems import Location, nearest
from gateway.settings.yaml.sentences import listed
from gateway.settings.yaml.values import duration_days, duration_seconds, size_bytes
from gateway.settings.yaml.yaml_reading import Reading

#: The units at the end of limits' names: `max_stream_bytes`, `timeout_seconds`.
UNITS = {"bytes": size_bytes, "seconds": duration_seconds, "days": duration_days}


def build_chain(
    reading: Reading, filters: Mapping[str, type[Filter]], groups: Collection[str] | None, approvers: int | None = 0
) -> tuple[FilterEntry, ...]:
    """Return the entries in the list's order, without those that have problems.

    `groups` None: the directory isn't known; `approvers` None: the reviewers aren't known either.
    """
    items = reading.data.get("filters")
    if items is None:
        return ()
    if not isinstance(items, list):
        reading.complain(("filters",), "a list of filters is expected: each begins with - on a line of its own")
        return ()
    check_names(reading)
    entries = [
        _entry(reading, filters, groups, approvers, item, ("filters", index)) for index, item in enumerate(items)
    ]
    return tuple(entry for entry in entries if entry)


def _entry(
    reading: Reading,
    filters: Mapping[str, type[Filter]],
    groups: Collection[str] | None,
    approvers: int | None,
    item: Any,
    at: Location,
) -> FilterEntry | None:
    kind, body = _kind_and_body(item)
    if kind is None:
        reading.complain(at, "one filter is expected: its name, and its settings indented below it")
        return None
    at = (*at, kind) if isinstance(item, dict) else at
    if kind not in filters:
        suggestion = nearest(kind, filters)
        reading.complain(at, f"unknown filter{listed(filters)}", suggestion, key=True)
        return None
    if not isinstance(body, dict):
        reading.complain(at, "the settings of the filter are expected: keys and values")
        return None
    check_codes(reading, kind, filters[kind].codes, body, at)
    check_notify(reading, body, at)
    check_replies(reading, filters[kind], body, at)
    if groups is not None:
        check_groups(reading, groups, body, at)
    if approvers is not None:
        check_release(reading, approvers, body, at)
    return _EntryReader(reading, kind, filters[kind], body, at, approvers or 0).entry()


def _kind_and_body(item: Any) -> tuple[str | None, Any]:
    """Read `- virus` or `- virus: {…}`; the kind is None for anything else."""
    if isinstance(item, str):
        return item, {}
    if isinstance(item, dict) and len(item) == 1:
        ((kind, body),) = item.items()
        return kind, {} if body is None else body
    return None, None


@dataclass(frozen=True, slots=True)
class _EntryReader:
    """Reader of one entry, which stands at `at`."""

    reading: Reading
    kind: str
    cls: type[Filter]
    body: dict[str, Any]
    at: Location
    approvers: int

    def entry(self) -> FilterEntry | None:
        """Return the entry; None when something is wrong with its keys."""
        self._check_keys()
        settings = self._settings()
        keys = self._keys()
        if not keys or not settings:
            return None
        entry = self._built(keys, settings)
        check_edits(self.reading, entry, self.at)
        check_trust(self.reading, entry, self.at)
        check_by_model(self.reading, entry, self.at)
        check_told(self.reading, entry, self.at)
        return entry

    def _check_keys(self) -> None:
        known = (*self.cls.Settings.model_fields, *EntryKeys.model_fields)
        for key in self.body:
            if key == "clause":
                sentence = "unknown key: every finding has its own clause; `clauses` (policy.yaml) gives it other words"
                self.reading.complain((*self.at, key), sentence, key=True)
            elif key not in known:
                self.reading.complain((*self.at, key), "unknown key", nearest(key, known), key=True)

    def _settings(self) -> FilterSettings | None:
        own = {key: value for key, value in self.body.items() if key in self.cls.Settings.model_fields}
        counted, wrong = self._with_units(own)
        data, unread = with_named_files(self.reading, self.cls.Settings, counted, self.at)
        settings: FilterSettings | None = self.reading.validate(self.cls.Settings, data, self.at, wrong | unread)
        return settings

    def _with_units(self, own: dict[str, Any]) -> tuple[dict[str, Any], frozenset[str]]:
        """Return the settings, `50 MiB` and `5m` as numbers where a key's name ends in a unit, and the wrong keys."""
        counted, wrong = dict(own), set()
        for key, value in own.items():
            convert = UNITS.get(key.rpartition("_")[2])
            try:
                counted[key] = convert(value) if convert else value
            except ValueError as error:
                self.reading.complain((*self.at, key), str(error))
                wrong.add(key)
        return counted, frozenset(wrong)

    def _keys(self) -> EntryKeys | None:
        general = {key: value for key, value in self.body.items() if key in EntryKeys.model_fields}
        keys: EntryKeys | None = self.reading.validate(EntryKeys, general, self.at)
        return keys

    def _built(self, keys: EntryKeys, settings: FilterSettings) -> FilterEntry:
        mark = self.reading.key_mark(self.at)
        resolver = ActionResolver(self.reading, self.cls, keys, self.at, self.approvers)
        return FilterEntry(
            name=keys.name or self.kind,
            kind=self.kind,
            cls=self.cls,
            mode=keys.mode or self.cls.shipped_mode,
            directions=keys.directions or self.cls.shipped_directions,
            settings=settings,
            on_error=keys.on_error,
            actions=resolver.actions(),
            failure=resolver.failure(),
            exempt=tuple(self._exemption(keys, index) for index in range(len(keys.exempt))),
            file=mark.file,
            line=mark.line,
            shown=mark.at_line,
        )

    def _exemption(self, keys: EntryKeys, index: int) -> Exemption:
        exemption = keys.exempt[index]
        return Exemption(
            codes=exemption.codes,
            senders=exemption.senders,
            recipients=exemption.recipients,
            groups=exemption.groups,
            networks=exemption.networks,
            where=self.reading.mark((*self.at, "exempt", index)).at_line,
        )
