"""Choice of the template, and permitted settings."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from filters.disclaimer.choice import Facts, first_match
from filters.disclaimer.settings import DisclaimerSettings, Rule
from filters.registry import FILTERS
from gateway.contract import Recipient
from gateway.settings.yaml.problems import ConfigurationError
from tests.support.builders.disclaimers import disclaimer, entity, mail, message, settings
from tests.support.builders.judgement import FakeClock
from tests.support.builders.judgement import settings as configured

FACTS = Facts("Ann@Example.co.uk", frozenset({"fin"}), frozenset({"personal"}), date(2026, 3, 2))
TO = Recipient("bob@Partner.DE", "outbound")


def rule(**keys: Any) -> Rule:
    return Rule(text="words", **keys)


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"senders": ("ann@*",)},
        {"senders": ("eve@x.example", "ANN@example.co.uk")},
        {"domains": ("example.co.uk",)},
        {"domains": (".co.uk",)},
        {"groups": ("hr", "fin")},
        {"directions": ("outbound",)},
        {"recipient_countries": ("de",)},
        {"recipient_countries": (".de", "partner.de")},
        {"labels": ("Personal",)},
        {"valid_from": date(2026, 3, 2), "valid_until": date(2026, 3, 2)},
    ],
)
def test_what_matches(keys: dict[str, Any]) -> None:
    """The values of a key are ORed, addresses compared without regard to case."""
    assert first_match([rule(**keys)], FACTS, TO) == 0


@pytest.mark.parametrize(
    "keys",
    [
        {"senders": ("bob@*",)},
        {"domains": (".example.co.uk",)},
        {"domains": ("co.uk",)},
        {"groups": ("hr",)},
        {"directions": ("internal", "inbound")},
        {"recipient_countries": ("e", "artner.de")},
        {"valid_from": date(2026, 3, 3)},
        {"valid_until": date(2026, 3, 1)},
        {"groups": ("hr",), "labels": ("personal",)},
    ],
)
def test_what_does_not(keys: dict[str, Any]) -> None:
    """The keys of a rule are ANDed."""
    assert first_match([rule(**keys)], FACTS, TO) is None


@pytest.mark.parametrize("keys", [{"senders": ("*@fa\u00df.example",)}, {"domains": ("fa\u00df.example",)}])
@pytest.mark.parametrize(
    ("sender", "place"), [("ann@Fa\u00df.example", 0), ("ann@xn--fa-hia.example", 0), ("ann@fass.example", None)]
)
def test_a_domain_is_one_however_it_is_written(keys: dict[str, Any], sender: str, place: int | None) -> None:
    """Unicode and ASCII forms are the same domain; a domain that old programs took for the same is another."""
    facts = Facts(sender, FACTS.groups, FACTS.labels, FACTS.today)
    assert first_match([rule(**keys)], facts, TO) == place


def test_a_label_that_the_message_has_not() -> None:
    """Matches nothing."""
    unlabelled = Facts(FACTS.sender, FACTS.groups, frozenset(), FACTS.today)
    assert first_match([rule(labels=("personal",))], unlabelled, TO) is None


def test_the_first_one_wins() -> None:
    """The rules are tried in the list's order."""
    assert first_match([rule(groups=("hr",)), rule(groups=("fin",)), rule()], FACTS, TO) == 1


@pytest.mark.parametrize(("hour", "chosen"), [(22, "standard"), (23, "rule 1")])
async def test_the_day_is_the_organisations(hour: int, chosen: str) -> None:
    """It begins at midnight in its time zone: in London's summer an hour before UTC's."""
    clock = FakeClock(at=datetime(2026, 6, 30, hour, 30, tzinfo=UTC))
    filter_ = disclaimer(clock, rules=[{"valid_from": date(2026, 7, 1), "text": "words"}])
    (finding,) = await filter_.check(mail(message(entity("text/plain", "Hello\r\n"))))
    assert finding.evidence[0].quote == chosen


