"""A reply says yes, says no, or says neither."""

from __future__ import annotations

import pytest

from gateway.act.release.reply_phrases import MAX_LINE_WORDS
from gateway.act.release.reply_reading import MessageEnd, ReplyText, read_reply
from gateway.act.release.reply_words import MAX_LINES, Said, agreement_in, answer_in, refuses_release
from gateway.message.mime.parse import parse

HEADER = "From: Example Ltd mail gateway <m@example.co.uk>\nSent: 2 March 2026\nTo: Carol\nSubject: Not sent\n\n"
NOTICE = f"{HEADER}Example Ltd holds it.\n* * *"
ASKING = "Example Ltd IT Service Desk, Ann Archer <it@example.co.uk>"


def confirms(text: str, name: str = "", asking: str = "", signed: str = "") -> Said:
    return answer_in([ReplyText(text)], name, asking, [MessageEnd(signed, "")])


def agrees(text: str, name: str = "", asking: str = "") -> Said:
    return agreement_in([ReplyText(text)], name, asking)


@pytest.mark.parametrize(
    "text",
    [
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
        "Yes\ncarol smith",
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
        "Yes\n\nCS",
        "Yes\n\nBest\nC.",
        "Yes\n\nCarol Smith (she/her)",
        "Ja, verstuur maar.\n\nMvg Carol",
        "Ja.\n\nMit freundlichen Gr\u00fc\u00dfen Carol Smith",
        "Yes\nCarol\n\nPlease consider the environment before printing this email.",
        "Please send the email.",
        "Yes\n\nGet Outlook for iOS<https://aka.ms/o0ukef>",
        "Diese Nachricht wurde von meinem Android-Ger\u00e4t mit K-9 Mail gesendet.\nJa",
        "\u200b\nYes\u200b",
        "Hi all,\nyes",
        "Dear Ann:\nyes\nPlease excuse my brevity.",
        "Oui, vous pouvez l'envoyer. Bien cordialement",
        "Yes.\n\nThanks for checking.",
        "Dear Example Ltd,\nYes, please do.",
        "Hello Mailwarden,\nOK to send",
        "Yes\nKR\nCarol",
        "Yes\n\nBR, Carol",
        "I confirm this message.",
        "Yes, I'm sure. Thanks a lot",
        "Ja, passt.",
        "Ja klar, stimmt so",
        "Yes - send it - thanks",
        "Yes\nSent from Mail for Windows 10",
        "Yes\n\nSent with [Proton Mail](https://proton.me/) secure email.",
        "Yes\nEnvoy\u00e9 de mon iPhone",
        "Ja\nVon Outlook gesendet",
        "Dear Ms Archer,\n\nYes, that's fine to send.\n\nWith kind regards\nDr Carol Smith",
        "To whom it may concern:\n\nyes pls",
        "Yes, I can confirm this is fine.\n\nThanks for your help. Have a good weekend\nCarol Smith, LLB",
        "Yes, happy to send it to all of them.\nApologies for the inconvenience",
        "Yes. I confirm that I want to send it.\n\nBest wishes\nCarol\ncarol.smith@example.co.uk",
        "*Yes*\n\nSent via BT Email App",
        "\u201cYes\u201d\nSent from Samsung Mobile on O2",
        "Yes, the recipient has agreed.\n\nVirus-free. www.avast.com",
        "Yes\n\nHope this helps.\n[cid:image001.png@01DB4A]\nCarol",
        "Guten Morgen Frau Archer,\n\nja, kann so raus.\n\nSch\u00f6nen Tag noch\nCarol",
        "Hallo zusammen,\nja, die Mail kann verschickt werden.\nGesendet mit der GMX Mail App",
        "Madame,\nOui, c'est bien \u00e7a, envoyez-le.\n\nMeilleures salutations\nBonne journ\u00e9e",
        "Estimada se\u00f1ora Archer,\ns\u00ed, pueden enviarlo. Muchas gracias y un abrazo",
        "S\u00ec, potete inviarla pure. Buona giornata",
        "Beste mevrouw Archer,\nja, de mail mag verstuurd worden. Prettig weekend",
        "Yes, please send it. I confirm that the recipient has agreed to this. Thank\nyou for the reminder.",
        *(f"Yes{plain}" for plain in (", fine", ", it can be sent", ", I want to send it", ", this is intentional")),
        *(
            f"Yes{plain}"
            for plain in (" - the customer has agreed", ", thanks for the warning", "\nGet Outlook for Mac")
        ),
        *(f"Ja, {plain}" for plain in ("richtig", "in Ordnung", "die Empf\u00e4ngerin ist einverstanden\ni.A. Carol")),
        "Gr\u00fc\u00df Gott,\nja, hiermit best\u00e4tige ich den Versand",
        *(f"Ja\n{line}" for line in ("Holen Sie sich Outlook f\u00fcr iOS", "Outlook f\u00fcr Android herunterladen")),
        *(f"Oui, {plain}" for plain in ("tel quel", "stp", "je valide", "le client a donn\u00e9 son accord")),
        "Madame, Monsieur,\nOui\nVeuillez agr\u00e9er, Madame, l'expression de mes sentiments distingu\u00e9s.",
        "Oui\nEnvoy\u00e9 \u00e0 partir de Outlook pour Android\nEnvoy\u00e9 depuis mon appareil Galaxy",
        "Oui\nEnvoy\u00e9 de mon appareil Android avec Courriel K-9 Mail. Veuillez excuser ma bri\u00e8vet\u00e9.",
        "Dzie\u0144 dobry,\ntak, mo\u017cna wys\u0142a\u0107. Mi\u0142ego dnia",
    ],
)
def test_yes(text: str) -> None:
    """A plain yes in the first line, behind a greeting, in seven languages."""
    assert confirms(text, "Carol Smith carol.smith", ASKING) == "yes"


