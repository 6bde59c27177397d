"""The host names in a client's certificate, as Python's ssl returns it."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.receive.certificate import host_names

SUBJECT = ((("organizationName", "Example"),), (("commonName", "Mail.Example"),))


@pytest.mark.parametrize(
    ("certificate", "names"),
    [
        ({}, set()),
        ({"subject": SUBJECT}, {"mail.example"}),
        (
            {"subject": SUBJECT, "subjectAltName": (("DNS", "Other.Example"), ("DNS", "*.b.example"))},
            {"other.example", "*.b.example"},
        ),
        ({"subject": SUBJECT, "subjectAltName": (("IP Address", "192.0.2.7"),)}, {"mail.example"}),
        ({"subject": ((("organizationName", "mail.example"),),)}, set()),
    ],
)
def test_names(certificate: dict[str, Any], names: set[str]) -> None:
    """Alternative names come before the common name, and no other part of the subject is a name."""
    assert host_names(certificate) == names
