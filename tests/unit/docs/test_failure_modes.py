"""docs/failure-modes.md: every reply that it quotes is one that we give, and every test that it points at exists."""

from __future__ import annotations

import re

import pytest

from gateway.act.relay import connection
from gateway.smtp import replies
from gateway.smtp.reply import Reply
from tests.unit.docs.conftest import ROOT

TEXT = (ROOT / "docs/failure-modes.md").read_text("utf-8")
POINTERS = sorted(set(re.findall(r"`((?:unit|faults|dialogs|badconfig|integration)/[^`]+)`", TEXT)))
QUOTED = sorted(set(re.findall(r"`([245]\d\d \d\.\d\.\d [^`]+)`", TEXT)))


def given() -> set[str]:
    """Every reply as the document writes it."""
    plain = {str(reply) for reply in vars(replies).values() if isinstance(reply, Reply)}
    made = (replies.internal, replies.busy, replies.deferred, replies.out_of_time, replies.store_full)
    passed_on = (replies.passed_on("ID", reply) for reply in (connection.UNREACHABLE, connection.BROKEN_OFF))
    unproven = {
        str(replies.tenant_unproven("ID", service, later=later))
        for service, later in (("Microsoft 365", False), ("Google Workspace", True))
    }
    return plain | unproven | {str(make("ID")) for make in made} | {str(reply) for reply in passed_on}


@pytest.mark.parametrize("reply", QUOTED)
def test_every_reply_is_quoted_word_for_word(reply: str) -> None:
    """The replies are quoted as they go over the wire, with the id."""
    assert reply in given()


def test_every_reply_about_a_fault_is_there() -> None:
    """Those that follow a message, and the limits of the whole gateway."""
    assert len(QUOTED) >= 10
    assert {str(make("ID")) for make in (replies.internal, replies.busy, replies.deferred, replies.store_full)} <= set(
        QUOTED
    )


@pytest.mark.parametrize("pointer", POINTERS)
def test_every_test_that_is_named_exists(pointer: str) -> None:
    """File and function."""
    path, _, name = pointer.partition("::")
    file = ROOT / "tests" / path
    assert file.exists()
    assert not name or re.search(rf"^(?:async )?def {name}\(", file.read_text(), re.M)


def test_every_row_is_shown_by_a_test() -> None:
    """No statement without one."""
    rows = [line for line in TEXT.splitlines() if line.startswith("| ") and not line.startswith("| what broke")]
    assert len(rows) > 35
    assert [row for row in rows if not any(f"`{pointer}`" in row for pointer in POINTERS)] == []