@pytest.mark.parametrize(
    "text",
    [
        "No",
        "no!",
        "No, thanks",
        "Nope",
        "Hi,\n\nplease do NOT send it.\n\nCarol Smith",
        "Please don't send it.",
        "Please don\u2019t.",
        "Dont send",
        "Nein",
        "Bitte nicht senden!",
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
        "No, please do not send this email.",
        "Please cancel it.",
        "Delete it please",
        "Stop!",
        "No, not yet",
        "Sorry, no.\nCarol",
        "Nein, bitte l\u00f6schen.",
        "Merci de supprimer le message",
        "No, elim\u00ednelo por favor",
        "No, annullare per favore",
        "Nee, verwijder het maar",
        "Nie, prosz\u0119 usun\u0105\u0107",
        *("No, wrong recipient", "No, I made a mistake", "No, leave it", "Nein, war ein Fehler"),
        *("Nein, ich best\u00e4tige nicht", "Je ne confirme pas", "Non, c'est une erreur"),
    ],
)
def test_no(text: str) -> None:
    """A no is as plain as a yes."""
    assert confirms(text, "Carol Smith") == "no"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\n ",
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
        "Please confirm",
        "Is this confirmed",
        "Have you confirmed",
        "No, that's fine",
        "No. Yes",
        "Yes, I was angry.\n\nDon't send it.",
        "Yes. Actually no, wait.",
        "Ok, please delete it.",
        "Yes\n\nThis was my mistake, please delete it.",
        "Yes\n\nPS: not to Kim, only to Pat",
        "Yes\n\nThe attachment should not go.",
        "Hold it until I have spoken to Finn.",
        "Ja, aber noch nicht.",
        "Yes\u2026",
        "Yes...",
        "Y\u0336e\u0336s\u0336",
        "-Yes-",
        "--Yes--",
        "-y-",
        "\u2013Yes\u2013",
        "Thanks, -send it-",
        "Hi Yes",
        "Hello Si. But not Kim, yes",
        "Hi Kim?\nYes",
        "Hi \U0001f44e, yes",
        "Hi No, yes",
        "Und Nur Kim,\nja",
        "Yes" + "\nSi" * 4_000,
        "Dear Cancel That,\nYes",
        "Hi Stop,\nyes",
        "Hello Wrong Mail,\nyes",
        "Dear Ask Ann First,\nyes",
        "Guten Morgen Warte Noch,\nJa",
        "Bonjour Attendez,\noui",
        "Good Morning Tomorrow Please: yes",
        "Yes, off",
        "Yes, out now",
        "Get mail\nYes",
        "Sent mail\nYes",
        "Yes\nSent from my",
        "Please do",
        "OK to send to Kim",
        "Send it to them tomorrow",
        "Yes, I know.",
        "Yes, stop it",
        "Yes\n1 December",
        "Von" + " android phone" * 60 + " x",
        "Sorry, yes",
        "Yes, with Kim",
        "Hallo morgen,\nja",
        "Das kann raus",
        "Soll raus",
        "Mag weg",
        "You can't send it",
        "You may not",
        "Not happy to send",
        "I would like to send it again",
        'He said "yes"',
        "Yes\nkim@example.net",
        "Thanks for your help, have a nice day",
        "The recipient has agreed",
        "OK to send?",
        "Yes, correct and send",
        "Un-approved",
        "Approved:",
        "Yes (they/them/wait)",
        "Please\nconfirm",
        "Yes\n[cid:do_not_send@x]",
        "Yes\nsi@do-not-send.it",
        "Yes, hold",
    ],
)
def test_neither(text: str) -> None:
    """Other words are no yes; neither is a name."""
    assert confirms(text, "Si Long Hold", ASKING) == "unclear"


