"""The exchange of AUTH: what a client sends, and the login and password in it."""

from __future__ import annotations

from base64 import b64encode

import pytest

from gateway.receive.auth_exchange import LOGIN_BYTES, PASSWORD_BYTES, Credentials, ExchangeEnded, exchange
from gateway.smtp import replies
from gateway.smtp.reply import Reply


def encoded(text: str | bytes) -> str:
    return b64encode(text.encode() if isinstance(text, str) else text).decode()


def run(argument: str, *lines: str) -> tuple[list[str], Credentials | Reply]:
    """Return the challenges, and the outcome."""
    challenges: list[str] = []
    try:
        steps = exchange(argument)
        challenges.append(next(steps))
        for line in lines:
            challenges += [steps.send(line)]
    except StopIteration as end:
        return challenges, end.value
    except ExchangeEnded as end:
        return challenges, end.reply
    raise AssertionError("the exchange goes on")


NOT_UTF_8 = encoded(b"\0\xff\0secret")
ANN = Credentials("ann", "se cret ü")


@pytest.mark.parametrize(
    ("argument", "lines", "challenges"),
    [
        (f"PLAIN {encoded(chr(0) + 'ann' + chr(0) + 'se cret ü')}", [], []),
        ("plain", [encoded("ann\0ann\0se cret ü")], [""]),
        ("LOGIN", [encoded("ann"), encoded("se cret ü")], ["VXNlcm5hbWU6", "UGFzc3dvcmQ6"]),
        (f"Login {encoded('ann')}", [encoded("se cret ü")], ["UGFzc3dvcmQ6"]),
    ],
)
def test_login_and_password_are_read(argument: str, lines: list[str], challenges: list[str]) -> None:
    """With the command or after it; the name of the mechanism in any case (RFC 4422 3.1)."""
    assert run(argument, *lines) == (challenges, ANN)


@pytest.mark.parametrize(
    ("argument", "lines", "reply"),
    [
        ("", [], replies.UNKNOWN_MECHANISM),
        ("GSSAPI", [], replies.UNKNOWN_MECHANISM),
        ("PLAIN", ["*"], replies.AUTH_CANCELLED),
        ("LOGIN", [encoded("ann"), "*"], replies.AUTH_CANCELLED),
        ("PLAIN AGFubgBz ZWNyZXQ=", [], replies.UNREADABLE_AUTH),
        ("PLAIN AGFubgBzZWNyZXQ", [], replies.UNREADABLE_AUTH),
        ("PLAIN ü", [], replies.UNREADABLE_AUTH),
        (f"PLAIN {encoded('ann secret')}", [], replies.UNREADABLE_AUTH),
        (f"PLAIN {encoded(chr(0).join(['', 'ann', 'a', 'b']))}", [], replies.UNREADABLE_AUTH),
        (f"PLAIN {NOT_UTF_8}", [], replies.UNREADABLE_AUTH),
        ("LOGIN", [encoded("ann\r\nbob"), encoded("secret")], replies.UNREADABLE_AUTH),
        ("LOGIN", [encoded("ann"), encoded("sec\0ret")], replies.UNREADABLE_AUTH),
        ("LOGIN", [encoded("a" * (LOGIN_BYTES + 1)), encoded("secret")], replies.AUTH_LINE_TOO_LONG),
        ("LOGIN", [encoded("ann"), encoded("s" * (PASSWORD_BYTES + 1))], replies.AUTH_LINE_TOO_LONG),
        (f"PLAIN {encoded(chr(0).join(['bob', 'ann', 'secret']))}", [], replies.LOGIN_REFUSED),
    ],
)
def test_whatever_is_no_login_ends_the_exchange(argument: str, lines: list[str], reply: Reply) -> None:
    """Nobody acts for another login."""
    assert run(argument, *lines)[1] == reply


def test_the_longest_login_and_password_are_taken() -> None:
    """At the limits, not beyond."""
    longest = Credentials("a" * LOGIN_BYTES, "s" * PASSWORD_BYTES)
    assert run("LOGIN", encoded(longest.login), encoded(longest.password))[1] == longest


def test_no_traceback_shows_a_password() -> None:
    """A log may have the repr of a local variable."""
    assert "secret" not in repr(Credentials("ann", "secret"))
