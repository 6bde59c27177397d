"""Checks of what follows a finding: no final action on what a language model says, and whom a notice reaches.

What an administrator reads about it is in tests/badconfig/final-by-model and tests/badconfig/notify-nobody.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest

from filters.registry import FILTERS
from gateway.contract import DIRECTIONS, Filter, ReadsByModel, Suspects
from gateway.settings.chain.consequences import never_told, notified, told
from gateway.settings.yaml.problems import ConfigurationError
from tests.support.builders.judgement import Probe, settings


class Reading(Probe):
    by_model: ClassVar[frozenset[str]] = frozenset({"probe.log"})


class Suspecting(Probe):
    suspected: ClassVar[frozenset[str]] = frozenset({"probe.hold"})


class Telling(Probe):
    reminders: ClassVar[Mapping[str, str]] = {"probe.log": "quiet"}
    notices: ClassVar[Mapping[str, str]] = {"probe.tag": "held"}


def test_each_filter_that_asks_the_model_says_for_which_codes() -> None:
    """And they are codes of its own."""
    for cls in FILTERS.values():
        asks = "language_model" in inspect.signature(cls).parameters
        assert isinstance(cls, ReadsByModel) == asks, cls
        assert not isinstance(cls, ReadsByModel) or set(cls.by_model) <= set(cls.codes)
        assert not isinstance(cls, Suspects) or set(cls.suspected) <= set(cls.by_model)


@pytest.mark.parametrize("do", ["reject", "discard"])
@pytest.mark.parametrize("keys", ["action: {}", "actions: {{probe.log: {}}}", "action: {{outbound: {}}}"])
def test_a_final_action_is_a_mistake(tmp_path: Path, keys: str, do: str) -> None:
    """Wherever it is written; in monitor too."""
    with pytest.raises(ConfigurationError, match=f"may bring about probe.log, and {do} leaves nothing"):
        settings(tmp_path, f"- probe: {{mode: monitor, {keys.format(do)}}}", {"probe": Reading})


@pytest.mark.parametrize(
    "keys", ["action: quarantine", "actions: {probe.tag: reject}", "action: reject, actions: {probe.log: quarantine}"]
)
def test_other_actions_and_other_codes_are_fine(tmp_path: Path, keys: str) -> None:
    assert settings(tmp_path, f"- probe: {{{keys}}}", {"probe": Reading}).filters


@pytest.mark.parametrize(
    ("cls", "code", "do", "people"),
    [
        (Probe, "probe.log", "quarantine", ("recipient reviewers", "manager reviewers sender", "all")),
        (Telling, "probe.log", "quarantine", ("recipient reviewers", "manager reviewers sender", "all")),
        (Telling, "probe.tag", "quarantine", ("recipient reviewers", "reviewers sender", "recipient reviewers sender")),
        (Suspecting, "probe.hold", "log", ("", "", "")),
        (Telling, "probe.log", "log", ("", "manager sender", "manager sender")),
        (Telling, "probe.tag", "tag", ("", "", "")),
        (Probe, "probe.log", "amend", ("", "manager", "manager")),
        (Telling, "probe.log", "reject", ("", "", "")),
        (Telling, "probe.log", "discard", ("", "", "")),
    ],
)
def test_whom_a_notice_reaches(cls: type[Filter], code: str, do: Any, people: tuple[str, ...]) -> None:
    """By direction: inbound, outbound, internal."""
    for direction, expected in zip(DIRECTIONS, people, strict=True):
        everybody = "manager recipient reviewers sender"
        assert sorted(told(cls, code, direction, do)) == (everybody if expected == "all" else expected).split()


@pytest.mark.parametrize(
    ("keys", "code", "people"),
    [
        ("action: quarantine", "probe.log", ("recipient", "sender", "sender")),
        ("action: quarantine", "probe.tag", ("recipient", "sender", "recipient")),
        (
            "action: {do: quarantine, notify: [manager, reviewers]}",
            "probe.log",
            ("reviewers", "reviewers manager", "reviewers manager"),
        ),
        ("action: quarantine, notify: []", "probe.log", ("", "", "")),
        ("action: log", "probe.log", ("", "", "")),
        ("notify: [sender]", "probe.log", ("", "sender", "sender")),
        (
            "actions: {probe.log: {do: log, notify: [manager], release: sender}}",
            "probe.log",
            ("", "manager", "manager"),
        ),
        (
            "actions: {probe.log: {do: quarantine, notify: [], release: sender}}",
            "probe.log",
            ("", "sender", "sender"),
        ),
    ],
)
def test_who_gets_a_notice(tmp_path: Path, keys: str, code: str, people: tuple[str, ...]) -> None:
    """By direction. A filter's own notice about held internal mail is a warning to its recipient.

    The sender is asked about held mail alone.
    """
    more = "control_address: mailwarden@gw.example.co.uk\n"
    (entry,) = settings(tmp_path, f"- probe: {{{keys}}}", {"probe": Telling}, more=more).filters
    for direction, expected in zip(DIRECTIONS, people, strict=True):
        assert " ".join(notified(Telling, code, direction, entry.action_for(code, direction))) == expected


@pytest.mark.parametrize(
    ("keys", "missed"),
    [
        ("{do: tag, notify: [reviewers]}", "reviewers here: `tag` can tell nobody, `quarantine` recipient, rev"),
        ("{do: log, notify: [sender]}", "sender here: `log` can tell nobody"),
        ("{outbound: {do: quarantine, notify: [recipient]}}", "recipient here: `quarantine` can tell reviewers and"),
    ],
)
def test_a_notice_that_reaches_nobody_is_a_mistake(tmp_path: Path, keys: str, missed: str) -> None:
    with pytest.raises(ConfigurationError, match=f"no notice goes to {missed}"):
        settings(tmp_path, f"- probe: {{actions: {{probe.tag: {keys}}}}}", {"probe": Telling})


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("directions: [outbound], action: log, notify: [recipient]", "recipient, and no action of this filter can"),
        ("action: log, notify: [sender]", ""),
        ("action: log, notify: [reviewers], on_error: quarantine", ""),
        ("action: quarantine, notify: [reviewers, recipient]", ""),
    ],
)
def test_the_notify_of_an_entry_is_for_those_whom_one_action_reaches(tmp_path: Path, keys: str, said: str) -> None:
    (entry,) = settings(tmp_path, f"- probe: {{{keys}}}", {"probe": Telling}).filters
    assert never_told(entry).startswith(f"`notify` names {said}" if said else "")
    assert bool(never_told(entry)) == bool(said)
