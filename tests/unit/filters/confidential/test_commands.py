"""`mailwarden confidential …`: a real store, and no gateway running."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from gateway import app
from gateway.assemble.store import open_store
from tests.unit.cli.conftest import Site

JO = "jo@lawyer.example"
WHY = ("--reason", "our lawyer")


async def _agree(site: Site) -> None:
    store, now = await open_store(app.read_settings(site.config), create=False), datetime.now(UTC)
    ((item, _),) = await store.outbox.claim(now, 10, 60)
    await store.agreements.answer(JO, item.mail_id, agrees=True, at=now, reply_id="r1", origin="by the reply r1")
    await store.close()


def test_an_address_is_asked_listed_and_revoked(site: Site) -> None:
    site.take(b"From: x@y.example\r\nSubject: Hello\r\n\r\nHello\r\n")
    assert "no filter `confidential` is on" in site.run("confidential", "ask", JO, *WHY, code=1).stderr
    chain = site.config.parent / "filters.yaml"
    chain.write_text(f"{chain.read_text()}  - confidential: {{agreed_tls: any}}\n")
    assert "set control_address" in site.run("confidential", "ask", JO, *WHY, code=1).stderr
    site.config.write_text(f"{site.config.read_text()}control_address: mailwarden@gw.example.co.uk\n")
    assert "Nobody was asked." in site.run("confidential", "agreements").stdout
    assert f"{JO} is asked, and can answer until" in site.run("confidential", "ask", JO, *WHY).stdout
    assert "no answer; it can come until" in site.run("confidential", "agreements").stdout
    asyncio.run(_agree(site))
    (row,) = site.rows("confidential", "agreements")
    assert (row["address"], row["state"], row["reply_id"]) == (JO, "agreed", "r1")
    assert "by the reply r1" in site.run("confidential", "agreements").stdout
    assert site.run("confidential", "revoke", JO, *WHY).stdout == f"{JO}: nothing is agreed any more.\n"
    rows = site.rows("confidential", "history")
    assert [row["operation"] for row in rows] == ["request_agreement", "agree", "revoke"]
    assert "our lawyer" in site.run("confidential", "history").stdout
    site.run("confidential", "ask", JO, *WHY)
    assert "nothing was agreed, and it is not asked any more" in site.run("confidential", "revoke", JO, *WHY).stdout
