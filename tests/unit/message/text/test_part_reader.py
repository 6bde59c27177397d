"""The view: which texts a message shows, of which kind, each once; and what it says of what it can't show."""

from __future__ import annotations

import random

import pytest

from gateway.message.folding.folding import fold
from gateway.message.mime.parse import parse
from gateway.message.part import Part
from gateway.message.text.part_reader import MAX_CHARACTERS, MAX_FILE_CHARACTERS, read_part
from gateway.message.text.view import TextView
from tests.corpus.letters import entity, multipart

HEAD = b"From: Jo Field <jo@outside.example>\r\nSubject: Invoice 20\r\nMIME-Version: 1.0\r\n"


def view(body: bytes, head: bytes = HEAD) -> TextView:
    return parse(head + body).view


def text(content: str, kind: str = "plain") -> bytes:
    return entity(f"text/{kind}; charset=utf-8", content.encode())


def seen(found: TextView) -> list[tuple[str, str, str]]:
    return [(one.kind, one.part, one.text) for one in found.passages]


def test_kinds() -> None:
    """Subject, sender, new text, signature, footer and quotation apart, in the message's order."""
    body = (
        "Please pay it.\r\n\r\nSecond paragraph\r\nwrapped.\r\n\r\n-- \r\nJo Field\r\n\r\n"
        "This e-mail is confidential and intended for the addressee.\r\n\r\n"
        "On 3 Mar 2026 at 10:11, Ann <a@x.test> wrote:\r\n> Where is it?\r\n> > Here\r\n"
    )
    assert seen(view(text(body))) == [
        ("subject", "1", "Invoice 20"),
        ("sender", "1", "Jo Field"),
        ("new", "1", "Please pay it.\n\nSecond paragraph\nwrapped."),
        ("signature", "1", "--\nJo Field"),
        ("footer", "1", "This e-mail is confidential and intended for the addressee."),
        ("quoted", "1", "On 3 Mar 2026 at 10:11, Ann <a@x.test> wrote:\nWhere is it?\nHere"),
    ]


def test_soft_breaks() -> None:
    """A soft break with DelSp=yes (RFC 3676 4.2) may be in a word: the text is read with it and without."""
    found = view(b"Content-Type: text/plain; format=flowed; delsp=yes\r\n\r\nOur ba \r\nnk moved.\r\n")
    assert [one.folded.text for one in found.of("new")] == ["our ba nk moved.", "our bank moved."]


def test_folded_paragraphs() -> None:
    """A wrapped line goes on; a paragraph ends a line."""
    found = view(text("Our bank\r\ndetails have\r\nchanged.\r\n\r\nPay soon.\r\n"))
    assert [one.folded.text for one in found.of("new")] == ["our bank details have changed.\npay soon."]


def test_alternatives_that_agree() -> None:
    """One passage, whatever the markup."""
    both = multipart(
        "alternative", text("Hello there,\r\nall is well"), text("<p>Hello there,<br>all is well</p>", "html")
    )
    assert [(one.part, one.text) for one in view(both).of("new")] == [("1.1", "Hello there,\nall is well")]


def test_alternatives_that_differ_in_blanks_alone() -> None:
    """Words that are cut in one are another text."""
    both = multipart("alternative", text("ba nk"), text("<p>bank</p>", "html"))
    assert [one.text for one in view(both).of("new")] == ["ba nk", "bank"]


def test_alternatives_that_differ() -> None:
    """One passage each."""
    both = multipart("alternative", text("Hello"), text("<p>Pay me</p>", "html"))
    assert [(one.part, one.text) for one in view(both).of("new")] == [("1.1", "Hello"), ("1.2", "Pay me")]


@pytest.mark.parametrize(
    ("head", "names"),
    [
        (b"From: jo@outside.example\r\n", []),
        (b"From: jo@outside.example (Jo Field)\r\n", ["Jo Field"]),
        (b'From: "Field, Jo" <jo@outside.example>\r\n', ["Field, Jo"]),
        (b"From: =?utf-8?q?J=C3=B8?= <a@x>, =?utf-8?b?QW5u?= <b@x>\r\n", ["J\u00f8", "Ann"]),
        (b"From: A <a@x>\r\nReply-To: B <b@x>\r\n", ["A", "B"]),
        (b"From: A <a@x>\r\nFrom: C <c@x>\r\n", ["A", "C"]),
        (b'From: "Jo \\"JF\\" Field" <jo@x>\r\n', ["Jo JF Field"]),
    ],
)
def test_senders(head: bytes, names: list[str]) -> None:
    """The display names of every From and Reply-To."""
    assert [one.text for one in view(b"\r\nx", head).of("sender")] == names


