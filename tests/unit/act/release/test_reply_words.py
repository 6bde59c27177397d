"""A reply says yes, says no, or says neither."""

from __future__ import annotations

import pytest

from gateway.act.release.reply_words import agreement_in, answer_in, refuses_release
from gateway.act.release.requests import readable_words
from gateway.message.mime.parse import parse


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\n ",
        "Yes",
        "YES!",
        "yes please",
        "Yes, send it.",
        "yes. thanks",
        "Yes, please send it",
        "OK, send it",
        "Ok, yes. Go ahead, thanks",
        "I confirm",
        "I do confirm that.",
        "Yes, Carol",
        "Yes\nCarol",
        "Yes\nCarol Smith\nSales Manager",
        "Yes\ncarol smith",
        "Yes\n\nCarol Smith\nHead of Sales\n\nExample Ltd, 1 High Street\nT +44 20 7946 0000 | cs@example.net",
        "Yes\n\nPlease send it.\n\nThanks, Carol",
        "Yes please\nSent from my phone",
        "Send it\nVon meinem iPhone gesendet",
        "Yes\nKind regards\nCarol",
        "Yes\nThank you very much",
        "Send",
        "Please send it.",
        "Please release the message.",
        "Ja, bitte so senden\nDanke und Gru\u00df",
        "Hi,\n\nyes, that is right.\n\nCarol Smith",
        "Hello, please go ahead.",
        "Dear Service Desk,\n\nConfirmed.\n\nRegards",
        "Good morning\n\nI confirm.",
        "Yes, I have checked it.",
        "Yes, all is right, send it out",
        "y",
        "Yes, no problem, please send it.",
        "Go ahead.",
        "Approved",
        "Ja, bitte senden.",
        "Bitte senden",
        "Guten Tag,\n\nfreigeben bitte",
        "Oui, merci",
        "Bonjour,\noui, envoyez-le",
        "S\u00ed, env\u00edelo por favor",
        "S\u00ec, invia",
        "Ja graag, verzenden",
        "Tak, prosz\u0119 wys\u0142a\u0107",
        "Potwierdzam",
    ],
)
def test_yes(text: str) -> None:
    """A plain yes in the first line, behind a greeting, in seven languages; nothing at all counts as a yes too."""
    assert answer_in(text, "Carol Smith") == "yes"


@pytest.mark.parametrize(
    "text",
    [
        "No",
        "no!",
        "No, thanks",
        "Nope",
        "Please do NOT send it. I was angry.",
        "Please don't send it.",
        "Please don\u2019t.",
        "Dont send",
        "Yes, I was angry.\n\nDon't send it.",
        "Yes. Actually no, wait.",
        "Ok, please delete it.",
        "Yes\n\nNo, on reflection do not send it.",
        "Yes\n\nThis was my mistake, please delete it.",
        "Yes.\n\nActually hold on, let me ask Cleo first.",
        "Yes\n\nPS: not to Kim, only to Pat",
        "Yes\n\nThe attachment should not go.",
        "Yes\n\nCarol\n\nNOT TO KIM",
        "Cancel it please",
        "Stop!",
        "Hi,\n\nplease delete this message, it was a mistake.",
        "Hold it until I have spoken to Finn.",
        "I would rather you did not send this.",
        "Never send that.",
        "Nein",
        "Bitte nicht senden!",
        "Hallo,\n\nbitte l\u00f6schen.",
        "Ja, aber noch nicht.",
        "Non, merci",
        "N'envoyez pas ce message",
        "Ne l'envoyez pas",
        "Merci de ne pas envoyer",
        "No lo env\u00edes",
        "Por favor, no",
        "Non inviare",
        "Niet verzenden",
        "Nee",
        "Nie wysy\u0142a\u0107",
        "Nie",
        "Prosz\u0119 usun\u0105\u0107",
    ],
)
def test_no(text: str) -> None:
    """A word that refuses wins over a yes."""
    assert answer_in(text) == "no"


