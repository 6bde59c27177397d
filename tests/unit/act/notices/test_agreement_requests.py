"""Questions whether somebody outside agrees: to whom, from whom, and their words."""

from __future__ import annotations

from collections.abc import AsyncIterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from gateway.act.notices.agreement_requests import TIME_TO_ANSWER, AgreementRequests
from gateway.act.notices.notices import Wording
from gateway.act.rules.control_address import ControlAddress
from gateway.contract import Person, Refused
from gateway.directory.lookup import ConfiguredDirectory
from gateway.remember.store import Store
from gateway.settings.yaml.file_search import SHIPPED
from tests.support.builders.judgement import NOW, FakeClock

CONTROL = ControlAddress("mailwarden@gw.example.co.uk", bytes(32))
WORDING = Wording(
    templates={"agreement": SHIPPED / "notices/agreement.txt"},
    organisation="Example Ltd",
    contact="IT <it@example.co.uk>",
    contact_at="it@example.co.uk",
    notices_from="postmaster@example.co.uk",
    hostname="gw.example.co.uk",
    timezone=ZoneInfo("Europe/London"),
    clauses={},
    policy={"title": "Policy"},
    quarantine_days=30,
    record_days=90,
    journal_days=0,
)
ANN = Person("Ann Archer", ("ann@example.co.uk",))
JO = "jo@lawyer.example"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = await Store.open(f"sqlite:///{tmp_path}/store.db", create=True, key=bytes(32))
    yield store
    await store.close()


async def signed(_: str, content: bytes) -> bytes:
    return b"DKIM-Signature: x\r\n" + content


def requests(store: Store) -> AgreementRequests:
    ours, tls = ConfiguredDirectory([ANN], {}, ["example.co.uk"]), ["tls@lawyer.example"]
    goes_by_tls, new_id = tls.__contains__, lambda: str(uuid4())
    return AgreementRequests(
        CONTROL, store.agreements, WORDING, signed, ours, "outbound", goes_by_tls, FakeClock(), new_id
    )


async def test_a_question_goes_outside_with_a_token(store: Store) -> None:
    """From our own address, signed; it says to whom it is, what to reply and until when."""
    assert await requests(store).ask(JO, actor="alice", reason="our lawyer", needs_tls=False) == NOW + TIME_TO_ANSWER
    ((item, content),) = await store.outbox.claim(NOW, 10, 60)
    assert (item.mail_from, item.route) == ("postmaster@example.co.uk", "outbound")
    assert [(one.address, one.direction) for one in item.recipients] == [(JO, "outbound")]
    question = message_from_bytes(content, policy=policy.default)
    assert isinstance(question, EmailMessage)
    assert question["DKIM-Signature"] == "x"
    assert (question["To"], question["Subject"]) == (JO, "May Example Ltd send confidential e-mail to you?")
    assert CONTROL.asks(str(question["Reply-To"]), JO)
    text = question.get_body(("plain",))
    assert text is not None
    words = " ".join(text.get_content().split())
    assert JO in words
    assert "I agree" in words
    assert "would like to send" not in words
    assert "until Monday 16 March 2026, 09:30 GMT" in words
    assert "No mail comes back to you when your answer is recorded." in words
    assert "kept for 180 days after the time to answer" in words
    assert "kept for 90 days from its date" in words


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("lawyer.example", "an e-mail address is expected"),
        ("bob@", "an e-mail address is expected"),
        ("bob@example.co.uk", "is one of your own"),
        ("*@lawyer.example", "one address is asked, not a pattern"),
        ("mailwarden@gw.example.co.uk", "is the control address"),
        ("Mailwarden+x@gw.example.co.uk", "is the control address"),
    ],
)
async def test_nobody_else_is_asked(store: Store, address: str, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        await requests(store).ask(address, actor="alice", reason="our lawyer", needs_tls=False)
    assert not await store.agreements.list()


async def test_the_question_names_whoever_of_ours_wants_to_write(store: Store) -> None:
    """A stranger can then ask there whether the question is real; nobody else is named."""
    asking: dict[str, Any] = {"actor": "alice", "reason": "our lawyer", "needs_tls": False}
    with pytest.raises(Refused, match=r"eve@outside\.example is none of your own"):
        await requests(store).ask(JO, sender="eve@outside.example", **asking)
    with pytest.raises(Refused, match=r"nobody at anne@example\.co\.uk \(did you mean ann@example\.co\.uk\?\)"):
        await requests(store).ask(JO, sender="anne@example.co.uk", **asking)
    with pytest.raises(Refused, match=r"nobody at nobody@example\.co\.uk$"):
        await requests(store).ask(JO, sender="nobody@example.co.uk", **asking)
    await requests(store).ask(JO, sender="ann@example.co.uk", **asking)
    ((_, content),) = await store.outbox.claim(NOW, 10, 60)
    assert b"ann@example.co.uk would like to send you such messages." in content
    assert [row.reason for row in await store.agreements.record()] == ["our lawyer (for ann@example.co.uk)"]


async def test_an_open_question_is_not_asked_twice(store: Store) -> None:
    """The answer to the first would be refused. After its time, or a revocation, the address can be asked again."""
    asking: dict[str, Any] = {"actor": "alice", "reason": "our lawyer", "needs_tls": False}
    await requests(store).ask(JO, **asking)
    with pytest.raises(Refused, match=r"has been asked on .*, and can answer until .*: revoke it to ask again"):
        await requests(store).ask(JO, **asking)
    await store.agreements.revoke(JO, actor="alice", reason="lost", at=NOW)
    await requests(store).ask(JO, **asking)


async def test_whoever_has_agreed_is_not_asked_again(store: Store) -> None:
    await requests(store).ask(JO, actor="alice", reason="our lawyer", needs_tls=False)
    ((item, _),) = await store.outbox.claim(NOW, 10, 60)
    await store.agreements.answer(JO, item.mail_id, agrees=True, at=NOW, reply_id="r1", origin="by r1")
    with pytest.raises(Refused, match="has agreed already"):
        await requests(store).ask("Jo@lawyer.example", actor="alice", reason="again", needs_tls=False)


async def test_nobody_is_asked_whose_mail_goes_without_tls_where_it_is_needed(store: Store) -> None:
    """Such an agreement would not count."""
    with pytest.raises(Refused, match=r"no next hop on the way to jo@lawyer.example requires TLS"):
        await requests(store).ask(JO, actor="alice", reason="our lawyer", needs_tls=True)
    assert await requests(store).ask("tls@lawyer.example", actor="alice", reason="our lawyer", needs_tls=True)