def test_every_subject() -> None:
    """Two fields are two subjects: programs differ in which they show."""
    assert [one.text for one in view(b"\r\nx", b"Subject: a\r\nSubject: b\r\n").of("subject")] == ["a", "b"]


def test_nested_message() -> None:
    """Subject and texts of a nested message are an attachment's, quoted or not; its sender's name is nobody's here."""
    inside = b"From: X <x@x.test>\r\nSubject: Old\r\n\r\nMoved bank\r\n> before\r\n"
    found = view(multipart("mixed", text("See below"), b"Content-Type: message/rfc822\r\n\r\n" + inside))
    assert [(one.kind, one.text) for one in found.passages][2:] == [
        ("new", "See below"),
        ("attachment", "Old"),
        ("attachment", "Moved bank"),
        ("attachment", "before"),
    ]


def test_attached_text() -> None:
    """A named or attached text is an attachment, however it looks."""
    attached = b"Content-Disposition: attachment; filename=a.txt\r\n" + text("Pay\n> now")
    assert [one.text for one in view(multipart("mixed", text("Hi"), attached)).of("attachment")] == ["Pay\n> now"]


@pytest.mark.parametrize("name", ["a.ics", "a.vcf", "a.ifb"])
@pytest.mark.parametrize(
    ("content", "read"),
    [
        (b"Name;Pay\nAnn:1;2", ["Name;Pay\nAnn:1;2"]),
        (
            b"BEGIN:VCALENDAR\nSUMMARY:Lunch\nDTSTART;TZID=Europe/London:2026\nATTENDEE;RSVP:a\n b\nEND:VCALENDAR",
            ["Lunch"],
        ),
        (b"BEGIN:VCARD\nFN:Ann\nEND:VCARD\nName;Pay\nAnn;1", ["Ann", "Name;Pay\nAnn;1"]),
    ],
)
def test_text_named_as_a_calendar(name: str, content: bytes, read: list[str]) -> None:
    """Lines that are no calendar's are read as they stand."""
    head = b"Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=" + name.encode()
    found = view(multipart("mixed", text("Hi"), head + b"\r\n\r\n" + content))
    assert [one.text for one in found.of("attachment")] == read


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Type: text/plain; name=a.txt\r\n",
        b"Content-Type: text/plain; name=a.ics\r\n",
        b"Content-Type: text/html; name=a.csv\r\n",
        b"Content-Type: text/enriched; name=a.vcf\r\n",
        b"Content-Disposition: inline; filename=a.txt\r\n",
        b"Content-Description: a.txt\r\n",
    ],
)
def test_a_name_hides_no_text_that_is_shown(head: bytes) -> None:
    """As the whole message, or as the part of one."""
    for body in (head + b"\r\nPay now", multipart("mixed", text("Hi"), head + b"\r\nPay now")):
        assert [one.text for one in view(body).of("new")][-1] == "Pay now"


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"Content-Type: text/x-letter\r\n", "new"),
        (b"Content-Type: text/x-letter; name=a.txt\r\n", "attachment"),
        (b"Content-Type: text/x-letter\r\nContent-Disposition: attachment\r\n", "attachment"),
        (b"Content-Type: text/rfc822-headers\r\n", "attachment"),
    ],
)
def test_a_text_of_an_unknown_type_is_plain_text(head: bytes, kind: str) -> None:
    """RFC 2046 4.1.4."""
    assert list(view(multipart("mixed", text("Hi"), head + b"\r\nPay now")).passages)[-1].kind == kind


@pytest.mark.parametrize("kind", ["plain", "html", "x-letter", "csv", "javascript"])
def test_a_whole_message_is_no_attachment(kind: str) -> None:
    """It is shown, whatever its header says (RFC 2046 4.1.4: a text of an unknown type is plain text)."""
    found = view(b"Content-Disposition: attachment; filename=a.js\r\n" + text("Pay now", kind))
    assert [one.text for one in found.of("new")] == ["Pay now"]


def test_a_plain_text_with_the_name_of_a_page_is_read_as_both() -> None:
    """Some programs show it as it stands, others open the file."""
    found = view(b"Content-Type: text/plain; name=a.html\r\n\r\n<p>Pay</p><!-- now -->")
    assert [one.text for one in found.of("new")] == ["<p>Pay</p><!-- now -->", "Pay"]


def test_a_text_without_markup_is_read_once_whatever_its_name() -> None:
    """A browser shows the same words in one piece, and each filter would search them twice."""
    found = view(b"Content-Type: text/plain; name=a.html\r\n\r\nPay\r\nnow\r\n\r\n> not yet\r\n")
    assert [(one.kind, one.text) for one in found.of("new", "quoted")] == [("new", "Pay\nnow"), ("quoted", "not yet")]


