"""The webhook for alerts: its URL, and the file of the secret that signs each POST. This module connects to nothing."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, PlainValidator, ValidationInfo

from gateway.settings.files import named_file
from gateway.settings.yaml.problems import shown, shown_file
from gateway.settings.yaml.values import Words
from gateway.settings.yaml.yaml_model import YamlModel

#: The fewest characters of the secret: those of 128 bits in hexadecimal digits.
SECRET_CHARACTERS = 32
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class AlertSecret:
    """The secret, and the file that it was read from."""

    path: Path
    octets: bytes = field(repr=False)


def alert_secret(value: Any, info: ValidationInfo) -> AlertSecret:
    """Read the first line of a file that only its owner may read. Raises ValueError."""
    if isinstance(value, AlertSecret):
        return value
    path = named_file(value, info)
    mode = stat.S_IMODE(os.stat(path).st_mode)
    if mode & _OTHERS:
        raise ValueError(f"{shown_file(path)} is open to others (mode {mode:04o}): chmod 600 {path}")
    first, *_ = path.read_bytes().splitlines() or [b""]
    secret = first.strip()
    if len(secret) < SECRET_CHARACTERS:
        raise ValueError(
            f"{shown_file(path)}: the secret is shorter than {SECRET_CHARACTERS} characters: `openssl rand -hex 32` "
            "prints one"
        )
    return AlertSecret(path, secret)


def alert_url(value: str) -> str:
    """Return a URL of https or http without a login or a fragment. Raises ValueError."""
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"{shown(value)} is no URL: {error}") from error
    if parts.scheme not in ("https", "http") or not parts.hostname or not value.isascii() or not value.isprintable():
        raise ValueError(f"a URL is expected such as https://alerts.example.co.uk/mailwarden, not {shown(value)}")
    if "@" in parts.netloc or parts.fragment or " " in value or port == 0:
        raise ValueError(f"a URL without login, blank and fragment is expected, not {shown(value)}")
    return value


class AlertSettings(YamlModel):
    """The webhook for alerts (see docs/monitoring.md): one POST of JSON for each trouble and held payment change."""

    url: Annotated[str, AfterValidator(alert_url), Words("a URL")] = Field(description="The URL of the POST.")
    secret_file: Annotated[AlertSecret, PlainValidator(alert_secret), Words("a file, mode 0600")] = Field(
        description="Its first line is the secret that signs each POST (HMAC-SHA256); `openssl rand -hex 32` prints "
        "one."
    )
