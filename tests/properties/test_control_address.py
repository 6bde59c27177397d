"""Whatever stands before the @ of the control address: it is read without an error, and nothing but ours is signed."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from gateway.act.rules.control_address import ControlAddress

CONTROL = ControlAddress("mailwarden@gw.example.co.uk", bytes(32))
BASE32 = st.text("abcdefghijklmnopqrstuvwxyz234567", min_size=48, max_size=48)
SENDERS = st.text(max_size=30).map(lambda local: f"{local}@example.co.uk")
TIMES = st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1)).map(lambda at: at.replace(tzinfo=UTC, microsecond=0))


@given(st.one_of(st.text(max_size=80), BASE32), SENDERS)
def test_what_we_did_not_make_is_not_signed(local: str, sender: str) -> None:
    """Whatever it is."""
    token = CONTROL.token(f"mailwarden+{local}@gw.example.co.uk")
    assert token is None or not CONTROL.signed(token, sender)


@given(st.uuids(), SENDERS, TIMES, st.booleans())
def test_what_we_made_is_read_back(mail_id: object, sender: str, until: datetime, upper: bool) -> None:
    """The address is read back in small letters and in capitals."""
    address = CONTROL.reply_to(str(mail_id), sender, until)
    assert len(address.rpartition("@")[0]) <= 64
    token = CONTROL.token(address.upper() if upper else address)
    assert token is not None
    assert (token.mail_id, token.until) == (str(mail_id), until)
    assert CONTROL.signed(token, sender)
    assert not CONTROL.signed(token, f"x{sender}")
