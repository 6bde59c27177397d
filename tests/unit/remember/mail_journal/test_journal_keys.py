"""Encryption under several keys, and what a message without its key says."""

from __future__ import annotations

import pytest

from gateway.remember.mail_journal.journal_keys import (
    NONCE_BYTES,
    TAG_BYTES,
    JournalKeys,
    LostKey,
    UnreadableMessage,
    name_of_key,
    new_nonce,
)

OLD, NEW = bytes(32), bytes([1]) * 32


def test_the_first_key_encrypts_and_all_decrypt() -> None:
    """A message that was kept before a rotation can still be read."""
    nonce = new_nonce()
    before, after = JournalKeys([OLD]), JournalKeys([NEW, OLD])
    sealed = before.encrypt(nonce, b"octets", b"line")
    assert (before.newest, after.newest) == (name_of_key(OLD), name_of_key(NEW))
    assert after.decrypt(name_of_key(OLD), nonce, sealed, b"line") == b"octets"
    assert len(sealed) == len(b"octets") + TAG_BYTES


def test_a_lost_key_is_named() -> None:
    """The sentence says which key is missing and what helps."""
    sealed = JournalKeys([OLD]).encrypt(bytes(NONCE_BYTES), b"octets", b"line")
    with pytest.raises(LostKey, match=f"the key {name_of_key(OLD)}, which is not in the key file.*backup"):
        JournalKeys([NEW]).decrypt(name_of_key(OLD), bytes(NONCE_BYTES), sealed, b"line")


@pytest.mark.parametrize(("octets", "line"), [(b"x", b"line"), (b"", b"lime")], ids=["octets", "line"])
def test_a_change_is_found(octets: bytes, line: bytes) -> None:
    """The octets and the line that describes them are sealed."""
    keys = JournalKeys([OLD])
    sealed = keys.encrypt(bytes(NONCE_BYTES), b"octets", b"line")
    with pytest.raises(UnreadableMessage, match="were changed"):
        keys.decrypt(keys.newest, bytes(NONCE_BYTES), sealed + octets, line)


def test_a_name_tells_nothing_of_the_key() -> None:
    assert name_of_key(OLD) not in OLD.hex()
    assert name_of_key(OLD) != name_of_key(NEW)
