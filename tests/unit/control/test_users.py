"""Names of users."""

from __future__ import annotations

from gateway.control.users import user_name


def test_a_user_without_a_name_has_a_number() -> None:
    """An account that was removed may own files and processes still."""
    assert user_name(0) == "root"
    assert user_name(4_000_000_000) == "uid 4000000000"
