"""The balance can fail: what is lost, twice, at a wrong place or counted wrongly is named."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import Any

import pytest

from tests.soak.balance import Evidence, HeldCopy, balance
from tests.soak.load import Attempt
from tests.soak.mails import Mail, mails
from tests.soak.memory import grown
from tests.soak.metrics import Metrics
from tests.soak.next_hop import Delivery

ALL = list(islice(mails(1), 300))


def first(kind: str, recipients: int = 1) -> Mail:
    return next(mail for mail in ALL if mail.kind == kind and len(mail.recipients) == recipients)


PLAIN, PROGRAM = first("plain"), first("program")


def counted(**more: float) -> Metrics:
    """Return the metrics of one plain message that was delivered and one program that was held."""
    octets = float(len(PLAIN.content) + len(PROGRAM.content))
    samples = {
        **{("replies_total", "inbound", "2xx"): 2.0, ("messages_total", "relay", "inbound", "inbound"): 1.0},
        **{("messages_total", "quarantine", "inbound", "inbound"): 1.0, ("message_bytes_total", "inbound"): octets},
        **{("receive_seconds_count", "inbound"): 2.0, ("reply_seconds_count", "inbound"): 2.0},
        **{("copies_total", "relay", "inbound", "inbound"): 1.0, ("held_messages",): 1.0},
        **{("copies_total", "quarantine", "inbound", "inbound"): 1.0, ("findings_total", "attachment.executable"): 1.0},
    }
    return Metrics(0, [{**samples, **{(name,): value for name, value in more.items()}}])


def attempt(mail: Mail, reply: str = "250 2.0.0 ok", at: float = 1.0) -> Attempt:
    return Attempt(mail, mail.recipients, at, True, reply)


def delivery(mail: Mail, *, is_said: bool = True, at: float = 1.0) -> Delivery:
    return Delivery(mail.tag, mail.recipients, at, is_said)


EVEN = Evidence(
    accepted={mail.tag: (mail, mail.recipients) for mail in (PLAIN, PROGRAM)},
    refused={},
    waiting=(),
    attempts=[attempt(PLAIN), attempt(PROGRAM)],
    deliveries=[delivery(PLAIN)],
    reports=[],
    notices=(),
    held=[HeldCopy(PROGRAM.tag, PROGRAM.recipients[0], "held", frozenset({"attachment.executable"}))],
    held_messages=1,
    outbox_rows=0,
    lied=(),
    doubtful=(),
    not_recorded=0,
    metrics=counted(),
    kills={},
)


def wrong(**changes: Any) -> str:
    return "\n".join(balance(replace(EVEN, **changes)).wrong)


def test_an_even_balance() -> None:
    done = balance(EVEN)
    assert done.wrong == []
    assert (done.rows["plain"]["delivered"], done.rows["program"]["held"]) == (1, 1)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"deliveries": []}, f"{PLAIN.tag} for {PLAIN.recipients[0]} was answered 250 and is nowhere"),
        ({"held": []}, f"{PROGRAM.tag} for {PROGRAM.recipients[0]} was answered 250 and is nowhere"),
        ({"deliveries": [delivery(PLAIN)] * 2}, f"{PLAIN.tag} for {PLAIN.recipients[0]} is at 2 places"),
        ({"deliveries": [delivery(PLAIN), delivery(PROGRAM)]}, f"{PROGRAM.tag} was to be held and was delivered"),
        ({"held": [*EVEN.held, *EVEN.held]}, f"{PROGRAM.tag} for {PROGRAM.recipients[0]} is at 2 places"),
        ({"waiting": [PLAIN.tag]}, f"{PLAIN.tag}: its client waits still"),
        ({"outbox_rows": 1}, "1 rows are in the outbox still"),
        ({"refused": {PLAIN.tag: "550"}}, f"{PLAIN.tag} was refused and is at 1 places"),
        ({"attempts": [attempt(PLAIN)]}, f"{PROGRAM.tag} came out of nowhere"),
        ({"notices": [(1.0, True)]}, "notices and reports relayed: counted 0, the balance has 1 to 1"),
        ({"metrics": counted(sessions=1)}, "sessions: counted 1, the balance has 0 to 0"),
        ({"metrics": Metrics(0)}, "replies_total 2xx: counted 0, the balance has 2 to 2"),
    ],
)
def test_a_balance_that_is_not_even(changes: dict[str, Any], sentence: str) -> None:
    assert sentence in wrong(**changes)


def test_a_copy_that_came_twice_needs_a_reason() -> None:
    """A try without a reply is one, and a next hop that took the message and said nothing; another's isn't."""
    twice = {"deliveries": [delivery(PLAIN), delivery(PLAIN)]}
    assert "2 places" in wrong(**twice)
    assert "2 places" not in wrong(**twice, attempts=[attempt(PLAIN, ""), attempt(PLAIN), attempt(PROGRAM)])
    assert "2 places" not in wrong(deliveries=[delivery(PLAIN, is_said=False), delivery(PLAIN)])
    assert "2 places" in wrong(**twice, attempts=[attempt(PLAIN), attempt(PROGRAM, ""), attempt(PROGRAM)])
    assert "2 places" in wrong(**twice, doubtful=[(0.0, 2.0)])  # the outbox has nothing to do with it


def test_one_copy_that_was_relayed_while_the_store_had_no_room_for_the_other_comes_again() -> None:
    """The message has several recipients, and a try ended so; without that try the copy is twice."""
    pair = first("plain", 2)
    trouble = attempt(pair, "451 4.3.0 Something went wrong here; try again later (m)")
    sent = {"accepted": {**EVEN.accepted, pair.tag: (pair, pair.recipients)}, "deliveries": [delivery(pair)] * 2}
    assert "2 places" in wrong(**sent, attempts=[*EVEN.attempts, attempt(pair)])
    assert "2 places" not in wrong(**sent, attempts=[*EVEN.attempts, trouble, attempt(pair)])


def test_what_was_counted_just_before_a_death_may_be_lost_and_no_more() -> None:
    """The counts of one try, of two."""
    metrics = counted()
    metrics.lives[0]["replies_total", "inbound", "2xx"] = 1.0
    assert "replies_total 2xx" in wrong(metrics=metrics)
    metrics.lost.append((4.0, 5.0))
    assert "replies_total 2xx" in wrong(metrics=metrics)
    assert "replies_total 2xx" not in wrong(metrics=metrics, attempts=[attempt(PLAIN, at=4.5), attempt(PROGRAM)])


def test_growth_is_that_after_the_warm_up() -> None:
    flat = [(float(second), 100 if second < 100 else 200) for second in range(301)]
    assert grown(flat) == (200, 0.0)
    assert grown([(float(second), 100 + second) for second in range(301)])[1] > 0.5
