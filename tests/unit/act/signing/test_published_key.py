"""The public half of a key in the DNS."""

from __future__ import annotations

import pytest

from gateway.act.signing.published_key import publication
from gateway.contract import DnsRecords, RecordKind, Resolver

TEXT = "v=DKIM1; k=rsa; p=AAAABBBB"


class Dns:
    """One name with these TXT records."""

    def __init__(self, *values: str) -> None:
        self._values = values

    async def look_up(self, name: str, kind: RecordKind) -> DnsRecords:
        assert (name, kind) == ("mw._domainkey.example.com", "TXT")
        return DnsRecords(self._values)

    def for_message(self) -> Resolver:
        return self


@pytest.mark.parametrize(
    ("values", "state"),
    [
        ([TEXT], "yes"),
        (["v=spf1 -all", "v=DKIM1; p=AAAA BBBB;"], "yes"),  # a wildcard's record, and blanks in the key
        (["v=DKIM1; k=rsa; p=CCCC"], "another key"),
        ([], "missing"),
    ],
)
async def test_states(values: list[str], state: str) -> None:
    assert await publication(Dns(*values), "mw._domainkey.example.com", TEXT) == state
