"""The disclaimer on every shape of message: where it goes, once, and what stays as it was."""

from __future__ import annotations

import pytest

from filters.disclaimer.filter import Disclaimer
from gateway.contract import Filter, Recipient
from gateway.message.edits import AddText, InsertText, Wrap
from gateway.message.mime.parse import parse
from tests.support.builders.disclaimers import (
    PERSONAL,
    TEXT,
    WORDS,
    amended,
    disclaimer,
    entity,
    findings,
    mail,
    message,
    multipart,
    part,
    texts,
)

PLAIN = entity("text/plain; charset=utf-8", "Hello Bob\r\n")
PAGE = entity("text/html; charset=utf-8", "<html><body><p>Hello Bob</p></body></html>\r\n")
BOTH = multipart("alternative", PLAIN, PAGE, boundary="alt")
PDF = entity("application/pdf", "JVBERi0=\r\n", "Content-Transfer-Encoding: base64", "Content-Disposition: attachment")
PICTURE = entity("image/png", "iVBORw0=\r\n", "Content-Transfer-Encoding: base64", "Content-ID: <p>")
ATTACHED_TEXT = entity("text/plain", "a log\r\n", "Content-Disposition: attachment; filename=log.txt")
INLINE_FILE = entity("text/plain", "a patch\r\n", "Content-Disposition: inline; filename=a.patch")
INVITATION = entity("text/calendar; method=REQUEST", "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")
FORWARDED = entity("message/rfc822", "Subject: inner\r\n\r\ninner text\r\n")


def test_declarations() -> None:
    """Clause, actions and directions as the policy has them."""
    filter_class: type[Filter] = Disclaimer
    assert filter_class.codes["disclaimer.added"][:2] == ("email.disclaimer", "amend")
    assert filter_class.codes["disclaimer.skipped"][:2] == ("email.disclaimer", "log")
    assert filter_class.shipped_directions == ("outbound",)
    assert filter_class.shipped_mode == "enforce"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (PLAIN, [("1", 1)]),
        (PAGE, [("1", 1)]),
        (b"\r\nno fields at all\r\n", [("1", 1)]),
        (BOTH, [("1.1", 1), ("1.2", 1)]),
        (multipart("mixed", BOTH, PDF), [("1.1.1", 1), ("1.1.2", 1)]),
        (multipart("mixed", PLAIN, ATTACHED_TEXT), [("1.1", 1), ("1.2", 0)]),
        (multipart("mixed", PLAIN, INLINE_FILE), [("1.1", 1), ("1.2", 0)]),
        (multipart("mixed", PLAIN, FORWARDED), [("1.1", 1), ("1.2.1", 0)]),
        (multipart("mixed", PDF, PLAIN), [("1.2", 1)]),
        (multipart("related", PAGE, PICTURE), [("1.1", 1)]),
        (
            multipart("related", PICTURE, entity("text/html", "<p>x", "Content-ID: <r>"), more="; start=<r>"),
            [("1.2", 1)],
        ),
        (multipart("related", BOTH, PICTURE), [("1.1.1", 1), ("1.1.2", 1)]),
        (
            multipart("alternative", PLAIN, multipart("related", PAGE, PICTURE, boundary="rel"), boundary="alt"),
            [("1.1", 1), ("1.2.1", 1)],
        ),
        (multipart("mixed", multipart("related", BOTH, PICTURE, boundary="r"), PDF), [("1.1.1.1", 1), ("1.1.1.2", 1)]),
        (multipart("alternative", PLAIN, PAGE, INVITATION), [("1.1", 1), ("1.2", 1), ("1.3", 0)]),
        (
            multipart("alternative", PLAIN, entity("text/html; name=body.html", "<p>x"), boundary="alt"),
            [("1.1", 1), ("1.2", 1)],
        ),
        (multipart("x-unknown", PLAIN, PDF), [("1.1", 1)]),
    ],
)
async def test_each_form_of_the_text_has_it_once(body: bytes, expected: list[tuple[str, int]]) -> None:
    """At any depth, and nothing else has it: no attachment, calendar or message inside."""
    assert texts(await amended(message(body))) == expected


async def test_text_around_a_picture() -> None:
    """Apple Mail cuts a text in pieces: it goes where the text ends, and above what is quoted."""
    signed_off = entity("text/plain", "Regards\r\nAnn\r\n")
    quoting = entity("text/plain", "Regards\r\n\r\nOn Mon, 2 Mar 2026 at 10:00, Bob <b@x.example> wrote:\r\n> old\r\n")
    empty = entity("text/plain", "\r\n\r\n")
    assert texts(await amended(message(multipart("mixed", PLAIN, PICTURE, signed_off)))) == [("1.1", 0), ("1.3", 1)]
    assert texts(await amended(message(multipart("mixed", PLAIN, PICTURE, empty)))) == [("1.1", 1), ("1.3", 0)]
    whole = await amended(message(multipart("mixed", PLAIN, PICTURE, quoting, signed_off)))
    assert texts(whole) == [("1.1", 0), ("1.3", 1), ("1.4", 0)]
    assert part(whole, "1.3").text.index(WORDS) < part(whole, "1.3").text.index("On Mon")


