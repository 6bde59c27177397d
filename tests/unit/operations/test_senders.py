"""Rules about senders: what is allowed counts for proven senders alone, and never for a scanner's findings."""

from __future__ import annotations

import fcntl
import os
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway import app
from gateway.contract import Actor, Authentication, Author, Finding, Mail, Refused, Spf
from gateway.judge.chain import Found
from gateway.judge.policy import Terms, decide
from gateway.operations.control import EVERY_ROLE
from gateway.operations.senders import SenderOperations
from gateway.remember.records import HeldMessage
from gateway.remember.store import Store
from gateway.settings.models import Settings
from tests.support.builders.judgement import mail
from tests.support.servers.gateway import Gateway
from tests.unit.remember.conftest import Make

ALICE = Actor("alice", EVERY_ROLE, 1000)
AP = "AP[1]@Supplier.example"


def proven(mail: Mail) -> Mail:
    """Return the mail as proven to be of `AP`, and with a reverse-path that SPF proves."""
    author = Author(AP, "supplier.example", frozenset({"dkim"}))
    spf = Spf("pass", "outside.example")
    return replace(mail, authentication=Authentication(verified=True, spf=spf, authors=(author,)))


class Desk:
    """Rules of one reviewer about held messages of `AP`, whose mail is proven."""

    def __init__(self, folder: Path, store: Store) -> None:
        self.config = Gateway(folder, more="sender_rules_file: var/senders.yaml\n").config
        self.store = store
        self._ids = 0

    @property
    def settings(self) -> Settings:
        return app.read_settings(self.config)

    async def do(self, rule: str, *codes: str, domain: bool = False, **entry: Any) -> Mapping[str, Any]:
        """Make a rule about a new message that these codes held."""
        self._ids += 1
        make, id = Make(), f"m{self._ids}"
        copies = tuple(make.copy(codes=codes) for _ in range(1))
        given = {"author_addresses": (AP,), "codes": codes, "copies": copies} | entry
        await self.store.quarantine.hold(make.entry(id, **given), b"From: x@y.example\r\n\r\nx\r\n")
        operations = SenderOperations(app.build(self.settings, self.store, quiet=True), None)
        operations._verified = self._verified  # type: ignore[method-assign]
        return await operations._add(ALICE, id, rule, "asked Ann", domain=domain)

    async def _verified(self, _: HeldMessage) -> Mail:
        return proven(mail())

    def held(self, about: Mail, code: str) -> bool:
        """Return whether a finding would hold a message now."""
        (entry,) = self.settings.filters
        verdict = decide(about, [Found(Finding(code, "x"), entry)], Terms(lambda _: frozenset()))
        return verdict.decisions[0].disposition == "quarantine"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    (tmp_path / "var").mkdir()
    store = await Store.open(f"sqlite:///{tmp_path}/var/store.db", create=True, key=bytes(32))
    yield Desk(tmp_path, store)
    await store.close()


async def test_an_allowed_sender_is_proven(desk: Desk) -> None:
    """The rule waives the codes that held the message, and no other; a forged author gains nothing by it."""
    done = await desk.do("allow", "attachment.script", "attachment.macro")
    assert done["sentence"].startswith(
        "Let attachment.script, attachment.macro pass in all further mail that ap[1]@supplier.example is proven to"
    )
    assert not desk.held(proven(mail()), "attachment.script")
    assert desk.held(proven(mail()), "attachment.executable")
    assert desk.held(mail(), "attachment.script")
    assert desk.held(mail(sender=AP), "attachment.script")
    (exemption,) = desk.settings.filters[0].exempt
    assert exemption.where.endswith("senders.yaml:4")


async def test_what_is_allowed_already_is_told(desk: Desk) -> None:
    """A further code makes a rule about that code alone."""
    await desk.do("allow", "attachment.script")
    with pytest.raises(Refused, match=r"ap\[1\]@supplier.example is allowed already"):
        await desk.do("allow", "attachment.script")
    assert 'codes: ["attachment.macro"]' in (await desk.do("allow", "attachment.script", "attachment.macro"))["snippet"]
    assert len(desk.settings.senders) == 2


@pytest.mark.parametrize("rule", ["block", "allow"])
@pytest.mark.parametrize("code", ["virus.found", "virus.heuristic", "virus.encrypted"])
async def test_a_scanner_is_never_switched_off(desk: Desk, rule: str, code: str) -> None:
    """Nor is anybody blocked in whose name a virus came."""
    with pytest.raises(Refused, match=f"for {code} no sender is blocked or allowed"):
        await desk.do(rule, "attachment.script", code)
    assert desk.settings.senders == ()


