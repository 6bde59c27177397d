"""The networks by which connections are counted."""

from __future__ import annotations

import pytest

from gateway.receive.session_limits import _customer


@pytest.mark.parametrize(
    ("address", "customer"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
    ],
)
def test_whom_a_connection_counts_for(address: str, customer: str) -> None:
    """One customer has a whole IPv6 /64 for the taking."""
    assert _customer(address) == customer