@pytest.mark.parametrize(
    "body",
    [
        PDF,
        PICTURE,
        ATTACHED_TEXT,
        FORWARDED,
        multipart("mixed", PDF, ATTACHED_TEXT),
        multipart("related", PICTURE),
        multipart("alternative", PICTURE),
        multipart("digest", FORWARDED),
    ],
)
async def test_a_message_without_text_gets_a_text_part(body: bytes) -> None:
    """The first of a multipart/mixed; what it held stays as it was, behind it."""
    raw = message(body)
    found = await amended(raw)
    assert found.root.content_type == "multipart/mixed"
    first, *rest = found.root.children
    assert (first.content_type, first.text) == ("text/plain", TEXT.replace("\n", "\r\n") + "\r\n")
    before = parse(raw).root
    old = list(before.children) if before.content_type == "multipart/mixed" else [before]
    assert [(one.content_type, one.disposition, one.body) for one in rest] == [
        (one.content_type, one.disposition, one.body) for one in old
    ]
    assert not found.defects


@pytest.mark.parametrize("sender", ["", "ann@example.co.uk"])
async def test_reports_and_null_senders_get_none(sender: str) -> None:
    """A delivery report is left alone; from the null sender everything is."""
    report = multipart(
        "report", PLAIN, entity("message/delivery-status", "x: y\r\n"), more="; report-type=delivery-status"
    )
    found = await disclaimer().check(mail(message(report), sender=sender))
    assert [one.code for one in found] == (["disclaimer.skipped"] if sender else [])
    assert list(await disclaimer().check(mail(message(PLAIN), sender=""))) == []


async def test_an_invitation_alone_is_left_alone() -> None:
    """Around or beside it, calendar programs would not find it; no fallback changes that."""
    for fallback in ("skip", "wrap", "reject"):
        (finding,) = await findings(message(INVITATION), fallback=fallback)
        assert (finding.code, finding.edits) == ("disclaimer.skipped", ())


# --- once ------------------------------------------------------------------------------------------------------------


async def test_a_second_pass_adds_nothing() -> None:
    """The sender's text has the disclaimer already, in each form."""
    once = await amended(message(BOTH))
    assert await findings(once.raw) == []
    assert len(await findings(once.raw, once_per_thread="never")) == 1


async def test_only_the_form_without_it_gets_it() -> None:
    """A signature may hold it in one of the two."""
    own = entity("text/plain", "Hello\r\n\r\n" + TEXT.replace("\n", "\r\n") + "\r\n")
    (finding,) = await findings(message(multipart("alternative", own, PAGE)))
    assert [edit.part for edit in finding.edits if isinstance(edit, InsertText)] == ["1.2"]


@pytest.mark.parametrize(("once", "added"), [("new_text", 1), ("thread", 0), ("never", 1)])
async def test_a_reply_that_quotes_it(once: str, added: int) -> None:
    """Each message of a thread has it in its own text as shipped; with `thread` only the first one has it."""
    quoted = "".join(f"> {line}\r\n" for line in TEXT.split("\n"))
    reply = entity("text/plain", f"Thanks\r\n\r\nOn Mon, 2 Mar 2026 at 10:00, Bob <b@x.example> wrote:\r\n{quoted}")
    assert len(await findings(message(reply), once_per_thread=once)) == added


async def test_new_text_stands_above_the_quotation() -> None:
    """After the signature, in both forms."""
    reply = "Thanks\r\n\r\nAnn\r\n\r\nOn Mon, 2 Mar 2026 at 10:00, Bob <b@x.example> wrote:\r\n> old\r\n"
    found = await amended(message(entity("text/plain", reply)))
    assert found.root.text == reply.replace("On Mon", TEXT.replace("\n", "\r\n") + "\r\n\r\nOn Mon")


@pytest.mark.parametrize(
    ("place", "expected"),
    [("end", "Hello\r\n\r\n{}\r\n"), ("top", "{}\r\n\r\nHello\r\n"), ("above_quote", "Hello\r\n\r\n{}\r\n")],
)
async def test_other_places(place: str, expected: str) -> None:
    """A blank line is between the disclaimer and the text."""
    found = await amended(message(entity("text/plain", "Hello\r\n")), place=place)
    assert found.root.text == expected.format(TEXT.replace("\n", "\r\n"))


# --- whose -----------------------------------------------------------------------------------------------------------


async def test_personal_mail_gets_other_words() -> None:
    """The label `personal` chooses the words."""
    (finding,) = await findings(message(PLAIN), labels=frozenset({"personal"}))
    assert isinstance(finding.edits[0], InsertText)
    assert finding.edits[0].text == PERSONAL
    assert finding.evidence[0].quote == "personal"


