"""Sizes, durations, domains and addresses: what is taken, and the sentence for what isn't."""

from __future__ import annotations

import ipaddress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from gateway.settings import network
from gateway.settings.yaml import values
from gateway.settings.yaml.values import address_in


def judged(annotation: Any, value: object, folder: Path | None = None) -> Any:
    return TypeAdapter(annotation).validate_python(value, strict=True, context=folder)


def refused(annotation: Any, value: object, folder: Path | None = None) -> str:
    with pytest.raises(ValidationError) as caught:
        judged(annotation, value, folder)
    return str(caught.value.errors()[0]["msg"])


@pytest.mark.parametrize(
    ("written", "octets"),
    [(1, 1), (1000, 1000), ("50 MiB", 50 * 2**20), ("50MiB", 50 * 2**20), ("1.5 GiB", 3 * 2**29), ("2 MB", 2_000_000),
     ("7 B", 7), ("1 TiB", 2**40)],
)  # fmt: skip
def test_a_size_is_octets_or_a_number_with_a_unit(written: object, octets: int) -> None:
    """Units of 1024 and of 1000 are told apart."""
    assert judged(values.Bytes, written) == octets


@pytest.mark.parametrize("written", [0, -1, "50", "50 M", "MiB", "-1 MiB", "50  MiB", "0 B", True, 1.5, None])
def test_other_sizes_are_refused(written: object) -> None:
    """No unit, an unknown one, nothing at all, or a switch."""
    assert refused(values.Bytes, written)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [(1, 1), (0.5, 0.5), ("30s", 30), ("5m", 300), ("4h", 14400), ("30d", 2592000), ("1.5 h", 5400), ("250ms", 0.25)],
)
def test_a_duration_is_seconds_or_a_number_with_a_unit(written: object, seconds: float) -> None:
    """Keys in seconds and durations are written alike."""
    assert judged(values.Seconds, written) == seconds
    assert judged(values.Duration, written) == timedelta(seconds=seconds)


@pytest.mark.parametrize("written", [0, -1, "4", "4 hours", "", True, float("nan"), float("inf"), None, []])
def test_other_durations_are_refused(written: object) -> None:
    """Zero, below zero, without end, or no number."""
    assert refused(values.Seconds, written)
    assert refused(values.Duration, written)


def test_days_are_whole() -> None:
    """`36h` isn't a number of days."""
    assert judged(values.Days, 30) == judged(values.Days, "30d") == 30
    assert judged(values.Days, "48h") == 2
    assert "whole days" in refused(values.Days, "36h")
    assert refused(values.Days, 0)


@pytest.mark.parametrize(
    ("written", "kept"),
    [("Example.COM", "example.com"), (".example.com", ".example.com"), ("bücher.example", "xn--bcher-kva.example"),
     ("fa\u00df.example", "xn--fa-hia.example"),
     ("x_y.example", "x_y.example"), ("localhost", "localhost")],
)  # fmt: skip
def test_a_domain_is_kept_in_lower_case_ascii(written: str, kept: str) -> None:
    """Internationalised names become their ASCII form."""
    assert judged(values.DomainPattern, written) == kept


@pytest.mark.parametrize(
    "written",
    [
        "",
        ".",
        "a b",
        "a..b",
        "-a.example",
        "a" * 64 + ".example",
        "a." * 130 + "b",
        "a\n",
        "\u2603.example",
        "example.com.",
    ],
)
def test_what_is_no_domain_is_refused(written: str) -> None:
    """Blanks, empty labels, labels and names that are too long."""
    assert "is not a domain" in refused(values.DomainPattern, written)


def test_a_domain_of_63_and_of_253_characters_is_taken() -> None:
    """The limits of RFC 1035."""
    assert judged(values.Domain, "a" * 63 + ".example")
    assert judged(values.Domain, "a." * 126 + "b")
    assert refused(values.Domain, "a." * 126 + "bc")


def test_subdomains_are_no_single_domain() -> None:
    """Routes and hosts are exact."""
    assert "not subdomains" in refused(values.Domain, ".example.com")


@pytest.mark.parametrize(
    "written", ["it", "@example.com", "it@", "a b@example.com", "<it@example.com>", "a\r@example.com"]
)
def test_what_is_no_address_is_refused(written: str) -> None:
    """An address is what stands in an envelope."""
    assert refused(values.MailAddress, written)


def test_text_is_one_line_without_control_characters() -> None:
    """Line ends are blanks: folded YAML text can stand in a header. Escapes for terminals can't."""
    assert judged(values.Line, " 1 High Street,\n Exampleton\n") == "1 High Street, Exampleton"
    assert "control characters" in refused(values.Line, "a\x1b[31m")


@pytest.mark.parametrize("written", ["", "a b", "-a", "a" * 65, "a/b"])
def test_what_is_no_name_is_refused(written: str) -> None:
    """Names stand in the log and in file names."""
    assert refused(values.Name, written)
    assert judged(values.Name, "a" * 64)


@pytest.mark.parametrize("written", ["Europe/Londn", "../etc/passwd", "/etc/passwd", "Europe", ""])
def test_an_unknown_time_zone_is_refused(written: str) -> None:
    """Paths and folders are no time zones."""
    assert "unknown time zone" in refused(values.TimeZone, written)


def test_holidays_are_a_country_or_a_part_of_one() -> None:
    """The library of holidays names them."""
    assert judged(values.Holidays, "GB-ENG") == "GB-ENG"
    assert refused(values.Holidays, "England")


def test_a_network_has_no_host_bits() -> None:
    """The network that was meant is suggested."""
    assert judged(network.AnyNetwork, "::1") == ipaddress.ip_network("::1/128")
    with pytest.raises(values.Meant) as caught:
        network.network("127.0.0.1/8")
    assert caught.value.suggestion == "127.0.0.0/8"


@pytest.mark.parametrize(
    ("contact", "address"),
    [
        ("IT Service Desk <it@example.co.uk>", "it@example.co.uk"),
        ("it@example.co.uk", "it@example.co.uk"),
        ("the IT desk, it@example.co.uk, extension 12", "it@example.co.uk"),
        ("the IT desk, extension 12", ""),
        ("IT <the>", ""),
        ("", ""),
    ],
)
def test_the_address_in_a_line_for_people(contact: str, address: str) -> None:
    """Notices to reviewers go there, and nowhere where none stands."""
    assert address_in(contact) == address
