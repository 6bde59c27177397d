"""ActiveMime."""

from __future__ import annotations

import zlib

import pytest

from gateway.understand.openers.office.active_mime import ACTIVE_MIME
from tests.support.probes.opener import opened

FILE = b"MZ" + bytes(range(256))


@pytest.mark.parametrize("before", [0, 40, 700])
def test_active_mime(before: int) -> None:
    """The data is found wherever the header ends."""
    packed = (b"ActiveMime" + bytes(before)).ljust(0x32, b"\0") + zlib.compress(FILE)
    assert opened(ACTIVE_MIME, packed).contents == (FILE,)


def test_active_mime_without_data() -> None:
    """Unreadable, and never silent."""
    with pytest.raises(ValueError, match="can't be read"):
        opened(ACTIVE_MIME, b"ActiveMime" + bytes(300))
