"""Authentication results of a trusted server in front."""

from __future__ import annotations

import pytest

from gateway.contract import Dmarc, Signature, Spf
from gateway.message.mime.parse import parse
from gateway.understand.authentication.upstream import reported
from tests.support.builders.authentication import PLAIN


def upstream(*values: str) -> object:
    fields = "".join(f"Authentication-Results: {value}\r\n" for value in values).encode()
    return reported(parse(fields + PLAIN), frozenset({"mx.example.co.uk"}))


def test_results_of_a_trusted_server_are_taken() -> None:
    """Postfix's milters write like this, in several fields: the topmost of its name counts."""
    said = upstream(
        "other.example; spf=fail",
        "mx.example.co.uk;\r\n\tdkim=pass (2048-bit key) header.d=outside.example header.i=@outside.example header.s=s1"
        ' header.a=rsa-sha256 header.b="abc";\r\n\tspf=pass (ok) smtp.mailfrom=eve@outside.example;\r\n'
        "\tdmarc=pass (policy=reject) header.from=outside.example",
    )
    assert said
    assert said.spf == Spf("pass", "outside.example")  # type: ignore[attr-defined]
    assert said.dkim == (Signature("outside.example", "s1", "pass", algorithm="rsa-sha256"),)  # type: ignore[attr-defined]
    assert said.dmarc == Dmarc("pass", "", "outside.example")  # type: ignore[attr-defined]


def test_helo_and_identity_are_understood() -> None:
    """SPF may have smtp.helo and no smtp.mailfrom; DKIM may have header.i and no header.d."""
    said = upstream("mx.example.co.uk; spf=pass smtp.helo=mx.outside.example; dkim=pass header.i=@outside.example")
    assert said.spf == Spf("pass", "mx.outside.example", "helo")  # type: ignore[attr-defined]
    assert said.dkim[0].domain == "outside.example"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "value",
    [
        "other.example; spf=pass smtp.mailfrom=x@outside.example",
        "mx.example.co.uk.evil.example; spf=pass",
        "mx.example.co.uk; spf",
        "",
        "(" * 5000 + "mx.example.co.uk; spf=pass",
        "mx.example.co.uk; spf=pass " + "(x)" * 5000,
    ],
)
def test_what_is_not_that_servers_is_not_taken(value: str) -> None:
    """Nor what can't be read."""
    assert upstream(value) is None


def test_an_unknown_result_is_none() -> None:
    """Never a pass."""
    said = upstream("mx.example.co.uk; spf=great smtp.mailfrom=outside.example; dkim=superb header.d=outside.example")
    assert said.spf.result == "none"  # type: ignore[attr-defined]
    assert said.dkim == ()  # type: ignore[attr-defined]