@pytest.mark.parametrize(
    "below",
    [
        *(
            "Bob\nWRONG BUTTON",
            "Bob\nI MEANT THE OTHER ONE",
            "Bob\nReally?",
            "Bob\n??",
            "Bob\nWithout Attachment",
            "Bob?",
        ),
        *("Bob - Only If Cleo Agrees", "Bob\nAnhang Entfernen", "Bob\nAsk Cleo\n020 7946 0000", "Bob\nNOT TO KIM"),
        *("Sent from my iPhone Ask Cleo", "Sent from my brain", "?", "\u274c", "\U0001f44e", "\uff1f", "\u00bf"),
        *(
            "Bob\nPending Legal Review",
            "Bob\nEXCEPT PAUL GREEN",
            "Bob Baker (Pending Cleo)",
            "Bob\nDraft",
            "\U0001f645",
        ),
        *("\u061f", "\u037e", "Bob\nRADA", "Bob Baker\nDirector", "Bob (Not/Yet)", "B. C.", "<https://example.net/no>"),
    ],
)
def test_capitals_and_signs_below_a_yes(below: str) -> None:
    """Below a yes anything but courtesy and one's own name may mean something."""
    assert {confirms(f"Yes{gap}{below}", "Bob Baker bob") for gap in " \n"} == {"unclear"}


def test_an_answer_of_many_lines_or_words_is_unclear() -> None:
    """Each word costs time."""
    assert confirms("Yes" + "\nyes" * (MAX_LINES - 1)) == confirms("yes " * MAX_LINE_WORDS) == "yes"
    assert confirms("Yes" + "\nyes" * MAX_LINES) == confirms("yes " * (MAX_LINE_WORDS + 1)) == "unclear"


def test_all_forms_say_the_same() -> None:
    """A reply without a form can't be read."""
    assert answer_in([ReplyText("Yes"), ReplyText("Yes, please")]) == "yes"
    for other in ("No", "", "Yes, but later"):
        assert answer_in([ReplyText("Yes"), ReplyText(other)]) == "unclear"
    assert answer_in([]) == "unclear"