@pytest.mark.parametrize(
    "code",
    [
        "payment_change.account",
        "structure.ambiguous",
        "attachment.uninspectable",
        "attachment.encrypted",
        "gateway.error",
    ],
)
async def test_what_must_be_looked_at_each_time_is_never_waived(desk: Desk, code: str) -> None:
    """The refusal names it."""
    with pytest.raises(Refused, match=f"{code} is never waived for a sender"):
        await desk.do("allow", "attachment.script", code)


async def test_two_people_are_not_got_round(desk: Desk) -> None:
    """Where two people release, one may not let all such mail pass."""
    text = "filters:\n  - attachments: {actions: {attachment.script: {do: quarantine, release: two_people}}}\n"
    (desk.config.parent / "filters.yaml").write_text(text)
    desk.config.write_text(desk.config.read_text() + "reviewers: {ann: [approver], bob: [approver]}\n")
    with pytest.raises(Refused, match="two people release such a message"):
        await desk.do("allow", "attachment.script")


async def test_rules_are_about_mail_from_outside(desk: Desk) -> None:
    with pytest.raises(Refused, match="came from inside"):
        await desk.do("block", "attachment.script", direction="outbound")


async def test_of_several_authors_all_are_blocked_but_ours(desk: Desk) -> None:
    """A reader may take any of them for the author."""
    await desk.do("block", "attachment.script", author_addresses=("a@x.example", "bob@example.co.uk", "b@y.example"))
    assert [rule.block for rule in desk.settings.senders] == ["a@x.example", "b@y.example"]


async def test_a_mailers_reverse_path_is_not_allowed(desk: Desk) -> None:
    """SPF proves it for everybody who sends by that service."""
    await desk.do("allow", "attachment.script")
    assert [rule.allow for rule in desk.settings.senders] == ["ap[1]@supplier.example"]


async def test_of_a_crowd_of_authors_no_rules_are_made(desk: Desk) -> None:
    """Each line of the file is read for every message."""
    with pytest.raises(Refused, match="it names 6 authors"):
        await desk.do("block", "attachment.script", author_addresses=tuple(f"a{n}@x.example" for n in range(6)))


@pytest.mark.parametrize("domain", ["gmail.com", "hotmail.co.uk", "mail.btinternet.com", "amazonses.com", "co.uk"])
async def test_no_domain_of_strangers_is_blocked(desk: Desk, domain: str) -> None:
    """Whatever filters are in the chain."""
    with pytest.raises(Refused, match="block this"):
        await desk.do("block", "attachment.script", domain=True, author_addresses=(f"eve@{domain}",))


async def test_the_domain_of_a_reverse_path_is_not_blocked(desk: Desk) -> None:
    """It may be a mailing service's, by which thousands send."""
    with pytest.raises(Refused, match="its author is ours, or it has none"):
        await desk.do("block", "attachment.script", domain=True, author_addresses=())


async def test_an_unusual_address_breaks_nothing(desk: Desk) -> None:
    """The configuration is checked before the file is written."""
    with pytest.raises(Refused, match="nothing was written: the configuration has mistakes"):
        await desk.do("block", "attachment.script", author_addresses=('"a b"@x.example',))
    assert list((desk.config.parent / "var").glob("*senders*")) == []


async def test_one_at_a_time_writes(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process that changes the rules isn't overwritten."""
    folder = os.open(desk.config.parent / "var", os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    with pytest.raises(Refused, match="somebody else is changing the rules"):
        await desk.do("block", "attachment.script")
    os.close(folder)
    assert await desk.do("block", "attachment.script")
    assert ((desk.config.parent / "var" / "senders.yaml").stat().st_mode & 0o777) == 0o640


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone gives files away")
async def test_what_root_writes_belongs_to_the_gateway(desk: Desk) -> None:
    """Else a rule that root makes while no gateway runs would keep the gateway from starting."""
    folder = desk.config.parent / "var"
    os.chown(folder, 65534, 65533)
    await desk.do("block", "attachment.script")
    written = (folder / "senders.yaml").stat()
    assert (written.st_uid, written.st_gid, written.st_mode & 0o777) == (65534, 65533, 0o640)
