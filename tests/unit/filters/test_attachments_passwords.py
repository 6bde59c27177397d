"""Texts that give a password away, and texts that only speak of one."""

from __future__ import annotations

import pytest

from filters.attachments.passwords import TEXT_CHARACTERS, Passwords, visible
from filters.attachments.settings import AttachmentsSettings

WORDS: tuple[str, ...] = AttachmentsSettings.model_fields["password_words"].default
PASSWORDS = Passwords(WORDS)


@pytest.mark.parametrize(
    "text",
    [
        "password: 1234",
        "Password: summer\nRegards",
        "Password:\n\nsummer",
        "The password is Summer2024.",
        "The password for the attached file is: ab-12",
        "PASSWORD = x!yz",
        "Please use the password 'open sesame'.",
        'The password is "summer"',
        "PIN 4711",
        "Your PIN code: 0815",
        "Das Passwort lautet Geheim7!",
        "Passwort f\u00fcr die Datei: geheim",
        "Le mot de passe est: soleil99",
        "La contrase\u00f1a es Sol-2024",
        "Wachtwoord: Zomer2024",
        "use passcode 998877 to open it",
    ],
)
def test_given(text: str) -> None:
    """A word for a password, and a password behind it."""
    assert PASSWORDS.given(text)


@pytest.mark.parametrize(
    "text",
    [
        "The password is your date of birth.",
        "The password is your date of birth (DDMMYYYY) as always.",
        "The password will follow in a separate message.",
        "Password: will be sent by text message",
        "Password: follows",
        "Please call 020 7946 0958 for the password.",
        "For the password please call: 020 7946 0958",
        "To get the password by phone: 01234 567890",
        "Your PIN is 4-digit.",
        "The password has 12 characters.",
        "You can reset your password here: https://example.com/reset/1234",
        "Forgotten your password? Write to help2024@example.com",
        "spinning 1234",
        "Pin (32x64)",
        "Nothing at all",
        "",
    ],
)
def test_not_given(text: str) -> None:
    """A password that is told elsewhere, or is nobody's."""
    assert PASSWORDS.given(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        "Password: hammer",
        "Password: Hammer\r\nRegards",
        "The archive is attached. Password: hammer and it opens.",
        "The password is: sesam",
        "The password is hammer.",
        "the password for the file is hammer.",
        "The password to open the\r\nattached file is hammer, as you asked.",
        "Password (case-sensitive): hammer",
        "The password you need: hammer",
        "Passwort: hammer",
        "Das Passwort f\u00fcr die Datei lautet hammer.",
        "Mot de passe : marteau",
        "Contrase\u00f1a: martillo",
        "pw: hammer",
        "Your pwd: hammer",
        "Attached is the file, pass: hammer",
        "PIN: abcd",
        "Access code: hammer",
        "Code = 4711",
        "invoice (pw: hammer)",
        "invoice [pw=hammer]",
        "PW hammer7",
        "Password: correct horse",
        "The password is hammer and it opens the file",
    ],
)
def test_an_ordinary_word_behind_a_label(text: str) -> None:
    """Beside encrypted content a word in the password's place is taken for one."""
    assert PASSWORDS.given(text)


@pytest.mark.parametrize(
    "text",
    [
        "I'll text you the password",
        "I'll text you the password.\r\n\r\nRegards",
        "the password will follow by SMS",
        "The password will follow separately, and this is important.",
        "password: see my other mail",
        "password as agreed",
        "Password: as agreed",
        "The password is the same as last time.",
        "The password is required.",
        "The password is correct.",
        "The password is complex and long.",
        "The password is being sent separately.",
        "The password is confidential.",
        "Password: Anna has it",
        "Password: ask reception",
        "Password:\r\n\r\nKind regards",
        "Password:\r\nUsername: bob",
        "Password: *****",
        "Password: xxxxx",
        "The passphrase for your key, if it is active, is asked for.",
        "Your password expires in: days",
        "Passwort: folgt per SMS",
        "Das Passwort ist bekannt.",
        "Passwort: wie besprochen",
        "Mot de passe : voir mon autre message",
        "Sort code: 20-00-00",
        "Postal code: hammer",
        "Boarding pass: attached",
        "Please pass this on: it is urgent",
        "Source code: see the repository",
    ],
)
def test_a_word_that_is_no_password(text: str) -> None:
    """Where it is told elsewhere, is only spoken of, or the label is another's."""
    assert PASSWORDS.given(text) == ""


def test_the_passage_is_quoted() -> None:
    """On one line, for the reviewer."""
    assert PASSWORDS.given("Hello,\nthe Password for it is:\n  Ab12!\nBye") == "Password for it is: Ab12!"


@pytest.mark.parametrize(
    ("before", "found"), [(TEXT_CHARACTERS - 14, True), (TEXT_CHARACTERS - 13, True), (TEXT_CHARACTERS, False)]
)
def test_only_the_beginning_is_read(before: int, found: bool) -> None:
    """A covering letter is short."""
    assert bool(PASSWORDS.given("x" * (before - 1) + " password: 1234")) is found


def test_markup() -> None:
    """The text is what is seen; references with endless digits do no harm."""
    assert PASSWORDS.given(visible("<p>Password:&nbsp;<b>1234</b></p>"))
    assert PASSWORDS.given(visible("<p>The password\n is hammer<br>Regards</p>"))
    assert visible("<STYLE type=x>p { }</style><p>hello").split() == ["hello"]
    assert visible("&#" + "9" * 5000 + ";a<b") == ";a<b"


def test_words_of_ones_own() -> None:
    """Any word may be set, and none."""
    assert Passwords(["salasana"]).given("Salasana: 1234")
    assert Passwords([]).given("password: 1234") == ""
