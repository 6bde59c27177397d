"""The settings of the webhook: URL and secret."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from gateway.settings.alerts import SECRET_CHARACTERS, AlertSettings
from gateway.settings.yaml.file_search import FileSearch

SECRET = "s" * SECRET_CHARACTERS


def settings(folder: Path, url: str = "https://alerts.example.com/x?y=1") -> AlertSettings:
    value: dict[str, Any] = {"url": url, "secret_file": "alerts.secret"}
    return TypeAdapter(AlertSettings).validate_python(value, context=FileSearch(folder).beside(folder, ""))


def written(folder: Path, text: str, mode: int = 0o600) -> None:
    (folder / "alerts.secret").write_text(text)
    (folder / "alerts.secret").chmod(mode)


@pytest.mark.parametrize("text", [SECRET, f"{SECRET}\n", f" {SECRET} \nanother line\n"])
def test_the_first_line_is_the_secret(tmp_path: Path, text: str) -> None:
    written(tmp_path, text)
    secret = settings(tmp_path).secret_file
    assert secret.octets == SECRET.encode()
    assert SECRET not in repr(secret)


@pytest.mark.parametrize(
    ("text", "mode", "said"),
    [
        (SECRET[1:], 0o600, "shorter than 32 characters: `openssl rand -hex 32` prints one"),
        ("", 0o600, "shorter than 32 characters"),
        (SECRET, 0o640, "is open to others (mode 0640): chmod 600"),
    ],
)
def test_a_bad_secret_is_refused(tmp_path: Path, text: str, mode: int, said: str) -> None:
    written(tmp_path, text, mode)
    with pytest.raises(ValidationError) as caught:
        settings(tmp_path)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        *("ftp://a.example/", "alerts.example.com", "https://", "https://user:word@a.example/", "https://a.example/#x"),
        *("https://a.example/x y", "https://a.example:0/", "https://a.example:99999/", "http://ä.example/"),
        "https://a.example/\nHost: b",
    ],
)
def test_a_bad_url_is_refused(tmp_path: Path, url: str) -> None:
    written(tmp_path, SECRET)
    with pytest.raises(ValidationError, match="URL"):
        settings(tmp_path, url)
