"""Signatures and footers, which say nothing."""

from __future__ import annotations

import pytest

from gateway.act.release.reply_reading import MessageEnd, ReplyText, ends_of, read_reply
from gateway.act.release.reply_words import Said, agreement_in, answer_in
from gateway.message.mime.parse import parse

HEADER = "From: Example Ltd mail gateway <m@example.co.uk>\nSent: 2 March 2026\nTo: Carol\nSubject: Not sent\n\n"
NOTICE = f"{HEADER}Example Ltd holds it.\n* * *"
ASKING = "Example Ltd IT Service Desk, Ann Archer <it@example.co.uk>"


def confirms(text: str, name: str = "", asking: str = "", signed: str = "") -> Said:
    return answer_in([ReplyText(text)], name, asking, [MessageEnd(signed, "")])


def agrees(text: str, name: str = "", asking: str = "") -> Said:
    return agreement_in([ReplyText(text)], name, asking)


SIGNED = """Hi Kim,

the plan is below. Never pass it on.

Carol

Carol Smith
Head of  Sales
Example Ltd | T +44 20 7946 0000
Working days: Monday to Thursday. Registered in England No. 01234567
"""


def test_the_signature_of_the_held_message_may_stand_below_a_yes() -> None:
    signed = "Yes\n\n" + SIGNED[SIGNED.index("Carol Smith") :]
    assert confirms(signed, "Carol Smith cs", signed=SIGNED) == "yes"
    assert confirms(f"{signed}\nNever Pass It On.", "Carol Smith cs", signed=SIGNED) == "unclear"
    assert confirms("Carol Smith\nHead of Sales", "Carol Smith cs", signed=SIGNED) == "unclear"


@pytest.mark.parametrize(
    ("below", "said"),
    [
        ("i.A. Bob Baker\nEinkauf", "yes"),
        ("Dr. Bob Baker\nHead of Sales", "yes"),
        ("Kind regards\n\nExample Ltd\nBob Baker | Sales Manager", "yes"),
        ("Kind regards, Bob Baker, Sales Manager", "yes"),
        ("Mr Bob Baker (Hons)\nbob@example.co.uk | www.example.co.uk", "yes"),
        ("Example Ltd\nSales", "yes"),
        ("--\nSales", "yes"),
        ("Registered in England No. 123", "unclear"),
        ("Kind regards\nSales\nno", "yes"),
        ("Please hold the price until then.", "unclear"),
        ("Hold It\nBob Baker", "unclear"),
        ("Thanks.\nPlease wait with this until Cleo has agreed.", "unclear"),
        ("Thanks.\nSales" + "\nSales" * 10, "unclear"),
    ],
)
def test_only_a_signature_may_stand_below_a_yes(below: str, said: str) -> None:
    """A signature of the held message begins with courtesy or a name; what stands above it may be a wish."""
    assert confirms(f"Yes\n{below}", "Bob Baker bob", ASKING, f"Hi Kim,\nwe agree.\n\n{below}") == said
    assert confirms(f"Yes\n{below}", "Bob Baker bob", ASKING, "Hi Kim,\nwe agree.") == "unclear"


@pytest.mark.parametrize("line", ["Go-Ahead", "Do it now!"])
def test_a_line_of_the_signature_says_nothing(line: str) -> None:
    """It may be a firm's name, or a slogan."""
    signature = f"Bob Baker\n{line}"
    assert confirms(f"Thanks for the reminder.\n\n{signature}", "Bob Baker", signed=signature) == "unclear"
    assert confirms(f"Yes\n\n{signature}", "Bob Baker", signed=signature) == "yes"
    assert confirms(f"No\n\n{signature}", "Bob Baker", signed=signature) == "no"


