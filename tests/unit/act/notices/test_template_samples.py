"""Sample facts: the shipped templates can be filled in with every one (`conftest` compares them with real facts)."""

from __future__ import annotations

import pytest

from gateway.act.notices.notice_templates import NoticeTemplates
from gateway.act.notices.template_samples import HELD, RECEIPT, REMINDER, samples_of
from gateway.settings.chain.entries import OWN_NOTICES
from gateway.settings.yaml.file_search import SHIPPED
from tests.unit.act.notices.conftest import WORDS

KINDS = {
    **dict.fromkeys(("held", "payment_change", "impersonation", "confidential", "threat"), HELD),
    **dict.fromkeys(("personal", "commitment", "language", "broadcast"), REMINDER),
    "receipt": RECEIPT,
    **{name: name for name in OWN_NOTICES},
}


@pytest.mark.parametrize("name", KINDS)
def test_a_shipped_template_has_no_mistakes(name: str) -> None:
    file = SHIPPED / "notices" / f"{name}.txt"
    assert NoticeTemplates({name: file}).mistakes(name, "held_notices", samples_of(KINDS[name], WORDS)) == []


@pytest.mark.parametrize("name", ["broadcast", "commitment", "language"])
def test_a_reminder_says_that_its_message_was_sent(name: str) -> None:
    """Perhaps with a disclaimer added."""
    templates = NoticeTemplates({name: SHIPPED / f"notices/{name}.txt"})
    for facts in samples_of(REMINDER, WORDS):
        said = " ".join(templates.fill(name, facts).split())
        assert "This message of yours has been sent, and nobody has read it for this notice:" in said


@pytest.mark.parametrize("name", ["held", "confidential", "impersonation", "payment_change", "threat"])
def test_a_held_notice_says_who_can_read_the_message(name: str) -> None:
    """And how long the record is kept; the summary stands apart from the message's lines."""
    templates = NoticeTemplates({name: SHIPPED / f"notices/{name}.txt"})
    for facts in samples_of(HELD, WORDS):
        said = templates.fill(name, facts)
        read = "Reviewers can read" in said and "on record for 180 days" in said.replace("\n", " ")
        assert read == (facts["role"] != "reviewer")
        assert "The attachment is a program.\n\n" in said
        assert name == "payment_change" or facts["role"] == "reviewer" or "programs err" in said


def test_a_reviewer_of_words_about_people_may_not_be_the_one_to_decide() -> None:
    """Without reviewers the contact is told, who looks after machines."""
    (facts, *_) = (one for one in samples_of(HELD, WORDS) if one["role"] == "reviewer")
    about = {**facts, "notices": [{**facts["notices"][0], "code": "language.threat"}]}
    templates = NoticeTemplates({"": SHIPPED / "notices/held.txt"})
    assert "If nobody decides, it is deleted after 30 days." in templates.fill("", facts)
    assert "about how a person is treated" not in templates.fill("", facts)
    said = templates.fill("", about)
    assert "about how a person is treated" in said
    assert "HR department" in said
    assert "line manager" not in said


def test_a_digest_asks_for_no_reply_about_a_threat() -> None:
    """It warns instead; beside it another message can be asked for without a key."""
    templates = NoticeTemplates({"digest": SHIPPED / "notices/digest.txt"})
    some = next(one for one in samples_of("digest", WORDS) if one["notices"] and one["can_ask"] and not one["personal"])
    some["notices"][0]["request"] = ""
    threat = {**some["notices"][0], "template": "threat", "can_ask": False}
    alone = templates.fill("digest", {**some, "notices": [threat], "more": 0})
    assert "tell your line manager or the HR department the id" in alone
    assert "reply to this digest" not in alone
    assert "you have asked for" not in alone
    assert "if you expected" not in alone
    assert "Otherwise nothing need be done" not in alone
    assert "it is evidence" in alone
    assert "programs err" in alone
    both = templates.fill("digest", {**some, "notices": [threat, some["notices"][0]], "more": 0})
    assert "the one that is no threat, reply to this digest" in both
    assert "Key:" not in both


def test_a_manager_of_a_held_commitment_is_told_of_nothing_agreed() -> None:
    templates = NoticeTemplates({"manager": SHIPPED / "notices/manager.txt"})
    some = next(iter(samples_of("manager", WORDS)))
    for outcome, agreed in (("asked", False), ("held", False), ("confirmed", True), ("sent", True)):
        notices = [some["notices"][0] | {"code": "commitment.made", "outcome": outcome}]
        assert ("can often still be mended" in templates.fill("manager", {**some, "notices": notices})) == agreed


def test_the_reviewers_digest_says_what_to_do_about_a_threat() -> None:
    templates = NoticeTemplates({"digest_reviewers": SHIPPED / "notices/digest_reviewers.txt"})
    some = next(one for one in samples_of("digest_reviewers", WORDS) if one["notices"])
    notice = some["notices"][0]
    assert "may be in danger" not in templates.fill("digest_reviewers", some)
    threat = {**some, "notices": [{**notice, "code": "language.threat"}]}
    assert "somebody may be in danger: look at it now" in templates.fill("digest_reviewers", threat)