@pytest.mark.parametrize(
    "text",
    [
        None,
        "Who are you?",
        "Why is it held?",
        "Carol Smith, Sales Manager",
        "Send me a copy, please.",
        "OK",
        "ok thanks",
        "OK, I understand, thanks",
        "OK, I'll change it first",
        "Confirm what?",
        "Yes?",
        "Send it to Peter only",
        "Please release it to the client.",
        "I send it to him by post",
        "I send it",
        "Yes but please remove the second sentence",
        "Yes\nbut please remove the second sentence",
        "Yes\nTo Peter only",
        "Yes\n\nBut leave out the attachment",
        "Yes\nthanks\nbut leave out the attachment",
        "Yes\n\nThanks\n\nBut leave out the attachment",
        "Yes\n\nForget it.",
        "Yes\n\nHowever, first take out the salaries",
        "Yes\n\nAsk Cleo first.",
        "Yes\n\nAsk Cleo",
        "Yes\n\nEncrypted",
        "Yes\n\nSend it only after lunch.",
        "Yes\n\nThough I'd rather you sent it encrypted.",
        "Yes\n\nFor more information see www.example.co.uk",
        "Yes\n\nPat Long",
        "Yes\n\nRegards\nSi Long\n\nPS: to Pat alone",
        "Yes, but leave out the attachment",
        "Correct it, then send it",
        "Send it to Bob instead.",
        "Sending it again with Bcc.",
        "I will send a new one tomorrow.",
        "Send the corrected one.",
        "Please send it tomorrow, when I am back.",
        "Send the right message",
        "Send the checked message",
        "Send this:\nDear Kim",
        "Yes\nDear Kim,\nhere is the text",
        "Gracias y saludos",
        "Thanks, Jo",
        "Thanks, Si",
        "Yes, once I have asked Cleo",
        "Yes if Cleo agrees",
        "Yes I forgot, will encrypt and resend",
        "Yes, I see. Will use the portal.",
        "Yes\nI see, and will use the portal",
        "Oui, mais sans la deuxi\u00e8me phrase",
        "Ja, aber bitte ohne den Anhang",
        "S\u00ed, pero sin el anexo",
        "S\u00ec, ma senza allegato",
        "Ja, maar zonder bijlage",
        "Tak, ale bez za\u0142\u0105cznika",
        "D'accord, merci",
        "From: Mailwarden\nSubject: News\n\nYour message is held",
        "Hi,",
        "\u2026",
    ],
)
def test_neither(text: str | None) -> None:
    """Other words, and a text that can't be read, are no yes; neither is a name."""
    assert answer_in(text, "Si Long") == "unclear"


@pytest.mark.parametrize(
    ("text", "refuses"),
    [
        ("No", True),
        ("No, thanks.", True),
        ("Please delete it", True),
        ("Please do not release it.", True),
        ("Nein danke", True),
        ("Bitte nicht freigeben, das ist Betrug.", True),
        ("It isn't spam, I expected it.", False),
        ("No virus: this is our supplier.", False),
        ("Not a scam, I know them.", False),
        ("Please release it, it is not spam.", False),
        ("", False),
    ],
)
def test_a_person_who_wants_nothing_released(text: str, refuses: bool) -> None:
    """Reasons for a release often hold a no: only what refuses the release itself counts."""
    assert refuses_release(text) is refuses


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("I agree", "yes"),
        ("Agreed.", "yes"),
        ("Dear Ann,\n\nYes, I agree.\n\nKim Long\nLong & Co", "yes"),
        ("Yes,\nI agree", "yes"),
        ("Ja, einverstanden", "yes"),
        ("I agree\nKim", "yes"),
        ("I agree.\nKim Long\nPartner", "yes"),
        ("I do agree", "yes"),
        ("I agree, Kim", "yes"),
        ("We agree", "yes"),
        ("Ich stimme zu", "yes"),
        ("Ja, ich stimme dem zu.", "yes"),
        ("Ich bin einverstanden", "yes"),
        ("Je suis d'accord", "yes"),
        ("Estoy de acuerdo", "yes"),
        ("Sono d'accordo", "yes"),
        ("Ik ga akkoord", "yes"),
        ("Zgadzam si\u0119", "yes"),
        ("OK, thanks", "unclear"),
        ("I agree\nbut encrypt it", "unclear"),
        ("I agree\n\nSubject to our NDA.", "unclear"),
        ("I agree\n\nOn condition that attachments have a password.", "unclear"),
        ("I agree\n\nThis is limited to the lease of 4 High Street.", "unclear"),
        ("I agree\n\nWe would prefer the portal, though.", "unclear"),
        ("", "unclear"),
        (None, "unclear"),
        ("I agree if you encrypt it", "unclear"),
        ("I agree with Ann that we should talk", "unclear"),
        ("What is this about?", "unclear"),
        ("I agree\n\nNo, wait", "no"),
        ("I agree\n\nUnfortunately I was told I may not.", "no"),
        ("Yes.\n\nPlease call me first.\n\nActually no, I do not agree.", "no"),
        ("Yes.\n\nBut only by encrypted mail, and never payroll.", "no"),
        ("I don't agree", "no"),
        ("No", "no"),
    ],
)
def test_only_a_plain_yes_agrees(text: str | None, said: str) -> None:
    """A reply without words, which confirms, agrees to nothing."""
    assert agreement_in(text, "Kim Long kim") == said


@pytest.mark.parametrize(
    ("below", "said"),
    [
        ("This e-mail is confidential. If you are not the intended recipient, do not read it.", "yes"),
        ("-- \nCarol Smith\nnever sends before noon", "yes"),
        ("Sent from my iPhone", "yes"),
        ("Sent from my phone, to Pat alone", "unclear"),
        ("Sent from my iPhone - not to Kim, only to Pat", "no"),
        ("On Mon, 2 Mar 2026, Mailwarden wrote:\n> Do not reply", "yes"),
        ("Kind regards\nCarol Smith\nSales", "yes"),
        ("Kind regards\nCarol Smith\n\nPS: to Pat alone", "unclear"),
    ],
)
def test_what_stands_below_a_yes(below: str, said: str) -> None:
    """Footers, quotations, and signatures below dashes aren't the person's words; a postscript to a signature is."""
    words = readable_words(parse(f"From: Carol Smith <cs@example.co.uk>\n\nYes\n\n{below}\n".encode()))
    assert answer_in(words, "Carol Smith cs") == said
