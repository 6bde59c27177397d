"""Notices about mail that went its way: who is told, of what, and how seldom. Nothing of the mail is in them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import pytest

from gateway.act.notices.manager_notices import ManagerNotices
from gateway.act.notices.notice_templates import NoticeTemplates
from gateway.act.notices.notices import RECORD, Wording
from gateway.act.notices.reminders import Reminders
from gateway.act.rules.release_rules import ReleaseRules
from gateway.contract import Mail, Person
from gateway.judge.policy import Verdict
from gateway.remember.database.errors import StoreUnavailable
from gateway.remember.store import Store
from gateway.settings.yaml.file_search import SHIPPED
from tests.support.builders.judgement import FakeClock, Policy, Probe, finding, mail, settings

RAW = b"From: Ann <ann@example.co.uk>\r\nTo: joe@outside.example\r\nSubject: Secret\r\n\r\nSecret words\r\n"
TEMPLATE = "About {{ findings|length }}\n\n{% for f in findings %}{{ f.summary }} {{ f.clause_text }}{% endfor %}"
WORDING = Wording(
    templates={},
    organisation="Example Ltd",
    contact="it@example.co.uk",
    contact_at="it@example.co.uk",
    notices_from="postmaster@example.co.uk",
    hostname="gw.example.co.uk",
    timezone=ZoneInfo("Europe/London"),
    clauses={"monitoring.automated": "Say so."},
    policy={"title": "Policy"},
    quarantine_days=30,
    record_days=180,
    journal_days=7,
)

PEOPLE = {
    "ann@example.co.uk": Person("Ann Archer", ("ann@example.co.uk",), manager="cleo@example.co.uk"),
    "bob@example.co.uk": Person("Bob Baker", ("bob@example.co.uk",), manager="cleo@example.co.uk"),
}


class Telling(Probe):
    reminders: ClassVar[Mapping[str, str]] = {"probe.log": "quiet", "probe.tag": "quiet", "probe.hold": "quiet"}


class Stage:
    """A policy from YAML, and the outbox."""

    def __init__(self, folder: Path, store: Store, entry: str, template: str = TEMPLATE) -> None:
        self.store, self.clock = store, FakeClock()
        filters = settings(folder, entry, {"probe": Telling}).filters
        self.policy = Policy(filters)
        numbers = iter(range(1000))
        (folder / "quiet.txt").write_text(template)
        templates = {"quiet": folder / "quiet.txt", "manager": SHIPPED / "notices/manager.txt"}
        wording, ours, is_list = replace(WORDING, templates=templates), {"example.co.uk"}, "all@example.co.uk".__eq__
        rules = ReleaseRules(filters, (), timedelta(days=1))
        managers = ManagerNotices(PEOPLE.get, ours, is_list, rules, ZoneInfo("Europe/London"))
        self.reminders = Reminders(store, wording, ours, is_list, self.clock, lambda: f"n{next(numbers)}", managers)

    async def tell(self, *codes: str, to: str = "out:joe@outside.example", sender: str = "ann@example.co.uk") -> None:
        about = mail(to, raw=RAW, sender=sender)
        await self.reminders.tell(about, self.verdict(about, *codes))

    def verdict(self, about: Mail, *codes: str) -> Verdict:
        return self.policy.decide(about, *map(finding, codes))

    async def queued(self) -> list[Any]:
        """Return the messages in the outbox."""
        claimed = await self.store.outbox.claim(self.clock.now(), 20, 60)
        return [message_from_bytes(content, policy=policy.default) for _, content in claimed]


@pytest.fixture
async def store(tmp_path: Path) -> Any:
    opened = await Store.open(f"sqlite:///{tmp_path}/store.db", create=True, key=bytes(32))
    yield opened
    await opened.close()


TOLD = "- probe: {mode: enforce, notify: [sender]}"


async def test_a_sender_is_told_of_the_clause_alone(tmp_path: Path, store: Store) -> None:
    """Several findings in one notice; no subject, no text."""
    stage = Stage(tmp_path, store, TOLD)
    await stage.tell("probe.log", "probe.tag")
    (notice,) = await stage.queued()
    assert (notice["To"], notice["Subject"]) == ("ann@example.co.uk", "About 2")
    assert notice["Auto-Submitted"] == "auto-generated"
    assert notice["Reply-To"] == "it@example.co.uk"
    assert "It has probe.log. Say so." in notice.get_body(("plain",)).get_content()
    assert "Secret" not in notice.as_string()
    assert "joe@" not in notice.as_string()


async def test_once_a_week_at_most(tmp_path: Path, store: Store) -> None:
    """Whichever finding it is; what came in between is not told later. Letter case makes no other person."""
    stage = Stage(tmp_path, store, TOLD)
    await stage.tell("probe.log")
    await stage.tell("probe.tag", sender="ANN@example.co.uk")
    stage.clock.at += timedelta(days=7) - timedelta(seconds=1)
    await stage.tell("probe.log")
    assert len(await stage.queued()) == 1
    stage.clock.at += timedelta(seconds=1)
    await stage.tell("probe.log")
    await stage.tell("probe.log", sender="bob@example.co.uk")
    assert [notice["To"] for notice in await stage.queued()] == ["ann@example.co.uk", "bob@example.co.uk"]


async def test_who_was_told_is_on_record(tmp_path: Path, store: Store) -> None:
    """With the message: its sender and the manager."""
    stage = Stage(tmp_path, store, "- probe: {mode: enforce, notify: [sender, manager]}")
    await stage.tell("probe.log")
    later = await store.trail.aftermath(["m1"])
    assert [(one.person, one.role, bool(one.sent_at)) for one in later["m1"].notices] == [
        ("cleo@example.co.uk", "manager", True),
        ("ann@example.co.uk", "sender", True),
    ]


async def test_a_purge_forgets_nobody_within_the_week(tmp_path: Path, store: Store) -> None:
    """However short the quarantine is kept."""
    stage = Stage(tmp_path, store, TOLD)
    await stage.tell("probe.log")
    stage.clock.at += timedelta(days=6)
    await store.purge(stage.clock.now(), 1, 1)
    await stage.tell("probe.log")
    assert len(await stage.queued()) == 1


@pytest.mark.parametrize(
    ("entry", "code", "to", "sender"),
    [
        ("- probe: {mode: enforce}", "probe.log", "out:joe@outside.example", "ann@example.co.uk"),
        ("- probe: {mode: monitor, notify: [sender]}", "probe.log", "out:joe@outside.example", "ann@example.co.uk"),
        ("- probe: {mode: enforce, notify: [reviewers]}", "probe.log", "out:joe@outside.example", "ann@example.co.uk"),
        (TOLD, "probe.amend", "out:joe@outside.example", "ann@example.co.uk"),
        (TOLD, "probe.hold", "out:joe@outside.example", "ann@example.co.uk"),
        (TOLD, "probe.log", "in:bob@example.co.uk", "eve@outside.example"),
        (TOLD, "probe.log", "in:bob@example.co.uk", "ann@example.co.uk"),
        (TOLD, "probe.log", "out:joe@outside.example", "all@example.co.uk"),
        (TOLD, "probe.log", "out:joe@outside.example", ""),
    ],
    ids=["unset", "monitor", "others", "no template", "held", "from outside", "forged", "a list", "null sender"],
)
async def test_nobody_is_told(tmp_path: Path, store: Store, entry: str, code: str, to: str, sender: str) -> None:
    """Unless the configuration names the sender, the sender is ours and the mail went its way."""
    stage = Stage(tmp_path, store, entry)
    await stage.tell(code, to=to, sender=sender)
    assert await stage.queued() == []


async def test_a_manager_is_told_of_mail_that_was_sent(tmp_path: Path, store: Store) -> None:
    """Once a week of each sender, without a word of the mail; the sender is told only where `notify` says so."""
    stage = Stage(tmp_path, store, "- probe: {mode: enforce, notify: [manager]}")
    await stage.tell("probe.log", "probe.tag")
    await stage.tell("probe.log")
    await stage.tell("probe.log", sender="bob@example.co.uk")
    about_ann, about_bob = await stage.queued()
    assert (about_ann["To"], about_bob["To"]) == ("cleo@example.co.uk", "cleo@example.co.uk")
    assert about_ann["Subject"] == "A message from Ann Archer was noticed"
    said = about_ann.get_body(("plain",)).get_content()
    assert "It has been sent." in said
    assert "Say so." in said
    assert "Ann Archer <ann@example.co.uk>" in said
    assert "joe@outside.example" in said
    assert "Secret" not in about_ann.as_string()
    assert "Bob Baker" in about_bob["Subject"]


async def test_no_manager_is_told_of_a_code_that_the_sender_is_never_told_of(tmp_path: Path, store: Store) -> None:
    """A filter with reminders keeps its other codes to itself."""
    stage = Stage(tmp_path, store, "- probe: {mode: enforce, notify: [sender, manager]}")
    await stage.tell("probe.amend")
    assert await stage.queued() == []
    await stage.tell("probe.log")
    assert len(await stage.queued()) == 2


async def test_no_manager_is_told_of_personal_mail(tmp_path: Path, store: Store) -> None:
    stage = Stage(tmp_path, store, "- probe: {mode: enforce, notify: [manager]}")
    about = replace(
        mail("out:joe@outside.example", raw=RAW, sender="ann@example.co.uk"), labels=frozenset({"personal"})
    )
    await stage.reminders.tell(about, stage.verdict(about, "probe.log"))
    assert await stage.queued() == []


@pytest.mark.parametrize("to", ["us:cleo@example.co.uk", "out:joe@outside.example"])
async def test_no_manager_is_told_of_mail_to_the_manager(tmp_path: Path, store: Store, to: str) -> None:
    stage = Stage(tmp_path, store, "- probe: {mode: enforce, notify: [manager]}")
    about = mail(to, raw=b"Cc: Cleo <cleo@example.co.uk>\r\n" + RAW, sender="ann@example.co.uk")
    await stage.reminders.tell(about, stage.verdict(about, "probe.log"))
    assert await stage.queued() == []


async def test_trouble_with_the_store_costs_the_notice_alone(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It follows the reply: nothing is raised into the worker's tasks."""
    stage = Stage(tmp_path, store, TOLD)

    async def away(*_: Any, **__: Any) -> bool:
        raise StoreUnavailable("away")

    monkeypatch.setattr(store.notices, "once", away)
    await stage.tell("probe.log")
    monkeypatch.undo()
    await stage.tell("probe.log")
    assert len(await stage.queued()) == 1


