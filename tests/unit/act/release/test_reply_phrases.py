"""A line has the meanings of its phrases."""

from __future__ import annotations

import pytest

from gateway.act.release.reply_phrases import MAX_LINE_WORDS, lines_of, meanings_of_line, visible


def test_meanings_of_a_line() -> None:
    """The person's own name is courtesy, and other words have no meaning."""
    assert meanings_of_line("Yes, please send it. Thanks, Bob", {"bob"}) == {"yes", "courtesy"}
    assert meanings_of_line("Yes, Bob", set()) is None
    assert meanings_of_line("yes " * MAX_LINE_WORDS, set()) == {"yes"}
    assert meanings_of_line("yes " * (MAX_LINE_WORDS + 1), set()) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Si", {"yes"}),
        ("Si, gracias", {"yes", "courtesy"}),
        ("Si, Carol", {"yes", "courtesy"}),
        ("S\u00ed, env\u00edelo, gracias", {"yes", "courtesy"}),
        ("S\u00ec, invia", {"yes"}),
        ("Oui, si le destinataire est d'accord", None),
        ("Oui, si pas de souci", None),
        ("Si el destinatario est\u00e1 de acuerdo, adelante", None),
        ("Si todo correcto, adelante", None),
        ("D'accord si c'est bien \u00e7a", None),
    ],
)
def test_si_is_a_yes_alone_and_a_condition_elsewhere(text: str, said: set[str] | None) -> None:
    assert meanings_of_line(text, {"carol"}) == said


def test_lines_and_characters_that_nobody_reads() -> None:
    assert lines_of("Yes\n____________\n[cid:image001.png@01DB4A]\n\n Bob  Baker ") == ["Yes", "Bob Baker"]
    assert visible("\u200bYe\u00ads") == "Yes"


@pytest.mark.parametrize("line", ["Yes, sent via secure e-mail.", "Sent with the app", "Ja, mit Secure Mail gesendet"])
def test_the_way_in_which_it_shall_go_is_no_device(line: str) -> None:
    assert meanings_of_line(line, frozenset()) is None


@pytest.mark.parametrize(
    "line", ["Sent from Mail for Windows", "Sent with Proton Mail secure email.", "Mit der GMX Mail App gesendet"]
)
def test_lines_of_mail_programs_are_courtesy(line: str) -> None:
    assert meanings_of_line(line, frozenset()) == {"courtesy"}
