"""Messages whose receipt a message from outside confirms."""

from __future__ import annotations

from dataclasses import replace

import pytest

from filters.receipt.answers import MAX_IDS, answered_by, answering_domains
from gateway.contract import Authentication, Author, Mail
from tests.support.builders.judgement import mail


def reply(*fields: str, body: str = "Thanks\r\n", path: str = "joe@outside.example") -> Mail:
    head = "\r\n".join(("From: joe@outside.example", *fields))
    return mail("in:ann@example.co.uk", raw=f"{head}\r\n\r\n{body}".encode(), sender=path)


def answered(*fields: str, body: str = "Thanks\r\n", path: str = "joe@outside.example") -> list[str]:
    return list(answered_by(reply(*fields, body=body, path=path)))


def report(kind: str, text: str) -> Mail:
    contents = ((kind, text), ("text/rfc822-headers", "Message-ID: <a@b>"))
    parts = "".join(f"--b\r\nContent-Type: {one}\r\n\r\n{content}\r\n" for one, content in contents)
    return reply("Content-Type: multipart/report; boundary=b", "In-Reply-To: <a@b>", body=f"{parts}--b--\r\n", path="")


@pytest.mark.parametrize(
    ("fields", "ids"),
    [
        (("In-Reply-To: <a@b>",), ["a@b"]),
        (("References: <a@b> <c@d>",), ["c@d", "a@b"]),
        (("In-Reply-To: <c@d>", "References: <a@b> <c@d>"), ["c@d", "a@b"]),
        (("In-Reply-To: <a@b>", "List-Id: <x.y>"), ["a@b"]),
        (("In-Reply-To: <a@b>", "Auto-Submitted: auto-replied"), []),
        (("In-Reply-To: <a@b>", "Precedence: bulk"), []),
        (("In-Reply-To: <a@b>", "X-Autoreply: yes"), []),
        ((), []),
    ],
)
def test_replies(fields: tuple[str, ...], ids: list[str]) -> None:
    """A reply by a person is an answer; a notice of absence confirms nothing."""
    assert answered(*fields) == ids


@pytest.mark.parametrize("subject", ["Undelivered Mail Returned to Sender", "Re: Offer"])
def test_a_message_without_a_reverse_path_answers_nothing(subject: str) -> None:
    """A bounce or a notice of absence that has no field to say so, and no report."""
    assert answered("In-Reply-To: <a@b>", f"Subject: {subject}", path="") == []


@pytest.mark.parametrize(
    ("subject", "answers"),
    [
        ("Out of office", False),
        ("Out of Office: Re: Offer", False),
        ("Automatic reply: Offer", False),
        ("Abwesenheitsnotiz: Angebot", False),
        ("Abwesend: Angebot", False),
        ("=?utf-8?q?R=C3=A9ponse_automatique_=3A?= Offre", False),
        ("Odpowiedź automatyczna: oferta", False),
        ("Re: Automatic reply: Offer", True),
        ("Re: Out of office rules", True),
        ("Re: Offer", True),
    ],
)
def test_a_notice_of_absence_is_known_by_its_subject(subject: str, answers: bool) -> None:
    """Where nothing else says so; our own people's subject may begin so, too, behind the mark of a reply."""
    assert answered("In-Reply-To: <a@b>", f"Subject: {subject}") == (["a@b"] if answers else [])


@pytest.mark.parametrize("number", [MAX_IDS - 1, MAX_IDS, MAX_IDS + 1])
def test_the_last_of_a_long_thread_are_looked_up(number: int) -> None:
    ids = [f"{one}@x" for one in range(number)]
    found = answered(f"References: {' '.join(f'<{one}>' for one in ids)}")
    assert found == ids[::-1][:MAX_IDS]


@pytest.mark.parametrize(
    ("actions", "ids"),
    [(["delivered"], ["a@b"]), (["failed"], []), (["delayed"], []), (["relayed"], []), (["delivered", "failed"], [])],
)
def test_reports_of_delivery(actions: list[str], ids: list[str]) -> None:
    """A report of something else is no answer, though it may name the message as one that it replies to."""
    fields = "".join(f"\r\nFinal-Recipient: rfc822; a@x\r\nAction: {action}\r\n" for action in actions)
    assert answered_by(report("message/delivery-status", f"Reporting-MTA: dns; x\r\n{fields}")) == (ids or ())


@pytest.mark.parametrize(("disposition", "ids"), [("displayed", ["a@b"]), ("deleted", []), ("processed", [])])
def test_read_receipts(disposition: str, ids: list[str]) -> None:
    text = f"Original-Message-ID: <a@b>\r\nDisposition: manual-action/MDN-sent-manually; {disposition}\r\n"
    assert answered_by(report("message/disposition-notification", text)) == (ids or ())


def test_only_the_last_messages_can_be_answered() -> None:
    """One message that names many ends few waits."""
    many = " ".join(f"<{one}@x>" for one in range(40))
    assert len(answered(f"References: {many}", f"In-Reply-To: {many}")) == 2 * MAX_IDS


def test_a_reply_comes_from_its_senders_domains() -> None:
    about = reply(path="bounce@mail.sender.example.co.uk")
    assert answering_domains(about) == {"outside.example", "example.co.uk"}


def test_where_mail_is_verified_the_senders_must_be_proven() -> None:
    about, author = reply(), Author("joe@outside.example", "outside.example")
    forged = replace(about, authentication=Authentication(verified=True, authors=(author,)))
    assert answering_domains(forged) == set()
    proven = Authentication(verified=True, authors=(replace(author, aligned=frozenset({"dkim"})),))
    assert answering_domains(replace(about, authentication=proven)) == {"outside.example"}


def test_a_report_comes_from_those_whom_it_names() -> None:
    """Their mail server's name may be another."""
    about = report(
        "message/delivery-status", "Reporting-MTA: dns; x\r\n\r\nFinal-Recipient: rfc822; a@There.Example\r\n"
    )
    assert answering_domains(about) == {"outside.example", "there.example"}
