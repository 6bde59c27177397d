"""Footers: their own sentences are told from text that somebody wrote below their first line."""

from __future__ import annotations

import pytest

from gateway.message.text.boilerplate import MAX_DIGITS, MAX_FOOTER, MAX_SENTENCE, split_footer
from gateway.message.text.lines import plain_lines
from gateway.message.text.written import shown_lines


def new_text(text: str) -> list[str]:
    return [shown for kind, shown in shown_lines(list(plain_lines(text))) if kind == "new"]


@pytest.mark.parametrize(
    "footer",
    [
        "This e-mail is confidential.",
        "This e-mail and any attachments are confidential and may be privileged.",
        "CONFIDENTIAL: This message is intended only for the addressee. If you have received it in error, delete it.",
        "CONFIDENTIALITY NOTICE\nThis message may contain privileged information. Views are the author's.\n"
        "Acme Ltd, registered in England No. 01234567.\nwww.acme.example",
        "Disclaimer: Acme Ltd accepts no liability for any damage caused\nby a virus that this e-mail transmits.",
        "Diese Nachricht ist vertraulich. Sind Sie nicht der richtige Adressat, vernichten Sie sie bitte.",
        "Ce message est confidentiel. Si vous l'avez reçu par erreur, merci d'avertir l'expéditeur.",
        "Este mensaje es confidencial. Si no es el destinatario, notifíquelo al remitente.",
        "Questo messaggio è riservato. Ogni diffusione è vietata.",
        "Dit bericht is vertrouwelijk. Als u niet de geadresseerde bent, is gebruik niet toegestaan.",
        "To unsubscribe, go to https://lists.example/leave",
    ],
)
def test_disclaimers(footer: str) -> None:
    """All sentences of a disclaimer are its own."""
    assert new_text(f"Yes, I will.\n\n{footer}") == ["Yes, I will."]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("This email contains confidential data on two patients.\n\nThe first is Tom.", None),
        ("CONFIDENTIAL: board papers\nHere they are.", None),
        ("Disclaimer: I am no lawyer.", None),
        ("This message is intended as our formal answer.\n\nWe accept.", None),
        ("This message is confidential.\n\nWe accept.", "We accept."),
        ("Ce message est confidentiel.\nNous acceptons.", "Nous acceptons."),
        ("This e-mail is intended only for the addressee: we accept your offer.", "we accept your offer."),
        ("This e-mail is confidential. We accept. If you are not the addressee, delete it.", "We accept."),
    ],
)
def test_text_below_the_first_words(text: str, written: str | None) -> None:
    """Other sentences are text, wherever they stand; None: all of them are."""
    assert new_text(text) == [text if written is None else written]


def is_own(sentence: str) -> bool:
    return next(split_footer(sentence))[0]


def test_limits() -> None:
    """Long sentences, sentences with many digits, and text behind a long footer are text."""
    start = "delete this message "
    assert is_own(start + "x" * (MAX_SENTENCE - len(start)))
    assert not is_own(start + "x" * (MAX_SENTENCE - len(start) + 1))
    assert is_own(start + "1" * MAX_DIGITS)
    assert not is_own(start + "1" * (MAX_DIGITS + 1))
    whole = ("Erase it. " * MAX_FOOTER)[:MAX_FOOTER]
    assert [one for one, _ in split_footer(whole)] == [True]
    assert list(split_footer(f"{whole}Delete it."))[-1] == (False, "Delete it.")


def test_text_below_a_telephones_line() -> None:
    """A name may stand below it, a sentence doesn't."""
    assert new_text("Yes.\nSent from my iPhone\nTom Lee") == ["Yes."]
    assert new_text("Sent from my iPhone\nWe accept your offer.") == ["Sent from my iPhone\nWe accept your offer."]