FOOTER = "Classification: Internal\n\nThis e-mail is confidential.\nExample Ltd | VAT No. 123"


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (f"Hello\n\nBob\n\n{FOOTER}", "yes"),
        (f"Hello\n\nBob\n\n{FOOTER}".replace("confidential.\nExample", "confidential. Example"), "yes"),
        (f"Hello\n\nBob\n\n{FOOTER}\n\nOur fair is on Monday", "yes"),
        (f"Hello\n\nBob\n\n{FOOTER}".replace("Internal", "Secret"), "unclear"),
        (f"Hello\n\n{HEADER}Please wait.\n\n{FOOTER}", "yes"),
        (f"Hello\n\n{HEADER}Please wait.\n\n{FOOTER}".replace("e-mail is", "e-mail\nis"), "yes"),
        (f"Hello\n\n{HEADER}Please wait.\n\n{FOOTER}\n\nKim", "unclear"),
        ("Hello\n\nBob", "unclear"),
    ],
)
@pytest.mark.parametrize("reply", [f"Yes\n\n{FOOTER}", f"{NOTICE}\n\n{FOOTER}"])
def test_a_footer_that_a_server_puts_below_both_messages(reply: str, held: str, said: str) -> None:
    """It says nothing, above the notice or below it. What a held message quotes is no footer."""
    signed = ends_of(parse(f"From: bob@example.co.uk\n\n{held}\n".encode()))
    forms = read_reply(parse(f"From: bob@example.co.uk\n\nYes\n\n{reply}\n".encode()), "Example Ltd")
    assert answer_in(forms, "Bob", "", signed) == said
    waits = read_reply(parse(f"From: bob@example.co.uk\n\nYes\n\n{reply}\nPlease wait.\n".encode()), "Example Ltd")
    assert answer_in(waits, "Bob", "", signed) == "unclear"


@pytest.mark.parametrize(
    ("footer", "said"),
    [
        ("This e-mail is confidential. If you are not the intended recipient, do not read it.", "yes"),
        ("Please notify the sender if you have received this e-mail by mistake and delete it from your system.", "yes"),
        ("Diese E-Mail ist vertraulich. Wenn Sie nicht der richtige Adressat sind, bitte vernichten Sie sie.", "yes"),
        ("Registered in England and Wales No. 01234567. Registered office: 1 High Street, London EC1A 1AA.", "yes"),
        ("Please delete this email, it was sent in error and is not for the intended recipient.", "unclear"),
        ("This email is confidential and must not be disclosed to any person outside, so delete it.", "unclear"),
        ("If you have received this message in error, please do not send it, I made a mistake.", "unclear"),
        ("Any disclosure of this message to the recipients named above is prohibited by me, the sender.", "unclear"),
        ("Subject to our terms and conditions, which you find at www.lawyer.example, and to nothing else.", "unclear"),
        ("Please do not send it by email. If you are not the intended recipient, delete this message.", "unclear"),
        ("No, do not forward it.", "unclear"),
        (
            "This holds for the Leeds office alone, whose address is at www.lawyer.example/offices",
            "unclear",
        ),
        ("Consent is limited to payroll files and ends on 1 May 2027, see www.lawyer.example/terms", "unclear"),
        ("Anything with names or bank details has to go through the portal at https://lawyer.example/in", "unclear"),
        ("Health data are excluded from this agreement, as our privacy policy says in its third chapter.", "unclear"),
        (
            "Any agreement is invalid without the signature of two directors of Day, registered in England",
            "unclear",
        ),
        ("Bank details go through the portal at https://lawyer.example/in, as our privacy policy says.", "unclear"),
    ],
)
def test_a_footer_of_somebody_who_has_sent_nothing(footer: str, said: str) -> None:
    """It is known by its own words, and may ask something only of whoever has got the mail by mistake."""
    for text in (f"Yes\n\n{footer}", f"Yes\n-- \n{footer}", f"Yes\n\n{NOTICE}\n\n{footer}"):
        assert agreement_in(read_reply(parse(f"From: kim@lawyer.example\n\n{text}\n".encode()), "Example Ltd")) == said


def test_a_footer_begins_a_paragraph() -> None:
    footer = "This e-mail is confidential and intended only for the addressee named above, in the first line."
    assert agrees(f"I agree\n\n{footer}") == "yes"
    assert (
        agrees(f"I agree. {footer}") == agrees(f"I agree\n{footer}") == agrees(f"I agree\n\nKim. {footer}") == "unclear"
    )