async def test_each_recipient_gets_their_words() -> None:
    """One finding for each wording, for those recipients alone."""
    rules = [{"recipient_countries": ["de"], "text": "Eingetragen beim Amtsgericht, HRB 12345."}]
    to = (Recipient("a@x.de", "outbound"), Recipient("b@x.example", "outbound"), Recipient("c@y.de", "outbound"))
    german, standard = await findings(message(PLAIN), *to, rules=rules)
    assert (german.recipients, standard.recipients) == ({"a@x.de", "c@y.de"}, {"b@x.example"})
    assert "Amtsgericht" in str(german.edits)
    assert WORDS in str(standard.edits)


async def test_the_senders_fields() -> None:
    """The fields come from the directory, by the address in From; HTML is escaped."""
    text = "{{ sender.name }}, {{ sender.title }}, {{ sender.phone }} <{{ sender.address }}>"
    found = await amended(message(BOTH), text=text, html="<p>{{ sender.name }} &amp; {{ organisation.contact }}</p>")
    assert "Ann Archer, Finance Director, +44 20 7946 0001 <ann@example.co.uk>" in part(found, "1.1").text
    assert "Ann Archer &amp; IT Service Desk &lt;it@example.co.uk&gt;" in part(found, "1.2").text


# --- what must not be edited -----------------------------------------------------------------------------------------

SIGNATURE = entity("application/pkcs7-signature", "MIAG\r\n")
ARMOURED = (
    "-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\nHello\r\n-----BEGIN PGP SIGNATURE-----\r\n\r\nx\r\n"
)

SEALED = [
    multipart("signed", PLAIN, SIGNATURE),
    multipart("mixed", multipart("signed", PLAIN, SIGNATURE, boundary="s"), PDF),
    multipart("encrypted", entity("application/pgp-encrypted", "Version: 1\r\n"), PDF),
    multipart("mixed", PLAIN, entity("application/pgp-signature", "x\r\n")),
    entity("application/pkcs7-mime; smime-type=enveloped-data", "MIAG\r\n"),
    entity("application/x-pkcs7-mime; smime-type=signed-data", "MIAG\r\n"),
    entity("application/octet-stream; name=smime.p7m", "MIAG\r\n"),
    entity("text/plain", ARMOURED),
    entity("text/plain", ARMOURED.replace("SIGNED ", "")),
    entity("text/html", "<pre>-----BEGIN PGP MESSAGE-----\r\n\r\nx</pre>"),
]
BROKEN = [
    b'Content-Type: multipart/mixed; boundary="b"\r\n\r\nnothing divides it\r\n--c\r\n',
    entity("text/plain", "Zm9vYmFyIGJheiBxdXV4IGZvb2JhciBiYXogcXV1eCE=\r\n", "Content-Transfer-Encoding: x-odd"),
    b"Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n\x1b$B-!\x1b(B \xff\r\n",
]


@pytest.mark.parametrize("body", [*SEALED, *BROKEN])
async def test_what_must_not_be_edited_is_skipped_on_record(body: bytes) -> None:
    """The shipped fallback skips the message; the finding offers no edit."""
    (finding,) = await findings(message(body))
    assert (finding.code, finding.edits) == ("disclaimer.skipped", ())


@pytest.mark.parametrize("body", [*SEALED, *BROKEN])
async def test_it_may_be_wrapped(body: bytes) -> None:
    """The original, octet for octet, as a message in a new one."""
    raw = message(body)
    (finding,) = await findings(raw, fallback="wrap")
    assert isinstance(finding.edits[0], Wrap)
    found = await amended(raw, fallback="wrap")
    assert [count for path, count in texts(found) if path.startswith("1.1")] == [1, 1]
    assert part(found, "1.2").content_type == "message/rfc822"
    assert part(found, "1.2").body.rstrip(b"\r\n") == raw.rstrip(b"\r\n")


async def test_it_may_be_rejected() -> None:
    """The finding has a code of its own, whose shipped action is to reject."""
    (finding,) = await findings(message(SEALED[0]), fallback="reject")
    assert (finding.code, finding.edits) == ("disclaimer.impossible", ())
    assert finding.summary == "The standard disclaimer can't be added: it is signed or encrypted."


async def test_what_is_quoted_or_attached_seals_nothing() -> None:
    """A reply to signed mail, and a signed file beside the text, get the disclaimer."""
    quoted = "Thanks\r\n\r\n" + "".join(f"> {line}\r\n" for line in ARMOURED.split("\r\n"))
    assert texts(await amended(message(entity("text/plain", quoted)))) == [("1", 1)]
    attached = multipart("mixed", PLAIN, PDF, entity("application/pgp-signature", "x\r\n"))
    assert texts(await amended(message(attached))) == [("1.1", 1)]


async def test_no_text_part_is_an_edit_of_its_own() -> None:
    """`explain` shows the edit."""
    (finding,) = await findings(message(PDF))
    assert finding.edits == (AddText(TEXT),)


async def test_large_mail_is_read_in_a_thread() -> None:
    """The result is the same as for small mail."""
    body = entity("text/plain", "line of some text\r\n" * 20_000)
    assert texts(await amended(message(body))) == [("1", 1)]