REMINDERS = ("personal", "language", "commitment", "broadcast")
FACTS = {
    "organisation": "Example Ltd",
    "contact": "it@example.co.uk",
    "policy": {"title": "Policy", "tell": "HR"},
    "days": 30,
    "record": RECORD,
    "record_days": 180,
    "journal_days": 0,
    "id": "m1",
    "sent": "Monday",
    "recipient": "joe@outside.example",
    "manager_told": False,
}


def filled(name: str, code: str, **facts: Any) -> str:
    """Return a shipped template with its facts, on one line."""
    one = {"code": code, "summary": "S.", "clause": "c", "clause_text": "T"}
    templates = NoticeTemplates({name: SHIPPED / f"notices/{name}.txt"})
    return " ".join(templates.fill(name, {"findings": [one], **FACTS, **facts}).split())


def test_the_shipped_template_can_be_filled() -> None:
    """The shipped template accepts every field that it may use; its first line is the subject."""
    said = filled("personal", "personal.label")
    assert said.startswith("About personal mail ")
    assert "T (c)" in said


@pytest.mark.parametrize("name", REMINDERS)
def test_a_sender_learns_what_is_kept(name: str) -> None:
    """The record of the message stays, and in the journal the message itself."""
    said = filled(name, "a.code")
    assert f"The record of it is kept for 180 days. It has none of its words, but {RECORD}." in said
    assert "the sending computer's address and login" in RECORD
    assert "other messages of that week may be on record as well" in said
    assert "nothing need be done" not in said
    assert re.search("If it is wrong.*, tell .* the id", said)
    assert "nothing of it was kept" not in said
    assert "copy" not in said
    assert "for 7 days an encrypted copy of all mail, to find lost messages" in filled(name, "a.code", journal_days=7)


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("personal.unlabelled", 'Begin the subject of private mail with "Personal:"'),
        ("personal.own_account", "use your own account at Example Ltd, and no private one"),
        ("personal.hours", "before work, at lunch or after work"),
        ("personal.volume", "Send less private mail"),
        ("personal.size", "Send less private mail"),
    ],
)
def test_a_sender_learns_what_to_do_about_personal_mail(code: str, advice: str) -> None:
    """Advice about other findings is left out."""
    said = filled("personal", code)
    assert "What to do:" in said
    assert advice in said
    assert said.count(" - ") == 1