@pytest.mark.parametrize(
    ("attached", "complete"),
    [
        (b"Content-Type: text/plain; name=a.txt\r\n\r\nx", True),
        (b"Content-Type: image/png\r\n\r\nx", True),
        (b"Content-Type: application/pdf\r\n\r\n%PDF-1.4", False),
        (b"Content-Type: application/octet-stream; name=a.docx\r\n\r\nPK", False),
        (b"Content-Type: application/pdf\r\n\r\n", True),
    ],
)
def test_complete(attached: bytes, complete: bool) -> None:
    """A file that nobody has opened is unread; a picture has no text, and an empty file none either."""
    assert view(multipart("mixed", text("Hi"), attached)).complete is complete


PICTURE = b"Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n"


@pytest.mark.parametrize(
    ("body", "image_only"),
    [
        (multipart("mixed", text(""), PICTURE), True),
        (multipart("mixed", text("See the picture"), PICTURE), True),
        (multipart("mixed", text("A proper letter about many things. " * 3), PICTURE), False),
        (PICTURE, True),
        (text('<img src="https://x.test/a.png">', "html"), True),
        (text('<p>Ok</p><img src="https://x.test/a.png" width="1" height="1">', "html"), False),
        (text("Are you at your desk?"), False),
        (text(""), False),
    ],
)  # fmt: skip
def test_image_only(body: bytes, image_only: bool) -> None:
    """T17: a picture and no more text than a line; a dot that counts readers is no picture."""
    assert view(body).image_only is image_only


def test_what_is_too_long() -> None:
    """The beginning and the end are read, and the view says that the middle is not."""
    half = "a b\r\n" * (MAX_CHARACTERS // 10)
    part = parse(HEAD + text(f"top\r\n{half}{half}bottom")).root
    found = read_part(part)
    shown = found.pieces[0][1]
    assert not found.complete
    assert shown.startswith("top")
    assert found.pieces[-1][1].endswith("bottom")
    assert read_part(parse(HEAD + text("top")).root).complete


def test_made_once() -> None:
    """The view is kept."""
    message = parse(HEAD + text("x"))
    assert message.view is message.view


def test_of() -> None:
    """All passages where no kind is named."""
    found = view(text("x"))
    assert tuple(found.of()) == found.passages
    assert [one.kind for one in found.of("new", "sender")] == ["sender", "new"]


def csv(content: bytes) -> Part:
    _, part = parse(multipart("mixed", text("Hi"), entity("text/csv; name=a.csv", content))).leaves
    return part


@pytest.mark.parametrize(("more", "complete"), [(0, True), (1, False)])
def test_a_long_file_is_read_at_both_ends(more: int, complete: bool) -> None:
    """A file with one character more than are read is incomplete; its end is read all the same."""
    found = read_part(csv(b"Begin. " + b"x" * (MAX_FILE_CHARACTERS - 12 + more) + b" End."))
    assert found.complete is complete
    ((_, text),) = found.pieces
    assert text.startswith("Begin.")
    assert text.endswith("End.")


def test_octets_that_are_no_text_are_not_read() -> None:
    """A file of random octets is noted as unread, whatever its name says."""
    found = read_part(csv(random.Random(1).randbytes(20_000)))
    assert (found.pieces, found.complete) == ((), False)


def test_a_text_that_would_not_be_read_makes_no_file_a_text() -> None:
    """A text in the middle of random octets is left out, as the middle of a long text is."""
    noise = random.Random(1).randbytes(3 * MAX_FILE_CHARACTERS)
    assert read_part(csv(noise + b"Please pay to the new account from now on. " * 250 + noise)).pieces == ()


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_text_between_random_octets_is_read(at: int) -> None:
    """A file counts as no text only if it is none at its beginning, in its middle and at its end."""
    pieces = [random.Random(number).randbytes(10_000) for number in range(3)]
    pieces[at] = b"Please pay to the new account from now on. " * 250
    found = read_part(csv(b"".join(pieces)))
    assert any("new account" in fold(text).text for _, text in found.pieces)


@pytest.mark.parametrize("control", [b"\x01", b"\x7f", b"\x00"])
def test_invisible_controls_between_letters_hide_no_text(control: bytes) -> None:
    """A text stays a text, whatever stands between its letters."""
    said = b"Please pay to the new account from now on. " * 200
    found = read_part(csv(control.join(said[at : at + 1] for at in range(len(said)))))
    assert any("new account" in fold(text).text for _, text in found.pieces)
