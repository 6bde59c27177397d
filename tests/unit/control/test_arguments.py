"""Ids of messages, and addresses of clients, as people type them."""

from __future__ import annotations

import pytest

from gateway.control.arguments import client_address, may_be_id
from gateway.control.refusal import Refused

ID = "0199f3c2-6c11-7a55-b1d3-0f1c5e7a9d10"


@pytest.mark.parametrize("text", [ID, ID.upper(), ID[:4], ID[:8], ID[:9], ID[:13], ID[:-1]])
def test_ids_and_their_beginnings(text: str) -> None:
    assert may_be_id(text)


@pytest.mark.parametrize(
    "text", ["", ID[:3], "nonsense", "bob@example.co.uk", f"<{ID}>", f"{ID}0", "0199f3c2x", "payments"]
)
def test_what_is_no_id(text: str) -> None:
    assert not may_be_id(text)


@pytest.mark.parametrize(
    ("text", "address"),
    [("192.0.2.7", "192.0.2.7"), ("::ffff:192.0.2.7", "192.0.2.7"), ("2001:DB8::0:1", "2001:db8::1")],
)
def test_an_address_is_in_the_form_of_the_trail(text: str, address: str) -> None:
    assert client_address(text) == address


def test_a_name_is_no_address() -> None:
    with pytest.raises(Refused, match="that is no IP address"):
        client_address("mx.example")
