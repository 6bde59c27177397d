"""Heads that an auditor noted, as the operation takes them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from gateway.contract import Actor, Refused
from gateway.operations.audit import AuditOperations
from gateway.remember.chain.check import Checked

ANN = Actor("ann", frozenset({"auditor"}), 1000)
HASH = "0123456789abcdef" * 4


class Chains:
    """A store's trail with one head."""

    async def check(self, noted: Any) -> list[Checked]:
        return [Checked("audit", found={one for one in noted if one == (12, HASH)}), Checked("history")]


OPERATIONS = AuditOperations(SimpleNamespace(store=SimpleNamespace(trail=Chains())))  # type: ignore[arg-type]


async def test_heads_that_are_not_there_are_named() -> None:
    """As they were given."""
    found = await OPERATIONS._verify(ANN, [f"12:{HASH}", f"13:{HASH}"])
    assert found["not_found"] == [f"13:{HASH}"]
    assert [chain["chain"] for chain in found["chains"]] == ["audit", "history"]


@pytest.mark.parametrize(
    "text", ["", "12", HASH, f"x:{HASH}", f"12:{HASH[:15]}", f"12:{HASH}0", "12:" + "g" * 32, "1:2:3"]
)
async def test_what_is_no_head_is_refused(text: str) -> None:
    """The sentence says where one comes from."""
    with pytest.raises(Refused, match="--expect takes a head"):
        await OPERATIONS._verify(ANN, [text])
