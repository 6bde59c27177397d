"""The codes of `language`."""

from __future__ import annotations

from filters.language.codes import BY_KIND, CODES, SUSPECTED, UNREAD


def test_each_kind_has_its_code_and_mail_from_outside_is_only_tagged() -> None:
    """Every code cites the clause on conduct; no shipped action holds mail. What nobody is told of is only recorded."""
    assert set(BY_KIND.values()) == set(CODES) - {SUSPECTED, UNREAD}
    assert all(code == f"language.{kind}" for kind, code in BY_KIND.items())
    for code, one in CODES.items():
        assert one.clause == "email.conduct"
        told = code in BY_KIND.values()
        assert one.action == ({"inbound": "tag", "outbound": "log", "internal": "log"} if told else "log")
