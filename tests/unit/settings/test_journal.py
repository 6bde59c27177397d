"""The journal's settings: its key file, and the sentence for each mistake in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gateway import app
from gateway.settings.journal import keys_in
from gateway.settings.models import Settings
from gateway.settings.yaml.problems import ConfigurationError

ONE, TWO = "01" * 32, "AB" * 32

Load = Callable[..., Settings]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def read(journal: str) -> Settings:
        (tmp_path / "gateway.yaml").write_text(
            "organisation: {name: Example Ltd, domains: [example.com]}\n"
            'listeners: [{name: in, address: "127.0.0.1:2525", direction: inbound, next_hop: "maildir:m"}]\n'
            f"filters: [attachments: {{block: [executables]}}]\njournal: {journal}\n"
        )
        return app.read_settings(tmp_path / "gateway.yaml")

    return read


def test_keys_are_read_in_their_order() -> None:
    """Blank lines and comments are left out."""
    octets = f"# of 2026\n{ONE}\n\n  {TWO}\r\n".encode()
    assert keys_in(octets) == (bytes([1]) * 32, bytes([0xAB]) * 32)


@pytest.mark.parametrize(
    ("octets", "sentence"),
    [
        ("", "there is no key in it"),
        ("# nothing\n", "there is no key in it"),
        (f"{ONE}\n{TWO[1:]}\n", "line 2 is no key: 64 hexadecimal digits"),
        (f"{ONE}x\n", "line 1 is no key"),
        ("\u00e9" * 64, "line 1 is no key"),
        (f"{TWO}\n{TWO.lower()}\n", "a key stands in it twice"),
    ],
)
def test_a_mistake_in_the_file_is_said_without_a_key(octets: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence) as raised:
        keys_in(octets.encode())
    assert ONE[:8] not in str(raised.value)
    assert TWO[:8] not in str(raised.value)


def test_the_settings(load: Load, tmp_path: Path) -> None:
    """The file is relative to the YAML; its keys aren't shown."""
    key = tmp_path / "journal.key"
    key.write_text(ONE)
    key.chmod(0o600)
    journal = load("{days: 7, max_bytes: 1 GiB, key_file: journal.key}").journal
    assert journal
    assert (journal.days, journal.max_bytes, journal.key_file.path) == (7, 2**30, key)
    assert journal.key_file.keys == (bytes([1]) * 32,)
    assert "\\x01" not in repr(journal)


@pytest.mark.parametrize(
    ("journal", "mode", "sentence"),
    [
        ("{days: 7, key_file: other.key}", 0o600, "no such file: .*other.key. If there was one, restore it: .*keygen"),
        ("{days: 7, key_file: journal.key}", 0o640, r"open to others \(mode 0640\): chmod 600"),
        ("{days: 7, key_file: .}", 0o600, "not a file"),
        ("{days: 7}", 0o600, "journal.key_file: .*missing"),
        ("{key_file: journal.key}", 0o600, "journal.days: .*missing"),
        ("{days: 0, key_file: journal.key}", 0o600, "journal.days"),
        ("{days: 7, key_file: bad.key}", 0o600, "bad.key: line 1 is no key"),
        ("true", 0o600, "keys and values are expected"),
    ],
)
def test_a_mistake(load: Load, tmp_path: Path, journal: str, mode: int, sentence: str) -> None:
    for name, text in (("journal.key", ONE), ("bad.key", "geheim")):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(mode)
    with pytest.raises(ConfigurationError, match=sentence):
        load(journal)
