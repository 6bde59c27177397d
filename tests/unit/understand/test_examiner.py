"""The examiner: messages are read, opened, verified and labelled in one way for all who need it."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from typing import cast

import pytest

from gateway.contract import Authentication, Mail
from gateway.message.labels import Labeller
from gateway.message.mime.parse import parse
from gateway.message.model import Message
from gateway.understand import examiner as module
from gateway.understand.authentication.verify import Authenticator, TrustedHosts
from gateway.understand.entry import AUTHENTICATION, IMPERSONATION, NEWLINES, UNTRUSTED
from gateway.understand.examiner import IN_THREAD_BYTES, Examiner, read_message
from gateway.understand.sandbox.pool import SandboxBusy
from gateway.understand.unfold import Unfolder
from tests.support.builders.authentication import PLAIN, FakeResolver
from tests.support.builders.judgement import mail

HOSTNAME = "gw.example.co.uk"


class Opener:
    """An unfolder that returns the message with another subject, or raises `trouble`."""

    def __init__(self, trouble: OSError | None = None) -> None:
        self.trouble = trouble
        self.clients: list[str] = []

    async def unfold(self, message: Message, client: str = "") -> Message:
        self.clients.append(client)
        if self.trouble:
            raise self.trouble
        return parse(message.raw.replace(b"Subject: Hello", b"Subject: Opened"))


def examiner(opener: Opener, zone: FakeResolver | None = None, labeller: Labeller | None = None) -> Examiner:
    authenticator = Authenticator(zone, HOSTNAME, TrustedHosts(), 5) if zone else None
    return Examiner(cast(Unfolder, opener), authenticator, labeller or Labeller(), HOSTNAME)


def codes(found: module.Examined) -> list[str]:
    return [finding.code for finding in found.on_entry]


# --- reading ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "in_thread"), [(-1, False), (0, False), (1, True)])
async def test_a_large_message_is_read_in_a_thread(monkeypatch: pytest.MonkeyPatch, size: int, in_thread: bool) -> None:
    """It is the same message; other messages don't wait for it."""
    threads: list[threading.Thread] = []

    def noted(content: bytes) -> Message:
        threads.append(threading.current_thread())
        return parse(content)

    monkeypatch.setattr(module, "parse", noted)
    content = PLAIN + b"x" * (IN_THREAD_BYTES + size - len(PLAIN))
    message = await read_message(content)
    assert (message.raw, message.subject) == (content, "Hello")
    assert [thread is not threading.main_thread() for thread in threads] == [in_thread]


# --- examining -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verifying", [True, False])
async def test_the_opened_message_is_returned_with_the_facts_of_its_mail(verifying: bool) -> None:
    """Filters see it opened; the envelope and the id stay."""
    given, opener = mail(raw=PLAIN, id="m7"), Opener()
    found = await examiner(opener, FakeResolver({}) if verifying else None).examine(
        given, verify=True, client="192.0.2.0/24"
    )
    assert (found.mail.id, found.mail.envelope, found.mail.message.subject) == ("m7", given.envelope, "Opened")
    assert opener.clients == ["192.0.2.0/24"]


async def test_the_origin_is_verified() -> None:
    """The field about it is made on entry."""
    zone = FakeResolver({"outside.example": "v=spf1 ip4:192.0.2.7 -all"})
    found = await examiner(Opener(), zone).examine(mail(raw=PLAIN), verify=True)
    assert found.mail.authentication.spf.result == "pass"
    assert codes(found) == [AUTHENTICATION]


async def test_nothing_is_looked_up_unless_asked_for() -> None:
    """Neither for an explanation nor where a person only chooses an account."""
    zone = FakeResolver({})
    found = await examiner(Opener(), zone).examine(mail(raw=PLAIN), verify=False)
    assert (found.mail.authentication, codes(found), zone.asked) == (Authentication(), [], [])


async def test_nothing_is_verified_without_an_authenticator() -> None:
    """As `authentication: verify: false` says."""
    found = await examiner(Opener()).examine(mail(raw=PLAIN), verify=True)
    assert (found.mail.authentication, codes(found)) == (Authentication(), [])


async def test_what_changes_on_entry_is_found() -> None:
    """Fields that only this gateway may set, and line ends that were made CRLF."""
    raw = b"X-Mailwarden-Tag: mine\r\n" + PLAIN
    found = await examiner(Opener()).examine(mail(raw=raw), verify=False, newlines_made_crlf=True)
    assert codes(found) == [NEWLINES, UNTRUSTED]


async def test_labels_are_read_by_the_configured_words() -> None:
    """They are the words of the opened message."""
    labeller = Labeller(["opened"])
    assert (await examiner(Opener(), labeller=labeller).examine(mail(raw=PLAIN), verify=False)).mail.labels
    assert not (await examiner(Opener()).examine(mail(raw=PLAIN), verify=False)).mail.labels


def test_a_message_can_be_labelled_alone() -> None:
    """It is neither opened nor verified: it may have ended workers."""
    opener = Opener()
    labelled: Mail = examiner(opener, labeller=Labeller(["hello"])).labelled(mail(raw=PLAIN))
    assert (labelled.labels, opener.clients) == ({"personal"}, [])


# --- trouble ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trouble", [SandboxBusy("no sandbox process was free"), OSError("no memory")])
@pytest.mark.parametrize("verifying", [True, False])
async def test_trouble_with_the_sandbox_is_raised_as_it_is(trouble: OSError, verifying: bool) -> None:
    """No group hides it, and nothing is left running."""
    with pytest.raises(type(trouble)) as raised:
        await examiner(Opener(trouble), FakeResolver({}) if verifying else None).examine(mail(raw=PLAIN), verify=True)
    assert raised.value is trouble
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_an_error_in_verifying_is_raised() -> None:
    """A message whose origin could not be examined is not taken for one that proves nothing."""

    class Broken(FakeResolver):
        def for_message(self) -> FakeResolver:
            raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        await examiner(Opener(), Broken({})).examine(mail(raw=PLAIN), verify=True)


async def test_authors_are_compared_with_the_login_where_that_is_asked_for() -> None:
    """Also on a held message, and without a look at its origin."""
    message = mail("out:joe@x.example", raw=b"From: bob@example.com\r\n\r\nx\r\n")
    logged_in = replace(message, client=replace(message.client, login="ann@example.com"))
    rights = Examiner(cast(Unfolder, Opener()), None, Labeller(), HOSTNAME, may_send_as=lambda *_: False)
    assert codes(await rights.examine(logged_in, verify=False)) == [IMPERSONATION]
    assert codes(await rights.examine(message, verify=False)) == []
    assert codes(await examiner(Opener()).examine(logged_in, verify=False)) == []
