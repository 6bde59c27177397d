"""Texts that give a password away, and texts that only speak of one."""

from __future__ import annotations

import pytest

from filters.attachments.passwords import MAX_ALONE, TEXT_CHARACTERS, Passwords, visible
from filters.attachments.settings import AttachmentsSettings, NotPasswords
from gateway.message.folding.folding import fold
from tests.support.builders.attachments import settings

WORDS: tuple[str, ...] = AttachmentsSettings.model_fields["password_words"].default
NOT_PASSWORDS = settings().not_passwords
PASSWORDS = Passwords(WORDS, NOT_PASSWORDS)


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
    """The word tells of another place, or only describes the password, or its label is another one's."""
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
    assert Passwords(["salasana"], NOT_PASSWORDS).given("Salasana: 1234")
    assert Passwords([], NOT_PASSWORDS).given("password: 1234") == ""


def test_a_list_of_ones_own() -> None:
    """The words that are no passwords are those of the file, in any case."""
    own = Passwords(WORDS, NotPasswords(anywhere={"fi": ("Seuraa",)}, in_file_names={"fi": ("ohje",)}))
    assert own.given("Password: seuraa") == ""
    assert own.given("Password: follows") == "Password: follows"
    assert own.named("password ohje.pdf") == ""
    assert own.named("password guide.pdf") == "password guide"


@pytest.mark.parametrize(
    "text",
    [
        "\u30d1\u30b9\u30ef\u30fc\u30c9\uff1aabcd1234",
        "\u89e3\u51cd\u30d1\u30b9\u30ef\u30fc\u30c9\u306f abcd1234 \u3067\u3059",
        "\u89e3\u538b\u5bc6\u7801\u4e3aa1b2c3",
        "\ube44\ubc00\ubc88\ud638: abc123",
        "\u041f\u0430\u0440\u043e\u043b\u044c: \u043c\u043e\u043b\u043e\u0442\u043e\u043a",
        "L\u00f6senordet \u00e4r sommar7",
        "Adgangskoden er Sommer24",
        "Heslo je kladivo1",
        "Has\u0142o: m\u0142otek",
        "Haslo: mlotek",
    ],
)
def test_other_languages(text: str) -> None:
    """Also those that part no words, and without the marks on letters."""
    assert PASSWORDS.given(text)


@pytest.mark.parametrize(
    "text",
    [
        "P\u0430ssw\u043erd: hammer7",
        "pass\u200bword: 1234",
        "\uff30\uff21\uff33\uff33\uff37\uff2f\uff32\uff24\uff1a \uff11\uff12\uff13\uff14",
        "p a s s w o r d: hammer",
        "Pa\u00adssword: x1y2",
        "The passw0rd is hammer7",
    ],
)
def test_disguised_words_are_folded(text: str) -> None:
    """Folded text of the text view is searched as well as the written text."""
    assert PASSWORDS.given(fold(text).text)


@pytest.mark.parametrize(
    "name",
    [
        "password_is_1234.txt",
        "invoice-pw-4711.zip",
        "Invoice (password hammer).zip",
        "passwort-geheim.docx",
        "pass 1234.zip",
        "a/b/archive_pwd=abc1.zip",
    ],
)
def test_told_in_a_name(name: str) -> None:
    """Signs part its words as blanks do."""
    assert PASSWORDS.named(name)


@pytest.mark.parametrize(
    "name",
    [
        "password_policy.pdf",
        "code_review_2024.zip",
        "boarding_pass_2024.zip",
        "Passwort-Richtlinie.docx",
        "password.txt",
        "reset-password.html",
        "passport.pdf",
        "source_code_4711.zip",
    ],
)
def test_not_told_in_a_name(name: str) -> None:
    """The word tells the file's subject."""
    assert PASSWORDS.named(name) == ""


def test_a_file_that_is_called_a_password() -> None:
    """One word is one; a sentence is a letter, and a word in another file is a word."""
    assert PASSWORDS.is_alone("password.txt", "hammer7\n")
    assert not PASSWORDS.is_alone("readme.txt", "hammer7")
    assert not PASSWORDS.is_alone("password.txt", "see my mail")


@pytest.mark.parametrize(("length", "is_alone"), [(MAX_ALONE - 1, True), (MAX_ALONE, True), (MAX_ALONE + 1, False)])
def test_a_password_alone_is_only_so_long(length: int, is_alone: bool) -> None:
    """A longer word is a key or a file."""
    assert PASSWORDS.is_alone("password.txt", "x" * length) is is_alone
