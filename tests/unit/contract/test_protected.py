"""Mail of protected correspondents, which rules about people leave alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.contract import Authentication, Mail, is_from_protected, is_protected
from gateway.directory.lookup import ConfiguredDirectory
from tests.support.builders.judgement import mail

UNION = "rep@union.example"
DIRECTORY = ConfiguredDirectory([], {"protected_correspondents": ["*@union.example"]}, ["example.co.uk"])


def letter(sender: str, to: str, cc: str = "") -> Mail:
    head = f"From: {sender}\r\nTo: {to}\r\n" + (f"Cc: {cc}\r\n" if cc else "")
    return mail(f"in:{to}", raw=f"{head}Subject: Hello\r\n\r\nHello.\r\n".encode(), sender=sender)


@pytest.mark.parametrize(
    ("sender", "to", "cc", "protected", "shown"),
    [
        (UNION, "ann@example.co.uk", "", True, True),
        ("eve@outside.example", UNION, "", True, True),
        ("eve@outside.example", "ann@example.co.uk", UNION, False, True),
        ("eve@outside.example", "ann@example.co.uk", "", False, False),
    ],
)
def test_senders_and_recipients_count(sender: str, to: str, cc: str, protected: bool, shown: bool) -> None:
    """An address in the header alone protects nobody, unless the filter asks for those that are shown."""
    assert is_protected(letter(sender, to, cc), DIRECTORY) is protected
    assert is_protected(letter(sender, to, cc), DIRECTORY, shown=True) is shown


def test_a_sender_protects_every_copy() -> None:
    assert is_from_protected(letter(UNION, "ann@example.co.uk"), DIRECTORY)
    assert not is_from_protected(letter("eve@outside.example", UNION), DIRECTORY)


def test_a_forger_is_not_protected() -> None:
    """Where the origin was verified and nothing proves the sender, its name counts for nothing."""
    forged = replace(letter(UNION, "ann@example.co.uk"), authentication=Authentication(verified=True))
    assert not is_protected(forged, DIRECTORY)
