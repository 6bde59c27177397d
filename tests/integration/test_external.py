"""Mail from outside through a whole gateway: marked, remembered across a restart, the banner gone from the reply."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from gateway.remember.database.secret import NAME
from tests.support.servers.gateway import Gateway, send

FILTERS = "filters:\n  - external: {actions: {external.sender: {inbound: amend}}}\n"
BOB, EVE = "bob@example.co.uk", "eve@outside.example"
LETTER = f"From: Eve <{EVE}>\r\nTo: {BOB}\r\nSubject: Hello\r\n\r\nHello Bob\r\n".encode()
TAG = b"X-Mailwarden-Tag: external.first_contact; clause=security.phishing"
HEAD = b"EXTERNAL E-MAIL:"


def delivered(gateway: Gateway) -> list[bytes]:
    """Return the messages in the maildir, the oldest first."""
    paths = (gateway.data_dir / "delivered/new").iterdir()
    return [path.read_bytes() for path in sorted(paths, key=lambda path: path.stat().st_mtime_ns)]


async def until(gateway: Gateway, holds: Callable[[bytes], bool], seconds: float = 30) -> None:
    """Send the letter again until what is delivered is so: it is remembered after the reply."""
    ends = time.monotonic() + seconds
    while not holds(delivered(gateway)[-1]):
        assert time.monotonic() < ends
        assert (await send(gateway.inbound, EVE, [BOB], LETTER)).startswith("250")


async def test_a_correspondence(tmp_path: Path) -> None:
    """A stranger's letter, a known one's before and after a restart, and the answer."""
    gateway = Gateway(tmp_path, filters=FILTERS, inbound_keys="next_hop_trusts_us: true, ")
    async with gateway:
        assert (gateway.data_dir / NAME).stat().st_mode & 0o777 == 0o600
        assert (await send(gateway.inbound, EVE, [BOB], LETTER)).startswith("250")
        (first,) = delivered(gateway)
        assert TAG in first
        assert b"Nobody in the organisation" in first
        assert first.index(HEAD) < first.index(b"Hello Bob")
        await until(gateway, lambda letter: TAG not in letter)

    async with gateway:
        await send(gateway.inbound, EVE, [BOB, "carol@example.co.uk"], LETTER)
        to_both = delivered(gateway)[-2:]
        assert sorted(TAG in one for one in to_both) == [False, True]

        quoted = b"".join(b"> " + line + b"\r\n" for line in first.partition(b"\r\n\r\n")[2].splitlines())
        answer = f"From: {BOB}\r\nTo: {EVE}\r\nSubject: Re: Hello\r\n\r\nYes.\r\n\r\nOn Monday, Eve wrote:\r\n"
        assert HEAD in quoted
        assert (await send(gateway.outbound, BOB, [EVE], answer.encode() + quoted)).startswith("250")
        assert delivered(gateway)[-1].endswith(answer.encode() + b"> Hello Bob\r\n")
