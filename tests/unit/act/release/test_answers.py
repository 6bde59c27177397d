"""The person whose mail to the control address it is: reverse-path, From: and Sender: must all say so."""

from __future__ import annotations

import pytest

from gateway.act.release.answers import comes_from, name_of
from gateway.message.mime.parse import parse
from gateway.receive.transaction import Received
from tests.support.builders.judgement import NOW, mail
from tests.support.servers.embedded_gateway import STAFF


@pytest.mark.parametrize(
    ("mail_from", "header", "expected"),
    [
        ("bob@example.co.uk", "From: Bob <Bob@Example.co.uk>", True),
        ("bob@example.co.uk", "From: ann@example.co.uk", False),
        ("bob@example.co.uk", "From: bob@example.co.uk, ann@example.co.uk", False),
        ("bob@example.co.uk", "From: bob@example.co.uk\r\nSender: Bob <bob@example.co.uk>", True),
        ("bob@example.co.uk", "From: bob@example.co.uk\r\nSender: ann@example.co.uk", False),
        ("bob@example.co.uk", "Subject: x", False),
        ("ann@example.co.uk", "From: bob@example.co.uk", False),
        ("", "From: bob@example.co.uk", False),
    ],
)
def test_whose_mail_it_is(mail_from: str, header: str, expected: bool) -> None:
    """Letter case makes no difference, and a second author is somebody else."""
    raw = f"{header}\r\n\r\nx\r\n".encode()
    received = Received("r1", NOW, "outbound", STAFF, "ESMTP", mail(sender=mail_from, raw=raw).envelope, raw)
    assert comes_from("bob@example.co.uk", received, parse(raw)) is expected


def test_the_name_by_which_somebody_signs() -> None:
    """It is the one shown, and the local part."""
    assert name_of(parse(b"From: Kim Long <kim_l@client.example>\r\n\r\nx\r\n")) == "Kim Long kim l"
    assert name_of(parse(b"Subject: x\r\n\r\nx\r\n")) == ""
