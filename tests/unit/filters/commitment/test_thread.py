"""Keys of a sender's confirmation of a thread."""

from __future__ import annotations

from filters.commitment.thread import keys_to_confirm, thread_keys
from gateway.contract import Mail
from tests.support.builders.judgement import mail

ANN, JOE, KIM = "ann@example.co.uk", "joe@outside.example", "kim@far.example"


def written(fields: str, sender: str = ANN) -> Mail:
    return mail(f"out:{JOE}", raw=f"From: {sender}\r\n{fields}\r\nHello\r\n".encode(), sender=sender)


FIRST = written("Message-ID: <1@x>\r\n")


def counts(for_: Mail, to: str = JOE) -> bool:
    return bool(thread_keys(for_, [to])[to] & keys_to_confirm(FIRST, [JOE]))


def test_a_confirmation_counts_for_answers_in_the_thread() -> None:
    """However long the thread is."""
    assert counts(written("Message-ID: <2@y>\r\nIn-Reply-To: <1@x>\r\nReferences: <1@x>\r\n"))
    assert counts(written("Message-ID: <9@y>\r\nIn-Reply-To: <8@x>\r\nReferences: <1@x> <2@y> <8@x>\r\n"))
    assert counts(written("References: <1@x>\r\n"), "JOE@outside.example")


def test_it_counts_for_nobody_else() -> None:
    """Nor for a mail that repeats the Message-ID: `confirmed_keys` knows the mail itself by its content."""
    assert not counts(written("References: <1@x>\r\n"), KIM)
    assert not counts(written("References: <1@x>\r\n", sender="bob@example.co.uk"))
    assert not counts(written("References: <3@x>\r\n"))
    assert not counts(FIRST)
    assert keys_to_confirm(written(""), [JOE]) == frozenset()