@pytest.mark.parametrize(
    ("text", "refuses"),
    [
        ("Please delete it", True),
        ("Hello Dan, delete it", True),
        ("Please do not release it.", True),
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
        ("Dear Ann,\n\nYes, I agree.\n\nKim Long", "yes"),
        ("Yes,\nI agree", "yes"),
        ("Ja, einverstanden", "yes"),
        ("I agree\nKim", "yes"),
        ("I agree.\nKim Long\nPartner", "unclear"),
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
        ("I agree if you encrypt it", "unclear"),
        ("I agree with Ann that we should talk", "unclear"),
        ("What is this about?", "unclear"),
        ("I agree\n\nNo, wait", "unclear"),
        ("I agree\n\nUnfortunately I was told I may not.", "unclear"),
        ("Yes.\n\nPlease call me first.\n\nActually no, I do not agree.", "unclear"),
        ("Yes.\n\nBut only by encrypted mail, and never payroll.", "unclear"),
        ("Yes, you may.", "yes"),
        ("To whom it may concern:\n\nI agree to the above.", "yes"),
        ("I agree to receive confidential e-mails by ordinary e-mail.\nKim Long", "yes"),
        ("I agree to receive encrypted e-mails", "unclear"),
        ("I am happy with that.", "yes"),
        ("I am not happy with that.", "unclear"),
        ("Hiermit stimme ich zu.\nMfG Kim Long", "yes"),
        ("Ik ben akkoord", "yes"),
        ("Je donne mon accord.\nBien cordialement", "yes"),
        ("Not yet", "unclear"),
        ("Sorry, I can't agree to this.", "no"),
        ("I no longer agree", "no"),
        ("I withdraw my consent", "no"),
        ("I don't agree", "no"),
        ("No", "no"),
        ("Ich bin nicht einverstanden.\nKim", "no"),
        ("Je refuse", "no"),
        ("I agree\nKim\nNDA FIRST", "unclear"),
        ("I agree\nKim?", "unclear"),
        ("I have no objection", "unclear"),
        ("Pas d'objection", "unclear"),
        ("Kein Einwand", "unclear"),
        ("This mailbox is not monitored", "unclear"),
        ("I don't understand the question", "unclear"),
        ("I cannot open this", "unclear"),
        ("Bin bis Montag nicht im B\u00fcro.", "unclear"),
        ("No?", "unclear"),
        ("I agree\n\nKind regards\nKim Long\nRegistered in England No. OC301234", "unclear"),
        ("No, no problem", "unclear"),
        ("Hello Wrong Mail,\nI agree", "unclear"),
        ("Dear Wrong Mail,\nno", "no"),
    ],
)
def test_only_a_plain_yes_agrees(text: str, said: str) -> None:
    assert agrees(text, "Kim Long kim", ASKING) == said


@pytest.mark.parametrize(
    ("below", "said"),
    [
        ("-- \nCarol Smith", "yes"),
        ("-- \nCarol Smith\nHead of Sales", "unclear"),
        ("-- \nWRONG BUTTON", "unclear"),
        ("-- \nHold on", "unclear"),
        ("--\nNo", "unclear"),
        ("--\nCarol\nPlease think before you print", "yes"),
        ("Sent from my iPhone", "yes"),
        ("Sent from my phone, to Pat alone", "unclear"),
        ("Sent from my iPhone - not to Kim, only to Pat", "unclear"),
        (NOTICE, "yes"),
        (f"{NOTICE}\n\nNo, wait, do not send it.", "unclear"),
        (f"{NOTICE}\n\nbut only encrypted", "unclear"),
        (f"{NOTICE}\n\nNo, do not forward it.", "unclear"),
        (f"{NOTICE}\n\nYes\nCarol", "yes"),
        (NOTICE + "\n\nThanks" * MAX_LINES, "yes"),
        (NOTICE + "\n\nThanks" * (MAX_LINES + 1), "unclear"),
        (f"{NOTICE}\n\nYour message:\n\n* * *\n\nNo", "unclear"),
        ("Kind regards\nCarol Smith", "yes"),
        ("Kind regards\nCarol Smith\nSales", "unclear"),
        ("Kind regards\nCarol Smith\n\nPS: to Pat alone", "unclear"),
    ],
)
def test_what_stands_below_a_yes(below: str, said: str) -> None:
    """The quoted notice isn't the person's words; anything below its last line is, and so is a signature."""
    reply = read_reply(parse(f"From: Carol Smith <cs@example.co.uk>\n\nYes\n\n{below}\n".encode()), "Example Ltd")
    assert answer_in(reply, "Carol Smith cs", signed=[]) == said


@pytest.mark.parametrize(
    "text",
    [
        "",
        NOTICE,
        f"{NOTICE}\n\nYes",
        f"{NOTICE}\n\nNo, please don't send it.",
        "> Send it?\n> * * *\n>\n> Yes",
        "Sent from my iPhone",
    ],
)
def test_a_reply_without_words_of_its_own_is_unclear(text: str) -> None:
    """Below or inside a quotation anybody's words may stand."""
    assert (
        answer_in(read_reply(parse(f"From: cs@example.co.uk\n\n{text}\n".encode()), "Example Ltd"), "Carol Smith cs")
        == "unclear"
    )


@pytest.mark.parametrize("name", ["Kim Later later", "if", "Wait Stop"])
def test_conditions_are_no_names(name: str) -> None:
    """Somebody may be called so."""
    assert {confirms(f"Yes{gap}{name.rsplit(maxsplit=1)[-1]}", name) for gap in " \n"} == {"unclear"}
