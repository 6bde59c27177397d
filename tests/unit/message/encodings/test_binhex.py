"""BinHex without its introduction."""

from __future__ import annotations

from gateway.message.encodings.binhex import binhex_blocks
from tests.corpus.encoders import binhexed
from tests.corpus.payloads import STUB


def test_binhex_without_its_sentence() -> None:
    """BinHex that a header declares needs no announcing sentence."""
    text = binhexed(STUB, b"a.exe").partition(b"\r\n")[2]
    assert [file.octets for file in binhex_blocks(text, announced=False)] == [STUB]
