"""Rules about senders as they stand in the configuration: what they may say, wherever they stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from filters.registry import FILTERS
from gateway.settings.loading import load
from gateway.settings.senders import KEY, SenderRule, blocked, file_of
from gateway.settings.yaml.document import read_document
from gateway.settings.yaml.problems import ConfigurationError
from tests.support.servers.gateway import Gateway

MORE = "sender_rules_file: rules.yaml\n"


def written(folder: Path, rules: str) -> Path:
    (folder / "rules.yaml").write_text(rules)
    return Gateway(folder, more=MORE).config


@pytest.mark.parametrize(
    "text",
    [
        "off",
        "0o17",
        "1e3",
        "2026-01-01",
        "a: b",
        "# x",
        "- x",
        "'\"\\",
        "\N{GREEK SMALL LETTER ALPHA}",
        "null",
        "{}",
        "*a",
        "x" * 500,
    ],
)
def test_every_text_comes_back_as_it_was(tmp_path: Path, text: str) -> None:
    """Whatever YAML would take it for."""
    rules = (SenderRule(block="@x.example", by=text, reason=text), SenderRule(allow="a@x.example", codes=(text,)))
    (tmp_path / "rules.yaml").write_text(file_of(rules))
    found = read_document(tmp_path / "rules.yaml").data[KEY]
    assert found == [
        {"block": "@x.example", "by": text, "reason": text},
        {"allow": "a@x.example", "codes": [text]},
    ]


def test_without_the_file_there_are_no_rules(tmp_path: Path) -> None:
    """It is made with the first rule."""
    assert load(Gateway(tmp_path, more=MORE).config, FILTERS).senders == ()
    assert load(written(tmp_path, file_of(())), FILTERS).senders == ()


@pytest.mark.parametrize(
    ("rules", "sentence"),
    [
        ("senders: [{block: a@x.example, allow: b@x.example}]", "a rule has either `block` or `allow`"),
        ("senders: [{by: alice}]", "a rule has either `block` or `allow`"),
        ("senders: [{allow: a@x.example}]", "`codes` belongs to `allow`"),
        ("senders: [{block: a@x.example, codes: [attachment.macro]}]", "`codes` belongs to `allow`"),
        ('senders: [{allow: "@x.example", codes: [attachment.macro]}]', "an e-mail address is expected"),
        ("senders: [{block: x.example}]", "an e-mail address is expected"),
        ("senders: [{block: boss@example.co.uk}]", "boss@example.co.uk is ours: rules are about senders outside"),
        ('senders: [{block: "@EXAMPLE.com"}]', "is ours"),
        ("senders: [{allow: a@x.example, codes: [virus.found]}]", "virus.found is never waived for a sender"),
        ('senders: [{allow: a@x.example, codes: ["*]}]', "not YAML"),
        ('senders: [{allow: a@x.example, codes: ["attachment.*"]}]', "attachment.* is never waived for a sender"),
        ("senders: [{blok: a@x.example}]", "did you mean block?"),
        ("senders: []\nlisteners: []", "senders is expected here, and nothing else"),
        ("senders: []\ninclude: [other.yaml]", "senders is expected here, and nothing else"),
        ("", "senders is expected here, and nothing else"),
    ],
)
def test_other_rules_are_mistakes(tmp_path: Path, rules: str, sentence: str) -> None:
    """Told with the file, as every mistake; the running configuration stays then."""
    with pytest.raises(ConfigurationError) as told:
        load(written(tmp_path, rules), FILTERS)
    assert sentence in str(told.value)
    assert "rules.yaml:" in str(told.value)


def test_rules_may_stand_elsewhere(tmp_path: Path) -> None:
    """An administrator may write some; then the gateway's own file has none beside them."""
    config = Gateway(tmp_path, more=MORE + "senders: [{block: Eve@Outside.EXAMPLE}]\n").config
    assert blocked(load(config, FILTERS).senders) == {"eve@outside.example"}
    (tmp_path / "rules.yaml").write_text(file_of(()))
    with pytest.raises(ConfigurationError, match=r"stands in .*gateway\.yaml:.* already"):
        load(config, FILTERS)


def test_rules_that_can_not_be_read_are_not_forgotten(tmp_path: Path) -> None:
    """No rule would count, and a blocked sender's mail would pass."""
    config = Gateway(tmp_path, more="sender_rules_file: gateway.yaml/rules.yaml\n").config
    with pytest.raises(ConfigurationError, match="sender_rules_file: can't be read: Not a directory"):
        load(config, FILTERS)


def test_the_folder_of_the_rules_must_be_there(tmp_path: Path) -> None:
    """Else the first reviewer would find out; the gateway makes `data_dir` alone."""
    config = Gateway(tmp_path, more="sender_rules_file: no/such/rules.yaml\n").config
    with pytest.raises(ConfigurationError, match=r"sender_rules_file: no such folder: .*/no/such; make it, so that"):
        load(config, FILTERS)
    (tmp_path / "no" / "such").mkdir(parents=True)
    assert load(config, FILTERS).senders == ()
    in_data_dir = Gateway(tmp_path / "b", more="sender_rules_file: var/rules.yaml\n").config
    assert not load(in_data_dir, FILTERS).data_dir.exists()
