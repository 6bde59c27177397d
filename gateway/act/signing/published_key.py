"""The public half of a signing key as the DNS has it: published, missing, or another key's."""

from __future__ import annotations

from typing import Literal

from gateway.contract import Resolver

Publication = Literal["yes", "another key", "missing"]


async def publication(resolver: Resolver, name: str, text: str) -> Publication:
    """Return "yes" if the DNS has the record `text` at `name`, else the state in its place. Raises DnsUnavailable."""
    values = (await resolver.look_up(name, "TXT")).values
    public = text.rpartition("p=")[2]
    if any("".join(value.rpartition("p=")[2].split()).rstrip(";") == public for value in values):
        return "yes"
    return "another key" if values else "missing"
