"""Misspelt words of payment details."""

from __future__ import annotations

from filters.payment_change.spelling import corrections


def test_misspellings() -> None:
    """One slip of a long word; of a short one a letter doubled or changed places; never another word."""
    known = corrections(["account", "bank"], ["accounts", "banks"])
    assert {known[one] for one in ("acount", "accuont", "acccount", "akcount")} == {"account"}
    assert {known[one] for one in ("baank", "bnak")} == {"bank"}
    assert not {"accounts", "account", "banks", "rank", "ban"} & known.keys()