async def test_a_notice_has_the_days_of_record_and_journal(tmp_path: Path, store: Store) -> None:
    stage = Stage(tmp_path, store, TOLD, "About\n\n{{ findings[0].code }} {{ record_days }} {{ journal_days }}")
    await stage.tell("probe.log")
    (queued,) = await stage.queued()
    assert queued.get_body(("plain",)).get_content().startswith("probe.log 180 7\r\n")


@pytest.mark.parametrize("told", [False, True])
@pytest.mark.parametrize("name", REMINDERS)
def test_a_sender_learns_which_message_is_meant(name: str, told: bool) -> None:
    """Time, recipients and id; that the manager is told; and what stays on record."""
    said = filled(name, "a.code", manager_told=told)
    assert "Sent: Monday To: joe@outside.example Id: m1" in said
    assert ("Your manager is told of it too" in said) == told
    assert "nobody has read it for this notice" in said


@pytest.mark.parametrize(("entry", "expected"), [("notify: [sender, manager]", True), ("notify: [sender]", False)])
async def test_a_sender_learns_that_the_manager_was_told(
    tmp_path: Path, store: Store, entry: str, expected: bool
) -> None:
    """The reminder says it about this message; within the week neither gets another notice."""
    words = "About\n\n{{ sent }}, {{ recipient }} {{ manager_told }}"
    stage = Stage(tmp_path, store, f"- probe: {{mode: enforce, {entry}}}", words)
    await stage.tell("probe.log")
    *_, notice = await stage.queued()
    said = notice.get_body(("plain",)).get_content()
    assert said.startswith(f"Monday 02 March 2026, 09:30 GMT, joe@outside.example {expected}\r\n")


def test_a_wrong_finding_about_words_is_told_to_people() -> None:
    """The contact is IT, and the finding counts until somebody objects."""
    said = filled("language", "language.abuse")
    assert "nothing need be done" not in said
    assert "if you quoted the words to report them, tell HR the id" in said
