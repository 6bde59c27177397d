"""Senders that a report of a fraud blocks: a proven author with its organisation, but nobody merely named in it."""

from __future__ import annotations

import pytest

from gateway.act.release.fraud_senders import ELSEWHERE, OURS, UNPROVEN, FraudSenders, fraud_senders
from gateway.contract import Authentication, Author
from gateway.matching.counterparties import Counterparties
from gateway.message.header.addresses import address_key
from tests.support.builders.judgement import mail

ANN = "ann@victim.example"


def blamed(
    *senders: str,
    author: str = ANN,
    proven: bool = True,
    ours: frozenset[str] = frozenset({"example.co.uk"}),
) -> FraudSenders:
    proof = Author(author, author.rpartition("@")[2], frozenset({"spf"} if proven else ()))
    about = mail(
        raw=f"From: Ann <{author}>\r\n\r\nHello\r\n".encode(),
        authentication=Authentication(verified=True, authors=(proof,)),
    )
    return fraud_senders(
        about, {address_key(one) for one in (author, *senders)}, ours, Counterparties(["freemail.example"])
    )


def test_a_forged_author_is_the_victim() -> None:
    """Nor is anybody blocked whom the mail names besides."""
    found = blamed("hmrc@hmrc.gov.example", "bounce@mailer.example", proven=False)
    assert found.blocked == ()
    assert dict(found.spared) == {
        ANN: UNPROVEN,
        "bounce@mailer.example": ELSEWHERE,
        "hmrc@hmrc.gov.example": ELSEWHERE,
    }


def test_a_proven_author_is_blocked_with_addresses_of_its_organisation() -> None:
    """A shared mailer and a stranger in Reply-To are not."""
    found = blamed("bounce@mail.victim.example", "hmrc@hmrc.gov.example", "bounce@mailer.example")
    assert found.blocked == (ANN, "bounce@mail.victim.example")
    assert [address for address, _ in found.spared] == ["bounce@mailer.example", "hmrc@hmrc.gov.example"]


def test_at_free_mail_everybody_is_one() -> None:
    """Another address there is somebody else's."""
    found = blamed("joe@freemail.example", author="Eve@freemail.example")
    assert (found.blocked, found.spared) == (("eve@freemail.example",), (("joe@freemail.example", ELSEWHERE),))


@pytest.mark.parametrize("proven", [True, False])
def test_an_address_of_ours_is_not_blocked(proven: bool) -> None:
    """However well it is proven: a thief may be in a mailbox of ours."""
    found = blamed("ap@example.co.uk", author="boss@example.co.uk", proven=proven)
    assert (found.blocked, dict(found.spared)) == ((), {"ap@example.co.uk": OURS, "boss@example.co.uk": OURS})
