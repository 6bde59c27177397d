"""Whatever is typed in or stands in a subject: an account, one of the known refusals, never anything else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from filters.payment_change.arguments import PaymentNames, Unreadable, read_account, read_sender
from gateway.act.notices.masking import DIGITS, masked
from gateway.contract import parse_account
from gateway.directory.lookup import ConfiguredDirectory
from gateway.matching.counterparties import Counterparties

NAMES = PaymentNames(Counterparties(["gmail.com", "hotmail.*"]), ConfiguredDirectory((), {}, ["example.com"]))

#: What accounts are written with, mixed with everything else.
TEXTS = st.one_of(
    st.text(max_size=200),
    st.text(alphabet="0123456789 -/GBDEabx:@.\u200b\uff10\u0660\u00b2", max_size=60),
    st.from_regex(r"(GB|DE|bc1|0x|other:|IBAN:?)[0-9A-Za-z -]{0,60}", fullmatch=True),
)


@given(TEXTS)
def test_any_text_is_an_account_or_none(text: str) -> None:
    """Normalised, and read again it is the same."""
    found = parse_account(text)
    if found is None:
        return
    assert found.number.isascii()
    assert found.number == found.number.upper()
    assert found.number.isalnum()
    if found.kind in ("iban", "uk", "bic"):
        assert parse_account(found.number) == found


@given(TEXTS)
def test_what_is_typed_in_is_read_or_refused(text: str) -> None:
    """The refusal is always Unreadable, with a sentence without line breaks or escapes."""
    told: list[str] = []
    readers = (read_account, read_sender, NAMES.counterparty, NAMES.typed, NAMES.new_counterparty, NAMES.blocked)
    for read in readers:
        try:
            read(text)
        except Unreadable as error:
            told.append(str(error))
    assert all(sentence.isprintable() for sentence in told)


@given(TEXTS)
def test_a_masked_text_has_no_number(text: str) -> None:
    """Not even when it is masked again; what stays is in its place."""
    shown = masked(text)
    assert masked(shown) == shown
    assert all(sum(c.isnumeric() for c in word) < DIGITS for word in shown.split())


@given(st.text(max_size=40), st.text(alphabet="0123456789", min_size=DIGITS, max_size=30), st.text(max_size=40))
def test_no_long_number_survives(before: str, number: str, after: str) -> None:
    """Wherever it stands."""
    assert number not in masked(f"{before} {number} {after}")
