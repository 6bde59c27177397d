"""Postfix's smtp-source through the gateway to smtp-sink and to the tests' own sink: nothing lost, nothing twice."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from pathlib import Path

from tests.support.servers.gateway import Gateway
from tests.support.servers.postfix import SmtpSink, smtp_source
from tests.support.servers.sink import Sink

#: -N puts a number of its own behind each recipient's local part: each message can be told from the others.
MESSAGES = 2000
TRAFFIC = ("-m", str(MESSAGES), "-s", "20", "-N", "-S", "load")
OUTWARDS = ("-f", "alice@example.co.uk", "-t", "someone@far.example")
INWARDS = ("-f", "someone@far.example", "-t", "bob@example.co.uk")


def test_smtp_source_to_smtp_sink(tmp_path: Path) -> None:
    """2,000 messages, a new connection for each, 20 at a time: each arrives, and once."""
    with SmtpSink() as sink, Gateway(tmp_path, next_hop=f"smtp://127.0.0.1:{sink.port}") as gateway:
        sent = smtp_source(gateway.outbound, *TRAFFIC, *OUTWARDS)
        assert sent.returncode == 0, sent.stderr
        arrived = Counter(to for one in sink.messages() for to in re.findall(rb"(?m)^X-Rcpt-Args: <(\S+)>", one))
    assert len(arrived) == MESSAGES
    assert set(arrived.values()) == {1}


async def test_inwards_with_every_recipient_verified(tmp_path: Path) -> None:
    """Over 20 connections that are kept. The next hop is asked 2,000 times more; each message has its audit row."""
    async with Sink() as sink:
        async with Gateway(tmp_path, next_hop=f"smtp://127.0.0.1:{sink.port}") as gateway:
            sent = await asyncio.to_thread(smtp_source, gateway.inbound, "-d", *TRAFFIC, *INWARDS)
            assert sent.returncode == 0, sent.stderr
        arrived = Counter(to for got in sink.got for to in got.recipients)
        rows = await asyncio.to_thread(gateway.rows, "trace", "someone@far.example", "--limit", "10000")
    assert len(arrived) == MESSAGES
    assert set(arrived.values()) == {1}
    assert Counter(to["address"] for row in rows for to in row["recipients"]) == arrived
