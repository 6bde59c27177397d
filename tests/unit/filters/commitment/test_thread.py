"""Keys of a sender's confirmation."""

from __future__ import annotations

from filters.commitment.thread import mail_key, thread_keys
from gateway.contract import Mail
from tests.support.builders.judgement import mail

ANN = "ann@example.co.uk"


def written(fields: str, sender: str = ANN, **parts: str) -> Mail:
    return mail(
        "out:joe@outside.example", raw=f"From: {sender}\r\n{fields}\r\nHello\r\n".encode(), sender=sender, **parts
    )


def test_a_mail_has_the_same_key_in_all_transactions() -> None:
    one = written("Message-ID: <1@x>\r\nDate: Mon, 2 Mar 2026 09:30:00 +0000\r\n")
    assert mail_key(one) == mail_key(written("Date: Mon, 2 Mar 2026 09:30:00 +0000\r\nMessage-ID: <1@x>\r\n", id="m2"))
    others = (
        written("Message-ID: <2@x>\r\n"),
        written("Message-ID: <1@x>\r\n"),
        written("", id="m3"),
        written("", key="k"),
    )
    assert len({mail_key(one), *map(mail_key, others)}) == 5
    assert mail_key(written("Message-ID: <1@x>\r\n")) != mail_key(
        written("Message-ID: <1@x>\r\n", sender="bob@example.co.uk")
    )


def test_a_reply_shares_a_key_with_the_mail_that_it_answers() -> None:
    """With its thread's first message too, however long the thread is."""
    first = written("Message-ID: <1@x>\r\n")
    second = written("Message-ID: <2@y>\r\nIn-Reply-To: <1@x>\r\nReferences: <1@x>\r\n")
    ninth = written("Message-ID: <9@y>\r\nIn-Reply-To: <8@x>\r\nReferences: <1@x> <2@y> <8@x>\r\n")
    assert thread_keys(first) & thread_keys(second)
    assert thread_keys(first) & thread_keys(ninth)
    assert not thread_keys(first) & thread_keys(written("Message-ID: <3@x>\r\n"))
    assert not thread_keys(first) & thread_keys(written("Message-ID: <1@x>\r\n", sender="bob@example.co.uk"))
    assert thread_keys(written("")) == frozenset()
