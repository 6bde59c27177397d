"""ARJ archives."""

from __future__ import annotations

from gateway.understand.openers.archives import arj
from tests.corpus.archives_made import made
from tests.corpus.payloads import STUB
from tests.support.probes.archive_opener import unpacked


def test_arj() -> None:
    """Names come out, and what is stored; the rest is named as unread."""
    assert (("evil.exe",), STUB) in unpacked(arj.OPENER, made("stored.arj")).members
    assert unpacked(arj.OPENER, made("stored.arj")).codes == set()
    found = unpacked(arj.OPENER, made("a.arj"))
    assert ("evil.exe",) in found.names
    assert found.codes == {"container.unreadable"}
    assert unpacked(arj.OPENER, made("secret.arj")).codes == {"container.encrypted"}