@pytest.mark.parametrize(
    ("sent_by", "from_", "chosen"),
    [
        ("bounces+1@example.co.uk", "Ann <ann@example.co.uk>", "rule 1"),
        ("ann@example.co.uk", "Eve <eve@outside.example>", "rule 1"),
        ("ann@example.co.uk", "ann@example.co.uk, bob@example.co.uk", "rule 1"),
        ("eve@example.co.uk", "Eve <eve@example.co.uk>", "standard"),
    ],
)
async def test_who_is_the_sender(sent_by: str, from_: str, chosen: str) -> None:
    """The address of ours that people see, else the reverse-path."""
    raw = f"From: {from_}\r\nTo: b@x.example\r\n\r\nHello\r\n".encode()
    found = await disclaimer(rules=[{"groups": ["fin"], "text": "words"}]).check(mail(raw, sender=sent_by))
    assert found[0].evidence[0].quote == chosen


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"rules": [{"text": "x", "valid_from": date(2026, 2, 1), "valid_until": date(2026, 1, 1)}]}, "is before"),
        ({"rules": [{"groups": ["a"]}]}, "Field required"),
        ({"rules": [{"text": "{{ x }}"}]}, "'x' is undefined"),
        ({"rules": [{"text": "x", "html": "{{ x }}"}]}, "'x' is undefined"),
        ({"rules": [{"text": "x", "country": ["de"]}]}, "Extra inputs"),
        ({"html": "{{ sender.fax }}"}, "'sender.fax' is undefined"),
        ({"rules": [{"text": "x", "labels": ["persnal"]}]}, "nothing is labelled 'persnal'; known are personal"),
        ({"place": "bottom"}, "'above_quote'"),
        ({"fallback": "drop"}, "'skip', 'wrap' or 'reject'"),
        ({"once_per_thread": "yes"}, "'new_text', 'thread' or 'never'"),
    ],
)
def test_settings_that_are_refused(values: dict[str, Any], sentence: str) -> None:
    """Each mistake has its sentence."""
    with pytest.raises(ValidationError) as refused:
        settings(**values)
    assert sentence in str(refused.value)


# --- from YAML -------------------------------------------------------------------------------------------------------


def test_files_named_by_rules(tmp_path: Path) -> None:
    """Are read beside the file that names them; the templates that are named nowhere are the shipped ones."""
    (tmp_path / "german.txt").write_text("Grüße von {{ organisation.name }}", "utf-8")
    yaml = "- disclaimer:\n    rules:\n      - {recipient_countries: [de], valid_from: 2026-12-20, text: german.txt}\n"
    read = configured(tmp_path, yaml, FILTERS).filters[0].settings
    assert isinstance(read, DisclaimerSettings)
    assert read.rules[0].text == "Grüße von {{ organisation.name }}"
    assert (read.rules[0].html, read.rules[0].valid_from) == (None, date(2026, 12, 20))
    assert "monitored" in read.text


def test_mistakes_in_files_named_by_rules(tmp_path: Path) -> None:
    """Are told where the file is named."""
    (tmp_path / "bad.txt").write_text("{{ sender.fax }}")
    yaml = "- disclaimer:\n    rules:\n      - {text: missing.txt}\n      - {text: bad.txt}\n"
    with pytest.raises(ConfigurationError) as refused:
        configured(tmp_path, yaml, FILTERS)
    assert "rules[0].text: no such file: " in str(refused.value)
    yaml = "- disclaimer:\n    rules:\n      - {text: bad.txt}\n"
    with pytest.raises(ConfigurationError) as refused:
        configured(tmp_path, yaml, FILTERS)
    assert "filters[0].disclaimer.rules[0].text: " in str(refused.value)
    assert "'sender.fax' is undefined" in str(refused.value)


@pytest.mark.parametrize("day", ["tomorrow", "2026-13-01", "2026-12-20 10:00"])
def test_days_that_are_none(day: str, tmp_path: Path) -> None:
    """Are told with their place and an example."""
    (tmp_path / "a.txt").write_text("words")
    yaml = f"- disclaimer:\n    rules:\n      - {{valid_from: {day}, text: a.txt}}\n"
    with pytest.raises(ConfigurationError) as refused:
        configured(tmp_path, yaml, FILTERS)
    assert "rules[0].valid_from: a date is expected, such as 2026-12-20, not the text " in str(refused.value)


def test_groups_in_rules_exist(tmp_path: Path) -> None:
    """A mistyped one would match nobody, in silence."""
    (tmp_path / "a.txt").write_text("words")
    yaml = "- disclaimer:\n    rules:\n      - {groups: [staf], text: a.txt}\n"
    with pytest.raises(ConfigurationError) as refused:
        configured(tmp_path, yaml, FILTERS)
    assert "rules[0].groups[0]: the directory has no such group (did you mean staff?)" in str(refused.value)
